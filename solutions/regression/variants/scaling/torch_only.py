"""Torch throughout: tensors wherever arrays are named, permutations by sorting random keys."""

import numpy
import torch


def _double(x):
    return (x if torch.is_tensor(x) else torch.from_numpy(numpy.array(x, dtype=numpy.float64))).to(torch.float64)


class MinMax(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("low", None)
        self.register_buffer("span", None)

    def fit(self, x):
        x = _double(x)
        self.low, high = torch.aminmax(x, dim=0)
        self.span = high - self.low
        return self

    def transform(self, x):
        if self.low is None:
            raise RuntimeError("call fit first")
        z = (_double(x) - self.low) / self.span
        return torch.where(self.span > 0, z, torch.zeros_like(z))

    def inverse(self, x):
        return torch.addcmul(self.low, _double(x), self.span)
