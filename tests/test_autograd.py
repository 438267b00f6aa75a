"""Autograd's corner cases: each program behaves in both libraries alike, in verdict, error class and value."""
import gc
import threading
import weakref

import both
import numpy as np
import pytest

import minitorch


def g(torch, *shape):
    return torch.randn(*shape, requires_grad=True)


def second_backward_nothing_saved(torch):
    a = g(torch, 3)
    y = (a + a).sum()
    y.backward()
    y.backward()
    return a.grad


def second_backward_saved(torch):
    a = g(torch, 3)
    y = (a * a).sum()
    y.backward()
    y.backward()


def retained_backward(torch):
    a = g(torch, 3)
    y = (a * a).sum()
    y.backward(retain_graph=True)
    y.backward()
    return a.grad


def in_place_needs_the_old_value(torch):
    a, b = g(torch, 3), g(torch, 3)
    x = a * 1
    x.mul_(b)
    x.sum().backward()
    return a.grad, b.grad


def output_modified(torch):
    x = g(torch, 3) * 1
    x.exp_()
    x.add_(1)
    x.sum().backward()


def leaf_in_place(torch):
    g(torch, 3).add_(1)


def leaf_in_place_under_no_grad(torch):
    a = g(torch, 3)
    with torch.no_grad():
        a.add_(1)
    return a, a._version


def view_of_leaf_in_place(torch):
    g(torch, 3)[:2].add_(1)


def view_made_in_no_grad(torch):
    b = g(torch, 3) * 1
    with torch.no_grad():
        v = b[:2]
    v.mul_(2)


def no_grad_view_requires_grad(torch):
    b = g(torch, 3) * 1
    with torch.no_grad():
        v = b[:2]
    return v.requires_grad, v.grad_fn, v.is_leaf


def split_in_place(torch):
    x, y = (g(torch, 4) * 1).split(2)
    x.mul_(2)


def chunk_in_place(torch):
    (g(torch, 4) * 1).chunk(2)[0].mul_(2)


def unbind_in_place(torch):
    (g(torch, 4) * 1).unbind(0)[0].mul_(2)


def select_in_place(torch):
    b = g(torch, 4) * 1
    x = b[0]
    x.mul_(2)
    return b.grad_fn, x.grad_fn


def sibling_views_see_a_write(torch):
    a, c = g(torch, 3, 4), g(torch, 4)
    h = a * a
    row, rest = h[1], h[:2]
    row.mul_(c)
    row.add_(c)
    (h * h).sum().backward(retain_graph=True)
    (row * 2 + (rest * rest).sum(0)).sum().backward()
    return a.grad, c.grad, rest.grad_fn


def write_through_a_transposed_view(torch):
    a, c = g(torch, 3, 4), g(torch, 3)
    h = a * 1
    h.t()[1].copy_(c)
    (h * h).sum().backward()
    return a.grad, c.grad


def view_of_a_view(torch):
    a = g(torch, 2, 3, 4)
    h = a * 1
    h[0].t()[1:].mul_(3)
    (h ** 2).sum().backward()
    return a.grad


def constant_base_gets_history(torch):
    w = g(torch, 2)
    buffer = torch.zeros(4)
    buffer[1:3] = w * w
    buffer.sum().backward()
    return w.grad, buffer.requires_grad, buffer.grad_fn


def write_with_a_mask(torch):
    a = g(torch, 4)
    h = a * 2
    h[torch.tensor([True, False, True, False])] = 0
    h.sum().backward()
    return a.grad


def write_with_an_index(torch):
    a, v = g(torch, 4), g(torch, 2)
    h = a * 2
    h[torch.tensor([3, 1])] = v
    (h * h).sum().backward()
    return a.grad, v.grad


def detach_shares_version(torch):
    b = g(torch, 3).exp()
    b.detach().add_(1)
    b.sum().backward()


def data_has_its_own_version(torch):
    b = g(torch, 3).exp()
    b.data.add_(1)
    b.sum().backward()
    return b._version


