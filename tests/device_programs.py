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


def draws(torch):
    """One seed gives the same numbers on every device: they come from the host's stream."""
    torch.manual_seed(5)
    x, generator = data(torch, 3, 4), torch.Generator().manual_seed(9)
    made = [torch.randn(3), torch.rand(2, 2, dtype=torch.float64), torch.randint(0, 100, (4,)), torch.randperm(7), torch.normal(x, 1.0),
            torch.nn.functional.dropout(x, 0.5), torch.nn.functional.dropout(x.t(), 0.3), x.bernoulli(0.4), x.clone().uniform_(),
            x.clone().exponential_(), torch.randn(5, generator=generator), torch.rand_like(x), torch.multinomial(torch.ones(5), 3),
            torch.nn.Linear(3, 2).weight.detach()]
    torch.cuda.manual_seed_all(1)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.arange(10)), batch_size=3, shuffle=True)
    return numbers(*made, *(batch for batch, in loader), torch.rand(2)) + [torch.get_rng_state().sum().item()]


PROGRAMS = (printing, copies, checkpoints, there_and_back, function, hooks, accumulation, in_place, broadcast_views, higher_orders,
            batches, made_here, optimizers, draws)


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


def current_device_does_not_matter(torch):
    """A training step on cuda:1 while the current device is 0: all of it, and its state, lies on cuda:1."""
    torch.manual_seed(0)
    nn = torch.nn
    model = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.GELU(), nn.Dropout(0.2), nn.Linear(4, 2))
    twin = copy.deepcopy(model).to("cuda:1")
    losses, places = [], set()
    for net in (model, twin):
        torch.manual_seed(1)
        optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
        x, y = (t.to(next(net.parameters()).device) for t in (data(torch, 4, 3), torch.tensor([0, 1, 1, 0])))
        for _ in range(3):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(x), y)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
        losses.append(loss.item())
        own = [t for p in net.parameters() for t in (p, p.grad, optimizer.state[p]["exp_avg"])]
        places.add(tuple({str(t.device) for t in (*own, loss)}))
    return [close(*losses), sorted(places), torch.cuda.current_device()]


def across_devices(torch):
    """A model on two devices: the gradient goes back the way that the values came; one optimizer steps both halves."""
    torch.manual_seed(0)
    first, second = torch.nn.Linear(3, 3), torch.nn.Linear(3, 1).to("cuda:1")
    parameters = [*first.parameters(), *second.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=0.1, momentum=0.9)
    x = data(torch, 2, 3).requires_grad_()
    for _ in range(2):
        optimizer.zero_grad()
        h = first(x).tanh()
        loss = second(h.to("cuda:1")).square().sum() + (h * h).sum().to("cuda:1") + h.cpu().sum().to("cuda:1")
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
    total = sum(float((p.grad * p.grad).sum()) for p in parameters) ** 0.5
    g, = torch.autograd.grad((x.to("cuda:1") ** 3).sum(), x, create_graph=True)
    twice, = torch.autograd.grad(g.sum(), x)
    return [[str(p.grad.device) for p in parameters], [str(optimizer.state[p]["momentum_buffer"].device) for p in parameters],
            str(x.grad.device), str(loss.device), str(norm.device), total < 1.0001, close(twice.tolist(), (6 * x).tolist()),
            type(h.to("cuda:1").grad_fn).__name__]


def message(call):
    """The words of a call's error, up to what to do."""
    try:
        call()
    except RuntimeError as error:
        return str(error).partition("!")[0]


def devices_are_named(torch):
    """Which devices met, in the words of torch."""
    x, y, z = torch.ones(2, device="cuda:0"), torch.ones(2, device="cuda:1"), torch.ones(2, device="cpu")
    calls = (lambda: x + y, lambda: y + x, lambda: x + z, lambda: torch.cat([x, y]), lambda: x.add_(y), lambda: x @ y, lambda: z.mul_(x),
             lambda: torch.where(x > 0, x, y), lambda: x + torch.tensor(1.0, device="cuda:1"), lambda: z + torch.tensor(1.0),
             lambda: x[torch.tensor([0], device="cuda:1")])
    return [message(call).removeprefix(SAME) for call in calls]


