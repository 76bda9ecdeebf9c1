"""ModuleDict and ModuleList in scrambled order, a DataLoader subclass, imports inside functions."""

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


def normalize(images):
    images = np.asarray(images)
    if images.ndim == 3:
        images = images[..., None]
    scaled = images.astype(np.float32) * np.float32(2) / np.float32(255) - np.float32(1)
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(scaled, -1, 1)))


class _Pairs(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.images[i], self.labels[i]


class BatchLoader(DataLoader):
    """Cuts whole batches out of the arrays instead of collating single items."""

    def __init__(self, images, labels, batch_size, shuffle, generator):
        super().__init__(_Pairs(images, labels), batch_size=batch_size, shuffle=shuffle, generator=generator)
        self.mixed = shuffle

    def __iter__(self):
        n = len(self.dataset)
        order = torch.randperm(n, generator=self.generator) if self.mixed else torch.arange(n)
        for rows in order.split(self.batch_size):
            yield normalize(self.dataset.images[rows.numpy()]), self.dataset.labels[rows]


def make_loader(images, labels, batch_size, shuffle, generator=None):
    labels = torch.from_numpy(np.array(labels).astype(np.int64).ravel())
    return BatchLoader(np.asarray(images), labels, batch_size, shuffle, generator)
