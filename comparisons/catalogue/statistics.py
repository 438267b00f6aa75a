"""Order statistics, reductions past nan, covariances, bounded norms."""
import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import dims, dtypes, floats, numbers, optional, shapes, sides, tensors

from .entry import Entry, Tolerance, case, cases, lib
from .reduction import NO_EXTREME, along, nonempty, reducing, refused

INTEGERS = st.sampled_from(("int64", "int32", "uint8"))


def holes(x, seed, share=0.25):
    """The array with nan at some places."""
    x = x.copy()
    x[np.random.RandomState(seed).rand(*x.shape) < share] = np.nan
    return x


def overload(name, strategy, **options):
    """The entry of a use that has a name of its own here."""
    base = name.split()[0]
    return Entry(name, strategy, call=lambda torch, *args, **settings: getattr(torch, base)(*args, **settings), source=f"torch.{base}",
                 **options)


@st.composite
def missing(draw, strategy):
    """Cases some of whose values are nan."""
    c = draw(strategy)
    return case(holes(c.args[0], draw(st.integers(0, 99))), *c.args[1:], **c.settings)


@st.composite
def quantiles(draw, nan=False):
    """A tensor, where to read it, perhaps along a dimension, by every interpolation."""
    x = draw(nonempty(unique=True))
    if nan:
        x = holes(x, draw(st.integers(0, 99)))
    settings = {"keepdim": draw(st.booleans())}
    if draw(st.booleans()):
        settings["dim"] = draw(dims(x))
    if draw(st.booleans()):
        settings["interpolation"] = draw(st.sampled_from(("linear", "lower", "higher", "midpoint", "nearest")))
    several = np.array(draw(st.lists(st.sampled_from((0.0, 0.3, 0.5, 0.65, 1.0)), max_size=3)), x.dtype)
    return case(x, draw(st.sampled_from((0.5, 0.3, 0, 1.0, several, np.array(0.7, x.dtype)))), **settings)


def quantile(name):
    """What is refused, of quantile and nanquantile."""
    return {
        "shape": lambda torch: getattr(torch, name)(torch.ones(0), 0.5),
        "dtype": lambda torch: getattr(torch, name)(torch.ones(2, dtype=torch.int64), 0.5),
        "argument": lambda torch: getattr(torch, name)(torch.ones(2), 1.5),
        "interpolation": lambda torch: getattr(torch, name)(torch.ones(2), 0.5, interpolation="cubic"),
        "q": lambda torch: getattr(torch, name)(torch.ones(2), torch.ones(1, dtype=torch.float64)),
        "matrix": lambda torch: getattr(torch, name)(torch.ones(2), torch.ones(1, 1)),
        "dim": lambda torch: getattr(torch, name)(torch.ones(2), 0.5, 1),
    }


@st.composite
def observations(draw, weights=True):
    """Variables over observations, and perhaps how often and how much each counts."""
    rows, n, kind = draw(st.integers(1, 3)), draw(st.integers(2, 5)), draw(floats())
    x = draw(tensors((rows, n) if draw(st.booleans()) else (n,), kind))
    if not weights:
        return case(x)
    settings = {"correction": draw(st.sampled_from((0, 1)))}
    if draw(st.booleans()):
        settings["fweights"] = draw(tensors((n,), "int64", low=1, high=3))
    if draw(st.booleans()):
        settings["aweights"] = draw(tensors((n,), kind, low=0.25, high=2.0))
    return case(x, **settings)


