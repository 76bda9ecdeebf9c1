"""Data sets of images with their masks: many items in one call, and memory laid out in unusual ways."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader


def items(dataset: Any, positions: Sequence[int]) -> list[tuple[Any, Any]]:
    """The items at these positions, asked for one after the other."""
    return [_pair(dataset[position]) for position in positions]


def stacked(dataset: Any, positions: Sequence[int]) -> tuple[Tensor, Tensor]:
    """The items at these positions, whose shapes are all the same: `(n, C, H, W)` and `(n, H, W)`."""
    images, masks = zip(*items(dataset, positions), strict=True)
    return _stack(images, "images"), _stack(masks, "masks")


def loaded(dataset: Any, passes: int = 1, workers: int = 0, batch_size: int | None = None) -> tuple[Tensor, Tensor]:
    """All that some passes of one unshuffled loader give, one after the other."""
    loader = DataLoader(dataset, batch_size=batch_size, num_workers=workers)
    images, masks = zip(*(_pair(item) for _ in range(passes) for item in loader), strict=True)
    if batch_size is not None:
        return torch.cat(images), torch.cat(masks)
    return _stack(images, "images"), _stack(masks, "masks")


def used(make: Callable[..., Any], *args: Any, positions: Sequence[int], **kwargs: Any) -> list[tuple[Any, Any]]:
    """Makes a data set and asks for these items."""
    return items(make(*args, **kwargs), positions)


def transposed(array: np.ndarray | Tensor) -> np.ndarray | Tensor:
    """The same numbers, laid out in memory column by column."""
    if isinstance(array, Tensor):
        return array.transpose(-1, -2).contiguous().transpose(-1, -2)
    return np.ascontiguousarray(array.swapaxes(-1, -2)).swapaxes(-1, -2)


def _pair(item: Any) -> tuple[Any, Any]:
    if not isinstance(item, tuple | list) or len(item) != 2:
        raise TypeError(f"an item should be a pair (image, mask), got {type(item).__name__}")
    return item[0], item[1]


def _stack(parts: Sequence[Any], what: str) -> Tensor:
    for part in parts:
        if not isinstance(part, Tensor):
            raise TypeError(f"{what} should be tensors, got {type(part).__name__}")
    shapes, kinds = {tuple(part.shape) for part in parts}, {part.dtype for part in parts}
    if len(shapes) > 1 or len(kinds) > 1:
        raise ValueError(f"the {what} of a data set have several shapes or types: {[*sorted(shapes)[:3], *kinds]}")
    return torch.stack(list(parts))
