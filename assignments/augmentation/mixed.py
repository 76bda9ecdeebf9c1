"""Data sets with augmented images, and data sets that mix them with the originals."""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.utils import data


class AugmentedDataset(data.Dataset[tuple[Tensor, Any]]):
    """The items of `base`, pairs of an image and a label, with `transform` applied to the image at every access.

    The label is that of `base`, and `base` itself stays as it is.
    """

    def __init__(self, base: data.Dataset[tuple[Tensor, Any]], transform: Callable[[Tensor], Tensor]) -> None:
        raise NotImplementedError("AugmentedDataset.__init__: not written yet")

    def __len__(self) -> int:
        """As many items as `base` has."""
        raise NotImplementedError("AugmentedDataset.__len__: not written yet")

    def __getitem__(self, index: int) -> tuple[Tensor, Any]:
        """The pair `(transform(image), label)`."""
        raise NotImplementedError("AugmentedDataset.__getitem__: not written yet")


def mix(
    base: data.Dataset[tuple[Tensor, Any]], transform: Callable[[Tensor], Tensor], augmented_fraction: float = 0.5
) -> data.Dataset[tuple[Tensor, Any]]:
    """The originals, followed by augmented items.

    Every item of `base` comes once, in order and unchanged. Then come as many augmented items as it takes for them to
    make up `augmented_fraction` of the result, rounded to the nearest item. They go through `base` in order, from the
    start again at its end, keep the labels, and are augmented afresh at every access. 0 gives the originals.

    Raises:
        ValueError: at the call, if `augmented_fraction` is below 0, or 1 or more.
    """
    raise NotImplementedError("mix: not written yet")
