"""Gradient clipping, and parameters as one vector."""
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch
from tests.nn.programs import assert_same

PRELUDE = """
        ps = [nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(3, 1)), nn.Parameter(torch.zeros(1))]
        def start():
            ps[0].grad, ps[1].grad, ps[2].grad = torch.tensor([3., 4.]), torch.tensor([[1.], [2.], [-2.]]), None
        start()
"""
PROGRAMS = {
    "norms": """
        for p in (2.0, 1, float("inf"), "inf", 3, 0.5, 0):
            start(); total = utils.clip_grad_norm_(ps, 1.0, p)
            print(p, plain(total), total.shape, total.dtype, plain([q.grad for q in ps[:2]]))
        """,
    "forms": """
        print(utils.clip_grad_norm_(ps, 100.), ps[0].grad, utils.clip_grad_norm_(ps[0], 0.5), ps[0].grad)
        print(utils.clip_grad_norm_([], 1.), utils.clip_grad_norm_([ps[2]], 1.), utils.clip_grad_norm_((p for p in ps), 1.), ps[1].grad)
        raised(utils.clip_grad_norm_, ps, "a"); attempt(utils.clip_grad_norm_, 3, 1.); attempt(utils.clip_grad_norm_, ps, 1., foreach=True)
        attempt(utils.clip_grad_norm_, ps, -1.); print(ps[0].grad)
        g = torch.tensor([1., 2.]); ps[0].grad = g; utils.clip_grad_norm_(ps[0], 1.); print(g, ps[0].grad is g)
        attempt(utils.clip_grad_norm, ps, 1.)
        """,
    "not finite": """
        ps[0].grad = torch.tensor([float("nan"), 1.]); print(utils.clip_grad_norm_(ps, 1.), ps[1].grad)
        ps[1].grad = torch.ones(3, 1)
        raised(utils.clip_grad_norm_, ps, 1., error_if_nonfinite=True); print(ps[1].grad)
        ps[0].grad = torch.tensor([float("inf"), 1.]); raised(utils.clip_grad_norm_, ps, 1., error_if_nonfinite=True)
        print(utils.clip_grad_norm_(ps, 1.), ps[0].grad)
        """,
    "values": """
        attempt(utils.clip_grad_value_, ps, 1.5); print(ps[0].grad, ps[1].grad); raised(utils.clip_grad_value_, ps[0], "a")
        attempt(utils.clip_grad_value_, ps[0], -1.0); print(ps[0].grad)
        """,
    "total norm": """
        print(utils.get_total_norm([torch.ones(2), torch.ones(2)]), utils.get_total_norm(torch.ones(4)), utils.get_total_norm([]))
        print(utils.get_total_norm(x for x in [torch.ones(2)]))
        raised(utils.get_total_norm, [torch.tensor([float("nan")])], 2., True)
        print(utils.clip_grads_with_norm_(ps, 1., torch.tensor(2.)), ps[0].grad)
        """,
    "vectors": """
        v = utils.parameters_to_vector(ps); print(v, v.requires_grad)
        w = torch.arange(9.); utils.vector_to_parameters(w, ps); print(ps, ps[0].requires_grad); w.add_(1); print(ps[0])
        raised(utils.vector_to_parameters, torch.arange(5.), ps); attempt(utils.vector_to_parameters, [1], ps)
        raised(utils.parameters_to_vector, [])
        """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    assert_same(PRELUDE + PROGRAMS[name])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=4), max_size=4), st.floats(0, 50),
       st.sampled_from([1.0, 2.0, 3.5, float("inf")]))
def test_clipping_is_torch_s(gradients, max_norm, norm_type):
    totals, clipped = [], []
    for library in (minitorch, torch):
        ps = [library.nn.Parameter(library.zeros(len(g))) for g in gradients]
        for p, g in zip(ps, gradients, strict=True):
            p.grad = library.tensor(g, dtype=library.float32)
        totals.append(library.nn.utils.clip_grad_norm_(ps, max_norm, norm_type).item())
        clipped.append([p.grad.numpy() for p in ps])
    np.testing.assert_allclose(totals[0], totals[1], rtol=1e-5, atol=1e-30)
    for ours, theirs in zip(*clipped, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-12)
