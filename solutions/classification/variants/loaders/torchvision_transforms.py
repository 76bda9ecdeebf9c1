"""A data set of its own that normalises each item through torchvision's transforms."""

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


def normalize(images):
    images = np.asarray(images)
    if images.ndim == 3:
        images = images[..., None]
    result = np.ascontiguousarray(images.transpose(0, 3, 1, 2)).astype(np.float32)
    result /= np.float32(255)
    return torch.from_numpy((result - 0.5) / 0.5)


class Images(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = np.asarray(images), np.asarray(labels).ravel()
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(mean=[0.5], std=[0.5])])

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return self.transform(self.images[i]), int(self.labels[i])


def make_loader(images, labels, batch_size, shuffle, generator=None):
    return DataLoader(Images(images, labels), batch_size, shuffle=shuffle, generator=generator)
