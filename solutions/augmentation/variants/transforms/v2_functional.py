"""torchvision.transforms.v2's functional operations."""

import math

import torch
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as VF


def _rand(generator):
    return torch.rand(size=(1,), generator=generator).item()


class Base:
    def __init__(self, *, generator=None):
        self.generator = generator


class RandomHorizontalFlip(Base):
    def __init__(self, p=0.5, *, generator=None):
        super().__init__(generator=generator)
        self.p = p

    def __call__(self, t):
        return VF.horizontal_flip(t) if _rand(self.generator) < self.p else t.clone()


class RandomVerticalFlip(Base):
    def __init__(self, p=0.5, *, generator=None):
        super().__init__(generator=generator)
        self.p = p

    def __call__(self, t):
        return VF.vertical_flip(t) if _rand(self.generator) < self.p else t.clone()


class RandomCrop(Base):
    def __init__(self, size, padding=0, *, generator=None):
        super().__init__(generator=generator)
        self.size, self.padding = size, padding

    def __call__(self, t):
        t = VF.pad(t, [self.padding] * 4)
        i, j = (math.floor(_rand(self.generator) * (d - self.size + 1)) for d in t.shape[-2:])
        return VF.crop(t, i, j, self.size, self.size).clone()


class RandomResizedCrop(Base):
    def __init__(self, size, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), *, generator=None):
        super().__init__(generator=generator)
        self.size, self.scale, self.ratio = size, scale, ratio

    def __call__(self, t):
        H, W = t.shape[-2:]
        a = H * W * (self.scale[0] + _rand(self.generator) * (self.scale[1] - self.scale[0]))
        r = self.ratio[0] * (self.ratio[1] / self.ratio[0]) ** _rand(self.generator)
        h, w = min(H, max(1, round(math.sqrt(a / r)))), min(W, max(1, round(math.sqrt(a * r))))
        i, j = math.floor(_rand(self.generator) * (H - h + 1)), math.floor(_rand(self.generator) * (W - w + 1))
        return VF.resized_crop(t, i, j, h, w, [self.size, self.size], antialias=True).clone()


class RandomRotation(Base):
    def __init__(self, degrees, *, generator=None):
        super().__init__(generator=generator)
        self.degrees = degrees

    def __call__(self, t):
        return VF.rotate(t, (2 * _rand(self.generator) - 1) * self.degrees, interpolation=InterpolationMode.BILINEAR)


class ColorJitter(Base):
    def __init__(self, brightness=0.0, contrast=0.0, *, generator=None):
        super().__init__(generator=generator)
        self.brightness, self.contrast = brightness, contrast

    def __call__(self, t):
        def f(x):
            lo = max(0, 1 - x)
            return lo + _rand(self.generator) * (1 + x - lo)

        m = t.mean()
        out = (t - m).mul_(f(self.contrast)).add_(m)
        return out.mul_(f(self.brightness)).clamp_(0, 1)


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, t):
        for f in self.transforms:
            t = f(t)
        return t
