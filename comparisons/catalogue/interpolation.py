"""Images of another size."""
from hypothesis import assume
from hypothesis import strategies as st

from minitorch.testing.strategies import optional, sides, tensors

from .entry import Entry, case

DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional."
FACTORS = (0.5, 0.75, 1.5, 2, 2.3)
MODES = {1: ("nearest", "nearest-exact", "linear"), 2: ("nearest", "nearest-exact", "bilinear", "bicubic", "lanczos"),
         3: ("nearest", "nearest-exact", "trilinear")}


def images(draw, axes, least=1):
    """A batch of images, never empty but of images."""
    return draw(tensors((draw(sides(max_side=2)), draw(st.integers(1, 2)), *(draw(st.integers(least, 5)) for _ in range(axes)))))


@st.composite
def interpolations(draw):
    """Any mode, sizes or factors, and the options that the mode takes."""
    axes = draw(st.integers(1, 3))
    x, mode = images(draw, axes, 2), draw(st.sampled_from(MODES[axes]))
    if draw(st.booleans()):
        sizes = tuple(draw(st.integers(1, 7)) for _ in range(axes))
        assume(sizes[0] != x.shape[2])
        settings = {"size": draw(st.sampled_from((sizes, list(sizes), sizes[0])))}
    else:
        factors = tuple(draw(st.sampled_from(FACTORS if k == 0 else (1, *FACTORS))) for k in range(axes))
        settings = {"scale_factor": draw(st.sampled_from((factors, factors[0]))),
                    "recompute_scale_factor": draw(optional(st.sampled_from((True, False))))}
    last = settings.get("size") or tuple(n * f for n, f in zip(x.shape[2:], (settings["scale_factor"],) * axes
                                                               if isinstance(settings["scale_factor"], (int, float)) else factors))
    wide = (last if isinstance(last, int) else last[-1]) >= 2
    if mode == "lanczos" and not wide:                # which exists antialiased alone
        mode = "bicubic"
    smooth = mode.endswith(("linear", "cubic", "lanczos"))
    corners = st.just(False) if mode == "lanczos" else st.booleans()
    return case(x, mode=mode, **settings, **({"align_corners": draw(optional(corners))} if smooth else {}),
                **({"antialias": mode == "lanczos" or draw(st.booleans()) and wide} if mode in ("bilinear", "bicubic", "lanczos") else {}))


@st.composite
def upsamplings(draw, axes=(1, 2, 3), **fixed):
    """Sizes or factors."""
    n = draw(st.sampled_from(axes))
    return case(images(draw, n), **fixed, **draw(st.sampled_from(({"size": 4}, {"scale_factor": 2}, {"size": (3,) * n}))))


def call(name, **fixed):
    """A function of ones of this shape."""
    def run(torch, *args, shape=(1, 2, 4, 4), dtype=None, **settings):
        return getattr(torch.nn.functional, name)(torch.ones(shape, dtype=dtype), *args, **(fixed | settings))
    return run


resize = call("interpolate")


def bad(name):
    """Bad calls of the older names."""
    run = call(name)
    return {"shape": lambda torch: run(torch, 2, shape=(4, 4)), "nothing": lambda torch: run(torch), "both": lambda torch: run(torch, 2, 2),
            "dtype": lambda torch: run(torch, 2, dtype=torch.int64), "argument": lambda torch: run(torch, 2.0),
            "sizes": lambda torch: run(torch, (2, 2, 2))}


LINEAR = r"y = (M_H \otimes M_W)\, x, \quad M_{o,i} = w\!\left(s\,(o + \tfrac12) - \tfrac12 - i\right)"

