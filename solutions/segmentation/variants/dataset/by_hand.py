"""Written from the handout, step by step."""

import torch
from torch.utils.data import Dataset


class SkinDataset(Dataset):
    def __init__(self, images, masks, augment=False, generator=None):
        self.images, self.masks, self.augment, self.generator = images, masks, augment, generator

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image = torch.as_tensor(self.images[i]).float().clone()
        mask = torch.as_tensor(self.masks[i]).long().clone()
        if self.augment:
            if torch.rand(1, generator=self.generator).item() < 0.5:
                image, mask = image.flip(-1), mask.flip(-1)
            if torch.rand(1, generator=self.generator).item() < 0.5:
                image, mask = image.flip(-2), mask.flip(-2)
        return image, mask
