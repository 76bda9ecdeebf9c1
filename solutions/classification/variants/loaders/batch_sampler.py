"""Whole batches from a batch sampler, and batch_size=None."""

import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, SequentialSampler


def normalize(images):
    x = torch.as_tensor(images)
    x = x.permute(0, 3, 1, 2) if x.ndim == 4 else x.unsqueeze(1)
    return torch.lerp(torch.full((), -1.0), torch.ones(()), x.float() / 255)


class Batches(Dataset):
    def __init__(self, images, labels):
        self.images = torch.as_tensor(images)
        self.labels = torch.as_tensor(labels).long().flatten()

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, rows):
        return normalize(self.images[rows]), self.labels[rows]


def make_loader(images, labels, batch_size, shuffle, generator=None):
    data = Batches(images, labels)
    order = RandomSampler(data, generator=generator) if shuffle else SequentialSampler(data)
    return DataLoader(data, sampler=BatchSampler(order, batch_size, drop_last=False), batch_size=None)
