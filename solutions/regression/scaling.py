"""Min-max scaling, fitted on training data alone."""

import numpy as np


class MinMax:
    """Scales every column to [0, 1] over the data it was fitted on.

    Works on 1-D arrays `(N,)` and on 2-D arrays `(N, F)`, per column. All statistics come from `fit`; values outside
    the fitted range are not clipped. A column that was constant at `fit` becomes 0, whatever data are transformed, and
    `inverse` gives its constant.
    """

    def fit(self, x):
        """Remembers minimum and range of each column of `x`; returns the scaler itself."""
        ### BEGIN SOLUTION
        x = np.asarray(x, dtype=np.float64)
        self.minimum = x.min(axis=0)
        self.range = x.max(axis=0) - self.minimum
        return self
        ### END SOLUTION

    def transform(self, x):
        """`(x - minimum) / range`, 0 for a constant column; a `RuntimeError` before `fit`."""
        ### BEGIN SOLUTION
        if not hasattr(self, "minimum"):
            raise RuntimeError("call fit before transform")
        shifted = np.asarray(x, dtype=np.float64) - self.minimum
        return np.where(self.range == 0, 0.0, shifted / np.where(self.range == 0, 1.0, self.range))
        ### END SOLUTION

    def inverse(self, x):
        """From scaled values back to the original units."""
        ### BEGIN SOLUTION
        return np.asarray(x, dtype=np.float64) * self.range + self.minimum
        ### END SOLUTION
