"""torch.special: special functions under PyTorch's names for them."""
from minitorch.kernels.methods import log_softmax, softmax
from minitorch.ops import guard
from minitorch.ops.arithmetic import round
from minitorch.ops.elementwise import erf, exp2, expm1, log1p, logit
from minitorch.ops.elementwise import sigmoid as expit
from minitorch.ops.reduction import logsumexp
from minitorch.ops.special_functions import (
    digamma,
    entr,
    erfc,
    erfcx,
    erfinv,
    i0,
    i0e,
    i1,
    i1e,
    log_ndtr,
    ndtr,
    ndtri,
    polygamma,
    sinc,
    xlog1py,
    xlogy,
    zeta,
)
from minitorch.ops.special_functions import digamma as psi
from minitorch.ops.special_functions import igamma as gammainc
from minitorch.ops.special_functions import igammac as gammaincc
from minitorch.ops.special_functions import lgamma as gammaln
from minitorch.ops.special_functions import mvlgamma as multigammaln

__all__ = [
    "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "expit", "expm1",
    "gammainc", "gammaincc", "gammaln", "i0", "i0e", "i1", "i1e", "log1p", "log_ndtr", "log_softmax", "logit", "logsumexp", "multigammaln",
    "ndtr", "ndtri", "polygamma", "psi", "round", "sinc", "softmax", "xlog1py", "xlogy", "zeta",
]

guard(globals())
