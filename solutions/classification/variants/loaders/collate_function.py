"""Raw tensors in the data set, normalised by the collate function."""

import numpy as np
import torch
from torch.utils.data import DataLoader


def normalize(images):
    x = torch.as_tensor(np.array(images)).float()
    if x.dim() == 4:
        x = x.movedim(-1, 1)
    else:
        x = x[:, None]
    return x.mul(2 / 255).sub(1)


def make_loader(images, labels, batch_size, shuffle, generator=None):
    pairs = list(zip(np.asarray(images), np.asarray(labels).reshape(-1).tolist()))

    def collate(items):
        return normalize(np.stack([image for image, _ in items])), torch.tensor([label for _, label in items])

    return DataLoader(pairs, batch_size=batch_size, shuffle=shuffle, generator=generator, collate_fn=collate)
