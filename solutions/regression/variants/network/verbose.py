"""Every step on a line of its own, relative imports."""

import torch
import torch.nn as nn


class LinearRegressor(nn.Module):
    """A weighted sum of the features plus a bias."""

    def __init__(self, in_features):
        super(LinearRegressor, self).__init__()
        self.in_features = in_features
        self.output_layer = nn.Linear(in_features, 1, bias=True)

    def forward(self, x):
        return self.output_layer(x)


class MLPRegressor(nn.Module):
    """Hidden layers with ReLU, then one output without activation."""

    def __init__(self, in_features, hidden=(64, 64)):
        super(MLPRegressor, self).__init__()
        self.hidden_layers = nn.ModuleList()
        width = in_features
        for hidden_width in hidden:
            self.hidden_layers.append(nn.Linear(width, hidden_width))
            width = hidden_width
        self.output_layer = nn.Linear(width, 1)

    def forward(self, x):
        for layer in self.hidden_layers:
            x = torch.relu(layer(x))
        return self.output_layer(x)
