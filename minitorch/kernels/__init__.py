"""The kernels: operations whose derivatives are derived by hand, for speed. What PyTorch has as methods is installed on Tensor here."""
from minitorch.kernels.activation import log_softmax, relu, softmax
from minitorch.ops.inplace import inplace
from minitorch.tensor import Tensor

relu_ = inplace(relu)
Tensor.relu, Tensor.relu_, Tensor.softmax, Tensor.log_softmax = relu, relu_, softmax, log_softmax
