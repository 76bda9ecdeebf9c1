"""Phantom of the breast cancer table: invented cell nuclei, measured as the real ones were.

Every row is a new random draw. The shape of each measure's distribution and the correlations between measures are
taken, for each diagnosis, from the real table (a Gaussian copula). Sizes are drawn through geometry: a radius first,
then how far perimeter and area stray from those of a circle, so that the three nearly determine one another and no
outline encloses more than a circle of its length would.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

from ..breast_cancer import FEATURES, assemble, table

if TYPE_CHECKING:
    import pandas as pd

MALIGNANT_SHARE = 212 / 569
COLUMN = {name: index for index, name in enumerate(FEATURES)}
DIFFERENCES = [name.removesuffix("_worst") for name in FEATURES if name.endswith("_worst")]
SIZES = ("radius", "perimeter", "area")


def draw(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """A table of `rows` rows in the course's columns, both diagnoses in the real shares (at least one row each)."""
    count = int(np.clip(round(rows * MALIGNANT_SHARE), min(1, rows - 1), max(1, rows - 1)))
    malignant = rng.permutation(np.arange(rows) < count)
    features = np.empty((rows, len(FEATURES)))
    for diagnosis in (False, True):
        chosen = malignant == diagnosis
        features[chosen] = from_traits(_draw_traits(rng, chosen.sum(), *_fitted(diagnosis)))
    return assemble(_significant(features, 4), malignant)


def _draw_traits(rng: np.random.Generator, rows: int, quantiles: np.ndarray, factor: np.ndarray) -> np.ndarray:
    ranks = ndtr(rng.standard_normal((rows, len(factor))) @ factor.T)
    levels = np.linspace(0, 1, len(quantiles))
    return np.column_stack([np.interp(ranks[:, j], levels, quantiles[:, j]) for j in range(len(factor))])


@cache
def _fitted(malignant: bool) -> tuple[np.ndarray, np.ndarray]:
    """Sorted traits of the real rows of one diagnosis, and the Cholesky factor of their scores' correlation."""
    real = table()
    traits = to_traits(real.loc[(real["diagnosis"] == "M") == malignant, list(FEATURES)].to_numpy())
    ranks = traits.argsort(0, kind="stable").argsort(0, kind="stable")
    scores = ndtri((ranks + 0.5) / len(traits))
    correlation = np.corrcoef(scores, rowvar=False)
    return np.sort(traits, 0), np.linalg.cholesky(correlation + 1e-9 * np.eye(len(correlation)))


def to_traits(features: np.ndarray) -> np.ndarray:
    """Measures `(N, 30)` as quantities that vary freely: log sizes, deviations from a circle, growth to the worst."""
    f = {name: features[:, index] for name, index in COLUMN.items()}
    t = dict(f)
    for name in DIFFERENCES:
        t[f"{name}_worst"] = f[f"{name}_worst"] - f[f"{name}_mean"]
    for statistic in ("mean", "worst"):
        radius = f[f"radius_{statistic}"]
        t[f"perimeter_{statistic}"] = np.log(f[f"perimeter_{statistic}"] / (2 * np.pi * radius))
        t[f"area_{statistic}"] = np.log(f[f"area_{statistic}"] * 4 * np.pi / f[f"perimeter_{statistic}"] ** 2)
    t["radius_mean"] = np.log(f["radius_mean"])
    t["radius_worst"] = np.log(f["radius_worst"] / f["radius_mean"])
    t["radius_se"] = np.log(f["radius_se"] / f["radius_mean"])
    t["perimeter_se"] = np.log(f["perimeter_se"] / (2 * np.pi * f["radius_se"]))
    t["area_se"] = np.log(f["area_se"] / (2 * np.pi * f["radius_mean"] * f["radius_se"]))
    return np.column_stack([t[name] for name in FEATURES])


def from_traits(traits: np.ndarray) -> np.ndarray:
    """The inverse of `to_traits`."""
    t = {name: traits[:, index] for name, index in COLUMN.items()}
    f = dict(t)
    for name in DIFFERENCES:
        f[f"{name}_worst"] = t[f"{name}_mean"] + t[f"{name}_worst"]
    f["radius_mean"] = np.exp(t["radius_mean"])
    f["radius_worst"] = f["radius_mean"] * np.exp(t["radius_worst"])
    f["radius_se"] = f["radius_mean"] * np.exp(t["radius_se"])
    for statistic in ("mean", "worst"):
        radius = f[f"radius_{statistic}"]
        f[f"perimeter_{statistic}"] = 2 * np.pi * radius * np.exp(t[f"perimeter_{statistic}"])
        f[f"area_{statistic}"] = f[f"perimeter_{statistic}"] ** 2 / (4 * np.pi) * np.exp(t[f"area_{statistic}"])
    for name in SIZES:  # the worst nuclei are at least as large as the mean
        f[f"{name}_worst"] = np.maximum(f[f"{name}_worst"], f[f"{name}_mean"])
    f["perimeter_se"] = 2 * np.pi * f["radius_se"] * np.exp(t["perimeter_se"])
    f["area_se"] = 2 * np.pi * f["radius_mean"] * f["radius_se"] * np.exp(t["area_se"])
    return np.column_stack([f[name] for name in FEATURES])


def _significant(values: np.ndarray, digits: int) -> np.ndarray:
    """Rounded as the original table is, to so many significant digits."""
    size = np.floor(np.log10(np.maximum(np.abs(values), 1e-12)))
    scale = 10.0 ** (digits - 1 - size)
    return np.rint(values * scale) / scale