def indices_modified(torch):
    v, i = g(torch, 3, 4).max(1)
    i.add_(0)
    v.sum().backward()


def versions(torch):
    a = torch.zeros(3)
    b = a[1:]
    b.add_(1)
    a[0] = 2
    a.data.add_(1)
    d = a.detach()
    d.mul_(2)
    return a._version, b._version, d._version


def mixed_dtypes(torch):
    a, b = g(torch, 3), torch.randn(3, dtype=torch.float64, requires_grad=True)
    (a * b).sum().backward()
    return a.grad, b.grad


def hook_order(torch):
    a, log = g(torch, 3), []
    b = a * 2
    b.register_hook(lambda x: log.append("first") or x * 2)
    b.retain_grad()
    b.register_hook(lambda x: log.append("second") or x * 3)
    b.sum().backward()
    return b.grad, a.grad, log


def hook_keeps_to_the_old_value(torch):
    a, seen = g(torch, 3), []
    b = a * 2
    b.register_hook(lambda x: seen.append(x.tolist()))
    b.mul_(3)
    b.sum().backward()
    return seen


def retain_follows_in_place(torch):
    b = g(torch, 3) * 2
    b.retain_grad()
    b.mul_(3)
    b.sum().backward()
    return b.grad, b.retains_grad


def hook_removed(torch):
    a = g(torch, 3)
    handle = a.register_hook(lambda x: x * 100)
    handle.remove()
    a.sum().backward()
    return a.grad


def leaf_hook_changes_the_gradient(torch):
    a = g(torch, 3)
    a.register_hook(lambda x: x * 2)
    (a * 3).sum().backward()
    return a.grad


def hook_after_accumulation(torch):
    a, seen = g(torch, 3), []
    a.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.tolist()))
    (a * 3).sum().backward()
    return seen


def node_hooks(torch):
    a, seen = g(torch, 2), []
    y = (a * 2).sum()
    y.grad_fn.register_hook(lambda gi, go: seen.append((len(gi), len(go))))
    y.grad_fn.register_prehook(lambda go: (go[0] * 5,))
    y.backward()
    return seen, a.grad


def create_graph_accumulates(torch):
    a = torch.tensor(2.0, requires_grad=True)
    (a ** 3).backward(create_graph=True)
    x = a.grad
    a.grad.backward()
    return a.grad.item(), x is a.grad


def no_shared_gradients(torch):
    a, b = g(torch, 3), g(torch, 3)
    (a + b).sum().backward()
    return a.grad.data_ptr() == b.grad.data_ptr()


def accumulation_in_place(torch):
    a = g(torch, 3)
    (a * 2).sum().backward()
    first = a.grad
    (a * 2).sum().backward()
    return first is a.grad, first._version


def gradient_layout(torch):
    w = torch.randn(3, 4).t().requires_grad_()
    (w * 1).sum().backward()
    return w.grad.stride(), w.stride()


def one_output_of_a_split(torch):
    a = g(torch, 4)
    x, y = a.split(2)
    x.sum().backward()
    return a.grad


def inference_tensor_outside(torch):
    x = torch.inference_mode()(lambda: torch.ones(2))()
    x.add_(g(torch, 2))


def inference_tensor_saved(torch):
    with torch.inference_mode():
        x = torch.ones(2)
    (x * g(torch, 2)).sum().backward()


def inference_flags(torch):
    with torch.inference_mode():
        x = torch.ones(2)
        inside = torch.is_inference_mode_enabled(), torch.is_grad_enabled()
    return inside, x.is_inference(), x.clone().is_inference(), torch.is_grad_enabled()


