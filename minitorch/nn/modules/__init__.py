"""The layers, a family a line."""
from minitorch.nn.modules.activation import GELU, LeakyReLU, LogSoftmax, MultiheadAttention, ReLU, Sigmoid, SiLU, Softmax, Tanh  # noqa: F401
from minitorch.nn.modules.batchnorm import BatchNorm1d, BatchNorm2d  # noqa: F401
from minitorch.nn.modules.container import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential  # noqa: F401
from minitorch.nn.modules.conv import Conv2d  # noqa: F401
from minitorch.nn.modules.dropout import Dropout  # noqa: F401
from minitorch.nn.modules.flatten import Flatten, Unflatten  # noqa: F401
from minitorch.nn.modules.linear import Identity, Linear  # noqa: F401
from minitorch.nn.modules.loss import BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, L1Loss, MSELoss, NLLLoss  # noqa: F401
from minitorch.nn.modules.module import Module  # noqa: F401
from minitorch.nn.modules.normalization import LayerNorm  # noqa: F401
from minitorch.nn.modules.pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d  # noqa: F401
from minitorch.nn.modules.rnn import LSTM  # noqa: F401
from minitorch.nn.modules.sparse import Embedding  # noqa: F401
