"""Reductions, sorting and running sums."""
from hypothesis import strategies as st

from minitorch.testing.strategies import any_dims, dims, dtypes, optional, shapes, sides, tensors

from .entry import Entry, case, cases, lib


def refused(name, dim=3):
    """What a reduction refuses."""
    return {
        "shape": lambda torch: getattr(torch, name)(torch.ones(2, 2), dim),
        "dtype": lambda torch: getattr(torch, name)("x"),
        "argument": lambda torch: getattr(torch, name)(),
    }


def nonempty(**options):
    """Tensors with at least one element."""
    return tensors(shapes(min_side=1), **options)


@st.composite
def along(draw, keepdim=True, empty=False, **options):
    """A tensor (with at least one element, unless `empty`), one dimension of it, and perhaps keepdim."""
    x = draw(tensors(**options) if empty else nonempty(**options))
    settings = {"keepdim": draw(st.booleans())} if keepdim else {}
    return case(x, draw(dims(x)), **settings)


@st.composite
def reducing(draw, several=True, **options):
    """A tensor, and perhaps the dimensions to reduce, with keepdim only beside them."""
    x = draw(tensors(**options))
    if draw(st.booleans()):
        return case(x)
    where = any_dims(x) if several else dims(x)
    return case(x, dim=draw(where), keepdim=draw(st.booleans()))


NO_EXTREME = "there is no extreme of nothing: the refusal is among the bad inputs"


def overload(name, strategy, **options):
    """The entry of an overload that has a name of its own here."""
    base = name.split()[0]
    return Entry(name, strategy, call=lambda torch, *args, **settings: getattr(torch, base)(*args, **settings), source=f"torch.{base}",
                 **options)


def spread(name, formula):
    """std and var, by their two ways of counting degrees of freedom."""
    return Entry(
        name, cases(tensors(shapes(min_dims=1, min_side=2)), dim=optional(lambda x: dims(x)), keepdim=optional(True),
                    correction=optional(st.sampled_from((0, 1)))),
        also=(f"Tensor.{name}",) if "_" not in name else (),
        bad={**refused(name), "dtype": lambda torch: getattr(torch, name)(torch.ones(2, dtype=torch.int64))},
        formula=formula, source=f"torch.{name}", no_empty="nothing has no spread: nan, and a warning in torch",
    )


