"""Chains of pandas methods, new row indexes."""

import pandas as pd
import torch


def _frame(x):
    if torch.is_tensor(x):
        x = x.detach().cpu().numpy()
    return pd.DataFrame(x).astype("float64").reset_index(drop=True)


class MinMax:
    stats = None

    def fit(self, x):
        self.stats = _frame(x).agg(["min", "max"])
        return self

    def transform(self, x):
        if self.stats is None:
            raise RuntimeError("MinMax is not fitted yet")
        df = _frame(x)
        df.columns = self.stats.columns
        low, high = self.stats.loc["min"], self.stats.loc["max"]
        out = df.sub(low).div((high - low).where(high > low, 1.0))
        out.loc[:, high == low] = 0.0
        return out.to_numpy().reshape(tuple(x.shape))

    def inverse(self, x):
        df = _frame(x)
        df.columns = self.stats.columns
        low, high = self.stats.loc["min"], self.stats.loc["max"]
        return df.mul(high - low).add(low).to_numpy().reshape(tuple(x.shape))
