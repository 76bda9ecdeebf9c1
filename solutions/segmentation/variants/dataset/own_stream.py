"""NumPy flips of copies; NumPy's generator is seeded at every access from torch's."""

import numpy as np
import torch


class SkinDataset(torch.utils.data.Dataset):
    """numpy flips of copies; a generator of numpy's seeded at every access from torch's"""

    def __init__(self, images, masks, augment=False, generator=None):
        self.images = [np.array(i.float().numpy(), dtype=np.float32) for i in images]
        self.masks = [np.array(m.numpy(), dtype=np.int64) for m in masks]
        self.augment, self.generator = bool(augment), generator

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image, mask = self.images[index].copy(), self.masks[index].copy()
        if self.augment:
            rng = np.random.default_rng(int(torch.randint(2**62, (1,), generator=self.generator)))
            if rng.random() < 0.5:
                image, mask = image[:, :, ::-1], mask[:, ::-1]
            if rng.random() < 0.5:
                image, mask = image[:, ::-1], mask[::-1]
        return torch.from_numpy(np.ascontiguousarray(image)), torch.from_numpy(np.ascontiguousarray(mask))
