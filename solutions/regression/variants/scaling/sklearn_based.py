"""scikit-learn does the work, with seeds drawn from torch."""

import numpy as np
from sklearn.preprocessing import MinMaxScaler


class MinMax:
    def __init__(self):
        self.scaler = None

    def fit(self, x):
        x = self._columns(x)
        self.scaler = MinMaxScaler(clip=False).fit(x)
        self.constant = x.min(axis=0) == x.max(axis=0)
        self.values = x[0]
        return self

    def transform(self, x):
        if self.scaler is None:
            raise RuntimeError("this MinMax has not been fitted")
        z = self.scaler.transform(self._columns(x))
        z[:, self.constant] = 0.0
        return z.reshape(np.shape(x))

    def inverse(self, x):
        z = self.scaler.inverse_transform(self._columns(x))
        z[:, self.constant] = self.values[self.constant]
        return z.reshape(np.shape(x))

    @staticmethod
    def _columns(x):
        x = np.array(x, dtype=np.float64)
        return x[:, None] if x.ndim == 1 else x
