"""Bessel functions of the first and second kind, and the modified ones. None has a derivative, as in PyTorch."""
from minitorch.autograd.operator import elementwise
from minitorch.backend import array_module
from minitorch.ops.special_functions import computed
from minitorch.tensor import Tensor


def without_history(forward, doc):
    """A function of tensors whose results have no history; halves are refused, integers become floats."""
    name = forward.__name__

    def computing(*operands):
        if any(getattr(a, "dtype", None) == "f2" for a in operands):
            raise NotImplementedError(f'"{name}_cpu" not implemented for \'Half\': convert with .float()')
        return forward(*operands)
    op = elementwise({1: lambda input: computing(input), 2: lambda x, n: computing(x, n)}[forward.__code__.co_argcount], promotes="float")

    def function(input, *n, out=None):
        operands = (input, *n)
        if not any(isinstance(a, Tensor) for a in operands) or not all(isinstance(a, (Tensor, int, float)) for a in operands):
            kinds = ", ".join(type(a).__name__ for a in operands)
            raise TypeError(f"special_{name}() takes a Tensor, and one or a number for a degree, not {kinds}")
        operands = [a.detach() if isinstance(a, Tensor) else a for a in operands]
        return op(*operands) if out is None else op(*operands, out=out)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def bessel(name, theirs, text, example):
    """A function that the library of special functions has under another name."""
    def forward(input):
        return computed(theirs, input)
    forward.__name__ = name
    return without_history(forward, f"""{text}

    Example:
        >>> import minitorch as torch
        >>> torch.special.{name}(torch.tensor([1.0, 2.0]))
        tensor([{example}])
    """)


bessel_j0 = bessel("bessel_j0", "j0", "J₀(x), which solves x²y'' + xy' + x²y = 0 and is 1 at 0.", "0.7652, 0.2239")
bessel_j1 = bessel("bessel_j1", "j1", "J₁(x), which solves x²y'' + xy' + (x² - 1)y = 0 and is 0 at 0.", "0.4401, 0.5767")
bessel_y0 = bessel("bessel_y0", "y0", "Y₀(x), the second solution beside J₀: -∞ at 0, nan below.", "0.0883, 0.5104")
bessel_y1 = bessel("bessel_y1", "y1", "Y₁(x), the second solution beside J₁: -∞ at 0, nan below.", "-0.7812, -0.1070")
modified_bessel_i0 = bessel("modified_bessel_i0", "i0", "I₀(x) = J₀(ix).", "1.2661, 2.2796")
modified_bessel_i1 = bessel("modified_bessel_i1", "i1", "I₁(x) = -i J₁(ix).", "0.5652, 1.5906")
modified_bessel_k0 = bessel("modified_bessel_k0", "k0", "K₀(x), the second solution beside I₀: ∞ at 0, nan below.", "0.4210, 0.1139")
modified_bessel_k1 = bessel("modified_bessel_k1", "k1", "K₁(x), the second solution beside I₁: ∞ at 0, nan below.", "0.6019, 0.1399")
scaled_modified_bessel_k0 = bessel("scaled_modified_bessel_k0", "k0e", "exp(x) K₀(x).", "1.1445, 0.8416")
scaled_modified_bessel_k1 = bessel("scaled_modified_bessel_k1", "k1e", "exp(x) K₁(x).", "1.6362, 1.0335")


def spherical_bessel_j0(input):
    xp = array_module(input)
    apart = xp.where(input == 0, 1, input)
    return xp.where(input == 0, 1, xp.where(xp.isinf(input), 0, xp.sin(apart) / apart)).astype(input.dtype)


spherical_bessel_j0 = without_history(spherical_bessel_j0, """sin(x)/x, the spherical Bessel function j₀; 1 at 0.

    Example:
        >>> import minitorch as torch
        >>> torch.special.spherical_bessel_j0(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 0.8415])
    """)
