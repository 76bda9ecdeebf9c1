"""Helper classes: meters, keepers of the best epoch, guards of modes, an Experiment."""

from __future__ import annotations

from typing import Optional, Union

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, SequentialSampler

Array = Union[np.ndarray, Tensor]


class _ToSignedUnit:
    """uint8 to [-1, 1], channels first."""

    def __call__(self, images: Array) -> Tensor:
        tensor = torch.as_tensor(np.array(images))
        tensor = tensor.unsqueeze(-1) if tensor.ndim == 3 else tensor
        return tensor.movedim(-1, 1).to(torch.float32).div(127.5).sub(1.0)


def normalize(images: Array) -> Tensor:
    return _ToSignedUnit()(images)


class _BatchedImages(Dataset):
    """Indexed with a list of rows, gives a whole batch."""

    def __init__(self, images: Array, labels: Array) -> None:
        self.images = np.asarray(images)
        self.labels = np.asarray(labels).reshape(-1)

    def __len__(self) -> int:
        return self.labels.shape[0]

    def __getitem__(self, rows: list[int]) -> tuple[Tensor, Tensor]:
        return normalize(self.images[rows]), torch.as_tensor(self.labels[rows].astype(np.int64))


def make_loader(images: Array, labels: Array, batch_size: int, shuffle: bool, generator: Optional[torch.Generator] = None) -> DataLoader:
    data = _BatchedImages(images, labels)
    order = RandomSampler(data, generator=generator) if shuffle else SequentialSampler(data)
    return DataLoader(data, sampler=BatchSampler(order, batch_size, drop_last=False), batch_size=None, generator=generator)