def grad_modes_nest(torch):
    seen = [torch.is_grad_enabled()]
    with torch.no_grad():
        seen.append(torch.is_grad_enabled())
        with torch.enable_grad():
            seen.append(torch.is_grad_enabled())
        with torch.set_grad_enabled(True):
            seen.append(torch.is_grad_enabled())
        seen.append(torch.is_grad_enabled())
    torch.set_grad_enabled(False)
    seen.append(torch.is_grad_enabled())
    torch.set_grad_enabled(True)

    @torch.no_grad()
    def inside():
        return torch.is_grad_enabled()

    @torch.no_grad()
    def generator():
        yield torch.is_grad_enabled()
        yield torch.is_grad_enabled()
    seen += [inside(), list(generator()), torch.is_grad_enabled()]
    return seen


def requires_grad_off_for_a_result(torch):
    b = g(torch, 3) * 2
    b.requires_grad = False


def integers_require_grad(torch):
    torch.ones(2, dtype=torch.int64).requires_grad_()


def backward_of_a_vector(torch):
    (g(torch, 2) * 2).backward()


def backward_without_history(torch):
    torch.ones(1).backward()


def backward_with_a_wrong_cotangent(torch):
    (g(torch, 2) * 2).backward(torch.ones(3))


def grad_of_an_unused_input(torch):
    torch.autograd.grad(g(torch, 1) * 2, g(torch, 1))


def grad_allow_unused(torch):
    a, b = g(torch, 1), g(torch, 1)
    return torch.autograd.grad(a * 2, (a, b), allow_unused=True)


def grad_materialized(torch):
    a, b = g(torch, 1), g(torch, 2)
    return torch.autograd.grad(a * 2, (a, b), materialize_grads=True)


def grad_leaves_no_trace(torch):
    a, b = g(torch, 2), g(torch, 2)
    h = a * b
    found = torch.autograd.grad((h * h).sum(), (h, a))
    return found, a.grad, b.grad


def grad_of_one_tensor_twice(torch):
    a = g(torch, 2)
    return torch.autograd.grad((a * a).sum(), (a, a))


def backward_with_inputs(torch):
    a, b = g(torch, 2), g(torch, 2)
    (a * b).sum().backward(inputs=[a])
    return a.grad, b.grad


def backward_of_several(torch):
    a = g(torch, 2)
    torch.autograd.backward([(a * 2).sum(), a * 3], [None, torch.ones(2)])
    return a.grad


def gradient_of_another_shape(torch):
    a = g(torch, 2)
    a.grad = torch.ones(3)


def gradient_of_another_dtype(torch):
    a = g(torch, 2)
    a.grad = torch.ones(2, dtype=torch.float64)


def detach_in_place(torch):
    b = g(torch, 2) * 2
    b.detach_()
    return b, b.grad_fn


def detach_a_view_in_place(torch):
    (g(torch, 3) * 2)[:2].detach_()


def integer_add_float(torch):
    torch.zeros(3, dtype=torch.int64).add_(1.5)


def integer_divide_in_place(torch):
    torch.ones(3, dtype=torch.int64).div_(2)


def float_add_double_in_place(torch):
    return torch.zeros(3).add_(torch.ones(3, dtype=torch.float64))


def bool_add_integer_in_place(torch):
    torch.zeros(3, dtype=torch.bool).add_(1)


def expanded_in_place(torch):
    torch.zeros(1, 3).expand(2, 3).add_(1)


def broadcast_into_self(torch):
    torch.zeros(3).add_(torch.ones(2, 3))


def bool_minus_bool(torch):
    return torch.ones(2, dtype=torch.bool) - torch.ones(2, dtype=torch.bool)


def next_functions(torch):
    a, b = g(torch, 2), torch.ones(2)
    y = (a * b + a).sum()
    parents = [f for f, _ in y.grad_fn.next_functions]
    return parents, [f for f, _ in parents[0].next_functions]


def leaves_and_nodes(torch):
    a = g(torch, 2)
    b = a * 1
    c = b.detach()
    return a.is_leaf, a.grad_fn, b.is_leaf, b.output_nr, c.is_leaf, c.requires_grad, a.max(0)[0].grad_fn, a.sort()[1].requires_grad