ENTRIES = [
    Entry("median", cases(nonempty(unique=True)), also=("Tensor.median",),
          bad={**refused("median"), "bool": lambda torch: torch.median(torch.ones(2, dtype=torch.bool)),
               "dims": lambda torch: torch.median(torch.ones(2, 2), (0, 1))},
          formula=r"y = x_{(\lfloor (n+1)/2 \rfloor)}", source="torch.median", grad_fn=True, no_empty="see the entry of nothing"),
    overload("median along a dimension", along(unique=True),
             bad={**refused("median"), "empty": lambda torch: torch.median(torch.ones(2, 0), 1)},
             formula=r"y = x_{(\lfloor (n+1)/2 \rfloor)}", no_empty=NO_EXTREME, grad_fn=False),
    overload("median of equal values", cases(nonempty(dtype=numbers(), low=-1.0, high=1.0)), bad=refused("median"),
             formula=r"y = x_{(\lfloor (n+1)/2 \rfloor)}", numeric=False, no_empty="see the entry of nothing"),
    overload("median of nothing", cases(tensors(shapes(1, 2, 0, 2))), bad=refused("median"), formula=r"y = \mathrm{nan}", numeric=False,
             order=1, differences=("nothing has no second order",)),
    overload("median of nan", missing(along(unique=True)), bad=refused("median"), formula=r"y = \mathrm{nan}", numeric=False,
             no_empty=NO_EXTREME),
    Entry("nanmedian", missing(cases(nonempty(unique=True))), also=("Tensor.nanmedian",), bad=refused("nanmedian"),
          formula=r"y = x_{(\lfloor (n+1)/2 \rfloor)}", source="torch.nanmedian", numeric=False, no_empty="see median"),
    overload("nanmedian along a dimension", missing(along(unique=True)), bad=refused("nanmedian"), numeric=False, no_empty=NO_EXTREME,
             formula=r"y = x_{(\lfloor (n+1)/2 \rfloor)}"),
    Entry("kthvalue", cases(nonempty(unique=True), 1, dim=optional(lambda x: dims(x)), keepdim=optional(True)), also=("Tensor.kthvalue",),
          bad={
              "argument": lambda torch: torch.kthvalue(torch.ones(2), 3), "dtype": lambda torch: torch.kthvalue("x", 1),
              "shape": lambda torch: torch.kthvalue(torch.ones(2), 1, 2), "bool": lambda torch: torch.kthvalue(torch.ones(1) > 0, 1),
          }, formula=r"y = x_{(k)}", source="torch.kthvalue", no_empty=NO_EXTREME),
    overload("kthvalue of several", cases(tensors(st.tuples(sides(), st.just(5)), unique=True), st.sampled_from((2, 3, 5))),
             bad=refused("kthvalue"), formula=r"y = x_{(k)}"),
    Entry("mode", cases(nonempty(unique=True), dim=optional(lambda x: dims(x)), keepdim=optional(True)), also=("Tensor.mode",), bad={
        "argument": lambda torch: torch.mode(torch.ones(2), 1), "dtype": lambda torch: torch.mode("x"),
        "shape": lambda torch: torch.mode(torch.ones(2, 0)),
    }, formula=r"y = \arg\max_v |\{i : x_i = v\}|", source="torch.mode", no_empty=NO_EXTREME),
    overload("mode of equal values", cases(nonempty(dtype=dtypes(), low=-1.0, high=1.0), lambda x: dims(x)), bad=refused("mode"),
             formula=r"y = \arg\max_v |\{i : x_i = v\}|", numeric=False, no_empty=NO_EXTREME),
    Entry("quantile", quantiles(), also=("Tensor.quantile",), bad=quantile("quantile"), formula=r"y = x_{(1 + q (n - 1))}",
          source="torch.quantile", no_empty=NO_EXTREME, numeric=False),
    Entry("nanquantile", quantiles(True), also=("Tensor.nanquantile",), bad=quantile("nanquantile"), formula=r"y = x_{(1 + q (n - 1))}",
          source="torch.nanquantile", no_empty=NO_EXTREME, numeric=False),
    overload("quantile of nan", quantiles(True), bad=quantile("quantile"), formula=r"y = \mathrm{nan}", numeric=False, no_empty=NO_EXTREME,
             differentiable=()),
    Entry("nansum", missing(reducing()), also=("Tensor.nansum",), bad=refused("nansum"), formula=r"y = \sum_{x_i \ne \mathrm{nan}} x_i",
          source="torch.nansum", numeric=False),
    overload("nansum of integers", cases(tensors(dtype=INTEGERS), dtype=optional(lib.float64)), bad=refused("nansum"),
             formula=r"y = \sum_i x_i"),
    Entry("nanmean", missing(reducing()), also=("Tensor.nanmean",),
          bad={**refused("nanmean"), "integers": lambda torch: torch.nanmean(torch.ones(2, dtype=torch.int64))},
          formula=r"y = \frac{1}{n} \sum_{x_i \ne \mathrm{nan}} x_i", source="torch.nanmean", numeric=False),
    Entry("aminmax", cases(nonempty(unique=True), dim=optional(lambda x: dims(x)), keepdim=optional(True)),
          also=("Tensor.aminmax",), bad={
        "shape": lambda torch: torch.aminmax(torch.ones(0)), "dtype": lambda torch: torch.aminmax("x"),
        "argument": lambda torch: torch.aminmax(torch.ones(2, 0), dim=1),
    }, formula=r"y = (\min_i x_i, \max_i x_i)", source="torch.aminmax", no_empty=NO_EXTREME),
    overload("aminmax of equal values", cases(nonempty(dtype=dtypes(), low=-1.0, high=1.0)), bad=refused("aminmax"), numeric=False,
             formula=r"y = (\min_i x_i, \max_i x_i)", no_empty=NO_EXTREME),
    Entry("cov", observations(), also=("Tensor.cov",), bad={
        "shape": lambda torch: torch.cov(torch.ones(1, 1, 1)),
        "dtype": lambda torch: torch.cov(torch.ones(2, dtype=torch.bool)),
        "argument": lambda torch: torch.cov(torch.ones(2), fweights=torch.ones(2)),
        "weights": lambda torch: torch.cov(torch.ones(2), fweights=torch.ones(3, dtype=torch.int64)),
        "negative": lambda torch: torch.cov(torch.ones(2), aweights=-torch.ones(2)),
    }, formula=r"C_{ij} = \frac{\sum_k w_k (x_{ik} - \bar x_i)(x_{jk} - \bar x_j)}{n - c}", source="torch.cov",
          no_empty="nothing varies: nan, and a warning in torch", differentiable=(0,),
          tolerance=Tolerance("sums in another order, of differences from a mean", float64=64, float32=64)),
    overload("cov of integers", cases(tensors((2, 4), INTEGERS)), bad=refused("cov"), formula=r"C = \operatorname{cov} x",
             no_empty="nothing varies"),
    Entry("corrcoef", observations(weights=False), also=("Tensor.corrcoef",), bad={
        "shape": lambda torch: torch.corrcoef(torch.ones(1, 1, 1)), "dtype": lambda torch: torch.corrcoef("x"),
        "argument": lambda torch: torch.corrcoef(torch.ones(2, dtype=torch.bool)),
    }, formula=r"R_{ij} = \frac{C_{ij}}{\sqrt{C_{ii} C_{jj}}}", source="torch.corrcoef", order=1, numeric=False,
          differences=("its second order is a difference of nearly equal terms: rounding alone is left of it",),
          no_empty="nothing varies: nan, and a warning in torch",
          tolerance=Tolerance("its gradient is a difference of nearly equal terms", float64=4096, float32=4096)),
    Entry("renorm", cases(tensors(shapes(2, 3, 1), avoid=(0.0,)), st.sampled_from((1, 2, 3.0)), lambda x, p: dims(x),
                          st.sampled_from((1, 2.5))),
          also=("Tensor.renorm", "Tensor.renorm_"), bad={
        "shape": lambda torch: torch.renorm(torch.ones(3), 2, 0, 1.0), "dtype": lambda torch: torch.renorm(torch.ones(2, 2) > 0, 2, 0, 1.0),
        "argument": lambda torch: torch.renorm(torch.ones(2, 2), -1, 0, 1.0),
        "bound": lambda torch: torch.renorm(torch.ones(2, 2), 2, 0, -1.0),
    }, formula=r"y_i = x_i \min\!\left(1, \frac{c}{\|x_i\|_p}\right)", source="torch.renorm", numeric=False,
          no_empty="norms of nothing are 0"),
]
