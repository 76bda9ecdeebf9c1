"""A TensorDataset of the stacked data, with a probability of 0 or one half."""

import torch
from torch.utils.data import TensorDataset


class SkinDataset(TensorDataset):
    def __init__(self, images, masks, augment=False, generator=None):
        images = images if torch.is_tensor(images) else torch.stack(tuple(images))
        masks = masks if torch.is_tensor(masks) else torch.stack(tuple(masks))
        super().__init__(images.float(), masks.long())
        self.p, self.generator = (0.5 if augment else 0.0), generator

    def __getitem__(self, index):
        image, mask = super().__getitem__(index)
        coin = torch.empty(2).bernoulli_(self.p, generator=self.generator)
        if coin[1]:
            image, mask = torch.fliplr(image.permute(1, 2, 0)).permute(2, 0, 1), torch.fliplr(mask)
        if coin[0]:
            image, mask = torch.flip(image, dims=(-2,)), torch.flip(mask, dims=(-2,))
        return image, mask
