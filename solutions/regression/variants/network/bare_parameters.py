"""Bare nn.Parameter tensors, transposed, and einsum; nothing imported from siblings."""

import torch
from torch import nn


def _uniform(*shape, fan):
    return nn.Parameter((torch.rand(*shape) * 2 - 1) / max(fan, 1) ** 0.5)


class LinearRegressor(nn.Module):
    def __init__(self, in_features):
        super().__init__()
        self.offset = nn.Parameter(torch.zeros(()).reshape(1))
        self.slopes = _uniform(in_features, 1, fan=in_features)

    def forward(self, x):
        return torch.einsum("nf,fo->no", x, self.slopes) + self.offset


class MLPRegressor(nn.Module):
    def __init__(self, in_features, hidden=(64, 64)):
        super().__init__()
        sizes = (in_features,) + tuple(hidden) + (1,)
        self.biases = nn.ParameterList([_uniform(b, fan=a) for a, b in zip(sizes, sizes[1:])])
        self.weights = nn.ParameterList([_uniform(a, b, fan=a) for a, b in zip(sizes, sizes[1:])])

    def forward(self, x):
        last = len(self.weights) - 1
        for i, (w, b) in enumerate(zip(self.weights, self.biases)):
            x = torch.einsum("ni,io->no", x, w) + b
            if i < last:
                x = torch.where(x > 0, x, 0.0)
        return x