def broadcast_gradients(torch):
    a, b, c = g(torch, 2, 1, 3), g(torch, 4, 1), torch.tensor(2.0, requires_grad=True)
    (a * b + c).sum().backward()
    return a.grad, b.grad, c.grad


def size_zero(torch):
    a = g(torch, 0, 3)
    (a * 2).sum().backward()
    return a.grad


PROGRAMS = [f for f in list(globals().values()) if callable(f) and getattr(f, "__module__", "") == __name__ and f.__name__ not in ("g",)]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_same_in_both(program):
    both.agree(program)


def test_a_hundred_thousand_operations_deep():
    x = minitorch.ones(1, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.backward()
    assert x.grad.item() == 1
    del y


def test_memory_is_flat_without_the_cycle_collector():
    """Every array, node and tensor of a training step goes by reference count alone."""
    gc.collect()
    gc.disable()
    try:
        w = minitorch.randn(4, 4, requires_grad=True)
        counts = []
        for step in range(6):
            x = minitorch.randn(2, 4)
            h = (x @ w).tanh() * 1.0
            h[0].mul_(2.0)
            parts = h.split(2, 1)
            loss = (minitorch.cat(parts, 1).exp().max(1)[0] + h.var(1)).sum()
            first, = minitorch.autograd.grad(loss, w, create_graph=True)
            (first ** 2).sum().backward()
            w.grad = None
            del x, h, parts, loss, first
            counts.append(len(gc.get_objects()))
        assert len(set(counts[2:])) == 1, counts
    finally:
        gc.enable()


def test_sum_keeps_a_shape_not_the_data():
    big = minitorch.randn(50, 50, requires_grad=True) * 1.0
    array = weakref.ref(big._array)
    out = big.sum(0).reshape(5, 10)
    gc.disable()
    try:
        del big
        assert array() is None
    finally:
        gc.enable()
    assert out.requires_grad


def test_saved_values_are_freed_while_backward_walks():
    a = minitorch.randn(10, requires_grad=True)
    h = (a * 2).exp()
    array = weakref.ref(h._array)
    y = h.sum()
    del h
    assert array() is not None
    y.backward()
    assert array() is None


def test_the_cotangent_is_read_only_for_rules():
    a = minitorch.randn(3, requires_grad=True)
    seed = minitorch.ones(3)
    (a * 1).backward(seed)
    assert seed.tolist() == [1, 1, 1] and not np.shares_memory(a.grad._array, seed._array)


def test_grad_mode_belongs_to_the_thread():
    seen = []
    with minitorch.no_grad():
        thread = threading.Thread(target=lambda: seen.append(minitorch.is_grad_enabled()))
        thread.start()
        thread.join()
        assert not minitorch.is_grad_enabled()
    assert seen == [True]


def test_anomaly_names_the_forward_line():
    x = minitorch.tensor(0.0, requires_grad=True)
    with pytest.warns(UserWarning, match="the_line_that_made_it"):
        with minitorch.autograd.detect_anomaly():
            y = x.sqrt() * 0              # the_line_that_made_it
            with pytest.raises(RuntimeError, match="SqrtBackward0.*nan"):
                y.backward()
    assert not minitorch.autograd.is_anomaly_enabled()


def test_anomaly_names_the_line_of_a_modified_value():
    x = minitorch.ones(2, requires_grad=True)
    with pytest.warns(UserWarning, match="made_here"):
        with minitorch.autograd.set_detect_anomaly(True):
            y = x.exp()                   # made_here
            y.add_(1)
            with pytest.raises(RuntimeError, match="modified by an inplace operation"):
                y.sum().backward()


def test_the_error_for_a_modified_value_names_operation_and_argument():
    a, b = minitorch.ones(2, requires_grad=True), minitorch.ones(2, requires_grad=True) * 1
    y = a * b
    b.add_(1)
    with pytest.raises(RuntimeError, match=r"is at version 1; expected version 0 instead. mul kept it as 'other'"):
        y.sum().backward()
