"""Linear algebra where the catalogue does not reach: singular matrices, `info`, `out=`, signs, named results, dtypes, large matrices."""
import numpy as np
import pytest
import torch as theirs

import minitorch as ours

BOTH = pytest.mark.parametrize("torch", (ours, theirs), ids=("ours", "theirs"))


def same(call):
    """The values of a call in both libraries, which must be equal."""
    a, b = (call(torch) for torch in (ours, theirs))
    for x, y in zip(a if isinstance(a, tuple) else (a,), b if isinstance(b, tuple) else (b,), strict=True):
        assert tuple(x.shape) == tuple(y.shape) and str(x.dtype) == str(y.dtype)
        np.testing.assert_allclose(x.detach().numpy(), y.detach().numpy(), rtol=1e-5, atol=1e-6)
    return a


# ---- errors -----------------------------------------------------------------------------------------------------------------

SINGULAR = {
    "inv": lambda torch: torch.linalg.inv(torch.ones(2, 2)),
    "inv of a batch": lambda torch: torch.linalg.inv(torch.stack([torch.eye(2), torch.ones(2, 2)])),
    "inverse": lambda torch: torch.inverse(torch.zeros(3, 3)),
    "inv_ex": lambda torch: torch.linalg.inv_ex(torch.zeros(2, 2), check_errors=True),
    "tensorinv": lambda torch: torch.linalg.tensorinv(torch.ones(2, 2), ind=1),
    "solve": lambda torch: torch.linalg.solve(torch.ones(2, 2), torch.ones(2)),
    "solve of a batch": lambda torch: torch.linalg.solve(torch.zeros(3, 2, 2), torch.ones(3, 2, 2)),
    "cholesky": lambda torch: torch.linalg.cholesky(torch.tensor([[1.0, 0.0], [0.0, -1.0]])),
    "cholesky of a batch": lambda torch: torch.linalg.cholesky(torch.stack([torch.eye(2), -torch.eye(2)])),
    "older cholesky": lambda torch: torch.cholesky(-torch.eye(2)),
    "power": lambda torch: torch.linalg.matrix_power(torch.ones(2, 2), -1),
    "svd of nan": lambda torch: torch.linalg.svd(torch.full((2, 2), float("nan"))),
}


@pytest.mark.parametrize("name", SINGULAR)
def test_singular_matrices_are_refused_in_torchs_words(name):
    messages = []
    for torch in (ours, theirs):
        with pytest.raises(torch.linalg.LinAlgError) as caught:
            SINGULAR[name](torch)
        assert isinstance(caught.value, RuntimeError)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_a_singular_lu_is_refused():
    for torch in (ours, theirs):
        with pytest.raises(RuntimeError, match=r"\(Batch element 1\): U\[2,2\] is zero"):
            torch.linalg.lu_factor(torch.stack([torch.eye(2), torch.ones(2, 2)]))


def test_info_says_where_it_failed():
    batch = [[[1.0, 0, 0], [0, 0, 0], [0, 0, 2]], [[2.0, 0, 0], [0, 4, 0], [0, 0, 8]], [[0.0, 0, 0], [0, 1, 0], [0, 0, 1]]]
    for name, fields in {"inv_ex": ("inverse", "info"), "cholesky_ex": ("L", "info"), "lu_factor_ex": ("LU", "pivots", "info")}.items():
        a, b = (getattr(torch.linalg, name)(torch.tensor(batch)) for torch in (ours, theirs))
        assert a.info.tolist() == b.info.tolist() == [2, 0, 1] and a.info.dtype is ours.int32
        np.testing.assert_allclose(getattr(a, fields[0])[1].numpy(), getattr(b, fields[0])[1].numpy())
    a, b = (torch.linalg.solve_ex(torch.tensor(batch), torch.ones(3)) for torch in (ours, theirs))
    assert a.info.tolist() == b.info.tolist()
    assert a.result[1].tolist() == b.result[1].tolist() and np.isnan(a.result[0].numpy()).all()


