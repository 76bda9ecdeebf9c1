"""Every step spelled out, torchvision's names, a Dataset of its own, relative imports."""

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


def normalize(images):
    """Bring uint8 pictures to float32 between -1 and 1, channels first.

    Accepts (N, H, W, 3) colour and (N, H, W) grey pictures.
    """
    if isinstance(images, np.ndarray):
        images = torch.from_numpy(np.ascontiguousarray(images).copy())
    images = images.to(torch.float32)
    if images.dim() == 3:
        # grey: put the channel in second place
        images = images.unsqueeze(1)
    else:
        images = images.permute(0, 3, 1, 2).contiguous()
    images = images / 255.0
    images = (images - 0.5) / 0.5
    return images


class PathDataset(Dataset):
    """One picture and its label, picture already normalised."""

    def __init__(self, images, labels):
        self.images = images
        self.labels = torch.as_tensor(np.asarray(labels).astype(np.int64)).flatten()

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = normalize(self.images[index : index + 1])[0]
        label = self.labels[index]
        return image, label


def make_loader(images, labels, batch_size, shuffle, generator=None):
    """A loader that keeps the last, smaller batch."""
    dataset = PathDataset(images, labels)
    loader = DataLoader(
        dataset,
        batch_size=batch_size,
        shuffle=shuffle,
        drop_last=False,
        generator=generator,
    )
    return loader
