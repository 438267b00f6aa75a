"""`nn.functional`: max pooling over windows that begin at random places."""
from minitorch.backend import array_module
from minitorch.kernels.blocks import product
from minitorch.nn._convolution import check_tensors
from minitorch.nn._unpooling import several
from minitorch.ops.gathering import gather
from minitorch.ops.sampling import rand
from minitorch.ops.shape import flatten, reshape
from minitorch.tensor import wrap


def starts(samples, size, count, window):
    """Where `count` windows of a dimension begin, (N, C, count): ⌊(i + u) a⌋ - ⌊u a⌋ with a = (size - window)/(count - 1), the last at
    the end.
    """
    xp = array_module(samples)
    last = xp.full((*samples.shape, 1), size - window, "i8")
    if count == 1:
        return last
    u = samples[..., None]
    a = xp.asarray(size - window, dtype=u.dtype) / xp.asarray(count - 1, dtype=u.dtype)
    begun = ((xp.arange(count - 1).astype(u.dtype) + u) * a).astype("i8") - (u * a).astype("i8")
    return xp.concatenate([begun, last], axis=-1)


def windows_of(starts_of, sizes, kernel):
    """The places in the flattened dimensions of the elements of each window, (N, C, *outputs, elements)."""
    dims, xp = len(sizes), array_module(starts_of[0])
    places = 0
    for d, begun in enumerate(starts_of):
        at = begun[..., None] + xp.arange(kernel[d])                                # (N, C, outputs, kernel)
        outputs, elements = [1] * dims, [1] * dims
        outputs[d], elements[d] = at.shape[-2:]
        places = places * sizes[d] + at.reshape(*at.shape[:2], *outputs, *elements)
    return places.reshape(*places.shape[:2 + dims], product(kernel))


def sizes_of(name, input, kernel_size, output_size, output_ratio, dims):
    """The windows' and the output's sizes."""
    if output_size is None and output_ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    if output_size is None:
        ratios = output_ratio if dims == 2 else several(output_ratio, dims)
        if dims == 2 and len(ratios) > 2:
            raise ValueError(f"{name} requires an output_ratio for height and width, got {len(ratios)}")
        output_size = [int(input.shape[d - dims] * ratios[d]) for d in range(dims)]
    found = []
    for argument, value in (("kernel_size", kernel_size), ("output_size", output_size)):
        values = several(value, dims)
        if any(not isinstance(v, int) for v in values):
            raise TypeError(f"{name}(): argument '{argument}' must be tuple of ints, not {type(value).__name__}")
        if len(values) != dims:
            raise RuntimeError(f"{name}: {argument} must either be a single Int or tuple of {dims} Ints, got {len(values)}")
        found.append(values)
    return found


def check_samples(input, samples, dims):
    """One number for each dimension, channel and sample, of the input's dtype."""
    if samples.ndim != 3:
        raise RuntimeError(f"Expect _random_samples to have 3 dimensions, got {samples.ndim}")
    if samples.dtype is not input.dtype:
        raise RuntimeError(f"Expect _random_samples to have the same dtype as input, got {samples.dtype} and {input.dtype}")
    if samples.requires_grad:
        raise RuntimeError("_random_samples cannot have requires_grad True: there is no derivative with respect to them")
    batch = input.shape[0] if input.ndim == dims + 2 else 1
    if samples.shape[0] < batch or samples.shape[1] != input.shape[-dims - 1] or samples.shape[2] != dims:
        raise RuntimeError(f"Expect _random_samples of shape {[batch, input.shape[-dims - 1], dims]}, got {list(samples.shape)}")


