"""Windows as columns and back, channels as places and back."""
from hypothesis import strategies as st

from minitorch.testing.strategies import conv_cases, shapes, tensors

from .entry import Entry, case

DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional."


@st.composite
def unfold_cases(draw):
    """Images and windows."""
    drawn = draw(conv_cases(2))
    settings = {k: v for k, v in drawn.settings.items() if k != "groups" and not isinstance(v, str)}
    kernel = drawn.weight.shape[2:]
    if isinstance(drawn.settings.get("padding"), str):
        settings["padding"] = 2
    return case(drawn.input, kernel[0] if kernel[0] == kernel[1] else kernel, **settings)


@st.composite
def fold_cases(draw):
    """Columns of such windows."""
    drawn = draw(unfold_cases())
    x, kernel = drawn.args
    pair = lambda v: (v, v) if isinstance(v, int) else v
    (KH, KW), stride, padding, dilation = map(pair, (kernel, drawn.settings.get("stride", 1), drawn.settings.get("padding", 0),
                                                     drawn.settings.get("dilation", 1)))
    count = 1
    for n, k, s, p, d in zip(x.shape[-2:], (KH, KW), stride, padding, dilation):
        count *= (n + 2 * p - d * (k - 1) - 1) // s + 1
    columns = draw(tensors((*x.shape[:-3], x.shape[-3] * KH * KW, count), x.dtype.name))
    return case(columns, x.shape[-2:], kernel, **drawn.settings)


@st.composite
def shuffled(draw, back=False):
    """Images whose channels, or places, a factor divides."""
    r, C, H, W = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    shape = (C, H * r, W * r) if back else (C * r * r, H, W)
    return case(draw(tensors((*draw(shapes(0, 1, 1, 2)), *shape))), r)


@st.composite
def dealt(draw):
    """Batches whose channels fall into groups."""
    G = draw(st.integers(1, 3))
    return case(draw(tensors((*draw(shapes(1, 1, max_side=2)), G * draw(st.integers(1, 3)), *draw(shapes(1, 2, max_side=2))))), G)


def call(name, x, *args, **fixed):
    """A function of ones of this shape."""
    def run(torch, *others, shape=x, dtype=None, **settings):
        return getattr(torch.nn.functional, name)(torch.ones(shape, dtype=dtype), *(others or args), **(fixed | settings))
    return run


unfold, fold = call("unfold", (2, 3, 4, 4), 2), call("fold", (2, 12, 9), 4, 2)


def bad(name, x, argument):
    """Bad calls of a shuffle."""
    run = call(name, x, argument)
    return {
        "shape": lambda torch: run(torch, shape=(2, 2)), "indivisible": lambda torch: run(torch, shape=(1, 5, 5, 5)),
        "zero": lambda torch: run(torch, 0), "negative": lambda torch: run(torch, -1), "argument": lambda torch: run(torch, 2.0),
        "dtype": lambda torch: run(torch, dtype=torch.bool), "no tensor": lambda torch: getattr(torch.nn.functional, name)([[1.0]], 2),
    }


EMPTY = "torch leaves the shape of an empty input of pixel_unshuffle as it is"

ENTRIES = [
    Entry(
        "nn.functional.unfold", unfold_cases(), op="kernels.unfolding.unfold",
        bad={
            "shape": lambda torch: unfold(torch, shape=(4, 4)), "no channels": lambda torch: unfold(torch, shape=(2, 0, 4, 4)),
            "no rows": lambda torch: unfold(torch, shape=(2, 3, 0, 4)), "three sizes": lambda torch: unfold(torch, (2, 2, 2)),
            "one size": lambda torch: unfold(torch, (2,)), "too large": lambda torch: unfold(torch, 5),
            "zero": lambda torch: unfold(torch, 0),
            "stride": lambda torch: unfold(torch, stride=0), "dilation": lambda torch: unfold(torch, dilation=0),
            "padding": lambda torch: unfold(torch, padding=-1), "dtype": lambda torch: unfold(torch, dtype=torch.int64),
            "bool": lambda torch: unfold(torch, dtype=torch.bool), "argument": lambda torch: unfold(torch, 2.0),
        },
        formula=r"y_{n,\,(c,k,l),\,(i,j)} = x_{n,\,c,\,is+kd-p,\,js+ld-p}", source=DOCS + "unfold.html",
    ),
    Entry(
        "nn.functional.fold", fold_cases(), op="kernels.unfolding.fold",
        bad={
            "shape": lambda torch: fold(torch, shape=(12,)), "rows": lambda torch: fold(torch, shape=(2, 11, 9)),
            "columns": lambda torch: fold(torch, shape=(2, 12, 8)), "no rows": lambda torch: fold(torch, shape=(2, 0, 9)),
            "one size": lambda torch: fold(torch, (4,), 2), "zero": lambda torch: fold(torch, 4, 0),
            "no output": lambda torch: fold(torch, 0, 2),
            "stride": lambda torch: fold(torch, stride=0), "padding": lambda torch: fold(torch, padding=-1),
            "dtype": lambda torch: fold(torch, dtype=torch.int64), "bool": lambda torch: fold(torch, dtype=torch.bool),
            "argument": lambda torch: fold(torch, 4.0, 2),
        },
        formula=r"y_{n,c,u,v} = \sum_{is+kd-p=u,\;js+ld-p=v} x_{n,\,(c,k,l),\,(i,j)}", source=DOCS + "fold.html",
    ),
    Entry("nn.functional.pixel_shuffle", shuffled(), bad=bad("pixel_shuffle", (4, 2, 2), 2), memory=False, no_empty=EMPTY,
          also=("pixel_shuffle",), formula=r"y_{c,\,ir+a,\,jr+b} = x_{(c,a,b),\,i,\,j}",
          source="Shi et al. (2016), Real-Time Super-Resolution, equation 4"),
    Entry("nn.functional.pixel_unshuffle", shuffled(back=True), bad=bad("pixel_unshuffle", (1, 4, 4), 2), memory=False, no_empty=EMPTY,
          also=("pixel_unshuffle",), formula=r"y_{(c,a,b),\,i,\,j} = x_{c,\,ir+a,\,jr+b}", source=DOCS + "pixel_unshuffle.html"),
    Entry("nn.functional.channel_shuffle", dealt(), also=("channel_shuffle",), memory=False,
          bad=bad("channel_shuffle", (2, 4, 2, 2), 2), formula=r"y_{n,\,cG+g} = x_{n,\,gC/G+c}",
          source="Zhang et al. (2018), ShuffleNet, section 3.1"),
    Entry("nn.functional.native_channel_shuffle", dealt(), also=("native_channel_shuffle",), memory=False, differentiable=(), order=0,
          bad=bad("native_channel_shuffle", (2, 4, 2, 2), 2), formula=r"y_{n,\,cG+g} = x_{n,\,gC/G+c}",
          source="Zhang et al. (2018), ShuffleNet, section 3.1", differences=("Ours has a derivative, torch's has none.",)),
]
