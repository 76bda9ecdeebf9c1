"""One-liners, siblings imported absolutely."""

import numpy as np


class MinMax:
    lo = None

    def fit(self, x):
        x = np.asarray(x, dtype=float)
        self.lo, self.span = x.min(0), np.ptp(x, axis=0)
        return self

    def transform(self, x):
        if self.lo is None: raise RuntimeError("fit first")
        return np.where(self.span == 0, 0.0, (np.asarray(x, dtype=float) - self.lo) / np.where(self.span == 0, 1, self.span))

    def inverse(self, x):
        return np.asarray(x, dtype=float) * self.span + self.lo
