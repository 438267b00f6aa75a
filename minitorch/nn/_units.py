"""`nn.functional`: exponential linear units, softplus and its relatives, gated linear units, Gumbel softmax."""
import warnings

from minitorch.kernels import units
from minitorch.nn._rectifiers import check_numbers
from minitorch.nn._softmax import check_tensor
from minitorch.ops.creation import empty_like, zeros_like
from minitorch.ops.inplace import inplace as in_place
from minitorch.ops.shape import dim_of

# ---- exponential linear units -------------------------------------------------------------------------------------------

SELU = {"alpha": 1.6732632423543772848170429916717, "scale": 1.0507009873554804934193349852946}      # fixed point: mean 0, variance 1
elu_ = in_place(units.elu_in_place)
_selu_ = in_place(lambda input: units.elu_in_place(input, **SELU), "selu_")


def elu(input, alpha=1.0, inplace=False):
    """x where x > 0, else α (exp(x) - 1).

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.elu(torch.tensor([-1.0, 2.0]))
        tensor([-0.6321,  2.0000])

    Source: Clevert, Unterthiner and Hochreiter (2015), https://arxiv.org/abs/1511.07289
    """
    check_tensor("elu", input)
    check_numbers("elu", alpha=alpha)
    return (elu_ if inplace else units.elu)(input, alpha=alpha)


def selu(input, inplace=False):
    """s x where x > 0, else s α (exp(x) - 1), with s and α for which mean 0 and variance 1 stay what they are.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.selu(torch.tensor([-1.0, 2.0]))
        tensor([-1.1113,  2.1014])

    Source: Klambauer et al. (2017), https://arxiv.org/abs/1706.02515
    """
    check_tensor("selu", input)
    return _selu_(input) if inplace else units.elu(input, **SELU)


def selu_(input):
    """In-place version of `selu`."""
    return selu(input, inplace=True)


def celu(input, alpha=1.0, inplace=False):
    """x where x > 0, else α (exp(x/α) - 1): smooth at 0 for every α.

    Raises:
        RuntimeError: α is 0.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.celu(torch.tensor([-1.0, 2.0]), 2.0)
        tensor([-0.7869,  2.0000])

    Source: Barron (2017), https://arxiv.org/abs/1704.07483
    """
    check_tensor("celu", input)
    check_numbers("celu", alpha=alpha)
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return (_celu_ if inplace else units.celu)(input, alpha=alpha, input_scale=1 / alpha)


_celu_ = in_place(units.celu_in_place, "celu_")


def celu_(input, alpha=1.0):
    """In-place version of `celu`."""
    return celu(input, alpha, True)


# ---- softplus and its relatives -----------------------------------------------------------------------------------------


def softplus(input, beta=1, threshold=20):
    """log(1 + exp(βx))/β, elementwise: a smooth max(x, 0); x itself where βx > threshold.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.softplus(torch.tensor([-1.0, 0.0, 30.0]))
        tensor([ 0.3133,  0.6931, 30.0000])
    """
    check_tensor("softplus", input)
    check_numbers("softplus", beta=beta, threshold=threshold)
    return units.softplus(input, beta=beta, threshold=threshold)


def logsigmoid(input):
    """log(1/(1 + exp(-x))), elementwise, accurate however large x is.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.logsigmoid(torch.tensor([-200.0, 0.0]))
        tensor([-200.0000,   -0.6931])
    """
    check_tensor("log_sigmoid", input)
    return units.logsigmoid(input)


mish_ = in_place(units.mish)


def mish(input, inplace=False):
    """x tanh(softplus(x)), elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.mish(torch.tensor([-1.0, 2.0]))
        tensor([-0.3034,  1.9440])

    Source: Misra (2019), https://arxiv.org/abs/1908.08681
    """
    check_tensor("mish", input)
    return (mish_ if inplace else units.mish)(input)


def softsign(input):
    """x/(1 + |x|), elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.softsign(torch.tensor([-1.0, 3.0]))
        tensor([-0.5000,  0.7500])
    """
    return input / (input.abs() + 1)


# ---- gates and draws ----------------------------------------------------------------------------------------------------


def glu(input, dim=-1):
    """a σ(b), with a and b the halves of the input along `dim`.

    Raises:
        RuntimeError: the size there is odd, or the input has no dimension.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.glu(torch.tensor([2.0, 4.0, 0.0, 0.0]))
        tensor([1., 2.])

    Source: Dauphin et al. (2016), https://arxiv.org/abs/1612.08083
    """
    if input.dim() == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    dim = dim_of(dim, input.ndim)
    if input.shape[dim] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {input.shape[dim]}")
    return units.glu(input, dim=dim)


def gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    """softmax((x + g)/τ) along `dim`, with g drawn from the standard Gumbel distribution: draws from softmax(x) that have a gradient.

    Args:
        tau: the temperature; the smaller, the nearer to one-hot.
        hard: whether the values are one-hot, with the gradient of the soft ones.

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.functional.gumbel_softmax(torch.tensor([0.0, 1.0, 2.0]), hard=True)
        tensor([0., 0., 1.])

    Source: Jang, Gu and Poole (2016), https://arxiv.org/abs/1611.01144
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    check_tensor("empty_like", logits)
    gumbels = -empty_like(logits).exponential_().log()            # -log of an exponential variable
    y_soft = ((logits + gumbels) / tau).softmax(dim)
    if not hard:
        return y_soft
    index = y_soft.max(dim, keepdim=True)[1]
    y_hard = zeros_like(logits).scatter_(dim, index, 1.0)
    return y_hard - y_soft.detach() + y_soft                      # the values of the first, the gradient of the last
