"""NumPy throughout, nothing imported from siblings; a NumPy generator seeded from torch's."""

import numpy as np
import pandas as pd
import torch


def load_table(frame):
    cols = frame.columns.to_numpy()
    if not (cols == "radius_mean").any():
        raise KeyError("radius_mean")
    keep = [c for c in cols if c != "id"]
    data = np.empty((len(frame), len(keep)), dtype=np.float64)
    for j, c in enumerate(keep):
        v = frame[c].to_numpy(dtype=object) if c == "diagnosis" else frame[c].to_numpy()
        if c == "diagnosis":
            v = np.select([v == "M", v == "B"], [1.0, 0.0], default=np.nan)
        data[:, j] = v
    if np.isnan(data).any():
        raise ValueError("NaN in the table")
    t = keep.index("radius_mean")
    X = pd.DataFrame(np.delete(data, t, axis=1), columns=keep[:t] + keep[t + 1:])
    return X, pd.Series(data[:, t], name="radius_mean")


def drop_size_columns(X):
    names = X.columns.to_numpy().astype(str)
    bad = np.zeros(len(names), dtype=bool)
    for p in ("radius_", "perimeter_", "area_"):
        bad |= np.char.startswith(names, p)
    return X.loc[:, ~bad].copy()


def split(X, y, test_fraction=1 / 3, generator=None):
    seed = torch.randint(0, 2**31 - 1, (1,), generator=generator).item()
    rng = np.random.default_rng(seed)
    n = X.shape[0]
    n_test = int(np.ceil(n * test_fraction))
    is_test = np.zeros(n, dtype=bool)
    is_test[rng.choice(n, n_test, replace=False)] = True
    te, tr = np.flatnonzero(is_test), np.flatnonzero(~is_test)
    return X.iloc[tr], X.iloc[te], y.iloc[tr], y.iloc[te]
