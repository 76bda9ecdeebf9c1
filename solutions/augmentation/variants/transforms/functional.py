"""Written from the handout alone, with functions that draw."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.transforms import functional as TF


class _Random(nn.Module):
    def __init__(self, generator: torch.Generator | None = None):
        super().__init__()
        self._generator = generator

    def uniform(self, a: float, b: float) -> float:
        return (
            float(torch.empty(1, dtype=torch.float64).uniform_(a, b, generator=self._generator)) if b > a else float(a)
        )

    def flip_coin(self, p: float) -> bool:
        return bool(torch.bernoulli(torch.tensor([p], dtype=torch.float64), generator=self._generator))


class RandomHorizontalFlip(_Random):
    def __init__(self, p=0.5, *, generator=None):
        super().__init__(generator)
        self.p = p

    def forward(self, img: Tensor) -> Tensor:
        return TF.hflip(img) if self.flip_coin(self.p) else img.detach().clone()


class RandomVerticalFlip(RandomHorizontalFlip):
    def forward(self, img):
        return TF.vflip(img) if self.flip_coin(self.p) else img.clone()


class RandomCrop(_Random):
    def __init__(self, size, padding=0, *, generator=None):
        super().__init__(generator)
        self.size, self.padding = int(size), int(padding)

    def forward(self, img):
        c, h, w = img.shape
        canvas = img.new_zeros(c, h + 2 * self.padding, w + 2 * self.padding)
        canvas[:, self.padding : self.padding + h, self.padding : self.padding + w] = img
        nh, nw = canvas.size(1) - self.size + 1, canvas.size(2) - self.size + 1
        k = int(torch.randint(nh * nw, (), generator=self._generator))
        return TF.crop(canvas, k // nw, k % nw, self.size, self.size).contiguous().clone()


class RandomResizedCrop(_Random):
    def __init__(self, size, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), *, generator=None):
        super().__init__(generator)
        self.size, self.scale, self.ratio = size, scale, ratio

    def forward(self, img):
        _, h, w = img.shape
        while True:
            share = self.uniform(*self.scale)
            aspect = float(np.exp(self.uniform(*np.log(self.ratio))))
            bw = int(np.floor(np.sqrt(share * h * w * aspect) + 0.5))
            bh = int(np.floor(np.sqrt(share * h * w / aspect) + 0.5))
            if 1 <= bw <= w and 1 <= bh <= h:
                break
        i = int(torch.randint(h - bh + 1, (), generator=self._generator))
        j = int(torch.randint(w - bw + 1, (), generator=self._generator))
        return TF.resized_crop(
            img, i, j, bh, bw, [self.size, self.size], TF.InterpolationMode.BILINEAR, antialias=True
        ).clone()


class RandomRotation(_Random):
    def __init__(self, degrees, *, generator=None):
        super().__init__(generator)
        self.degrees = degrees

    def forward(self, img):
        return TF.rotate(
            img, self.uniform(-self.degrees, self.degrees), TF.InterpolationMode.NEAREST, fill=[0.0]
        ).clone()


class ColorJitter(_Random):
    def __init__(self, brightness=0.0, contrast=0.0, *, generator=None):
        super().__init__(generator)
        self.b, self.c = brightness, contrast

    def forward(self, img):
        fb = self.uniform(max(0, 1 - self.b), 1 + self.b)
        fc = self.uniform(max(0, 1 - self.c), 1 + self.c)
        mean = img.mean()
        return torch.clamp((mean + fc * (img - mean)) * fb, 0.0, 1.0)


class Compose(nn.Module):
    def __init__(self, transforms):
        super().__init__()
        self.steps = list(transforms)

    def forward(self, img):
        for step in self.steps:
            img = step(img)
        return img if self.steps else img.clone()
