"""Modules as functions of their parameters."""
from minitorch.nn.utils.stateless import called_with
from minitorch.ops.joining import stack


def functional_call(module, parameter_and_buffer_dicts, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """Call a module with other tensors for its parameters and buffers; the module itself stays as it is.

    Args:
        parameter_and_buffer_dicts: names and tensors, in one dict or several that share no name; what is not named is the module's own.
        args, kwargs: arguments of the module; `args` may be a single one.
        tie_weights: a tensor that the module has under several names is replaced under all of them.
        strict: all parameters and buffers must be named, and nothing else.

    Raises:
        ValueError: dicts share a name, or are no dicts; tied names are given different tensors.
        RuntimeError: with strict, a name is missing or unknown.

    Example:
        >>> import minitorch as torch
        >>> layer = torch.nn.Linear(2, 1)
        >>> torch.func.functional_call(layer, {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}, torch.tensor([3.0, 4.0]))
        tensor([7.])
        >>> loss = lambda parameters, x: torch.func.functional_call(layer, parameters, x).sum()
        >>> torch.func.grad(loss)(dict(layer.named_parameters()), torch.tensor([3.0, 4.0]))
        {'weight': tensor([[3., 4.]]), 'bias': tensor([1.])}
    """
    given = parameter_and_buffer_dicts
    if isinstance(given, (list, tuple)):
        if not all(isinstance(d, dict) for d in given):
            raise ValueError(f"expected all elements of parameter_and_buffer_dicts to be dicts, got {[type(d).__name__ for d in given]}")
        names = [name for d in given for name in d]
        repeated = {name for name in names if names.count(name) > 1}
        if repeated:
            raise ValueError(f"{sorted(repeated)} appear in several dictionaries: pass each name once")
        given = {name: t for d in given for name, t in d.items()}
    if not isinstance(given, dict):
        raise ValueError(f"expected parameter_and_buffer_dicts to be a dict, or a list or tuple of dicts, got {type(given).__name__}")
    return called_with(module, given, args, kwargs, tie_weights, strict)


def stack_module_state(models):
    """The parameters and buffers of modules of one kind, stacked, to be used with `functional_call` under `vmap`.

    Returns:
        (parameters, buffers): dicts of tensors with one more dimension in front; parameters are leaves that require a gradient.

    Raises:
        RuntimeError: no models, models of several classes, or some in training mode and some not.

    Example:
        >>> import minitorch as torch
        >>> models = [torch.nn.Linear(3, 2) for _ in range(4)]
        >>> parameters, buffers = torch.func.stack_module_state(models)
        >>> parameters["weight"].shape
        torch.Size([4, 2, 3])
        >>> call = lambda p, b, x: torch.func.functional_call(models[0], (p, b), x)
        >>> torch.func.vmap(call, in_dims=(0, 0, None))(parameters, buffers, torch.ones(5, 3)).shape
        torch.Size([4, 5, 2])
    """
    models = list(models)
    if not models:
        raise RuntimeError("stack_module_state: expected at least one model, got none")
    if len({m.training for m in models}) > 1:
        raise RuntimeError("stack_module_state: expected all models to have the same training/eval mode")
    if len({type(m) for m in models}) > 1:
        raise RuntimeError("stack_module_state: expected all models to be of the same class")

    def stacked(dicts):
        dicts = [dict(d) for d in dicts]
        return {name: stack([d[name].detach() for d in dicts]).requires_grad_(dicts[0][name].requires_grad) for name in dicts[0]}
    return stacked(m.named_parameters() for m in models), stacked(m.named_buffers() for m in models)
