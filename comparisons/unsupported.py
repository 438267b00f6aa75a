"""What PyTorch takes and minitorch does not, and what happens then. A test makes each call and holds the answer to what is said here."""
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Unsupported:
    """A keyword, dtype or form of PyTorch's that is not here.

    Args:
        family: what it belongs to.
        what: the keyword, dtype or form, in Markdown.
        call: `call(torch)` uses it; PyTorch returns.
        error: the class that minitorch raises, or None if it returns too.
        then: what happens in minitorch, in words.
    """

    family: str
    what: str
    call: Callable
    error: type | None
    then: str


NO_NAME = "there is no such name"

UNSUPPORTED = (
    Unsupported("dtypes", "`bfloat16`", lambda torch: torch.ones(2, dtype=torch.bfloat16), AttributeError, NO_NAME),
    Unsupported("dtypes", "complex numbers: `complex64`, `view_as_complex`, `linalg.eig`",
                lambda torch: torch.ones(2, dtype=torch.complex64), AttributeError, NO_NAME),
    Unsupported("dtypes", "complex data", lambda torch: torch.tensor([1j]), TypeError, "refused, with the reason"),
    Unsupported("dtypes", "`uint16`, `uint32`, `uint64`, `float8_*`, quantized dtypes", lambda torch: torch.ones(2, dtype=torch.uint16),
                AttributeError, NO_NAME),
    Unsupported("layouts", "sparse tensors", lambda torch: torch.ones(2).to_sparse(), AttributeError, NO_NAME),
    Unsupported("layouts", "`memory_format=torch.channels_last`",
                lambda torch: torch.ones(1, 1, 1, 1).contiguous(memory_format=torch.channels_last), AttributeError, NO_NAME),
    Unsupported("embedding", "`sparse=True`", lambda torch: torch.nn.functional.embedding(
        torch.tensor([1]), torch.ones(2, 2, requires_grad=True), sparse=True).sum().backward(), None, "taken; the gradient is dense"),
    Unsupported("layers", "`interpolate` of `uint8` in the smooth modes",
                lambda torch: torch.nn.functional.interpolate(torch.ones(1, 1, 4, 4, dtype=torch.uint8), size=(2, 2), mode="bilinear"),
                NotImplementedError, "refused, with what to do"),
    Unsupported("layers", "classes of many layers that exist as functions: `nn.GroupNorm`, `nn.PReLU`, `nn.CTCLoss` ...",
                lambda torch: torch.nn.GroupNorm(1, 2), AttributeError, NO_NAME),
    Unsupported("forms", "a factor before the operand, deprecated: `add(x, 2, y)`, `addcmul(x, 2, y, z)`, `addmm(2, x, y, z)`",
                lambda torch: torch.add(torch.ones(2), 2, torch.ones(2)), TypeError, "refused; write `alpha=2`, `value=2`, `beta=2`"),
    Unsupported("forms", "the name `self` for a number in place of the first tensor: `pow(self=2, exponent=x)`, `isin(element=2, ...)`",
                lambda torch: torch.pow(self=2, exponent=torch.ones(2)), TypeError, "refused; give it by position"),
    Unsupported("special", "`special.airy_ai`", lambda torch: torch.special.airy_ai(torch.ones(2)), AttributeError, NO_NAME),
    Unsupported("names", "random and counting functions: `poisson`, `binomial`, `histogramdd`, `segment_reduce`, `nonzero_static`",
                lambda torch: torch.poisson(torch.ones(2)), AttributeError, NO_NAME),
    Unsupported("names", "factorizations: `svd_lowrank`, `pca_lowrank`, `lobpcg`, `geqrf`, `ormqr`, `linalg.ldl_factor`",
                lambda torch: torch.svd_lowrank(torch.eye(3), 1), AttributeError, NO_NAME),
    Unsupported("names", "copies of views: `permute_copy`, `view_copy`, `narrow_copy` ...",
                lambda torch: torch.permute_copy(torch.ones(2, 2), (1, 0)), AttributeError, NO_NAME + "; use `x.permute(...).clone()`"),
    Unsupported("names", "what lies below the functions of layers: `native_layer_norm`, `convolution`, `grid_sampler`, `rnn_tanh_cell` ...",
                lambda torch: torch.native_layer_norm(torch.ones(2, 3), (3,), None, None, 1e-5), AttributeError,
                NO_NAME + "; use `nn.functional`'s and the layers"),
    Unsupported("transforms", "`torch.fft`, `stft`", lambda torch: torch.fft.fft(torch.ones(2)), AttributeError, NO_NAME),
    Unsupported("compilation", "`torch.compile`", lambda torch: torch.compile(lambda x: x)(torch.ones(2)), None,
                "returns what it is given: nothing is compiled"),
    Unsupported("forward mode", "`autograd.forward_ad`", lambda torch: torch.autograd.forward_ad.make_dual, AttributeError,
                "there is no such name; `func.jvp` differentiates twice instead"),
)


def happens(entry, torch):
    """The class of the error that a call ends with; None if it returns."""
    try:
        entry.call(torch)
    except Exception as error:
        return type(error)
    return None


def shown(value):
    """A class of errors for a reader."""
    return f"`{value.__name__}`" if value else "no error"


def rows():
    """The rows of the table in docs/operators.md."""
    return [f"| {u.family} | {u.what} | {shown(u.error)}: {u.then} |" for u in UNSUPPORTED]
