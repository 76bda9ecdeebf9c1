"""Bare nn.Parameter tensors, transposed, and einsum; nothing imported from siblings."""

import numpy as np
import torch


class MinMax:
    def __init__(self):
        self.range = torch.empty(2, 0, dtype=torch.float64)
        self.fitted = False

    def fit(self, x):
        x = torch.tensor(np.array(x), dtype=torch.float64)
        self.range = torch.stack([x.min(0).values, x.max(0).values])
        self.fitted = True

    def transform(self, x):
        if not self.fitted:
            raise RuntimeError("fit was not called")
        x = torch.tensor(np.array(x), dtype=torch.float64)
        low, high = self.range
        out = torch.zeros_like(x)
        ok = high > low
        if x.dim() == 1:
            return (x - low) / (high - low) if ok else out
        out[:, ok] = (x[:, ok] - low[ok]) / (high[ok] - low[ok])
        return out

    def inverse(self, x):
        x = torch.tensor(np.array(x), dtype=torch.float64)
        low, high = self.range
        return low + x * (high - low)
