"""Clipping gradients in plain PyTorch."""
import math

import torch


def _gradients(parameters):
    parameters = [parameters] if isinstance(parameters, torch.Tensor) else parameters
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


def _norm(array, p):
    """(Σ |v|^p)^(1/p) of a tensor's values."""
    if math.isinf(p):
        return array.abs().max() if p > 0 else array.abs().min()
    if p == 0:
        return (array != 0).sum().to(array.dtype)
    return array.abs().pow(p).sum().pow(1 / p)


@torch.no_grad()
def get_total_norm(tensors, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """The norm of the norms."""
    tensors = [tensors] if isinstance(tensors, torch.Tensor) else list(tensors)
    norm_type = float(norm_type)
    if not tensors:
        return torch.tensor(0.0)
    total_norm = _norm(torch.stack([_norm(t, norm_type) for t in tensors]), norm_type)
    if error_if_nonfinite and not total_norm.isfinite():
        raise RuntimeError("the total norm is not finite")
    return total_norm


@torch.no_grad()
def clip_grads_with_norm_(parameters, max_norm, total_norm, foreach=None):
    scale = (max_norm / (total_norm + 1e-6)).clamp(max=1)
    if scale == 1:
        return
    for grad in _gradients(parameters):
        grad.mul_(scale)


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    parameters = [parameters] if isinstance(parameters, torch.Tensor) else list(parameters)
    total_norm = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, total_norm)
    return total_norm


@torch.no_grad()
def clip_grad_value_(parameters, clip_value, foreach=None):
    clip_value = float(clip_value)
    for grad in _gradients(parameters):
        grad.clamp_(-clip_value, clip_value)
