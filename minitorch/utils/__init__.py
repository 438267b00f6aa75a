"""What training needs besides layers and optimizers."""
from minitorch.utils import checkpoint, data, dlpack, hooks, visualize

__all__ = ["checkpoint", "data", "dlpack", "hooks", "visualize"]