ENTRIES = [
    Entry(
        "nn.functional.interpolate", interpolations(), op="kernels.interpolation.resample", numeric=False,
        bad={
            "shape": lambda torch: resize(torch, 2, shape=(4, 4)), "nothing": lambda torch: resize(torch),
            "both": lambda torch: resize(torch, 2, 2), "sizes": lambda torch: resize(torch, (2, 2, 2)), "one size": lambda torch:
            resize(torch, (2,)), "factors": lambda torch: resize(torch, scale_factor=(2, 2, 2)),
            "axes": lambda torch: resize(torch, 2, shape=(1, 1, 4), mode="bilinear"),
            "linear": lambda torch: resize(torch, 2, mode="linear"),
            "mode": lambda torch: resize(torch, 2, mode="foo"), "mode's type": lambda torch: resize(torch, 2, mode=3),
            "corners of nearest": lambda torch: resize(torch, 2, align_corners=True),
            "antialias of nearest": lambda torch: resize(torch, 2, antialias=True),
            "bicubic volume": lambda torch: resize(torch, 2, shape=(1, 1, 4, 4, 4), mode="bicubic"),
            "zero": lambda torch: resize(torch, 0), "negative": lambda torch: resize(torch, -1), "factor 0": lambda torch:
            resize(torch, scale_factor=0), "small factor": lambda torch: resize(torch, scale_factor=0.1),
            "dtype": lambda torch: resize(torch, 2, dtype=torch.int64), "bool": lambda torch: resize(torch, 2, dtype=torch.bool),
            "uint8": lambda torch: resize(torch, 3, dtype=torch.uint8),
            "integers by bilinear": lambda torch: resize(torch, 2, dtype=torch.int64, mode="bilinear"),
            "integers by area": lambda torch: resize(torch, 2, dtype=torch.int64, mode="area"),
            "no channels": lambda torch: resize(torch, 2, shape=(1, 0, 4, 4)),
            "no rows": lambda torch: resize(torch, 2, shape=(1, 2, 0, 4)),
            "argument": lambda torch: resize(torch, 2.0), "factor's type": lambda torch: resize(torch, scale_factor="x"),
            "recomputed from sizes": lambda torch: resize(torch, 2, recompute_scale_factor=True),
            "corners of lanczos": lambda torch: resize(torch, 2, mode="lanczos", align_corners=True, antialias=True),
            "lanczos not antialiased": lambda torch: resize(torch, 2, mode="lanczos"),
            "no tensor": lambda torch: torch.nn.functional.interpolate([[1.0]], 2),
        },
        formula=LINEAR, source=DOCS + "interpolate.html",
        differences=("uint8 is taken by the nearest modes and refused by the others, where torch has arithmetic of its own for it.",
                     "torch 2.13 repeats the first row of an antialiased image that becomes one column wide: none are drawn.",
                     "The gradient of nearest is torch's, which is not the values' own where a factor such as 2.3 makes lines or volumes "
                     "just as large or twice as large: there the backward follows the sizes, the forward the factor.",
                     "An infinite element makes NaN of up to 31 neighbours, in the smooth modes: the weights are a matrix."),
    ),
    Entry("nn.functional.interpolate by area", upsamplings(mode="area"), formula=r"y_o = \mathrm{mean}\, x_{a:b}",
          bad={"dtype": lambda torch: resize(torch, 2, dtype=torch.int64, mode="area"),
               "negative": lambda torch: resize(torch, -1, mode="area"),
               "corners": lambda torch: resize(torch, 2, mode="area", align_corners=False),
               "shape": lambda torch: resize(torch, 2, shape=(4, 4), mode="area")}, source=DOCS + "interpolate.html"),
    Entry("nn.functional.upsample", upsamplings(), bad=bad("upsample"), formula=LINEAR, source=DOCS + "upsample.html",
          differences=("torch warns that the name is an older one.",)),
    Entry("nn.functional.upsample_nearest", upsamplings(), op="kernels.interpolation.resample", bad=bad("upsample_nearest"),
          formula=r"y_o = x_{\lfloor s o \rfloor}", source=DOCS + "upsample_nearest.html",
          differences=("torch warns that the name is an older one.",)),
    Entry("nn.functional.upsample_bilinear", upsamplings((2,)), bad=bad("upsample_bilinear"), formula=LINEAR,
          source=DOCS + "upsample_bilinear.html", differences=("torch warns that the name is an older one.",)),
]
