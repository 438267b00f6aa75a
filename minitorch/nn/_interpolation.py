"""`nn.functional`: images of another size."""
from math import floor

from minitorch.backend import on_own_device
from minitorch.kernels import interpolation
from minitorch.kernels.windows import whole
from minitorch.nn._pooling import adaptive_avg_pool2d
from minitorch.nn._pooling_kinds import adaptive_avg_pool1d, adaptive_avg_pool3d

RULES = {"linear": ("linear", 3), "bilinear": ("linear", 4), "trilinear": ("linear", 5), "bicubic": ("cubic", 4), "lanczos": ("lanczos", 4),
         "nearest": ("nearest", None), "nearest-exact": ("nearest-exact", None), "area": ("area", None)}
SMOOTH = ("linear", "bilinear", "bicubic", "trilinear", "lanczos")


@on_own_device
def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, antialias=False):
    """Images, lines or volumes of another size: along each axis the outputs lie evenly between the inputs, and are weighted sums of these.

    Args:
        size: the new sizes, one number or one an axis; or
        scale_factor: by how much they grow, one number or one an axis.
        mode: "nearest", "nearest-exact" (which rounds from the middle of the elements), "linear", "bilinear", "trilinear" (by the number of
            axes), "bicubic", "area" (means, as `adaptive_avg_pool2d`); with antialias also "lanczos".
        align_corners: whether the outermost elements' middles stay where they are, else their edges; for the (…)linear and bicubic modes.
        recompute_scale_factor: whether the steps follow from the new sizes, else from the scale factor as given.
        antialias: whether images that shrink are smoothed, by a wider kernel; for "bilinear" and "bicubic".

    Shape:
        (N, C, *sizes) -> (N, C, *new sizes), one to three sizes.

    Raises:
        ValueError: neither or both of size and scale factor, or other numbers of them than axes; an option that the mode does not take.
        NotImplementedError: a mode that does not go with the number of axes, or a dtype that is not floating (uint8 by "nearest" is fine).
        RuntimeError: an empty input or output.

    Example:
        >>> import minitorch as torch
        >>> x = torch.tensor([[[0.0, 10.0]]])
        >>> torch.nn.functional.interpolate(x, scale_factor=2), torch.nn.functional.interpolate(x, 4, mode="linear")
        (tensor([[[ 0.,  0., 10., 10.]]]), tensor([[[ 0.0000,  2.5000,  7.5000, 10.0000]]]))

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.interpolate.html
    """
    axes = input.dim() - 2
    if mode in SMOOTH:
        align_corners = bool(align_corners)
    elif align_corners is not None:
        raise ValueError(f"align_corners option can only be set with the interpolating modes: {' | '.join(SMOOTH)}; got mode={mode!r}")
    sizes, factors = new_sizes(input, axes, size, scale_factor, recompute_scale_factor)
    if antialias and (mode not in ("bilinear", "bicubic", "lanczos") or axes != 2):
        raise ValueError(f"Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor, got {mode!r}")
    if mode == "lanczos" and axes == 2 and (align_corners or not antialias):
        raise ValueError(f"Lanczos mode requires antialias=True and align_corners=False, got {antialias} and {align_corners}")
    rule, ndim = RULES.get(mode, (None, None)) if isinstance(mode, str) else (None, None)
    if rule is None or not 1 <= axes <= 3 or rule in ("cubic", "lanczos") and axes != 2:
        raise NotImplementedError(f"Only 3D, 4D and 5D input Tensors supported (got {input.dim()}D) for the modes: {' | '.join(RULES)} "
                                  f"(got {mode!r}); bicubic and lanczos need 4D, lanczos antialias=True")
    if ndim is not None and ndim != input.dim():
        raise NotImplementedError(f"Got {input.dim()}D input, but {mode} mode needs {ndim}D input")
    if rule == "area":
        return (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[axes - 1](input, sizes)
    if min(*sizes, *input.shape[2:]) <= 0:
        raise RuntimeError(f"Input and output sizes should be greater than 0, but got input {tuple(input.shape[2:])} output {tuple(sizes)}")
    if input.shape[1] == 0:
        raise RuntimeError(f"Non-empty {input.dim()}D data tensor expected but got a tensor with sizes {list(input.shape)}")
    kind = input._array.dtype
    if kind.kind != "f" and not (kind == "u1" and rule.startswith("nearest")):
        raise NotImplementedError(f"interpolate with mode={mode!r} is not implemented for {input.dtype}: convert it, for instance with "
                                  ".float()")
    out, plain = input, axes == 2 and sum(sizes) <= 128      # PyTorch has a loop of its own for small images
    for dim in range(-1, -axes - 1, -1):
        same = sizes[dim] == input.shape[dim] and factors[dim] in (None, 1)
        if not same:
            out = interpolation.resample(out, dim=dim, size=sizes[dim], mode=rule, factor=factors[dim], align_corners=bool(align_corners),
                                         antialias=antialias, plain=plain)
    return out.clone() if out is input else out


def new_sizes(input, axes, size, scale_factor, recompute):
    """The sizes to have, and the factors that the steps follow, None where they follow from the sizes."""
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    name, given = ("size", size) if size is not None else ("scale_factor", scale_factor)
    if isinstance(given, (list, tuple)):
        if len(given) != axes:
            raise ValueError(f"Input and {'output' if size is not None else name} must have the same number of spatial dimensions, but got "
                             f"input with spatial dimensions of {list(input.shape[2:])} and {name} of {list(given)}")
    else:
        given = [given] * axes
    if recompute and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    fits = whole if size is not None else lambda v: isinstance(v, (int, float))
    if not all(map(fits, given)):
        raise TypeError(f"interpolate: {name} must be made of {'whole numbers' if size is not None else 'numbers'}, got {given}")
    if size is not None:
        return list(given), [None] * axes
    sizes = [floor(n * float(factor)) for n, factor in zip(input.shape[2:], given)]
    return sizes, [None] * axes if recompute else [float(f) for f in given]


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """`interpolate`, by its older name.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.upsample(torch.tensor([[[1.0, 2.0]]]), 4)
        tensor([[[1., 1., 2., 2.]]])
    """
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input, size=None, scale_factor=None):
    """`interpolate` by "nearest", by its older name.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.upsample_nearest(torch.tensor([[[1.0, 2.0]]]), 4)
        tensor([[[1., 1., 2., 2.]]])
    """
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input, size=None, scale_factor=None):
    """`interpolate` by "bilinear" with aligned corners, by its older name.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.upsample_bilinear(torch.tensor([[[[1.0, 2.0]]]]), (1, 3))
        tensor([[[[1.0000, 1.5000, 2.0000]]]])
    """
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)
