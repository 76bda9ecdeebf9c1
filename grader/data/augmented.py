"""Augmented versions of a picture and its mask, to look at: flips, small rotations, crops, brightness and contrast."""

from __future__ import annotations

from typing import Any

import numpy as np

DEGREES = 20
SCALE = (0.6, 1.0)  # share of the area that a crop keeps
JITTER = 0.3


def versions(image: np.ndarray, n: int, seed: int, mask: np.ndarray | None = None) -> list[tuple[np.ndarray, ...]]:
    """`n` random versions of an image uint8 `(H, W)` or `(H, W, 3)`, each a pair with its mask where there is one.

    Image and mask are always moved together; brightness and contrast change the image alone. What a rotation
    uncovers is black, and in a mask of the mask's own corner class. The same seed gives the same versions, and
    torch's global generator is left as it was.
    """
    import torch
    from torchvision import tv_tensors
    from torchvision.transforms import v2

    outside = {tv_tensors.Image: 0, tv_tensors.Mask: 0 if mask is None else int(mask[0, 0])}
    transform = v2.Compose(
        [
            v2.RandomHorizontalFlip(),
            v2.RandomVerticalFlip(),
            v2.RandomRotation(DEGREES, v2.InterpolationMode.BILINEAR, fill=outside),
            v2.RandomResizedCrop(image.shape[:2], scale=SCALE, antialias=True),
            v2.ColorJitter(brightness=JITTER, contrast=JITTER),
        ]
    )
    channels_first = image[None] if image.ndim == 2 else np.moveaxis(image, -1, 0)
    sample: tuple[Any, ...] = (tv_tensors.Image(torch.from_numpy(np.ascontiguousarray(channels_first))),)
    if mask is not None:
        sample += (tv_tensors.Mask(torch.from_numpy(mask)),)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        drawn = [transform(*sample) if mask is not None else (transform(*sample),) for _ in range(n)]
    return [tuple(_as_array(part) for part in version) for version in drawn]


def _as_array(part) -> np.ndarray:
    array = part.numpy()
    if array.ndim == 2:
        return array
    return array[0] if len(array) == 1 else np.moveaxis(array, 0, -1)
