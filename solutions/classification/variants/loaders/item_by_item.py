"""One image at a time; probabilities by hand."""

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset


def normalize(images: np.ndarray | Tensor) -> Tensor:
    """Puts the channels first and the values between -1 and 1.

    The same fixed map for every image, whatever the data look like: 0 becomes -1, 255 becomes +1, and everything
    between them lies on the straight line. No mean or standard deviation of the data takes part.

    Args:
        images: uint8, colour `(N, H, W, 3)` or grey `(N, H, W)`, as an array or a tensor. Not modified.

    Returns:
        float32 `(N, 3, H, W)` or `(N, 1, H, W)`.
    """
    pixels = torch.as_tensor(images).to(torch.float32) / 127.5 - 1
    return pixels.unsqueeze(1) if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2)


def make_loader(
    images: np.ndarray | Tensor,
    labels: np.ndarray | Tensor,
    batch_size: int,
    shuffle: bool,
    generator: torch.Generator | None = None,
) -> DataLoader:
    """A loader of normalised images with their labels.

    Each batch is a pair: images as `normalize` returns them, and int64 labels `(B,)`. The last batch may be smaller
    and is kept. With `shuffle` every pass over the loader has a new order, drawn from `generator` (from torch's
    global generator when there is none); without it every pass has the order of the data.

    Args:
        images: raw uint8 `(N, H, W, 3)` or `(N, H, W)`.
        labels: integers of any type, `(N,)` or `(N, 1)`.
    """
    targets = torch.as_tensor(labels).to(torch.int64).reshape(-1)
    dataset = [(normalize(images[i : i + 1])[0], targets[i]) for i in range(len(targets))]
    return DataLoader(dataset, batch_size=batch_size, shuffle=shuffle, generator=generator)
