"""Two regressors: one linear layer, and a multi-layer perceptron."""

import torch
from torch import nn


class LinearRegressor(nn.Module):
    """One linear layer with bias: `(N, in_features)` to `(N, 1)`; 31 parameters for 30 features."""

    def __init__(self, in_features: int):
        super().__init__()
        ### BEGIN SOLUTION
        self.linear = nn.Linear(in_features, 1)
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`x` `(N, in_features)` to predictions `(N, 1)`."""
        ### BEGIN SOLUTION
        return self.linear(x)
        ### END SOLUTION


class MLPRegressor(nn.Module):
    """Linear layers with bias of the widths in `hidden`, ReLU between them: `(N, in_features)` to `(N, 1)`.

    Nothing else: no dropout, no normalisation, and no ReLU after the last layer.
    """

    def __init__(self, in_features: int, hidden: tuple[int, ...] = (64, 64)):
        super().__init__()
        ### BEGIN SOLUTION
        layers: list[nn.Module] = []
        for width in hidden:
            layers += [nn.Linear(in_features, width), nn.ReLU()]
            in_features = width
        self.layers = nn.Sequential(*layers, nn.Linear(in_features, 1))
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`x` `(N, in_features)` to predictions `(N, 1)`."""
        ### BEGIN SOLUTION
        return self.layers(x)
        ### END SOLUTION
