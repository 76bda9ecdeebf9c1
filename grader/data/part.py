"""A random part of a real data set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError
from .catalogue import Entry
from .dataset import Split

if TYPE_CHECKING:
    import pandas as pd


def part_of_splits(entry: Entry, splits: dict[str, Split], counts: tuple[int, ...], seed: int) -> dict[str, Split]:
    """`counts` random images of each split, in the order of the file."""
    parts = {}
    for index, (name, split) in enumerate(splits.items()):
        rows = choose(f"{entry.name}: {name}", len(split.labels), counts[index], [seed, index])
        parts[name] = Split(split.images[rows], split.labels[rows])
    return parts


def part_of_table(entry: Entry, table: pd.DataFrame, count: int, seed: int) -> pd.DataFrame:
    """`count` random rows of a table, in its order, numbered afresh."""
    return table.iloc[choose(entry.name, len(table), count, [seed, 0])].reset_index(drop=True)


def choose(what: str, there: int, wanted: int, seed: list[int]) -> np.ndarray:
    """Positions of `wanted` out of `there` rows, increasing.

    Raises:
        DataError: there are not as many.
    """
    if wanted > there:
        raise DataError(f"{what}: {wanted} asked for, but the real set has {there}; ask for fewer or use a phantom")
    return np.sort(np.random.default_rng(seed).choice(there, wanted, replace=False))