def fractional(input, kernel_size, output_size, output_ratio, samples, dims):
    """The largest element of each window, and its place in the flattened dimensions."""
    name = f"fractional_max_pool{dims}d"
    check_tensors(name, input=input)
    kernel, outputs = sizes_of(name, input, kernel_size, output_size, output_ratio, dims)
    if input.ndim <= dims:
        raise IndexError(f"{name}(): Dimension out of range: expected {dims + 1} or {dims + 2} dimensions, got {input.ndim}")
    if not input.is_floating_point():
        raise NotImplementedError(f'"{name}" not implemented for {input.dtype}: convert the input with .float()')
    batched = input.ndim == dims + 2
    if samples is None:
        samples = rand(input.shape[0] if batched else 1, input.shape[-dims - 1], dims, dtype=input.dtype, device=input.device)
    if input.ndim > dims + 2:
        raise RuntimeError(f"{name}(): Expected {dims + 1}D or {dims + 2}D tensor, but got: {list(input.shape)}")
    check_samples(input, samples, dims)
    sizes = input.shape[-dims:]
    if 0 in input.shape[-dims - 1:]:
        raise RuntimeError(f"{name}(): Expected input to have non-zero size for non-batch dimensions, but got {list(input.shape)}")
    if any(m < 0 for m in outputs):
        raise RuntimeError(f"Trying to create tensor with negative dimension: {list(outputs)}")
    for n, k, m in zip(sizes, kernel, outputs):
        if k < 1 or m + k - 1 > n - (dims == 3):      # of a volume one element must be left over
            raise RuntimeError(f"{name}(): {m} windows of {k} elements are too large relative to the input's {n}")
    values = flatten(input, -dims)
    array = values._array if batched else values._array[None]
    chosen = samples._array[:array.shape[0]]
    order = range(dims) if dims == 3 else (1, 0)      # the plane's first sample is that of its columns
    begun = [starts(chosen[..., order[d]], sizes[d], outputs[d], kernel[d]) for d in range(dims)]
    places = windows_of(begun, sizes, kernel)
    xp, lead = array_module(array), array.shape[:2]
    seen = xp.take_along_axis(array, places.reshape(*lead, product(places.shape[2:])), axis=-1).reshape(places.shape)
    largest = xp.take_along_axis(places, seen.argmax(axis=-1)[..., None], axis=-1)[..., 0]
    indices = wrap(largest if batched else largest[0])
    out = gather(values, -1, flatten(indices, -dims))
    return reshape(out, indices.shape), indices


def fractional_max_pool2d(input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
    """The largest element of each of as many windows as wanted, which overlap and whose places are drawn.

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size: one number, or (height, width).
        output_size, output_ratio: the output's size, or its ratio to the input's; one of the two.
        return_indices: also return where each largest element lies: row·W + column.

    Raises:
        ValueError: neither size nor ratio.
        RuntimeError: sizes that do not go together.

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.functional.fractional_max_pool2d(torch.arange(25.0).reshape(1, 5, 5), 2, 3)
        tensor([[[ 6.,  8.,  9.],
                 [11., 13., 14.],
                 [21., 23., 24.]]])

    Source: Graham (2014), Fractional Max-Pooling, https://arxiv.org/abs/1412.6071
    """
    found = fractional(input, kernel_size, output_size, output_ratio, _random_samples, 2)
    return found if return_indices else found[0]


def fractional_max_pool2d_with_indices(input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
    """`fractional_max_pool2d` and the places of the maxima."""
    return fractional(input, kernel_size, output_size, output_ratio, _random_samples, 2)


def fractional_max_pool3d(input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
    """`fractional_max_pool2d` over depth, height and width of (N, C, D, H, W) or (C, D, H, W).

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.functional.fractional_max_pool3d(torch.arange(27.0).reshape(1, 3, 3, 3), 2, 1)
        tensor([[[[26.]]]])
    """
    found = fractional(input, kernel_size, output_size, output_ratio, _random_samples, 3)
    return found if return_indices else found[0]


def fractional_max_pool3d_with_indices(input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
    """`fractional_max_pool3d` and the places of the maxima."""
    return fractional(input, kernel_size, output_size, output_ratio, _random_samples, 3)