ENTRIES = [
    Entry("sum", reducing(dtype=dtypes()), also=("Tensor.sum",),
          bad=refused("sum"), formula=r"y = \sum_i x_i", source="torch.sum"),
    Entry("sum with dtype", cases(tensors(dtype=dtypes()), dtype=st.sampled_from((lib.float64, lib.float32))),
          call=lambda torch, x, dtype: torch.sum(x, dtype=dtype), bad=refused("sum"), formula=r"y = \sum_i x_i", source="torch.sum",
          numeric=False),
    Entry("mean", reducing(), also=("Tensor.mean",),
          bad={**refused("mean"), "integers": lambda torch: torch.mean(torch.ones(2, dtype=torch.int64))},
          formula=r"y = \frac{1}{n} \sum_i x_i", source="torch.mean"),
    Entry("prod", cases(tensors(low=-1.5, high=1.5)), also=("Tensor.prod",), bad=refused("prod"), formula=r"y = \prod_i x_i",
          source="torch.prod"),
    overload("prod along a dimension", along(empty=True, low=-1.5, high=1.5), bad=refused("prod"), formula=r"y = \prod_i x_i"),
    overload("prod with zeros", cases(tensors(shapes(1, 1, 0, 4), low=-0.0625, high=0.0625)), bad=refused("prod"),
             formula=r"y = \prod_i x_i"),
    spread("var", r"y = \frac{1}{n - c} \sum_i (x_i - \bar x)^2"),
    spread("std", r"y = \sqrt{\frac{1}{n - c} \sum_i (x_i - \bar x)^2}"),
    spread("var_mean", r"y = (s^2, \bar x)"),
    spread("std_mean", r"y = (s, \bar x)"),
    Entry("max", cases(nonempty(unique=True)), also=("Tensor.max",),
          bad={**refused("max"), "empty": lambda torch: torch.max(torch.ones(0))},
          formula=r"y = \max_i x_i", source="torch.max", no_empty=NO_EXTREME),
    Entry("min", cases(nonempty(unique=True)), also=("Tensor.min",),
          bad={**refused("min"), "empty": lambda torch: torch.min(torch.ones(0))},
          formula=r"y = \min_i x_i", source="torch.min", no_empty=NO_EXTREME),
    overload("max along a dimension", along(unique=True), bad={**refused("max"), "empty": lambda torch: torch.max(torch.ones(2, 0), 1)},
             no_empty=NO_EXTREME, formula=r"y = \max_i x_i"),
    overload("min along a dimension", along(unique=True), bad={**refused("min"), "empty": lambda torch: torch.min(torch.ones(2, 0), 1)},
             no_empty=NO_EXTREME, formula=r"y = \min_i x_i"),
    overload("max of equal values", cases(tensors(shapes(1, 2, 1, 4), low=-0.0625, high=0.0625)), bad=refused("max"),
             formula=r"y = \max_i x_i", numeric=False, no_empty=NO_EXTREME),
    Entry("amax", cases(nonempty(unique=True), dim=optional(lambda x: any_dims(x)), keepdim=optional(True)), also=("Tensor.amax",),
          bad=refused("amax"),
          formula=r"y = \max_i x_i", source="torch.amax", no_empty=NO_EXTREME),
    Entry("amin", cases(nonempty(unique=True), dim=optional(lambda x: any_dims(x)), keepdim=optional(True)), also=("Tensor.amin",),
          bad=refused("amin"),
          formula=r"y = \min_i x_i", source="torch.amin", no_empty=NO_EXTREME),
    Entry("argmax", cases(nonempty(unique=True), dim=optional(lambda x: dims(x)), keepdim=optional(True)), also=("Tensor.argmax",),
          bad=refused("argmax"),
          formula=r"y = \arg\max_i x_i", source="torch.argmax", order=0, no_empty=NO_EXTREME),
    Entry("argmin", cases(nonempty(unique=True), dim=optional(lambda x: dims(x)), keepdim=optional(True)), also=("Tensor.argmin",),
          bad=refused("argmin"),
          formula=r"y = \arg\min_i x_i", source="torch.argmin", order=0, no_empty=NO_EXTREME),
    Entry("all", reducing(dtype=dtypes(), low=-1.0, high=1.0), also=("Tensor.all",), bad=refused("all"),
          formula=r"y = \forall i: x_i \ne 0", source="torch.all", order=0),
    Entry("any", reducing(dtype=dtypes(), low=-1.0, high=1.0), also=("Tensor.any",), bad=refused("any"),
          formula=r"y = \exists i: x_i \ne 0", source="torch.any", order=0),
    Entry("count_nonzero", cases(tensors(low=-0.5, high=0.5), dim=optional(lambda x: any_dims(x))), also=("Tensor.count_nonzero",),
          bad=refused("count_nonzero"),
          formula=r"y = |\{i: x_i \ne 0\}|", source="torch.count_nonzero", order=0),
    Entry("logsumexp", cases(tensors(), lambda x: dims(x), keepdim=optional(True)), also=("Tensor.logsumexp",), bad=refused("logsumexp"),
          formula=r"y = \ln \sum_i e^{x_i}", source="torch.logsumexp"),
    Entry("norm", cases(nonempty(avoid=(0.0,)), p=st.sampled_from(("fro", 1, 2, 3, 0.5, float("inf"))), dim=optional(lambda x: any_dims(x)),
                        keepdim=optional(True)),
          also=("Tensor.norm",), bad={**refused("norm"), "dtype": lambda torch: torch.norm(torch.ones(2, dtype=torch.int64))},
          formula=r"y = \left(\sum_i |x_i|^p\right)^{1/p}", source="torch.norm", numeric=False,
          no_empty="the infinity norm of nothing is an error"),
    # ---- sorting and running sums
    Entry("sort", cases(tensors(unique=True), dim=optional(lambda x: dims(x)), descending=optional(True)), also=("Tensor.sort",),
          bad={**refused("sort"), "shape": lambda torch: torch.sort(torch.ones(2), 2)}, formula=r"y_1 \le y_2 \le \dots",
          source="torch.sort"),
    Entry("sort of equal values", cases(tensors(low=-0.0625, high=0.0625), dim=lambda x: dims(x), descending=st.booleans()),
          call=lambda torch, x, dim, descending: torch.sort(x, dim=dim, descending=descending, stable=True), bad=refused("sort"),
          formula=r"y_1 \le y_2 \le \dots", source="torch.sort", numeric=False),
    Entry("argsort", cases(tensors(unique=True), dim=optional(lambda x: dims(x)), descending=optional(True)), also=("Tensor.argsort",),
          bad=refused("argsort"),
          formula=r"x_{y_1} \le x_{y_2} \le \dots", source="torch.argsort", order=0),
    Entry("topk", cases(nonempty(unique=True), 1, dim=optional(lambda x: dims(x)), largest=optional(False)), also=("Tensor.topk",),
          bad={
              "argument": lambda torch: torch.topk(torch.ones(2), 3),
              "dtype": lambda torch: torch.topk("x", 1),
              "shape": lambda torch: torch.topk(torch.ones(2), 1, 2),
          }, formula=r"y = x_{(n)}, x_{(n-1)}, \dots", source="torch.topk", no_empty="k values are asked for: see the entry of several"),
    overload("topk of several",
             cases(tensors(st.tuples(sides(), st.just(5)), unique=True), st.sampled_from((0, 2, 5)), largest=st.booleans()),
             bad=refused("topk"), formula=r"y = x_{(n)}, x_{(n-1)}, \dots"),
    Entry("cumsum", cases(tensors(dtype=dtypes()), lambda x: dims(x)), also=("Tensor.cumsum",), bad=refused("cumsum"),
          formula=r"y_i = \sum_{j \le i} x_j", source="torch.cumsum"),
    Entry("cumprod", cases(tensors(low=-1.5, high=1.5), lambda x: dims(x)), also=("Tensor.cumprod",), bad=refused("cumprod"),
          formula=r"y_i = \prod_{j \le i} x_j", source="torch.cumprod"),
    Entry("Tensor.cumsum_", cases(tensors(), lambda x: dims(x)), bad={
        "shape": lambda torch: torch.ones(2).cumsum_(1),
        "dtype": lambda torch: torch.ones(2).cumsum_("x"),
        "argument": lambda torch: torch.ones(2).cumsum_(),
    }, formula=r"y_i = \sum_{j \le i} x_j", source="torch.Tensor.cumsum_"),
    Entry("Tensor.cumprod_", cases(tensors(low=-1.5, high=1.5), lambda x: dims(x)), bad={
        "shape": lambda torch: torch.ones(2).cumprod_(1),
        "dtype": lambda torch: torch.ones(2).cumprod_("x"),
        "argument": lambda torch: torch.ones(2).cumprod_(),
    }, formula=r"y_i = \prod_{j \le i} x_j", source="torch.Tensor.cumprod_"),
    Entry("diff", cases(tensors(shapes(1, 3)), n=optional(st.sampled_from((0, 1, 2))), dim=optional(lambda x: dims(x))),
          also=("Tensor.diff",),
          bad={
              "shape": lambda torch: torch.diff(torch.tensor(1.0)),
              "dtype": lambda torch: torch.diff("x"),
              "argument": lambda torch: torch.diff(torch.ones(2), dim=2),
          }, formula=r"y_i = x_{i+1} - x_i", source="torch.diff"),
    Entry("repeat_interleave", cases(tensors(), st.sampled_from((0, 1, 3)), dim=optional(lambda x: dims(x))),
          also=("Tensor.repeat_interleave",),
          bad={
              "argument": lambda torch: torch.repeat_interleave(torch.ones(2), -1),
              "dtype": lambda torch: torch.repeat_interleave("x", 2),
              "shape": lambda torch: torch.repeat_interleave(torch.ones(3), torch.tensor([1, 2])),
          }, formula=r"y = x_1, x_1, x_2, x_2, \dots", source="torch.repeat_interleave"),
    Entry("repeat_interleave with counts", cases(tensors((3, 2))), call=lambda torch,
          x: torch.repeat_interleave(x, torch.tensor([2, 0, 1]), dim=0),
          bad=refused("repeat_interleave"), formula=r"y = x_1, x_1, x_3", source="torch.repeat_interleave",
          no_empty="the counts are for three slices"),
    Entry("unique", cases(tensors(sides(0, 6).map(lambda n: (n,)), dtype=st.sampled_from(("int64", "float32")), low=-1.0, high=1.0),
                          return_inverse=optional(True), return_counts=optional(True)),
          also=("Tensor.unique",), bad={
              "argument": lambda torch: torch.unique(),
              "dtype": lambda torch: torch.unique("x"),
              "shape": lambda torch: torch.unique([1, 1]),
          }, formula=r"y = \{x_i\}", source="torch.unique", differentiable=()),
]
