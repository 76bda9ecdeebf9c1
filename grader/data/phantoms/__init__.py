"""Procedural stand-ins for the course's data sets: same shapes, types, classes and file formats, drawn from a seed.

A phantom is no simulation of disease. It has the visual signs that make each class learnable, and enough variation
in everything else that a model has to learn them. `docs/data.md` has what simple and less simple models reach.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..dataset import Split
from . import cells, chest, radiograph, skin, tissue, ultrasound

if TYPE_CHECKING:
    import pandas as pd

SPLITS = ("train", "val", "test")
FINDING_SHARE = 0.1  # of every chest finding, independently; in the real set they differ and go together


def draw_splits(name: str, seed: int, sizes: Mapping[str, int]) -> dict[str, Split]:
    """The splits of an image phantom; each has a random stream of its own, so one's size does not change another."""
    draw = IMAGES[name]
    return {split: draw(stream(name, seed, SPLITS.index(split)), count) for split, count in sizes.items()}


def draw_table(name: str, seed: int, rows: int) -> pd.DataFrame:
    """A phantom table of that many rows."""
    return TABLES[name](stream(name, seed), rows)


def stream(name: str, *seeds: int) -> np.random.Generator:
    """A random generator of the set's own: equal seeds do not make two sets alike."""
    return np.random.default_rng([zlib.crc32(name.encode()), *seeds])


def labels(rng: np.random.Generator, n: int, shares: list[float]) -> np.ndarray:
    """Shuffled int64 labels `(n,)` whose counts follow the shares to within one: small splits keep every class."""
    ideal = np.asarray(shares) / sum(shares) * n
    counts = np.floor(ideal).astype(int)
    short = np.argsort(counts - ideal, kind="stable")[: n - counts.sum()]
    counts[short] += 1
    return rng.permutation(np.repeat(np.arange(len(shares)), counts))


def _tissue(rng: np.random.Generator, n: int) -> Split:
    classes = labels(rng, n, [1] * 9)
    return Split(tissue.draw(rng, classes), classes)


def _ultrasound(rng: np.random.Generator, n: int) -> Split:
    classes = labels(rng, n, [0.27, 0.73])  # as in BreastMNIST
    return Split(ultrasound.draw(rng, classes), classes)


def _chest(rng: np.random.Generator, n: int) -> Split:
    columns = [labels(rng, n, [1 - FINDING_SHARE, FINDING_SHARE]) for _ in chest.FINDINGS]
    findings = np.column_stack(columns)
    return Split(chest.draw(rng, findings), findings)


def _radiograph(rng: np.random.Generator, n: int) -> Split:
    classes = labels(rng, n, [1, 1])
    return Split(radiograph.draw(rng, classes), classes)


def _skin(rng: np.random.Generator, n: int) -> Split:
    return Split(*skin.draw(rng, n))


IMAGES: dict[str, Callable[[np.random.Generator, int], Split]] = {
    "pathmnist": _tissue,
    "breastmnist": _ultrasound,
    "chestmnist": _chest,
    "skin": _skin,
    "radiographs": _radiograph,
}
TABLES: dict[str, Callable[[np.random.Generator, int], pd.DataFrame]] = {"breast-cancer": cells.draw}
