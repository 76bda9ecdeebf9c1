"""Images and masks, one pair at a time, flipped together."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils.data import Dataset


class SkinDataset(Dataset[tuple[Tensor, Tensor]]):
    """Item i is the pair (image i, mask i), with the values given: float32 `(3, H, W)` and int64 `(H, W)`.

    With `augment`, every access decides afresh, with probability one half each and independently of each other,
    whether the pair is flipped horizontally (left becomes right) and whether it is flipped vertically (top becomes
    bottom). Image and mask are always flipped together. Without `augment` every access gives the same.

    The images and masks given are never modified.

    Args:
        images: floats of any type, a sequence of `(3, H, W)` tensors or one stacked tensor `(N, 3, H, W)`.
        masks: integers of any type, a sequence of `(H, W)` tensors or one stacked tensor `(N, H, W)`.
        generator: where the flips are drawn from; torch's global generator when there is none.
    """

    def __init__(
        self,
        images: Sequence[Tensor] | Tensor,
        masks: Sequence[Tensor] | Tensor,
        augment: bool = False,
        generator: torch.Generator | None = None,
    ) -> None:
        raise NotImplementedError("SkinDataset.__init__: not written yet")

    def __len__(self) -> int:
        raise NotImplementedError("SkinDataset.__len__: not written yet")

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        raise NotImplementedError("SkinDataset.__getitem__: not written yet")
