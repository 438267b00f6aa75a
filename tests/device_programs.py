"""Programs of users on two devices, for `device_run`: each returns plain Python, which must not depend on the device."""
import copy
import io
import pickle


def numbers(*tensors):
    return [(str(t.dtype), t.tolist()) for t in tensors]


def outcome(call):
    """What a call returns, or the class of its error."""
    try:
        return call()
    except Exception as error:
        return type(error).__name__


def data(torch, *shape):
    return torch.arange(24.0)[:torch.Size(shape).numel()].reshape(shape) / 7 - 1


def printing(torch):
    x = data(torch, 2, 3)
    return [repr(t).replace(", device='cuda:0'", "") for t in (x, x.sum(), x > 0, x.requires_grad_(), x * 2, x[:0])]


def copies(torch):
    x = data(torch, 2, 3).requires_grad_()
    twins = [copy.deepcopy(x), pickle.loads(pickle.dumps(x)), x.clone(), x.detach()]
    return numbers(*twins) + [t.device.type == x.device.type for t in twins] + [t.requires_grad for t in twins]


def checkpoints(torch):
    model, file = torch.nn.Linear(3, 2), io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    state = torch.load(file)
    file.seek(0)
    on_host = torch.load(file, map_location="cpu")
    again = torch.nn.Linear(3, 2)
    again.load_state_dict(on_host)
    return numbers(*state.values(), *again.state_dict().values()) + [
        all(v.device == model.weight.device for v in state.values()), all(v.device.type == "cpu" for v in on_host.values())]


def there_and_back(torch):
    x = data(torch, 2, 3).t().requires_grad_()
    y = (x.cpu() * 2).to(x.device)
    (y * y).sum().backward()
    model = torch.nn.BatchNorm1d(3).cpu().to(x.device)
    return numbers(x.grad, y, *model.state_dict().values()) + [y.stride(), x.grad.device == x.device, model.weight.device == x.device,
                                                               x.to("cpu").stride(), y.is_leaf]


def function(torch):
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x ** 3

        @staticmethod
        def backward(ctx, grad):
            x, = ctx.saved_tensors
            return 3 * x * x * grad
    x = data(torch, 4).requires_grad_()
    Cube.apply(x).sum().backward()
    return numbers(x.grad) + [torch.autograd.gradcheck(Cube.apply, (x.detach().double().requires_grad_(),))]


def hooks(torch):
    x, seen = data(torch, 4).requires_grad_(), []
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 3)
    x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.tolist()))
    (y * y).sum().backward()
    y.grad.zero_()
    return numbers(x.grad, y.grad) + seen


def accumulation(torch):
    x = data(torch, 2, 3).requires_grad_()
    for _ in range(3):
        (x.t() * 2).sum().backward()
    kept = x.grad
    x.sum().backward()
    return numbers(x.grad) + [kept is x.grad]


def in_place(torch):
    x = data(torch, 3, 4)
    x.requires_grad_()
    y = x.clone()
    y[0].mul_(2)
    y[:, 1] += 1
    y[torch.tensor([0, 2])] = 5.0
    y.masked_fill_(y > 4, 0.5)
    y.t()[1].copy_(torch.ones(3))
    (y * y).sum().backward()
    return numbers(y, x.grad) + [outcome(lambda: x.add_(1)), y._version]


def broadcast_views(torch):
    x = torch.ones(1, 3, requires_grad=True)
    y = x.expand(2, 3)
    (y * data(torch, 2, 3)).sum().backward()
    return numbers(x.grad) + [outcome(lambda: y.detach().add_(1))]


def higher_orders(torch):
    x = data(torch, 3, 4).double().requires_grad_()
    y = torch.nn.functional.layer_norm(x, (4,)).tanh() @ torch.ones(4, dtype=torch.float64)
    g, = torch.autograd.grad(y.sum(), x, create_graph=True)
    return numbers(*torch.autograd.grad((g * g).sum(), x))


def batches(torch):
    dataset = torch.utils.data.TensorDataset(data(torch, 6, 2), torch.arange(6))
    loader = torch.utils.data.DataLoader(dataset, batch_size=4, shuffle=True, generator=torch.Generator().manual_seed(3))
    return [n for batch in loader for n in numbers(*batch)]


