"""NumPy wherever possible: look-up tables, softmax, log-sum-exp, accuracy; validates in two passes."""

import numpy as np
import torch
from torch.utils.data import DataLoader

_TABLE = np.linspace(-1.0, 1.0, 256).astype(np.float32)


def normalize(images):
    a = _TABLE[np.asarray(images)]
    a = a[:, np.newaxis] if a.ndim == 3 else a.transpose(0, 3, 1, 2)
    return torch.from_numpy(a.copy())


def _stack(pairs):
    images = np.stack([np.asarray(p[0]) for p in pairs])
    return normalize(images), torch.from_numpy(np.array([int(p[1]) for p in pairs], dtype=np.int64))


def make_loader(images, labels, batch_size, shuffle, generator=None):
    pairs = list(zip(np.asarray(images), np.asarray(labels).ravel()))
    return DataLoader(pairs, batch_size=batch_size, shuffle=shuffle, collate_fn=_stack, generator=generator)
