"""An iterable data set that shuffles itself and normalises batch by batch."""

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset


class Batches(IterableDataset):
    def __init__(self, images, labels, size, shuffle, generator):
        self.images, self.labels, self.size, self.shuffle, self.generator = images, labels, size, shuffle, generator

    def __len__(self):
        return -(-len(self.images) // self.size)

    def __iter__(self):
        n = len(self.images)
        order = torch.randperm(n, generator=self.generator) if self.shuffle else torch.arange(n)
        for rows in order.split(self.size):
            yield normalize(self.images[rows]), self.labels[rows]



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
    dataset = Batches(torch.as_tensor(images), targets, batch_size, shuffle, generator)
    return DataLoader(dataset, batch_size=None)