def test_nothing_is_wrong_with_no_matrices():
    for torch in (ours, theirs):
        assert torch.linalg.inv_ex(torch.zeros(0, 2, 2)).info.shape == (0,)
        assert torch.linalg.det(torch.zeros(2, 0, 0)).tolist() == [1.0, 1.0]
        assert [tuple(x.shape) for x in torch.linalg.svd(torch.zeros(0, 3))] == [(0, 0), (0,), (3, 3)]
        assert [tuple(x.shape) for x in torch.linalg.qr(torch.zeros(3, 0), mode="complete")] == [(3, 3), (3, 0)]


# ---- determinants of singular matrices --------------------------------------------------------------------------------------

def cofactors(matrix):
    """By the definition: determinants of what is left without a row and a column."""
    n = len(matrix)
    return [[(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(matrix, i, 0), j, 1)) for j in range(n)] for i in range(n)]


@pytest.mark.parametrize("matrix", ([[1.0, 2], [2, 4]], [[1.0, 2, 3], [2, 4, 6], [1, 0, 1]], np.zeros((3, 3)), np.ones((3, 3)), [[0.0]]))
def test_the_gradient_of_a_determinant_is_the_matrix_of_cofactors(matrix):
    for graph in (False, True):
        x = ours.tensor(matrix, dtype=ours.float64, requires_grad=True)
        found, = ours.autograd.grad(ours.linalg.det(x), x, create_graph=graph)
        np.testing.assert_allclose(found.detach().numpy(), cofactors(np.array(matrix)) if len(matrix) > 1 else [[1.0]], atol=1e-12)
    y = theirs.tensor(np.array(matrix), requires_grad=True)            # torch: so with a graph, 0 without
    found, = theirs.autograd.grad(theirs.linalg.det(y), y, create_graph=True)
    if np.linalg.matrix_rank(matrix) == len(matrix) - 1 and len(matrix) == 2:
        np.testing.assert_allclose(found.detach().numpy(), cofactors(np.array(matrix)), atol=1e-12)


@BOTH
def test_the_logarithm_of_a_determinant_that_is_0_or_negative(torch):
    x = torch.ones(2, 2, requires_grad=True)
    sign, logabsdet = torch.linalg.slogdet(x)
    assert (sign.item(), logabsdet.item()) == (0.0, -np.inf)
    logabsdet.backward()
    assert np.isinf(x.grad.numpy()).all() and (torch is theirs or x.grad.tolist() == [[np.inf, -np.inf], [-np.inf, np.inf]])
    y = torch.tensor([[0.0, 1.0], [1.0, 0.0]], requires_grad=True)
    logdet = torch.logdet(y)
    logdet.backward()
    assert np.isnan(logdet.item()) and y.grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    large = torch.eye(200, dtype=torch.float64) * 100
    assert torch.linalg.slogdet(large).logabsdet.item() == pytest.approx(200 * np.log(100))


# ---- results ----------------------------------------------------------------------------------------------------------------

NAMED = {
    "slogdet": lambda torch, x: torch.linalg.slogdet(x), "older slogdet": lambda torch, x: torch.slogdet(x),
    "qr": lambda torch, x: torch.linalg.qr(x), "older qr": lambda torch, x: x.qr(), "svd": lambda torch, x: torch.linalg.svd(x),
    "older svd": lambda torch, x: x.svd(), "eigh": lambda torch, x: torch.linalg.eigh(x), "lu": lambda torch, x: torch.linalg.lu(x),
    "lu_factor": lambda torch, x: torch.linalg.lu_factor(x), "inv_ex": lambda torch, x: torch.linalg.inv_ex(x),
    "lstsq": lambda torch, x: torch.linalg.lstsq(x, x), "triangular_solve": lambda torch, x: torch.triangular_solve(x, x),
    "lu_unpack": lambda torch, x: torch.lu_unpack(*torch.linalg.lu_factor(x)), "solve_ex": lambda torch, x: torch.linalg.solve_ex(x, x),
    "cholesky_ex": lambda torch, x: torch.linalg.cholesky_ex(x),
}


@pytest.mark.parametrize("name", NAMED)
def test_results_have_torchs_names(name):
    a, b = (NAMED[name](torch, torch.eye(2) + 1) for torch in (ours, theirs))
    assert type(a).__name__ == type(b).__name__
    assert type(a).__match_args__ == type(b).__match_args__
    for field in type(a).__match_args__:
        assert getattr(a, field).shape == getattr(b, field).shape