def made_here(torch):
    x = data(torch, 2)
    made = [torch.zeros_like(x), x.new_ones(2), torch.full_like(x, 2.0), torch.rand_like(x), torch.eye(2), torch.linspace(0, 1, 3),
            torch.tensor([1, 2]), torch.randperm(3), torch.tril_indices(2, 2), torch.nn.Linear(2, 2).weight, torch.as_tensor([1.0]),
            torch.empty(2), torch.nn.functional.dropout(x)]
    return [t.device == x.device for t in made]


def optimizers(torch):
    """State of an optimizer, from one device to the other and on."""
    x = data(torch, 3).requires_grad_()
    first = torch.optim.Adam([x], lr=0.1)
    (x * x).sum().backward()
    first.step()
    second = torch.optim.Adam([x], lr=0.1)
    state = copy.deepcopy(first.state_dict())
    for own in state["state"].values():
        own["exp_avg"] = own["exp_avg"].cpu()
    second.load_state_dict(state)
    second.step()
    return numbers(x, second.state[x]["exp_avg"]) + [second.state[x]["exp_avg"].device == x.device, second.state[x]["step"].device.type]


PROGRAMS = (printing, copies, checkpoints, there_and_back, function, hooks, accumulation, in_place, broadcast_views, higher_orders,
            batches, made_here, optimizers)


# What has no counterpart on one device: (program, what it must return)
def mixing(torch):
    x, y, row = data(torch, 2, 3), data(torch, 2, 3).cpu(), torch.zeros(1, 1, dtype=torch.int64, device="cpu")
    calls = (lambda: x + y, lambda: y * x, lambda: x @ y.t(), lambda: torch.cat([x, y]), lambda: torch.where(x > 0, x, y),
             lambda: x.add_(y), lambda: torch.nn.functional.linear(x, y), lambda: torch.gather(x, 0, row))
    return [outcome(call) for call in calls]


def allowed_mixing(torch):
    x, y = data(torch, 2, 3), data(torch, 2, 3).cpu()
    picked = x[torch.tensor([1], device="cpu")]
    return [picked.tolist() == y[1:].tolist(), x.copy_(y * 2).tolist() == (y * 2).tolist(), x.is_cuda, y.is_cuda,
            torch.zeros_like(y, device="cuda").is_cuda, torch.ones_like(x, device="cpu").is_cpu]


def numpy_refused(torch):
    import numpy as np
    x = data(torch, 2)
    return [outcome(lambda: x.numpy()), outcome(lambda: np.asarray(x)), x.cpu().numpy().tolist() == x.tolist()]


def second_device(torch):
    x = torch.ones(2, device="cuda:1")
    y = data(torch, 2)
    made = (x, y.to("cuda:1"), torch.arange(2, device=x.device), torch.tensor([1], device="cuda:1"), torch.zeros_like(x), y.to(x))
    return [str(t.device) for t in made] + [outcome(lambda: x + y), outcome(lambda: y.to("cuda:9")), x.cpu().tolist()]


EXPECTED = {
    mixing: ["RuntimeError"] * 8, allowed_mixing: [True, True, True, False, True, True], numpy_refused: ["TypeError", "TypeError", True],
    second_device: ["cuda:1"] * 6 + ["RuntimeError", "RuntimeError", [1.0, 1.0]],
}


def run_all(host, device):
    """{program: None if its results agree, else what differs}."""
    found = {}
    for program in (*PROGRAMS, *EXPECTED):
        results = []
        for place in (device,) if program in EXPECTED else (device, host):
            place.manual_seed(0)
            with place.chosen():
                results.append(program(place))
        expected = EXPECTED[program] if program in EXPECTED else results[1]
        found[program.__name__] = None if close(results[0], expected) else f"{results[0]}, expected {expected}"
    return found


def close(a, b):
    """Whether nested results agree, numbers nearly."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(close, a, b))
    return abs(a - b) <= 1e-6 * (1 + abs(b)) if isinstance(a, float) and isinstance(b, float) and a != b else a == b
