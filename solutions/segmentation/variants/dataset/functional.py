"""Written from the handout, in small functions."""

import torch


class SkinDataset(torch.utils.data.Dataset):
    def __init__(self, images, masks, augment=False, generator=None):
        self.pairs = [
            (torch.as_tensor(i).to(torch.float32), torch.as_tensor(m).to(torch.int64)) for i, m in zip(images, masks)
        ]
        self.augment = augment
        self.g = generator

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        image, mask = self.pairs[index]
        if not self.augment:
            return image, mask
        case = int(torch.randint(4, (1,), generator=self.g))
        both = torch.cat([image, mask[None].to(torch.float64)], 0) if False else None
        dims = [d for bit, d in ((1, -1), (2, -2)) if case & bit]
        return (image.flip(dims), mask.flip(dims)) if dims else (image.clone(), mask.clone())