def numbers_of_the_host(torch):
    """A tensor of one number on the host mixes with those of a device; its gradient comes back to it."""
    half = torch.tensor(0.5, device="cpu", requires_grad=True)
    x = torch.ones(3, device="cuda:1", requires_grad=True)
    y = torch.where(x > 0, x * half + half, half) - half / x
    y.sum().backward()
    z = torch.ones(2, device="cuda:1").mul_(half.detach())
    return [str(y.device), half.grad.item(), str(half.grad.device), x.grad.tolist(), z.tolist(), str(z.device)]


def between_devices(torch):
    """What crosses: copies, indices of the host, contexts, checkpoints."""
    one, host = torch.zeros(3, device="cuda:1"), torch.tensor([0, 2], device="cpu")
    Device = type(one.device)                         # the Place that stands for torch here has a device of its own
    one.copy_(torch.arange(3.0, device="cuda:0"))
    one[host] = torch.tensor([5.0, 7.0], device="cuda:1")
    w = torch.zeros(3, device="cuda:0", requires_grad=True)
    torch.zeros(3, device="cuda:1").copy_(w * 2).sum().backward()
    with torch.cuda.device(1):
        inside = [str(torch.ones(2, device="cuda").device), str(w.cuda().device), torch.cuda.current_device()]
    with Device("cuda:1"):
        inside += [str(torch.ones(2).device), str(torch.get_default_device()), str(torch.tensor([1]).device)]
    with torch.cuda.device_of(one):
        inside.append(torch.cuda.current_device())
    torch.cuda.set_device(1)
    inside += [str(one.cuda().device), str(w.cuda(0).device), str(one.to("cuda").device), str(one.to(0).device)]
    torch.cuda.set_device(0)
    table = torch.arange(6.0, device="cuda:1").reshape(2, 3)
    odd = [table.t().cpu(), table[:, ::2].cpu(), table[:, ::2].to("cuda:0"), table[:1].expand(2, 3).to("cuda:0")]
    odd = [t.tolist() for t in odd] + [table.t().to("cuda:0").stride(), repr(table[:, 1])]
    inside.append(odd)
    return inside + [torch.cuda.current_device(), one.tolist(), one[host].tolist(), w.grad.tolist(), str(w.grad.device), one.get_device(),
                     outcome(lambda: torch.cuda.set_device(7)), outcome(lambda: torch.ones(1, device="cuda:2")),
                     outcome(lambda: one.cuda("cpu")), outcome(lambda: torch.cuda.device("cpu"))]


def map_locations(torch):
    """All forms of `map_location`; what was saved from cuda:1 goes back there."""
    file, places, Device = io.BytesIO(), [], type(torch.ones(1).device)
    torch.save({"w": torch.arange(3.0, device="cuda:1")}, file)

    def load(where=None):
        file.seek(0)
        w = torch.load(file, map_location=where)["w"]
        return str(w.device) if w.tolist() == [0.0, 1.0, 2.0] else w.tolist()
    with torch.cuda.device(1):
        places.append(load("cuda"))
    return places + [load(), load("cpu"), load("cuda:0"), load(Device("cuda", 0)), load({"cuda:1": "cuda:0"}), load({"cuda:0": "cpu"}),
                     load(lambda storage, location: storage), load(lambda storage, location: storage.cpu()),
                     load(lambda storage, location: storage.cuda(0)), load(lambda storage, location: None), load("cuda"),
                     outcome(lambda: load("cuda:5"))]


