"""Unusual containers: ModuleDict, dictionaries of tensors, a deque, registration in scrambled order."""

import torch


class MinMax:
    def __init__(self):
        self.memory = {}

    def fit(self, x):
        x = self._tensor(x)
        self.memory = {"min": x.amin(dim=0), "max": x.amax(dim=0)}
        return self

    def transform(self, x):
        if not self.memory:
            raise RuntimeError("nothing has been fitted")
        low, high = self.memory["min"], self.memory["max"]
        return torch.nan_to_num((self._tensor(x) - low) / (high - low), nan=0.0, posinf=0.0, neginf=0.0).mul(high > low).numpy()

    def inverse(self, x):
        low, high = self.memory["min"], self.memory["max"]
        return torch.lerp(low.expand_as(self._tensor(x)), high.expand_as(self._tensor(x)), self._tensor(x)).numpy()

    @staticmethod
    def _tensor(x):
        return (x.detach().cpu() if torch.is_tensor(x) else torch.tensor(x.tolist(), dtype=torch.float64)).to(torch.float64)
