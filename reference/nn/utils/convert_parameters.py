"""Parameters as one vector, and back, in plain PyTorch."""
import torch


def parameters_to_vector(parameters):
    return torch.cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec, parameters):
    targets = list(parameters)
    parts = vec.split([parameter.numel() for parameter in targets])
    for parameter, part in zip(targets, parts, strict=True):
        parameter.data = part.view(parameter.shape).data
