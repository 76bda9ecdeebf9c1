"""Chains of pandas methods, new row indexes."""

from collections import OrderedDict

from torch import nn


def _stack(widths):
    layers = OrderedDict()
    for i in range(len(widths) - 1):
        layers[f"linear_{i}"] = nn.Linear(widths[i], widths[i + 1])
        if i + 2 < len(widths):
            layers[f"relu_{i}"] = nn.ReLU()
    return nn.Sequential(layers)


class LinearRegressor(nn.Module):
    def __init__(self, in_features):
        super().__init__()
        self.model = _stack([in_features, 1])

    def forward(self, x):
        return self.model(x)


class MLPRegressor(nn.Module):
    def __init__(self, in_features, hidden=(64, 64)):
        super().__init__()
        self.model = _stack([in_features] + list(hidden) + [1])

    def forward(self, x):
        return self.model(x)
