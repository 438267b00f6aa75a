"""What functions of matrices ask of their arguments, and the complaints of LAPACK in torch's words."""
from numpy.linalg import LinAlgError as Complaint

from minitorch import dtypes
from minitorch.autograd.operator import write_out
from minitorch.backend import on_host
from minitorch.ops.factors import lu_factors, zero_on_diagonal
from minitorch.ops.shape import expand_op, reshape_op
from minitorch.tensor import Tensor


class LinAlgError(RuntimeError):
    """A matrix that a function of linear algebra cannot handle: singular, or not positive definite.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.inv(torch.zeros(1, 1))
        Traceback (most recent call last):
        minitorch.ops.lapack.LinAlgError: linalg.inv: The diagonal element 1 is zero, ...
    """


def must_be_tensors(name, **arguments):
    """Refuse what is no Tensor; None passes."""
    for place, (argument, value) in enumerate(arguments.items(), 1):
        if not isinstance(value, Tensor):
            raise TypeError(f"{name.replace('.', '_')}(): argument '{argument}' (position {place}) must be Tensor, not "
                            f"{type(value).__name__}")


def spelled(dtype):
    """A dtype in the words of torch's errors: Float, Long."""
    return dtype.legacy.removesuffix("Tensor")


def must_be_floating(name, x):
    """Refuse integers and bool."""
    if not x.dtype.is_floating_point:
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {spelled(x.dtype)}: convert it with "
                           ".float()")


def must_be_precise(name, x, routine=None):
    """Refuse every dtype but float32 and float64, the ones that LAPACK has; without a `routine` half precision is refused by name."""
    if x.dtype not in (dtypes.float32, dtypes.float64):
        if routine is not None:
            raise NotImplementedError(f"\"{routine}\" not implemented for '{spelled(x.dtype)}': convert it with .float()")
        must_be_floating(name, x)
        raise RuntimeError(f"{name}: Low precision dtypes not supported. Got {spelled(x.dtype)}: convert it with .float()")


def must_be_matrices(name, x, argument="A"):
    """Refuse tensors of fewer than two dimensions."""
    if x.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor {argument} must have at least 2 dimensions, got shape {list(x.shape)}")


def must_be_square(name, x, argument="A"):
    """Refuse what is no batch of square matrices."""
    must_be_matrices(name, x, argument)
    if x.shape[-1] != x.shape[-2]:
        raise RuntimeError(f"{name}: {argument} must be batches of square matrices, but they are {x.shape[-2]} by {x.shape[-1]} matrices")


def must_agree(name, a, b, first="A", second="B"):
    """Refuse two tensors of different dtypes."""
    if a.dtype is not b.dtype:
        raise RuntimeError(f"{name}: Expected {first} and {second} to have the same dtype, but found {first} of type {spelled(a.dtype)} "
                           f"and {second} of type {spelled(b.dtype)} instead")


def batches(*xs):
    """Matrices with their leading dimensions broadcast to one batch."""
    from minitorch.ops.shape import broadcast_shape
    batch = ()
    for x in xs:
        batch = broadcast_shape(batch, tuple(x.shape[:-2]))
    return [x if tuple(x.shape[:-2]) == batch else expand_op(x, shape=(*batch, *x.shape[-2:])) for x in xs]


def over_matrices(g):
    """One number a matrix, shaped to multiply matrices: (...) -> (..., 1, 1)."""
    return reshape_op(g, shape=(*g.shape, 1, 1))


def delivered(name, out, result):
    """The result, or `out=` after the result was written into it: one tensor, or a tuple of them."""
    if out is None:
        return result
    written = write_out(Named(name), out, result)
    return type(result)(written) if isinstance(result, tuple) else written


class Named:
    """Stands for an operator where only its name is asked for."""

    def __init__(self, name):
        self.name = name


# ---- complaints -------------------------------------------------------------------------------------------------------------

def attempt(factor, explain, matrix, *others):
    """`factor(matrix, *others)`; what NumPy cannot factor is a LinAlgError in the words of `explain(batch element, info)`.

    CuPy does not look at the outcome, which would wait for the device: there the result holds nan or inf.
    """
    try:
        return factor(matrix, *others)
    except Complaint:
        raise LinAlgError(explain(*first_failure(matrix, explain.routine))) from None


def first_failure(matrices, routine):
    """The words that name the first element of the batch that LAPACK refuses, and LAPACK's own number of what is wrong with it.

    CuPy complains only if it is told to check; then its message has said which element it is.
    """
    if not on_host(matrices):
        return "", "(on the device)"
    for k, info in enumerate(outcomes(matrices, routine).ravel().tolist()):
        if info:
            return f"(Batch element {k}): " if matrices.ndim > 2 else "", info
    return "", 0


def outcomes(matrices, routine):
    """LAPACK's `info` of each matrix of the host, an int32: which pivot of getrf is 0, which leading minor of potrf is not positive."""
    import numpy
    from scipy.linalg.lapack import get_lapack_funcs
    if routine == "getrf":
        return zero_on_diagonal(lu_factors(matrices)[0])
    found = numpy.zeros(matrices.shape[:-2], "int32")
    potrf, = get_lapack_funcs(("potrf",), (matrices,))
    for place in numpy.ndindex(found.shape):
        if matrices.shape[-1]:
            found[place] = potrf(matrices[place], lower=1)[-1]
    return found


def explains(routine):
    """Say which routine of LAPACK tells the number that a message needs."""
    def mark(explain):
        explain.routine = routine
        return explain
    return mark


def singular(name):
    """The message for a matrix that has no inverse."""
    @explains("getrf")
    def explain(element, info):
        return (f"{name}: {element}The diagonal element {info} is zero, the inversion could not be completed because the input matrix is "
                "singular.")
    return explain


@explains("getrf")
def unsolvable(element, info):
    """The message for a system without a unique solution."""
    return f"torch.linalg.solve: {element}The solver failed because the input matrix is singular."


def indefinite(name):
    """The message for a matrix without a Cholesky factor."""
    @explains("potrf")
    def explain(element, info):
        return (f"{name}: {element}The factorization could not be completed because the input is not positive-definite (the leading minor "
                f"of order {info} is not positive-definite).")
    return explain


def diverging(name):
    """The message for a matrix whose singular values or eigenvalues LAPACK does not find."""
    @explains("getrf")
    def explain(element, info):
        return f"{name}: {element}The algorithm failed to converge because the input matrix contained non-finite values."
    return explain
