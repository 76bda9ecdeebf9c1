"""The flips of torchvision."""

import torch
import torchvision.transforms.functional as TF
from torch.utils.data import Dataset


class SkinDataset(Dataset):
    def __init__(self, images, masks, augment=False, generator=None):
        super().__init__()
        self.images, self.masks, self.augment, self.rng = list(images), list(masks), augment, generator

    def __len__(self):
        return len(self.masks)

    def __getitem__(self, item):
        image, mask = self.images[item].type(torch.float32), self.masks[item].type(torch.int64)
        if not self.augment:
            return image, mask
        for flip in TF.vflip, TF.hflip:
            if torch.randn((), generator=self.rng) > 0:
                image, mask = flip(image), flip(mask[None])[0]
        return image, mask