def timing(torch):
    """What programs measure time by, and ask of a device."""
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    x = torch.ones(4, device="cuda") * 2
    end.record()
    torch.cuda.synchronize()
    elapsed, side = start.elapsed_time(end), torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        y, inside = x + 1, torch.cuda.current_stream() == side
    torch.cuda.current_stream().wait_stream(side)
    with torch.cuda.stream(torch.cuda.Stream("cuda:1")):
        there = torch.cuda.current_device()
    found = torch.cuda.get_device_properties(0)
    return [elapsed >= 0, y.tolist(), inside, torch.cuda.current_stream() == torch.cuda.default_stream(), there,
            torch.cuda.current_device(), end.query(), side.query(), outcome(lambda: start.elapsed_time(torch.cuda.Event())),
            isinstance(found.name, str), torch.cuda.get_device_name() == found.name,
            torch.cuda.get_device_capability(1) == (found.major, found.minor), found.total_memory > 0, torch.cuda.mem_get_info()[1] > 0,
            torch.cuda.memory_allocated(1) <= torch.cuda.memory_reserved("cuda:1"),
            "allocated_bytes.all.current" in torch.cuda.memory_stats(), torch.cuda.empty_cache(), torch.cuda.device_count(),
            torch.cuda.is_available(), torch.cuda.is_initialized(), torch.get_device_module() is torch.cuda,
            outcome(lambda: torch.cuda.get_device_properties(5)), torch.cuda.get_rng_state().tolist() == torch.get_rng_state().tolist()]


def shared_memory(torch):
    """DLPack on devices: through the protocol, through a capsule, and to the array library itself."""
    x = torch.arange(4.0, device="cuda:1")
    y = torch.from_dlpack(x)
    y[0] = 9
    torch.from_dlpack(torch.to_dlpack(x))[1] = 8
    there = torch.from_dlpack(x, device="cpu")
    there[2] = 0
    given = torch.as_tensor(x._array)                 # an array of CuPy's
    given[3] = 7
    return [x.tolist(), str(y.device), tuple(map(int, x.__dlpack_device__())), str(there.device), y.data_ptr() == x.data_ptr(),
            given.data_ptr() == x.data_ptr(), x.__cuda_array_interface__["data"][0] == x.data_ptr(),
            outcome(lambda: x.clone().requires_grad_().__dlpack__()), outcome(lambda: x.clone().requires_grad_().__cuda_array_interface__)]


SAME = "Expected all tensors to be on the same device, but found at least two devices, "
CUDA_0, CUDA_1 = "cuda:0 and cuda:1", "cuda:1 and cuda:0"
EXPECTED = {
    current_device_does_not_matter: [True, [("cuda:0",), ("cuda:1",)], 0],
    across_devices: [["cuda:0"] * 2 + ["cuda:1"] * 2, ["cuda:0"] * 2 + ["cuda:1"] * 2, "cuda:0", "cuda:1", "cuda:0", True, True,
                     "ToCopyBackward0"],
    devices_are_named: [CUDA_0, CUDA_1, "cuda:0 and cpu", CUDA_0, CUDA_0, CUDA_0, "cpu and cuda:0", CUDA_0, CUDA_0, "cpu and cuda:0",
                        CUDA_0],
    numbers_of_the_host: ["cuda:1", 3.0, "cpu", [1.0] * 3, [0.5, 0.5], "cuda:1"],
    between_devices: ["cuda:1", "cuda:0", 1, "cuda:1", "cuda:1", "cuda:1", 1, "cuda:1", "cuda:0", "cuda:1", "cuda:0",
                      [[[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]], [[0.0, 2.0], [3.0, 5.0]], [[0.0, 2.0], [3.0, 5.0]], [[0.0, 1.0, 2.0]] * 2,
                       (1, 3), "tensor([1., 4.], device='cuda:1')"], 0,
                      [5.0, 1.0, 7.0], [5.0, 7.0], [2.0] * 3, "cuda:0", 1, "RuntimeError", "RuntimeError", "RuntimeError", "ValueError"],
    map_locations: ["cuda:1", "cuda:1", "cpu", "cuda:0", "cuda:0", "cuda:0", "cuda:1", "cpu", "cpu", "cuda:0", "cuda:1", "cuda:0",
                    "RuntimeError"],
    timing: [True, [3.0] * 4, True, True, 1, 0, True, True, "ValueError"] + [True] * 7 + [None, 2] + [True] * 3 + ["RuntimeError", True],
    shared_memory: [[9.0, 8.0, 2.0, 7.0], "cuda:1", (2, 1), "cpu", True, True, True, "BufferError", "RuntimeError"],
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
