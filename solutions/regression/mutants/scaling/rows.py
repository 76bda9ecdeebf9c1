"""
mistake: 'axis=1: statistics per row.'
contract: per column
check: test_columns_of_any_scale
witness: values_and_back
blind: true
"""

import numpy as np


class MinMax:
    def fit(self, x):
        x = np.asarray(x).astype(np.float64)
        self._lo = np.amin(x, axis=-1, keepdims=True)
        self._hi = np.amax(x, axis=-1, keepdims=True)
        return self

    def transform(self, x):
        if not hasattr(self, "_lo"):
            raise RuntimeError("not fitted")
        x = np.asarray(x).astype(np.float64)
        span = self._hi - self._lo
        out = np.zeros(x.shape)
        np.divide(x - self._lo, span, out=out, where=np.broadcast_to(span > 0, x.shape))
        return out

    def inverse(self, x):
        x = np.asarray(x).astype(np.float64)
        return self._lo + x * (self._hi - self._lo)
