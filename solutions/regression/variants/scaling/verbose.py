"""Every step on a line of its own, relative imports."""

import numpy as np
import torch


def _to_array(x):
    """Return a float64 copy of a NumPy array or of a tensor."""
    if isinstance(x, torch.Tensor):
        x = x.detach().cpu().to(torch.float64).numpy()
    return np.array(x, dtype=np.float64)


class MinMax:
    """Brings every column to the interval from zero to one."""

    def __init__(self):
        self.is_fitted = False
        self.minimum = None
        self.maximum = None

    def fit(self, x):
        values = _to_array(x)
        self.minimum = values.min(axis=0)
        self.maximum = values.max(axis=0)
        self.is_fitted = True

    def transform(self, x):
        if not self.is_fitted:
            raise RuntimeError("MinMax.transform was called before MinMax.fit")
        values = _to_array(x)
        one_dimensional = values.ndim == 1
        columns = values.reshape(-1, 1) if one_dimensional else values
        minimum = np.atleast_1d(self.minimum)
        maximum = np.atleast_1d(self.maximum)
        result = np.zeros_like(columns)
        for j in range(columns.shape[1]):
            width = maximum[j] - minimum[j]
            if width > 0:
                result[:, j] = (columns[:, j] - minimum[j]) / width
        if one_dimensional:
            result = result.reshape(-1)
        return result

    def inverse(self, x):
        values = _to_array(x)
        width = self.maximum - self.minimum
        return values * width + self.minimum
