"""Data sets and loaders that exercises are given, and what comes out of the loaders that they return."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset


class CountedDataset(Dataset[tuple[Tensor, Tensor]]):
    """Images and labels that remember in which order they were asked for (`asked`)."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self.images, self.labels = images, labels
        self.asked: list[int] = []

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        if not 0 <= index < len(self):
            raise IndexError(index)
        self.asked.append(int(index))
        return self.images[index], self.labels[index]


class FixedOrder(torch.utils.data.Sampler[int]):
    """Visits a data set in a given order."""

    def __init__(self, order: list[int]) -> None:
        self.order = order

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Any:
        return iter(self.order)


def counted_loader(images: Tensor, labels: Tensor, batch_size: int, order: list[int] | None = None) -> DataLoader:
    """A loader over a `CountedDataset`, in the order of the data or in the order given."""
    sampler = None if order is None else FixedOrder(order)
    return DataLoader(CountedDataset(images, labels), batch_size=batch_size, sampler=sampler)


def asked(loader: DataLoader) -> list[int]:
    """The positions that were asked for so far."""
    return list(loader.dataset.asked)  # type: ignore[attr-defined]


def batches(loader: DataLoader, passes: int = 1) -> list[list[tuple[Any, Any]]]:
    """All batches of some passes over a loader, each as the pair it should be."""
    return [[_pair(batch) for batch in loader] for _ in range(passes)]


def first_batch(loader: DataLoader) -> tuple[Any, Any]:
    """The first batch of a pass that is then broken off."""
    for batch in loader:
        return _pair(batch)
    raise ValueError("the loader gives no batch")


def made_and_used(make: Callable[..., DataLoader], *args: Any) -> list[list[tuple[Any, Any]]]:
    """What two passes over the loader give that `make(*args)` returns."""
    return batches(make(*args), 2)


def _pair(batch: Any) -> tuple[Any, Any]:
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise TypeError(f"a batch should be a pair (images, labels), got {type(batch).__name__}")
    return batch[0], batch[1]


def strided(images: np.ndarray) -> np.ndarray:
    """The same images, laid out differently in memory: every other element of a larger array."""
    roomy = np.zeros((images.shape[0], 2 * images.shape[1], *images.shape[2:]), images.dtype)
    roomy[:, ::2] = images
    return roomy[:, ::2]
