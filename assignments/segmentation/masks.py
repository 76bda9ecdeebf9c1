"""From files on disk to images and class maps."""

from collections.abc import Sequence
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import torch
from torch import Tensor

CLASSES = ("epidermis", "dermis", "hair", "background")

# Grey value in a mask file -> class: granulation tissue (108) and keratin (144) count as epidermis.
CODES = {36: 0, 72: 1, 108: 0, 144: 0, 180: 2, 216: 3}


def decode_mask(mask: np.ndarray | Tensor) -> Tensor | np.ndarray:
    """The class of every pixel, from the grey codes of a mask file.

    Args:
        mask: integers of any type and any shape, each one of the keys of `CODES`. Not modified.

    Returns:
        int64, of the same shape, with classes 0 to 3; an array or a tensor, as you like.

    Raises:
        ValueError: a pixel has any other value; the message names one such value.
    """
    raise NotImplementedError("decode_mask: not written yet")


def list_pairs(folder: str | Path) -> list[tuple[Path, Path]]:
    """Which mask file belongs to which image file.

    Looks at the files in `folder/images` and `folder/masks` whose suffix is `.tif` or `.tiff`, in upper or lower
    case; all other files are ignored. An image and a mask belong together when their stems (the name without its
    last suffix) are equal, whatever their suffixes are.

    Returns:
        `(image, mask)` paths, sorted by stem as text: `skin_10` comes before `skin_2`.

    Raises:
        FileNotFoundError: an image has no mask, or a mask no image; the message names the stem.
    """
    raise NotImplementedError("list_pairs: not written yet")


def load_pair(image_path: str | Path, mask_path: str | Path) -> tuple[Tensor, Tensor]:
    """Reads an image and its mask with imageio.

    The image is 8-bit RGB and is divided by 255, whatever its own darkest and brightest values are; the mask is
    decoded as `decode_mask` does it.

    Returns:
        image, float32 `(3, H, W)` in [0, 1], and mask, int64 `(H, W)`.
    """
    raise NotImplementedError("load_pair: not written yet")


def split_indices(
    n: int, fractions: Sequence[float] = (0.7, 0.2, 0.1), generator: torch.Generator | None = None
) -> tuple[list[int], list[int], list[int]]:
    """A random partition of `range(n)` into training, validation and test indices.

    The last two parts have `n * fraction` indices, rounded down; the first has all the others. Which index goes where
    is drawn from `generator` (from torch's global generator when there is none).

    Returns:
        three lists of plain ints, in any order.
    """
    raise NotImplementedError("split_indices: not written yet")
