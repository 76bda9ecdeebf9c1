"""Everything passes through a Dataset and a DataLoader."""

from torch import nn


class LinearRegressor(nn.Module):
    def __init__(self, in_features):
        super().__init__()
        self.regression = nn.Linear(in_features=in_features, out_features=1, bias=True)

    def forward(self, batch):
        return self.regression(batch)


class MLPRegressor(nn.Module):
    def __init__(self, in_features, hidden=(64, 64)):
        super().__init__()
        self.depth = len(hidden)
        self.regression = nn.Linear((in_features, *hidden)[-1], 1)
        for level, (a, b) in enumerate(zip((in_features, *hidden), hidden)):
            self.add_module(f"hidden{level}", nn.Linear(a, b))
        self.activation = nn.ReLU()

    def forward(self, batch):
        for level in range(self.depth):
            batch = self.activation(getattr(self, f"hidden{level}")(batch))
        return self.regression(batch)