OUT = {
    "inv": lambda torch, x, out: torch.linalg.inv(x, out=out), "det": lambda torch, x, out: torch.linalg.det(x, out=out),
    "solve": lambda torch, x, out: torch.linalg.solve(x, x, out=out), "cholesky": lambda torch, x, out: torch.linalg.cholesky(x, out=out),
    "vector_norm": lambda torch, x, out: torch.linalg.vector_norm(x, out=out),
    "matrix_norm": lambda torch, x, out: torch.linalg.matrix_norm(x, "nuc", out=out),
    "norm": lambda torch, x, out: torch.norm(x, dim=0, out=out), "pinv": lambda torch, x, out: torch.linalg.pinv(x, out=out),
    "matrix_power": lambda torch, x, out: torch.linalg.matrix_power(x, 3, out=out), "kron": lambda torch, x, out: torch.kron(x, x, out=out),
    "multi_dot": lambda torch, x, out: torch.linalg.multi_dot([x, x], out=out), "inner": lambda torch, x, out: torch.inner(x, x, out=out),
    "addmv": lambda torch, x, out: torch.addmv(x[0], x, x[1], out=out), "cond": lambda torch, x, out: torch.linalg.cond(x, out=out),
    "svdvals": lambda torch, x, out: torch.linalg.svdvals(x, out=out), "vecdot": lambda torch, x, out: torch.linalg.vecdot(x, x, out=out),
    "eigvalsh": lambda torch, x, out: torch.linalg.eigvalsh(x, out=out),
}


@pytest.mark.parametrize("name", OUT)
def test_out_is_written_to_and_returned(name):
    def call(torch):
        out = torch.empty(0)
        result = OUT[name](torch, torch.tensor([[3.0, 1.0], [1.0, 2.0]]), out)
        assert result is out
        return out
    same(call)


def test_several_results_are_written_to():
    def call(torch):
        out = torch.empty(0), torch.empty(0)
        result = torch.linalg.slogdet(torch.tensor([[3.0, 1.0], [1.0, 2.0]]), out=out)
        assert result.sign is out[0] and result.logabsdet is out[1]
        return out
    same(call)


@BOTH
def test_out_takes_no_part_in_a_graph(torch):
    with pytest.raises(RuntimeError, match="out=... arguments don't support automatic differentiation"):
        torch.linalg.inv(torch.eye(2, requires_grad=True), out=torch.empty(2, 2))


# ---- signs, which LAPACK leaves open ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("n, m", ((5, 5), (7, 3), (3, 7), (40, 40)))
def test_factors_multiply_to_the_matrix(n, m):
    x = ours.randn(2, n, m, dtype=ours.float64)
    q, r = ours.linalg.qr(x)
    u, s, vh = ours.linalg.svd(x, full_matrices=False)
    p, low, up = ours.linalg.lu(x)
    for product in (q @ r, (u * s[:, None]) @ vh, p @ low @ up):
        np.testing.assert_allclose(product.numpy(), x.numpy(), atol=1e-12)
    assert (s[:, :-1] >= s[:, 1:]).all() and abs(low).max().item() <= 1
    np.testing.assert_allclose(low.numpy(), theirs.linalg.lu(theirs.from_numpy(x.numpy())).L.numpy(), atol=1e-12)
    y = x @ x.mT + ours.eye(n, dtype=ours.float64)
    w, v = ours.linalg.eigh(y)
    np.testing.assert_allclose(((v * w[:, None]) @ v.mT).numpy(), y.numpy(), atol=1e-10)
    np.testing.assert_allclose((ours.linalg.cholesky(y) @ ours.linalg.cholesky(y, upper=True)).numpy(), y.numpy(), atol=1e-10)


def test_the_lengths_of_vectors_have_no_gradient():
    """They are 1 whatever the matrix, so the parts of the derivative must cancel."""
    x = ours.randn(4, 3, dtype=ours.float64, requires_grad=True)
    u, _, vh = ours.linalg.svd(x, full_matrices=False)
    _, v = ours.linalg.eigh(x.mT @ x)
    q, _ = ours.linalg.qr(x)
    for vectors in (u, vh, v, q):
        found, = ours.autograd.grad((vectors * vectors).sum(), x, retain_graph=True)
        assert abs(found).max().item() < 1e-12


