"""Right modules written in another style than the reference, for the demo class."""

REGRESSION = {
    "metrics.py": """\
import math

import torch


def _values(x):
    return torch.as_tensor(x if isinstance(x, torch.Tensor) else list(x), dtype=torch.float64).detach().flatten()


def _errors(prediction, target):
    p, t = _values(prediction), _values(target)
    if p.numel() == 0 or p.numel() != t.numel():
        raise ValueError(f"cannot compare {p.numel()} with {t.numel()} values")
    return p - t, t


def mae(prediction, target):
    error, _ = _errors(prediction, target)
    return error.abs().mean().item()


def mse(prediction, target):
    error, _ = _errors(prediction, target)
    return error.pow(2).mean().item()


def rmse(prediction, target):
    return math.sqrt(mse(prediction, target))


def r2(prediction, target):
    error, target = _errors(prediction, target)
    return 1 - (error.pow(2).sum() / (target - target.mean()).pow(2).sum()).item()
""",
    "network.py": """\
from itertools import pairwise

from torch import nn


class LinearRegressor(nn.Linear):
    def __init__(self, in_features):
        super().__init__(in_features, 1)

    @property
    def linear(self):
        return self


class MLPRegressor(nn.Module):
    def __init__(self, in_features, hidden=(64, 64)):
        super().__init__()
        widths = [in_features, *hidden]
        self.hidden_layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.output = nn.Linear(widths[-1], 1)

    def forward(self, x):
        for layer in self.hidden_layers:
            x = layer(x).relu()
        return self.output(x)
""",
}

CLASSIFICATION = {
    "loaders.py": """\
import torch
from torch.utils.data import DataLoader, Dataset


def normalize(images):
    x = torch.as_tensor(images)
    if x.dim() == 3:
        x = x[..., None]
    return (x.float().movedim(-1, 1) - 127.5) / 127.5


class Images(Dataset):
    def __init__(self, images, labels):
        self.images = images
        self.labels = torch.as_tensor(labels).long().view(-1)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return normalize(self.images[index : index + 1])[0], self.labels[index]


def make_loader(images, labels, batch_size, shuffle, generator=None):
    return DataLoader(Images(images, labels), batch_size, shuffle=bool(shuffle), generator=generator)
""",
}
