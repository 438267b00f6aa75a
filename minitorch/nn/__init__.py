"""torch.nn: layers, their functions, initializers and tools."""
from minitorch.nn import functional as functional
from minitorch.nn import init as init
from minitorch.nn import utils as utils
from minitorch.nn.modules import *  # noqa: F403
from minitorch.nn.parameter import Buffer as Buffer
from minitorch.nn.parameter import Parameter as Parameter
