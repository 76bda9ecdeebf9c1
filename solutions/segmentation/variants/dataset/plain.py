"""Two coins, one after the other."""

import torch
from torch.utils.data import Dataset


class SkinDataset(Dataset):
    def __init__(self, images, masks, augment=False, generator=None):
        self.images = images
        self.masks = masks
        self.augment = augment
        self.generator = generator

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = self.images[index].float()
        mask = self.masks[index].long()
        if self.augment:
            if torch.rand(1, generator=self.generator).item() < 0.5:
                image = torch.flip(image, [2])
                mask = torch.flip(mask, [1])
            if torch.rand(1, generator=self.generator).item() < 0.5:
                image = torch.flip(image, [1])
                mask = torch.flip(mask, [0])
        return image, mask
