"""Everything passes through a Dataset and a DataLoader."""

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset


class MinMax:
    def __init__(self):
        self.low = self.high = None

    def fit(self, x):
        self.low = self.high = None
        for (batch,) in self._batches(x):
            low, high = batch.min(dim=0).values, batch.max(dim=0).values
            self.low = low if self.low is None else torch.minimum(self.low, low)
            self.high = high if self.high is None else torch.maximum(self.high, high)
        return self

    def transform(self, x):
        if self.low is None:
            raise RuntimeError("fit, then transform")
        span = torch.where(self.high > self.low, self.high - self.low, torch.inf)
        return torch.cat([(batch - self.low) / span for (batch,) in self._batches(x)]).numpy()

    def inverse(self, x):
        return torch.cat([batch * (self.high - self.low) + self.low for (batch,) in self._batches(x)]).numpy()

    @staticmethod
    def _batches(x):
        return DataLoader(TensorDataset(torch.from_numpy(np.array(x, dtype="float64"))), batch_size=256)
