"""What training needs besides layers and optimizers."""
from minitorch.utils import data, hooks

__all__ = ["data", "hooks"]
