"""The exponential of matrices."""
import math

from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module
from minitorch.ops import lapack
from minitorch.ops.choosing import zeros_of
from minitorch.ops.joining import cat_op, narrow_op
from minitorch.ops.linalg import adjoint

# The degree m of Padé's approximant, and the norm up to which it is exact to rounding (Higham 2005, table 2.3)
APPROXIMANTS = {"float32": (7, 3.925724783138660), "float64": (13, 5.371920351148152)}


def pade(m):
    """The coefficients of Padé's approximant of degree m: eˣ ≈ p(x)/p(-x), p(x) = Σ bⱼ xʲ."""
    return [math.factorial(2 * m - j) * math.comb(m, j) / math.factorial(2 * m) for j in range(m + 1)]


@differentiable(name="LinalgMatrixExpBackward0")
def exp_op(input):
    """eᴬ = (e^(A/2ˢ))^(2ˢ): scaled until Padé's approximant is exact to rounding, then squared s times.

    (Higham, "The scaling and squaring method for the matrix exponential revisited", 2005)
    """
    if input.dtype == "f2":
        return exp_op.op.forward(input.astype("f4")).astype("f2")
    if input.size == 0:
        return input.copy()
    xp, (m, reach) = array_module(input), APPROXIMANTS[input.dtype.name]
    size = xp.abs(input).sum(-2).max(-1)                                       # the 1-norm
    s = xp.maximum(xp.frexp(size / reach)[1], 0)[..., None, None]              # size / 2ˢ < reach
    A = xp.ldexp(input, -s)
    identity, A2 = xp.eye(A.shape[-1], dtype=A.dtype), xp.matmul(A, A)
    A4 = xp.matmul(A2, A2)
    A6, b = xp.matmul(A4, A2), pade(m)
    odd = b[7] * A6 + b[5] * A4 + b[3] * A2 + b[1] * identity
    even = b[6] * A6 + b[4] * A4 + b[2] * A2 + b[0] * identity
    if m == 13:
        odd += xp.matmul(A6, b[13] * A6 + b[11] * A4 + b[9] * A2)
        even += xp.matmul(A6, b[12] * A6 + b[10] * A4 + b[8] * A2)
    odd = xp.matmul(A, odd)
    X = xp.linalg.solve(even - odd, even + odd)                                # p(A)/p(-A)
    for k in range(int(s.max())):
        X = xp.where(k < s, xp.matmul(X, X), X)
    return X

# exp [[A, E], [0, A]] = [[eᴬ, L], [0, eᴬ]], where L = Σₖ Σⱼ Aʲ E Aᵏ⁻¹⁻ʲ/k! is the derivative of eᴬ in the direction E (Mathias 1996).
# ⟨G, L(A, E)⟩ = ⟨L(Aᵀ, G), E⟩: the same sum, transposed                                              (Al-Mohy and Higham 2009, section 2)
@exp_op.derivative
def _(grad, input):
    n, ndim, transposed = grad.shape[-1], grad.ndim, adjoint(input)
    above, below = cat_op([transposed, grad], dim=ndim - 1), cat_op([zeros_of(grad), transposed], dim=ndim - 1)
    whole = exp_op(cat_op([above, below], dim=ndim - 2))
    return narrow_op(narrow_op(whole, dim=ndim - 2, start=0, length=n), dim=ndim - 1, start=n, length=n)


def exponential(input):
    """The exponential eᴬ = Σ Aᵏ/k! of square matrices.

    Raises:
        RuntimeError: matrices that are not square, or a dtype that is not floating.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.matrix_exp(torch.tensor([[0.0, 1.0], [0.0, 0.0]]))
        tensor([[1., 1.],
                [0., 1.]])
    """
    lapack.must_be_tensors("linalg.matrix_exp", input=input)
    lapack.must_be_floating("linalg.matrix_exp", input)
    lapack.must_be_square("linalg.matrix_exp", input)
    return exp_op(input)
