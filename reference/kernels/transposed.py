"""2-d transposed convolution in plain PyTorch: the adjoint of the reference's convolution."""
from reference.kernels.convolution import Geometry, both, correlate, products, turned, turned_geometry, worth_turning, zeros


def sizes_of(input, weight, stride, padding, output_padding, groups, dilation):
    """The geometry of the convolution whose adjoint this is: from our outputs (N, C, H, W) to our inputs (N, O, OH, OW)."""
    (N, O, *inputs), (_, CG, *kernel) = input.shape, weight.shape
    stride, padding, output_padding, dilation = both(stride), both(padding), both(output_padding), both(dilation)
    sides = tuple((p, p - extra) for p, extra in zip(padding, output_padding))
    H, W = (s * (n - 1) + d * (k - 1) + 1 - before - after
            for s, n, d, k, (before, after) in zip(stride, inputs, dilation, kernel, sides))
    return Geometry(N, CG * groups, H, W, O, *kernel, *inputs, stride, sides, dilation, groups)


def conv_transpose2d(input, weight, bias=None, *, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Each element of `input` (N, I, H, W) times its filters `weight` (I, O / groups, KH, KW), added up where they overlap, plus `bias`."""
    sizes = sizes_of(input, weight, stride, padding, output_padding, groups, dilation)
    if worth_turning(sizes):
        out = correlate(input, turned(weight, sizes), None, turned_geometry(sizes))
    else:
        like = input.new_empty(sizes.N, sizes.C, sizes.H, sizes.W)
        out, _ = products(input, like, weight, sizes, True, False)
    if bias is not None:
        out = out + bias.reshape(-1, 1, 1)
    return out


def conv_transpose2d_backward(grad, input, weight, bias, stride, padding, output_padding, groups, dilation):
    """∂L/∂x is the convolution of ȳ; ∂L/∂W is the convolution's, with x in place of its gradient; ∂L/∂b = Σ ȳ."""
    sizes = sizes_of(input, weight, stride, padding, output_padding, groups, dilation)
    if grad.numel() == 0:
        return zeros(input), zeros(weight), zeros(bias)
    grad_bias = None if bias is None else grad.sum((0, 2, 3))
    grad_input = correlate(grad, weight, None, sizes)
    _, grad_weight = products(input, grad, weight, sizes, False, True)
    return grad_input, grad_weight, grad_bias
