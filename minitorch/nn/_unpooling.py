"""`nn.functional`: values put back where max pooling found them."""
from minitorch.backend import on_host
from minitorch.kernels.blocks import product
from minitorch.nn._convolution import check_tensors
from minitorch.ops.creation import zeros
from minitorch.ops.gathering import scatter
from minitorch.ops.shape import flatten, reshape


def several(value, dims):
    """One number for each dimension."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * dims


def output_sizes(input, kernel_size, stride, padding, output_size, dims):
    """The sizes of what was pooled: the smallest that fits, or the given ones if they could have been.

    Raises:
        ValueError: they could not.
        TypeError: a setting is not made of whole numbers.
    """
    kernel = several(kernel_size, dims)
    stride, padding = kernel if stride is None else several(stride, dims), several(padding, dims)
    least = [(input.shape[d - len(kernel)] - 1) * stride[d] + kernel[d] - 2 * padding[d] for d in range(len(kernel))]
    if output_size is not None:
        given = list(output_size)[2:] if len(output_size) == len(kernel) + 2 else list(output_size)
        if len(given) != len(kernel):
            raise ValueError(f"output_size should be a sequence containing {len(kernel)} or {len(kernel) + 2} elements, but it has a "
                             f"length of {len(given)}")
        for d, (size, own) in enumerate(zip(given, least)):
            if not own - stride[d] < size < own + stride[d]:
                raise ValueError(f"invalid output_size {given} (dim {d} must be between {own - stride[d]} and {own + stride[d]})")
        least = given
    if any(not isinstance(size, int) for size in least):
        raise TypeError(f"max_unpool{dims}d(): the sizes must be whole numbers, got {least}")
    if any(size < 0 for size in least):
        raise ValueError(f"max_unpool{dims}d(): output_size must contain non-negative dimensions, but got {least}")
    if dims == 3 and any(s <= 0 for s in stride):
        raise RuntimeError(f"strides should be greater than zero, but got stride: {list(stride)}")
    return least


def unpool(input, indices, kernel_size, stride, padding, output_size, dims):
    """Zeros, with the values of the input at their places in each channel."""
    sizes = output_sizes(input, kernel_size, stride, padding, output_size, dims)
    check_tensors(f"max_unpool{dims}d", input=input, indices=indices)
    if input.ndim not in (dims + 1, dims + 2):
        raise RuntimeError(f"Input to max_unpool{dims}d should be a {dims + 1}d or {dims + 2}d Tensor, but got a tensor with {input.ndim} "
                           "dimensions.")
    if indices.dtype.name != "int64":
        raise RuntimeError(f"elements in indices should be type int64 but got: {indices.dtype}")
    if indices.shape != input.shape:
        raise RuntimeError(f"Expected shape of indices to be same as that of the input tensor ({list(input.shape)}) but got indices tensor "
                           f"with shape: {list(indices.shape)}")
    if 0 in input.shape[-dims - 1:]:
        raise RuntimeError(f"max_unpool{dims}d(): Expected input to have non-zero size for non-batch dimensions, but got "
                           f"{list(input.shape)}")
    if not input.is_floating_point():
        raise NotImplementedError(f'"max_unpool{dims}d" not implemented for {input.dtype}: convert the input with .float()')
    places, places_of = product(sizes), indices._array
    if not places:
        return zeros((*input.shape[:-dims], *sizes), dtype=input.dtype, device=input.device) + 0 * input.sum()
    if on_host(places_of) and places_of.size and not (places_of.min() >= 0 and places_of.max() < places):
        raise RuntimeError(f"Found an invalid max index in {places_of.min()} to {places_of.max()} (output volumes are of size "
                           f"{'x'.join(map(str, sizes))})")
    empty = zeros((*input.shape[:-dims], places), dtype=input.dtype, device=input.device)
    return reshape(scatter(empty, -1, flatten(indices, -dims), flatten(input, -dims)), (*input.shape[:-dims], *sizes))


def max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """The inverse of `max_pool1d` as far as there is one: the maxima at their places, 0 elsewhere.

    Args:
        indices: what `max_pool1d` returned as places.
        kernel_size, stride, padding: as given to it.
        output_size: the size of what was pooled, where several have the same result.

    Raises:
        RuntimeError: shapes, dtypes or places that do not fit.
        ValueError: nothing of `output_size` is pooled to this.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.max_unpool1d(torch.tensor([[5.0, 7.0]]), torch.tensor([[1, 3]]), 2)
        tensor([[0., 5., 0., 7.]])

    Source: Zeiler and Fergus (2014), Visualizing and Understanding Convolutional Networks, section 2.1
    """
    return unpool(input, indices, kernel_size, stride, padding, output_size, 1)


def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """The inverse of `max_pool2d` as far as there is one: the maxima at their places, 0 elsewhere. Settings as `max_unpool1d`'s.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.max_unpool2d(torch.tensor([[[5.0]]]), torch.tensor([[[2]]]), 2)
        tensor([[[0., 0.],
                 [5., 0.]]])
    """
    return unpool(input, indices, kernel_size, stride, padding, output_size, 2)


def max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """The inverse of `max_pool3d` as far as there is one: the maxima at their places, 0 elsewhere. Settings as `max_unpool1d`'s.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.max_unpool3d(torch.tensor([[[[5.0]]]]), torch.tensor([[[[3]]]]), (1, 2, 2))
        tensor([[[[0., 0.],
                  [0., 5.]]]])
    """
    return unpool(input, indices, kernel_size, stride, padding, output_size, 3)
