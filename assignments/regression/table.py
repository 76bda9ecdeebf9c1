"""The Wisconsin breast-cancer table: from a raw data frame to features and target."""

import math

import pandas as pd
import torch

TARGET = "radius_mean"
SIZE_PREFIXES = ("radius_", "perimeter_", "area_")


def load_table(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Splits the raw table into features `X` and target `y`.

    * An `id` column is dropped if there is one.
    * The target is `radius_mean`; a missing target column is a `KeyError`.
    * `diagnosis`, if there, becomes 1 for `M` (malignant) and 0 for `B` (benign).
    * All features are float64; columns and rows keep their order.
    * A NaN in features or target is a `ValueError`.
    * `frame` itself is not modified.
    """
    raise NotImplementedError("load_table: not written yet")


def drop_size_columns(X: pd.DataFrame) -> pd.DataFrame:
    """The features without every column whose name starts with `radius_`, `perimeter_` or `area_`.

    Those columns measure the size of the nucleus in another way and give the target away. Whichever of them are
    there are dropped; `X` itself is not modified.
    """
    raise NotImplementedError("drop_size_columns: not written yet")


def split(
    X: pd.DataFrame, y: pd.Series, test_fraction: float = 1 / 3, generator: torch.Generator | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series, pd.Series]:
    """A random split into `X_train, X_test, y_train, y_test`.

    * Rows of `X` and `y` belong together by position, whatever their index says.
    * Every row is in exactly one part; the test part has `N * test_fraction` rows, rounded up (190 of 569).
    * The draw comes from `generator`, or from torch's global generator when there is none.
    """
    raise NotImplementedError("split: not written yet")
