"""Two regressors: one linear layer, and a multi-layer perceptron."""

import torch
from torch import nn


class LinearRegressor(nn.Module):
    """One linear layer with bias: `(N, in_features)` to `(N, 1)`; 31 parameters for 30 features."""

    def __init__(self, in_features: int):
        super().__init__()
        raise NotImplementedError("LinearRegressor.__init__: not written yet")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`x` `(N, in_features)` to predictions `(N, 1)`."""
        raise NotImplementedError("LinearRegressor.forward: not written yet")


class MLPRegressor(nn.Module):
    """Linear layers with bias of the widths in `hidden`, ReLU between them: `(N, in_features)` to `(N, 1)`.

    Nothing else: no dropout, no normalisation, and no ReLU after the last layer.
    """

    def __init__(self, in_features: int, hidden: tuple[int, ...] = (64, 64)):
        super().__init__()
        raise NotImplementedError("MLPRegressor.__init__: not written yet")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`x` `(N, in_features)` to predictions `(N, 1)`."""
        raise NotImplementedError("MLPRegressor.forward: not written yet")
