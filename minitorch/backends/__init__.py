"""What stands behind the operators, as programs ask for it and switch it: `torch.backends.cudnn.benchmark = True`."""
from minitorch.backends import cuda, cudnn, mkl, mkldnn, mps, openmp
