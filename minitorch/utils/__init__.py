"""What training needs besides layers and optimizers."""
from minitorch.utils import data, dlpack, hooks

__all__ = ["data", "dlpack", "hooks"]
