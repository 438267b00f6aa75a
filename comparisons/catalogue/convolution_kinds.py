"""Convolutions of one and three dimensions, and transposed ones."""
from hypothesis import assume
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, conv_cases, tensors

from .convolution import convolutions
from .entry import Entry, case

GUIDE = "Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning, relation "


@st.composite
def transposed(draw, dims):
    """Calls of a transposed convolution that has at least one output position."""
    drawn = draw(conv_cases(dims, max_side=4))
    settings = dict(drawn.settings)
    if isinstance(settings.get("padding"), str):
        del settings["padding"]
    each = lambda name, default: (v,) * dims if isinstance(v := settings.get(name, default), int) else v
    stride, padding, dilation = each("stride", 1), each("padding", 0), each("dilation", 1)
    extra = tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation))
    if any(extra):
        settings["output_padding"] = extra[0] if len(set(extra)) == 1 else extra
    sizes, kernel = drawn.input.shape[-dims:], drawn.weight.shape[2:]
    assume(all((n - 1) * s - 2 * p + d * (k - 1) + 1 + e > 0
               for n, s, p, d, k, e in zip(sizes, stride, padding, dilation, kernel, extra)))
    channels, groups = drawn.input.shape[-dims - 1], settings.get("groups", 1)
    filters = draw(st.integers(1, 2))
    weight = draw(tensors((channels, filters, *kernel), drawn.input.dtype.name, low=-2, high=2))
    bias = [draw(tensors((filters * groups,), drawn.input.dtype.name))] if draw(st.booleans()) else []
    return case(drawn.input, weight, *bias, **settings)


def bad(name, dims):
    """Bad calls of a convolution of so many dimensions, transposed or not."""
    across = "transpose" in name

    def call(torch, x=(2, 3, *(6,) * dims), weight=(3, 4, *(3,) * dims) if across else (4, 3, *(3,) * dims), bias=(4,), dtype=None, **rest):
        x, weight = torch.ones(x, dtype=dtype), torch.ones(weight, dtype=dtype)
        return getattr(torch.nn.functional, name)(x, weight, None if bias is None else torch.ones(bias, dtype=dtype), **rest)
    calls = {
        "shape": lambda torch: call(torch, (2, 2, *(6,) * dims)),
        "too few dimensions": lambda torch: call(torch, (6,) * dims),
        "too many dimensions": lambda torch: call(torch, (1, 2, 3, *(6,) * dims)),
        "weight's dimensions": lambda torch: call(torch, weight=(4, 3)),
        "bias": lambda torch: call(torch, bias=(3,)),
        "no places": lambda torch: call(torch, (2, 3, 0, *(6,) * (dims - 1))),
        "one image": lambda torch: call(torch, (3, *(6,) * dims)),
        "dtype": lambda torch: call(torch, dtype=torch.bool),
        "argument": lambda torch: getattr(torch.nn.functional, name)([[1.0]], torch.ones(1, 1, 2)),
        "stride": lambda torch: call(torch, stride=0),
        "many strides": lambda torch: call(torch, stride=(1,) * (dims + 1)),
        "one stride in a tuple": lambda torch: call(torch, stride=(2,)),
        "dilation": lambda torch: call(torch, dilation=-1),
        "padding": lambda torch: call(torch, padding=-1),
        "padding's type": lambda torch: call(torch, padding=1.0),
        "no padding at all": lambda torch: call(torch, padding=()),
        "groups": lambda torch: call(torch, groups=0),
        "filters in groups": lambda torch: call(torch, groups=2),
        "groups' type": lambda torch: call(torch, groups=1.0),
        "same": lambda torch: call(torch, padding="same"),
        "padding's name": lambda torch: call(torch, padding="smae"),
    }
    if across:
        return calls | {
            "output padding": lambda torch: call(torch, output_padding=1),
            "output padding below the dilation": lambda torch: call(torch, output_padding=1, dilation=2),
            "negative output padding": lambda torch: call(torch, stride=2, output_padding=-1),
            "nothing left": lambda torch: call(torch, padding=9),
        }
    return calls | {
        "too small": lambda torch: call(torch, (2, 3, 2, *(6,) * (dims - 1))),
        "same with a stride": lambda torch: call(torch, padding="same", stride=2),
        "no channels": lambda torch: call(torch, (2, 0, *(6,) * dims), (4, 0, *(3,) * dims)),
    }


