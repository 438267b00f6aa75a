"""What the catalogue's generic tests do not hold of attention: torch's fused kernel, streams, training steps, blind queries."""
import warnings

import numpy as np
import pytest
import torch

import minitorch

LIBRARIES = (torch, minitorch)
LAYERS = [{}, {"bias": False}, {"add_bias_kv": True}, {"kdim": 3, "vdim": 5}, {"kdim": 3, "vdim": 5, "add_bias_kv": True, "bias": False}]
ATOL = {"float32": 2e-6, "float64": 1e-13}


def arrays(*shapes, dtype="float32", seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(s).astype(dtype) for s in shapes]


def leaves(library, values):
    return [library.from_numpy(v.copy()).requires_grad_() for v in values]


def close(ours, theirs):
    ours, theirs = (a.detach().numpy() for a in (ours, theirs))
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=ATOL[str(ours.dtype)] * max(1, np.abs(theirs).max(initial=0)))


def attention(library, values, **settings):
    """The output and the gradients of its sum of squares."""
    x = leaves(library, values)
    settings = {k: library.from_numpy(v) if isinstance(v, np.ndarray) else v for k, v in settings.items()}
    y = library.nn.functional.scaled_dot_product_attention(*x, **settings)
    return y, *library.autograd.grad(y.square().sum(), x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("settings", [{}, {"is_causal": True}, {"scale": 0.3}, {"attn_mask": np.tri(7, 9, 3, dtype=bool)},
                                      {"attn_mask": np.tri(7, 9, 3, dtype=bool), "is_causal": True}], ids=lambda s: "+".join(s) or "plain")
def test_torch_s_fused_kernel(dtype, settings):
    values = arrays((2, 3, 7, 8), (2, 3, 9, 8), (2, 3, 9, 8), dtype=dtype)
    ours, theirs = (attention(library, values, **settings) for library in (minitorch, torch))
    assert type(theirs[0].grad_fn).__name__ == type(ours[0].grad_fn).__name__ == "ScaledDotProductFlashAttentionForCpuBackward0"
    for a, b in zip(ours, theirs):
        close(a, b)


def test_the_output_has_the_layout_of_the_query():
    x, = arrays((2, 7, 3, 8))                         # (N, L, H, E/H), as split from a projection
    strides = []
    for library in LIBRARIES:
        q = library.from_numpy(x).transpose(1, 2)
        strides.append(library.nn.functional.scaled_dot_product_attention(q, q, q).stride())
    assert strides[0] == strides[1] == (168, 8, 24, 1)


def test_a_query_that_may_look_nowhere():
    values = arrays((2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 5))
    mask = np.ones((4, 6), bool)
    mask[1] = False
    for mask in (mask, np.where(mask, np.float32(0), np.float32(-np.inf))):
        ours, theirs = (attention(library, values, attn_mask=mask) for library in (minitorch, torch))
        for a, b in zip(ours, theirs):
            close(a, b)
        assert not ours[0].detach().numpy()[:, :, 1].any() and not ours[1].numpy()[:, :, 1].any()


def test_large_scores_do_not_overflow():
    q, k, v = arrays((2, 4, 5), (2, 6, 5), (2, 6, 5), dtype="float64")
    ours, theirs = (attention(library, [q * 1e3, k * 1e3, v]) for library in (minitorch, torch))
    for a, b in zip(ours, theirs):                    # scores of 1e6 are known to 1e-10 only
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), atol=1e-6)


def test_half_precision_is_computed_in_single():
    values = [v.astype("f2") for v in arrays((2, 3, 4, 8), (2, 3, 600, 8), (2, 3, 600, 8))]
    ours, theirs = (attention(library, values) for library in (minitorch, torch))
    for a, b in zip(ours, theirs):
        a, b = a.detach().numpy(), b.detach().numpy()
        assert a.dtype == b.dtype == np.float16
        np.testing.assert_allclose(a.astype("f4"), b.astype("f4"), atol=2e-3)


@pytest.mark.parametrize("layout", ["contiguous", "heads inside"])
def test_one_seed_gives_the_same_mask(layout):
    found = []
    for library in LIBRARIES:
        library.manual_seed(5)
        x = library.randn(2, 7, 3, 8)
        q = x.transpose(1, 2) if layout == "heads inside" else x
        found.append((library.nn.functional.scaled_dot_product_attention(q, q, q, dropout_p=0.4), library.rand(2)))
    for b, a in zip(*found):
        close(a, b)


@pytest.mark.parametrize("p", [1.0, 0.0, -0.5])
def test_dropout_at_its_ends(p):
    values = arrays((2, 4, 5), (2, 6, 5), (2, 6, 5))
    for library in LIBRARIES:
        library.manual_seed(0)
    for a, b in zip(*(attention(library, values, dropout_p=p) for library in (minitorch, torch))):
        close(a, b)
    np.testing.assert_array_equal(minitorch.rand(2).numpy(), torch.rand(2).numpy())


