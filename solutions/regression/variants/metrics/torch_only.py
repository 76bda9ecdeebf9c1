"""Torch throughout: tensors wherever arrays are named, permutations by sorting random keys."""

import numpy
import torch


def _tensor(v):
    if not torch.is_tensor(v):
        v = torch.from_numpy(numpy.array(v, dtype=numpy.float64))
    return v.detach().cpu().to(torch.float64).reshape(-1)


def _both(prediction, target):
    p, t = _tensor(prediction), _tensor(target)
    if p.numel() == 0 or p.numel() != t.numel():
        raise ValueError("prediction and target must be equally long and not empty")
    return p, t


def mae(prediction, target):
    return torch.nn.functional.l1_loss(*_both(prediction, target)).item()


def mse(prediction, target):
    return torch.nn.functional.mse_loss(*_both(prediction, target)).item()


def rmse(prediction, target):
    return torch.nn.functional.mse_loss(*_both(prediction, target)).sqrt().item()


def r2(prediction, target):
    p, t = _both(prediction, target)
    return (1 - torch.sum((t - p) ** 2) / torch.sum((t - t.mean()) ** 2)).item()
