"""Factors of many small matrices and of large ones: what the catalogue's small cases do not reach."""
import numpy as np
import pytest

import minitorch as torch
from minitorch.ops.factors import small_and_many

rng = np.random.default_rng(0)
SHAPES = [(4, 4), (40, 4, 4), (5, 60, 6, 6), (300, 16, 16), (40, 40), (2, 30, 30), (0, 3, 3), (3, 0, 0)]


def matrices(*shape):
    return rng.standard_normal(shape)


def test_both_ways_of_eliminating_are_taken():
    assert [small_and_many(np.ones(shape)) for shape in SHAPES] == [False, True, True, True, False, False, False, False]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_lu_gives_back_the_matrices(shape):
    A = torch.tensor(matrices(*shape))
    P, L, U = torch.linalg.lu(A)
    assert torch.allclose(P @ L @ U, A)
    assert not (L.abs() > 1 + 1e-12).any()            # each pivot is the largest of its column


@pytest.mark.parametrize("shape", [(40, 4, 6), (40, 6, 4), (30, 25), (25, 30)], ids=str)
def test_lu_of_wide_and_tall_matrices(shape):
    A = torch.tensor(matrices(*shape))
    P, L, U = torch.linalg.lu(A)
    assert torch.allclose(P @ L @ U, A)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_systems_inverses_and_determinants(shape):
    A, B = torch.tensor(matrices(*shape)), torch.tensor(matrices(*shape[:-1], 3))
    LU, pivots = torch.linalg.lu_factor(A)
    for adjoint, left in ((False, True), (True, True), (False, False), (True, False)):
        a, b = A.mT if adjoint else A, B if left else B.mT
        X = torch.linalg.lu_solve(LU, pivots, b, left=left, adjoint=adjoint)
        assert torch.allclose(a @ X if left else X @ a, b)
    assert torch.allclose(A @ torch.linalg.solve(A, B), B)
    assert torch.allclose(A @ torch.linalg.inv(A), torch.eye(shape[-1], dtype=torch.float64).expand(*shape))
    sign, logabsdet = torch.linalg.slogdet(A)
    np.testing.assert_allclose(torch.linalg.det(A).numpy(), np.linalg.det(A.numpy()))
    np.testing.assert_allclose((sign * logabsdet.exp()).numpy(), np.linalg.det(A.numpy()))


def test_one_singular_matrix_of_many_is_named():
    A = torch.tensor(matrices(40, 3, 3))
    A[7, :, 1] = 0.0
    for function in (torch.linalg.inv, lambda A: torch.linalg.solve(A, A)):
        with pytest.raises(torch.linalg.LinAlgError, match=r"\(Batch element 7\)"):
            function(A)
    assert torch.linalg.inv_ex(A).info.nonzero().tolist() == [[7]]
    assert torch.linalg.det(A)[7] == 0


@pytest.mark.parametrize("shape", [(60, 20), (20, 60), (30, 30), (2, 40, 20)], ids=str)
@pytest.mark.parametrize("mode", ["reduced", "complete", "r"])
def test_qr_of_large_matrices_is_numpys(shape, mode):
    A = matrices(*shape)
    expected = np.linalg.qr(A, mode=mode)
    Q, R = torch.linalg.qr(torch.tensor(A), mode=mode)
    np.testing.assert_allclose(R.numpy(), expected if mode == "r" else expected[1], atol=1e-12)
    if mode != "r":
        np.testing.assert_allclose(Q.numpy(), expected[0], atol=1e-12)


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0, 2.0, 3.0, float("inf")], ids=str)
@pytest.mark.parametrize("shape", [(70, 3, 80), (90, 8, 5, 9)], ids=["one matrix", "many matrices"])
def test_distances_feature_by_feature_are_those_of_all_features(p, shape):
    *batch, rows, features, others = shape
    x, y = matrices(*batch, rows, features), matrices(*batch, others, features)
    y[..., :3, :] = x[..., :3, :]
    x[..., 4, 0] = y[..., 4, 0]
    a, b = torch.tensor(x, requires_grad=True), torch.tensor(y, requires_grad=True)
    weights = torch.tensor(matrices(*batch, rows, others))
    found = torch.cdist(a, b, p, compute_mode="donot_use_mm_for_euclid_dist")
    d = np.abs(x[..., :, None, :] - y[..., None, :, :])
    np.testing.assert_allclose(found.detach().numpy(), np.linalg.norm(d, p, axis=-1), atol=1e-12)
    few = [torch.cdist(a[..., i:i + 1, :], b, p, compute_mode="donot_use_mm_for_euclid_dist") for i in range(rows)]
    gradients = torch.autograd.grad((found * weights).sum(), (a, b))
    expected = torch.autograd.grad((torch.cat(few, -2) * weights).sum(), (a, b))
    for g, e in zip(gradients, expected):
        np.testing.assert_allclose(g.numpy(), e.numpy(), atol=1e-10)


@pytest.mark.parametrize("shape", [(40, 30), (2, 25, 20)], ids=str)
def test_many_reflections_are_those_of_one_after_the_other(shape):
    V, tau = torch.tensor(matrices(*shape) / 4), torch.tensor(matrices(*shape[:-2], shape[-1] - 1))
    step_by_step = torch.linalg.householder_product(V.clone().requires_grad_(), tau)
    np.testing.assert_allclose(torch.linalg.householder_product(V, tau).numpy(), step_by_step.detach().numpy(), atol=1e-8)