def layers(options, dropout=0.0, dtype="float32"):
    """The layer of both libraries, from one seed."""
    found = []
    for library in LIBRARIES:
        library.manual_seed(11)
        found.append(library.nn.MultiheadAttention(8, 2, dropout=dropout, **options).to(getattr(library, dtype)))
    return found


@pytest.mark.parametrize("options", LAYERS, ids=str)
def test_one_seed_gives_the_same_parameters(options):
    theirs, ours = layers(options)
    a, b = ours.state_dict(), theirs.state_dict()
    assert list(a) == list(b) and [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    for name in b:
        if name.startswith("bias_"):                  # normals: to a few units in the last place
            close(a[name], b[name])
        else:
            np.testing.assert_array_equal(a[name].numpy(), b[name].numpy())
    np.testing.assert_array_equal(minitorch.rand(2).numpy(), torch.rand(2).numpy())


@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("options", LAYERS, ids=str)
def test_training_steps_with_dropout_are_the_same(options, need_weights):
    found = []
    q, k, v = arrays((4, 3, 8), (6, 3, options.get("kdim", 8)), (6, 3, options.get("vdim", 8)), dtype="float64")
    for library, layer in zip(LIBRARIES, layers(options, dropout=0.3, dtype="float64")):
        library.manual_seed(2)
        optimizer = library.optim.SGD(layer.parameters(), lr=0.3)
        losses = []
        for _ in range(4):
            optimizer.zero_grad()
            y, weights = layer(*map(library.from_numpy, (q, k, v)), need_weights=need_weights)
            loss = y.square().mean() + (weights.square().sum() if need_weights else 0)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        found.append((losses, {n: p.detach().numpy() for n, p in layer.named_parameters()}))
    (theirs, weights), (ours, own) = found
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    for name in weights:
        np.testing.assert_allclose(own[name], weights[name], rtol=0, atol=1e-12)


def test_blind_queries_in_the_layer():
    """As in torch: zeros from attention without weights, nan with them."""
    theirs, ours = layers({})
    x, = arrays((5, 2, 8))
    padding = np.array([[True] * 5, [False] * 5])
    for need_weights in (False, True):
        found = []
        for library, layer in ((torch, theirs), (minitorch, ours)):
            y, _ = layer(*[library.from_numpy(x)] * 3, key_padding_mask=library.from_numpy(padding), need_weights=need_weights)
            found.append(y.detach().numpy())
        assert np.isnan(found[1][:, 0]).all() == need_weights
        np.testing.assert_allclose(found[1], found[0], atol=2e-6)


def test_the_causal_hint_replaces_the_mask():
    _, ours = layers({})
    x = minitorch.from_numpy(arrays((5, 2, 8))[0])
    nothing, causal = minitorch.zeros(5, 5, dtype=minitorch.bool), minitorch.ones(5, 5, dtype=minitorch.bool).triu(1)
    hinted = ours(x, x, x, attn_mask=nothing, is_causal=True, need_weights=False)[0]
    close(hinted, ours(x, x, x, attn_mask=causal, need_weights=False)[0])
    assert not np.allclose(hinted.detach().numpy(), ours(x, x, x, attn_mask=nothing, need_weights=False)[0].detach().numpy())


def test_masks_of_two_kinds_warn():
    theirs, ours = layers({})
    x, = arrays((5, 2, 8))
    for library, layer in ((torch, theirs), (minitorch, ours)):
        with pytest.warns(UserWarning, match="mismatched key_padding_mask and attn_mask"):
            layer(*[library.from_numpy(x)] * 3, key_padding_mask=library.zeros(2, 5, dtype=library.bool), attn_mask=library.zeros(5, 5))


def test_it_prints_as_torch():
    for options in LAYERS:
        theirs, ours = layers(options)
        assert repr(ours) == repr(theirs)
        assert {k: v for k, v in vars(ours).items() if isinstance(v, int | float)} == {
            k: v for k, v in vars(theirs).items() if isinstance(v, int | float) and k in vars(ours)}


def test_one_tensor_is_projected_once(monkeypatch):
    """Self-attention makes one product of its three projections, also with the batch first."""
    from minitorch.nn import functional as F
    calls, linear = [], F.linear
    monkeypatch.setattr(F, "linear", lambda *a: calls.append(1) or linear(*a))
    for batch_first in (False, True):
        layer = minitorch.nn.MultiheadAttention(8, 2, batch_first=batch_first)
        x = minitorch.randn(4, 3, 8)
        layer(x, x, x)
        assert len(calls) == 2                        # and the output's
        calls.clear()


def test_no_warning_comes_from_the_arithmetic():
    values = arrays((2, 4, 5), (2, 6, 5), (2, 6, 5))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        attention(minitorch, values, attn_mask=np.zeros((4, 6), bool))
