"""`torch.utils.dlpack`: memory shared with other libraries."""
from minitorch.ops.dlpack import DLDeviceType, from_dlpack, to_dlpack

__all__ = ["DLDeviceType", "from_dlpack", "to_dlpack"]
