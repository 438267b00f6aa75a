"""CUDA's switches: they can be set, and nothing depends on them."""
from minitorch import backend


class _Matmul:
    """How products of matrices are computed."""
    allow_tf32 = allow_fp16_reduced_precision_reduction = allow_bf16_reduced_precision_reduction = False


matmul = _Matmul()
_attention = {"flash": True, "mem_efficient": True, "math": True}


def is_built():
    """Whether minitorch computes with CuPy."""
    return backend.NAME == "cupy"


def flash_sdp_enabled():
    """Whether attention may be computed in blocks: what was last asked for."""
    return _attention["flash"]


def enable_flash_sdp(enabled):
    """Allow attention to be computed in blocks; remembered only."""
    _attention["flash"] = enabled


def mem_efficient_sdp_enabled():
    """Whether attention may save memory: what was last asked for."""
    return _attention["mem_efficient"]


def enable_mem_efficient_sdp(enabled):
    """Allow attention to save memory; remembered only."""
    _attention["mem_efficient"] = enabled


def math_sdp_enabled():
    """Whether attention may be computed by its definition: what was last asked for."""
    return _attention["math"]


def enable_math_sdp(enabled):
    """Allow attention to be computed by its definition; remembered only."""
    _attention["math"] = enabled
