"""What `load` returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Source = Literal["real", "phantom"]


class Split(NamedTuple):
    """One part of an image set; unpacks as `images, labels = data.train`.

    Attributes:
        images: uint8 `(N, H, W, 3)` or grey `(N, H, W)`.
        labels: int64 `(N,)`, one class each; int64 `(N, L)`, 0 or 1 for each of `L` labels; or, where the task is
            segmentation, masks uint8 `(N, H, W)` in the grey codes of the files.
    """

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class DataSet:
    """A loaded data set: either three splits or, for a tabular one, `table`.

    Attributes:
        source: where it really came from, whatever was asked for.
        notice: one sentence for people: which source, which file or seed, and what is special about it.
        class_names: by label number; for a table, the values of its class column.
        codes: for masks, the grey code of each class in the order of `class_names`; else empty.
        seed: what a phantom, or a random part of the real set, was drawn with; None for a whole real set.
    """

    name: str
    source: Source
    notice: str
    class_names: tuple[str, ...]
    seed: int | None = None
    train: Split | None = None
    val: Split | None = None
    test: Split | None = None
    table: pd.DataFrame | None = None
    codes: tuple[int, ...] = ()

    @property
    def splits(self) -> dict[str, Split]:
        """The splits that there are, by name; empty for a table."""
        named = {"train": self.train, "val": self.val, "test": self.test}
        return {name: split for name, split in named.items() if split is not None}
