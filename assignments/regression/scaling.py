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
        raise NotImplementedError("MinMax.fit: not written yet")

    def transform(self, x):
        """`(x - minimum) / range`, 0 for a constant column; a `RuntimeError` before `fit`."""
        raise NotImplementedError("MinMax.transform: not written yet")

    def inverse(self, x):
        """From scaled values back to the original units."""
        raise NotImplementedError("MinMax.inverse: not written yet")
