"""Unusual containers: ModuleDict, dictionaries of tensors, a deque, registration in scrambled order."""

import torch
from torch import nn


class LinearRegressor(nn.Module):
    def __init__(self, in_features):
        super().__init__()
        self.parts = nn.ModuleDict({"regression": nn.Linear(in_features, 1)})

    def forward(self, x):
        return self.parts["regression"](x)


class MLPRegressor(nn.Module):
    def __init__(self, in_features, hidden=(64, 64)):
        super().__init__()
        widths = [1, *reversed(list(hidden)), in_features]
        # from the output back to the input
        self.backwards = nn.ModuleList([nn.Linear(widths[i + 1], widths[i]) for i in range(len(widths) - 1)])

    def forward(self, x):
        for i in reversed(range(len(self.backwards))):
            x = self.backwards[i](x)
            x = torch.maximum(x, torch.zeros_like(x)) if i else x
        return x