# ---- sizes that take other ways ---------------------------------------------------------------------------------------------

LARGE = {
    "solve_triangular": lambda torch, a, b: torch.linalg.solve_triangular(a.triu() + 9 * torch.eye(30, dtype=a.dtype), b, upper=True),
    "unit triangle": lambda torch, a, b: torch.linalg.solve_triangular(a.tril() / 30, b, upper=False, unitriangular=True),
    "cdist": lambda torch, a, b: torch.cdist(a[0], b[0]),
    "cdist of one": lambda torch, a, b: torch.cdist(a[0], b[0], p=1.0),
    "det": lambda torch, a, b: torch.linalg.det(a / 5),
    "lu_solve": lambda torch, a, b: torch.linalg.lu_solve(*torch.linalg.lu_factor(a), b),
    "matrix_exp": lambda torch, a, b: torch.linalg.matrix_exp(a * 2), "inv": lambda torch, a, b: torch.linalg.inv(a),
    "pinv": lambda torch, a, b: torch.linalg.pinv(b), "nuclear": lambda torch, a, b: torch.linalg.matrix_norm(b, "nuc"),
}


@pytest.mark.parametrize("name", LARGE)
def test_larger_matrices(name):
    rng = np.random.RandomState(0)
    a, b = rng.uniform(-1, 1, (2, 30, 30)) + 5 * np.eye(30), rng.uniform(-1, 1, (2, 30, 30))
    b = b[..., :28] if name in ("pinv", "nuclear") else b
    found = []
    for torch in (ours, theirs):
        x, y = (torch.from_numpy(v.copy()).requires_grad_() for v in (a, b))
        result = LARGE[name](torch, x, y)
        weights = torch.from_numpy(np.cos(np.arange(result.numel())).reshape(result.shape))
        (result * weights).sum().backward()
        found.append([v.numpy() for v in (result.detach(), *(v.grad for v in (x, y) if v.grad is not None))])
    for mine, wanted in zip(*found, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-9, atol=1e-9 * abs(wanted).max())


@pytest.mark.parametrize("scale", (1e-8, 1e-3, 1.0, 30.0))
@pytest.mark.parametrize("dtype", ("float32", "float64"))
def test_the_exponential_is_exact_at_any_norm(scale, dtype):
    import scipy.linalg
    x = (np.random.RandomState(1).uniform(-1, 1, (3, 4, 4)) * scale).astype(dtype)
    expected = scipy.linalg.expm(x.astype("float64"))
    found = ours.linalg.matrix_exp(ours.from_numpy(x)).numpy()
    assert abs(found - expected).max() <= (60 * scale + 4) * np.finfo(dtype).eps * abs(expected).max()


def test_tolerances_may_be_tensors():
    x = [[3.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.1]]
    same(lambda torch: torch.linalg.matrix_rank(torch.tensor([x, x]), atol=torch.tensor([0.5, 2.0])))
    same(lambda torch: torch.linalg.pinv(torch.tensor([x, x]), rtol=torch.tensor([0.01, 0.5])))
    same(lambda torch: torch.linalg.matrix_rank(torch.tensor(x), 0.5))
    same(lambda torch: torch.linalg.pinv(torch.tensor(x), atol=0.5, rtol=0.0))


def test_least_squares_of_a_matrix_that_is_not_of_full_rank():
    for driver in ("gelsy", "gelsd", "gelss"):
        b = [[1.0], [2.0], [3.0]]
        found = same(lambda torch, driver=driver, b=b: torch.linalg.lstsq(torch.ones(3, 2), torch.tensor(b), driver=driver)[:3])
        assert found[2].item() == 1


@BOTH
def test_half_precision(torch):
    x = torch.tensor([3.0, 4.0], dtype=torch.float16)
    assert torch.linalg.vector_norm(x).item() == 5.0 and torch.linalg.vector_norm(x).dtype is torch.float16
    with pytest.raises(RuntimeError, match="Low precision dtypes not supported. Got Half"):
        torch.linalg.inv(torch.eye(2, dtype=torch.float16))


def test_there_is_no_eig():
    assert not hasattr(ours.linalg, "eig") and not hasattr(ours.linalg, "eigvals")
