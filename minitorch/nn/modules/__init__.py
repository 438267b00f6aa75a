"""The layers, a family a file."""
from minitorch.nn.modules.activation import GELU, LeakyReLU, LogSoftmax, MultiheadAttention, ReLU, Sigmoid, SiLU, Softmax, Tanh
from minitorch.nn.modules.batchnorm import BatchNorm1d, BatchNorm2d
from minitorch.nn.modules.container import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from minitorch.nn.modules.conv import Conv1d, Conv2d, Conv3d
from minitorch.nn.modules.dropout import Dropout
from minitorch.nn.modules.flatten import Flatten, Unflatten
from minitorch.nn.modules.linear import Identity, Linear
from minitorch.nn.modules.loss import BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, L1Loss, MSELoss, NLLLoss
from minitorch.nn.modules.module import Module
from minitorch.nn.modules.normalization import LayerNorm
from minitorch.nn.modules.pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d
from minitorch.nn.modules.rnn import LSTM
from minitorch.nn.modules.sparse import Embedding

__all__ = [
    "Module", "Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict", "Identity",
    "Linear", "Conv1d", "Conv2d", "Conv3d", "LSTM", "MultiheadAttention", "Embedding",
    "BatchNorm1d", "BatchNorm2d", "LayerNorm", "Dropout",
    "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "Flatten", "Unflatten",
    "ReLU", "LeakyReLU", "GELU", "SiLU", "Sigmoid", "Tanh", "Softmax", "LogSoftmax",
    "CrossEntropyLoss", "NLLLoss", "MSELoss", "L1Loss", "BCELoss", "BCEWithLogitsLoss",
]
