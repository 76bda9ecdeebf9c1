"""Turns its own copies round and round, which is as random as fresh flips."""

import torch


class SkinDataset(torch.utils.data.Dataset):
    """turns its own copies round and round: as random as fresh flips"""

    def __init__(self, images, masks, augment=False, generator=None):
        self.x = [i.to(torch.float32, copy=True) for i in images]
        self.y = [m.to(torch.int64, copy=True) for m in masks]
        self.augment = augment
        self.g = torch.default_generator if generator is None else generator

    def __len__(self):
        return len(self.x)

    def __getitem__(self, k):
        if self.augment:
            h, v = torch.randint(2, (2,), generator=self.g).bool().tolist()
            dims = [-1] * h + [-2] * v
            self.x[k], self.y[k] = self.x[k].flip(dims), self.y[k].flip(dims)
        return self.x[k], self.y[k]
