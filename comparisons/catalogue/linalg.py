"""Products of vectors and matrices."""
from hypothesis import strategies as st

from minitorch.testing.strategies import matmul_pairs, sides, tensors, together

from .entry import Entry, case, cases


def refused(name, one, other):
    """What a product refuses: sizes that do not fit, unequal dtypes, no tensor."""
    return {
        "shape": lambda torch: getattr(torch, name)(torch.ones(one), torch.ones(other)),
        "dtype": lambda torch: getattr(torch, name)(torch.ones(one), torch.ones(one, dtype=torch.float64)),
        "argument": lambda torch: getattr(torch, name)(torch.ones(one), 2.0),
    }


@st.composite
def products(draw, *terms):
    """Operands whose letters are sizes: products("nk", "km")."""
    size = {c: draw(sides()) for c in sorted(set("".join(terms)))}
    return case(*draw(together(*(tuple(size[c] for c in term) for term in terms))))


@st.composite
def added_products(draw, *terms):
    """As `products`, for beta · input + alpha · product."""
    drawn = draw(products(*terms))
    return case(*drawn.args, **{k: v for k, v in (("beta", draw(st.sampled_from((1, 0.5, 0)))),
                                                  ("alpha", draw(st.sampled_from((1, 2.0))))) if v != 1})


EQUATIONS = [
    ("ij,jk->ik", ("nk", "km")), ("i,j->ij", ("n", "m")), ("ij->ji", ("nm",)), ("ij->", ("nm",)), ("ii->i", ("nn",)), ("ii", ("nn",)),
    ("bij,bjk->bik", ("bnk", "bkm")),
    ("...ij,...jk->...ik", ("bnk", "bkm")), ("bhid,bhjd->bhij", ("bhnd", "bhmd")), ("i,i,i->i", ("n", "n", "n")), ("ij,j", ("nm", "m")),
    ("ij,kl->", ("nm", "kl")),
    ("ij,jk,kl->il", ("nm", "mk", "kl")),
]


@st.composite
def einsums(draw):
    """An equation and operands that fit it."""
    equation, terms = draw(st.sampled_from(EQUATIONS))
    return case(equation, *draw(products(*terms)).args)


@st.composite
def contractions(draw):
    """Operands of tensordot with a number of dimensions or two lists of them."""
    a, b, c = draw(sides()), draw(sides()), draw(sides())
    x, y = draw(together((a, b, c), (b, c, a)))
    return case(x, y, draw(st.sampled_from((2, ([1, 2], [0, 1]), ([0], [2])))) if b and c else ([0], [2]))


ENTRIES = [
    Entry("matmul", cases(matmul_pairs()), also=("Tensor.matmul", "Tensor.__matmul__", "Tensor.__rmatmul__"),
          bad={**refused("matmul", (2, 3), (2, 3)), "scalar": lambda torch: torch.matmul(torch.tensor(1.0), torch.ones(2))},
          formula=r"y_{ik} = \sum_j a_{ij} b_{jk}", source="torch.matmul"),
    Entry("mm", products("nk", "km"), also=("Tensor.mm",), bad=refused("mm", (2, 3), (2, 3)), formula=r"y_{ik} = \sum_j a_{ij} b_{jk}",
          source="torch.mm", grad_fn=True),
    Entry("bmm", products("bnk", "bkm"), also=("Tensor.bmm",), bad=refused("bmm", (2, 2, 3), (2, 2, 3)),
          formula=r"y_{bik} = \sum_j a_{bij} b_{bjk}", source="torch.bmm", grad_fn=True),
    Entry("mv", products("nk", "k"), also=("Tensor.mv",), bad=refused("mv", (2, 3), (2,)), formula=r"y_i = \sum_j a_{ij} b_j",
          source="torch.mv"),
    Entry("dot", products("n", "n"), also=("Tensor.dot",), bad=refused("dot", (2,), (3,)), formula=r"y = \sum_i a_i b_i",
          source="torch.dot", grad_fn=True),
    Entry("outer", products("n", "m"), also=("Tensor.outer",),
          bad={**refused("outer", (2, 2), (3,)), "dtype": lambda torch: torch.outer("x", torch.ones(2))},
          formula=r"y_{ij} = a_i b_j", source="torch.outer"),
    Entry("addmm", added_products("nm", "nk", "km"), also=("Tensor.addmm", "Tensor.addmm_"),
          bad={
              "shape": lambda torch: torch.addmm(torch.ones(2, 2), torch.ones(2, 3), torch.ones(2, 3)),
              "dtype": lambda torch: torch.addmm(torch.ones(2, 2), torch.ones(2, 2), torch.ones(2, 2, dtype=torch.float64)),
              "argument": lambda torch: torch.addmm(torch.ones(2, 2), torch.ones(2, 2)),
          }, formula=r"y = \beta x + \alpha A B", source="torch.addmm"),
    Entry("baddbmm", added_products("bnm", "bnk", "bkm"), also=("Tensor.baddbmm", "Tensor.baddbmm_"),
          bad={
              "shape": lambda torch: torch.baddbmm(torch.ones(2, 2, 2), torch.ones(2, 2, 3), torch.ones(2, 2, 3)),
              "dtype": lambda torch: torch.baddbmm(torch.ones(1, 2, 2), torch.ones(1, 2, 2), torch.ones(1, 2, 2, dtype=torch.float64)),
              "argument": lambda torch: torch.baddbmm(torch.ones(2, 2), torch.ones(2, 2)),
          }, formula=r"y = \beta x + \alpha A B", source="torch.baddbmm"),
    Entry("einsum", einsums(), bad={
        "shape": lambda torch: torch.einsum("ij,jk->ik", torch.ones(2, 3), torch.ones(2, 3)),
        "dtype": lambda torch: torch.einsum("i,i->i", torch.ones(2), torch.ones(2, dtype=torch.float64)),
        "argument": lambda torch: torch.einsum("ij->ik", torch.ones(2, 3)),
        "operands": lambda torch: torch.einsum("ij,jk->ik", torch.ones(2, 3)),
    }, formula=r"y_{\text{out}} = \sum_{\text{others}} \prod_k x^{(k)}", source="torch.einsum"),
    Entry("tensordot", contractions(), bad={
        "shape": lambda torch: torch.tensordot(torch.ones(2, 3), torch.ones(2, 3), 1),
        "dtype": lambda torch: torch.tensordot(torch.ones(2, 3), torch.ones(3, 2, dtype=torch.float64), 1),
        "argument": lambda torch: torch.tensordot(torch.ones(2, 3), torch.ones(3, 2), -1),
    }, formula=r"y = \sum_{k} a_{\dots k} b_{k \dots}", source="torch.tensordot"),
    Entry("trace", cases(tensors(st.tuples(sides(), sides())), ), also=("Tensor.trace",), bad={
        "shape": lambda torch: torch.trace(torch.ones(2)),
        "dtype": lambda torch: torch.trace("x"),
        "argument": lambda torch: torch.trace(),
    }, formula=r"y = \sum_i x_{ii}", source="torch.trace"),
]
