"""scikit-learn does the work, with seeds drawn from torch."""

import itertools

import torch.nn as nn


class MLPRegressor(nn.Module):
    def __init__(self, in_features, hidden=(64, 64)):
        super().__init__()
        widths = (in_features, *hidden)
        self.hidden = nn.Sequential()
        for n, (a, b) in enumerate(itertools.pairwise(widths)):
            self.hidden.add_module(f"fc{n}", nn.Linear(a, b))
            self.hidden.add_module(f"relu{n}", nn.ReLU(inplace=True))
        self.coef = nn.Linear(widths[-1], 1)

    def forward(self, x):
        return self.coef(self.hidden(x))


class LinearRegressor(MLPRegressor):
    """An MLP without hidden layers."""

    def __init__(self, in_features):
        super().__init__(in_features, hidden=())

    @property
    def coef_(self):
        return self.coef.weight.detach().cpu().numpy().ravel()