@st.composite
def layers(draw, dims):
    """A layer with any padding, dilation, groups, and each padding mode that the input is large enough for."""
    drawn = draw(conv_cases(dims, max_side=5))
    O, C, *kernel = drawn.weight.shape
    mode = draw(st.sampled_from(("zeros", "reflect", "replicate", "circular")))
    padding = drawn.settings.get("padding", 0)
    reach = [k * 2 for k in kernel] if isinstance(padding, str) else [padding] * dims if isinstance(padding, int) else padding
    assume(mode == "zeros" or all(p < n for p, n in zip(reach, drawn.input.shape[-dims:])))
    settings = drawn.settings | {"bias": OMIT if drawn.bias is not None else False, "padding_mode": mode}
    return case(drawn.input).built(C * settings.get("groups", 1), O, tuple(kernel), **settings)


def bad_layer(name, dims):
    """Bad layers."""
    layer = lambda torch, *args, x=(1, 3, *(5,) * dims), **settings: getattr(torch.nn, name)(*args, **settings)(torch.ones(x))
    return {
        "shape": lambda torch: layer(torch, 3, 2, 3, x=(1, 2, *(5,) * dims)), "argument": lambda torch: layer(torch, 3, 2),
        "dtype": lambda torch: layer(torch, 3, 2, 3, dtype=torch.float64), "groups": lambda torch: layer(torch, 3, 2, 3, groups=2),
        "padding": lambda torch: layer(torch, 3, 2, 3, padding="smae"),
        "padding and stride": lambda torch: layer(torch, 3, 2, 3, padding="same", stride=2),
        "padding mode": lambda torch: layer(torch, 3, 2, 3, padding_mode="mirror"),
    }


ENTRIES = [
    *(Entry(f"nn.Conv{dims}d", layers(dims), bad=bad_layer(f"Conv{dims}d", dims), formula=r"y_{n,o} = b_o + \sum_c W_{o,c} \star x_{n,c}",
            source=GUIDE + "6") for dims in (1, 3)),
    Entry("nn.functional.conv1d", convolutions(1), also=("conv1d",), bad=bad("conv1d", 1),
          formula=r"y_{n,o,i} = b_o + \sum_{c,k} W_{o,c,k}\, x_{n,c,is+kd-p}", source=GUIDE + "6"),
    Entry("nn.functional.conv3d", convolutions(3), also=("conv3d",), bad=bad("conv3d", 3),
          formula=r"y_{n,o,h,i,j} = b_o + \sum_{c,m,k,l} W_{o,c,m,k,l}\, x_{n,\,c,\,hs+md-p,\,is+kd-p,\,js+ld-p}", source=GUIDE + "6"),
    Entry("nn.functional.conv_transpose1d", transposed(1), also=("conv_transpose1d",), bad=bad("conv_transpose1d", 1),
          formula=r"y_{n,o,u} = b_o + \sum_{is+kd-p=u} W_{c,o,k}\, x_{n,c,i}", source=GUIDE + "14"),
    Entry("nn.functional.conv_transpose2d", transposed(2), also=("conv_transpose2d",),
          op="kernels.transposed.conv_transpose2d", grad_fn=True, bad=bad("conv_transpose2d", 2),
          formula=r"y_{n,o,u,v} = b_o + \sum_{is+kd-p=u,\;js+ld-p=v} W_{c,o,k,l}\, x_{n,c,i,j}", source=GUIDE + "14"),
    Entry("nn.functional.conv_transpose3d", transposed(3), also=("conv_transpose3d",), bad=bad("conv_transpose3d", 3),
          formula=r"y_{n,o,t,u,v} = b_o + \sum_{hs+md-p=t,\;is+kd-p=u,\;js+ld-p=v} W_{c,o,m,k,l}\, x_{n,c,h,i,j}", source=GUIDE + "14"),
]
