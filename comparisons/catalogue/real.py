"""Functions for complex numbers, of real ones; another shape for a tensor's memory; one value everywhere."""
from hypothesis import strategies as st

from minitorch.testing.strategies import dtypes, shapes, tensors

from .entry import Entry, case, cases

ANY = cases(tensors(dtype=dtypes()))


def bad(name):
    """Bad calls of a function of one tensor."""
    return {"argument": lambda torch: getattr(torch, name)(), "dtype": lambda torch: getattr(torch, name)("x"),
            "shape": lambda torch: getattr(torch, name)([1.0])}


def itself(name, in_place=False):
    """The entry of a function that gives the tensor back."""
    forms = (f"Tensor.{name}", f"Tensor.{name}_", f"{name}_") if in_place else (f"Tensor.{name}",)
    return Entry(name, ANY, call=lambda torch, x: given_back(torch, x, name), also=forms, bad=bad(name), formula=r"y = x",
                 source=f"torch.{name}")


def given_back(torch, x, name):
    """The result, and whether it is the tensor itself."""
    y = getattr(torch, name)(x)
    return y * 1, y is x


def flag(name):
    """The entry of what real numbers never are."""
    return Entry(name, ANY, also=(f"Tensor.{name}",), bad=bad(name), formula=r"y = \bot", source=f"torch.{name}", order=0)


def known(torch, x, size):
    """The elements that are known, the shape, the strides, the version, and what a larger tensor sees of what is written."""
    whole = torch.cat([x.reshape(-1), x.reshape(-1)])
    part = whole[:x.numel()].reshape(x.shape)
    before = part._version
    result = part.resize_(size)
    values = part.reshape(-1)[:2 * x.numel()].clone()
    part.zero_()
    return result is part, part.shape, part.stride(), values, whole if part.numel() <= 2 * x.numel() else 0, part._version - before


@st.composite
def strided(draw, least=0):
    """Places within a tensor, overlapping and not."""
    x = draw(tensors((draw(st.integers(6, 9)),)))
    return case(x, (draw(st.integers(1, 2)), 2), (draw(st.integers(max(2, least), 3)), 1), draw(st.integers(0, 1)))


def kept(torch, x, *place):
    """`as_strided_` of a copy: what it is then."""
    y = x.clone()
    same = y.as_strided_(*place) is y
    return y.stride(), same, y.clone()


ENTRIES = [
    *map(itself, ("real", "conj", "resolve_conj", "resolve_neg")), itself("conj_physical", in_place=True), flag("is_conj"), flag("is_neg"),
    Entry("imag", ANY, call=lambda torch, x: torch.real(x), also=("Tensor.imag",), bad=bad("imag") | {
        "real": lambda torch: torch.imag(torch.ones(2)), "attribute": lambda torch: torch.ones(2).imag},
        formula=r"y = \mathrm{Im}\, x", source="torch.imag", differences=("There are no complex numbers: it always refuses.",)),
    Entry("angle", cases(tensors(dtype=dtypes(), avoid=(0.0,))), also=("Tensor.angle",), bad=bad("angle"), grad_fn=True,
          formula=r"y = \pi\, [x < 0]", source="torch.angle"),
    Entry("adjoint", cases(tensors(st.one_of(shapes(2, 4), st.just(())), dtype=dtypes())), also=("Tensor.adjoint",), bad=bad("adjoint") | {
        "one dimension": lambda torch: torch.adjoint(torch.ones(2))}, formula=r"y = x^\top", source="torch.adjoint"),
    Entry("fill", cases(tensors(dtype=dtypes()), st.sampled_from((0, 1, True))), bad={
        "shape": lambda torch: torch.fill(torch.ones(2), torch.ones(2)), "dtype": lambda torch: torch.fill(torch.ones(2), "x"),
        "argument": lambda torch: torch.fill(torch.ones(2)), "no tensor": lambda torch: torch.fill(2.0, 1),
    }, formula=r"y_i = v", source="torch.fill", memory=False),
    Entry("fill with a tensor", cases(tensors(shapes(1, 2)), tensors(())), memory=False, bad={
        "shape": lambda torch: torch.fill(torch.ones(2), torch.ones(2)), "dtype": lambda torch: torch.fill(torch.ones(2), None),
        "argument": lambda torch: torch.fill(torch.ones(2), 1, 2),
    }, formula=r"y_i = v", source="torch.fill"),
    Entry("Tensor.resize_", cases(tensors(shapes(1, 2, 1, 4), dtype=dtypes()), shapes(0, 3, 0, 4).map(list)), call=known,
          differentiable=(), order=0, no_empty="a larger memory has new elements of any value", bad={
        "shape": lambda torch: torch.ones(2).resize_(-1), "dtype": lambda torch: torch.ones(2).resize_(2.0),
        "argument": lambda torch: torch.ones(2).resize_(), "leaf": lambda torch: torch.ones(2, requires_grad=True).resize_(3),
        "history": lambda torch: (torch.ones(2, requires_grad=True) * 2).resize_(3),
        "to a list": lambda torch: torch.ones(4).resize_([2, 2]),
    }, source="torch.Tensor.resize_", differences=("Other tensors on the same memory stay on the old one when it grows.",)),
    Entry("Tensor.resize_as_", cases(tensors((6,), dtype=dtypes()), tensors(st.sampled_from(((2, 2), (3, 2), (), (5,))))),
          differentiable=(), order=0, also=("resize_as_",), no_empty="shapes that fit", bad={
        "shape": lambda torch: torch.ones(2).resize_as_((1,)), "dtype": lambda torch: torch.ones(2).resize_as_(3),
        "argument": lambda torch: torch.ones(2).resize_as_(),
        "leaf": lambda torch: torch.ones(2, requires_grad=True).resize_as_(torch.ones(1)),
    }, source="torch.Tensor.resize_as_", formula=r"x \in \mathbb R^{\dim y}"),
    Entry("Tensor.as_strided_", strided(), call=kept, also=("as_strided_",), no_empty="places within a tensor", bad={
        "shape": lambda torch: torch.ones(2).as_strided_((3,), (1,)), "dtype": lambda torch: torch.ones(2).as_strided_("x", (1,)),
        "argument": lambda torch: torch.ones(2).as_strided_(),
        "leaf": lambda torch: torch.ones(2, requires_grad=True).as_strided_((1,), (1,)),
    }, source="torch.Tensor.as_strided_", formula=r"y_i = m_{o + i \cdot s}"),
]
