"""torchvision's functional operations, boxes drawn until one fits, jitter in random order."""

import math

import torch
from torchvision.transforms import functional as TF


def rand(g):
    return torch.rand([], generator=g).item()


class RandomHorizontalFlip:
    def __init__(self, p=0.5, generator=None):
        self.p, self.generator = p, generator

    def __call__(self, img):
        return TF.hflip(img) if torch.rand(1, generator=self.generator) < self.p else img.clone()


class RandomVerticalFlip:
    def __init__(self, p=0.5, generator=None):
        self.p, self.generator = p, generator

    def __call__(self, img):
        return TF.vflip(img) if torch.rand(1, generator=self.generator) < self.p else img.clone()


class RandomCrop:
    def __init__(self, size, padding=0, generator=None):
        self.size, self.padding, self.generator = size, padding, generator

    def __call__(self, img):
        img = TF.pad(img, [self.padding], fill=0)
        _, h, w = TF.get_dimensions(img)
        i = torch.randint(0, h - self.size + 1, (1,), generator=self.generator).item()
        j = torch.randint(0, w - self.size + 1, (1,), generator=self.generator).item()
        return TF.crop(img, i, j, self.size, self.size).clone()


class RandomResizedCrop:
    def __init__(self, size, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), generator=None):
        self.size, self.scale, self.ratio, self.generator = size, scale, ratio, generator

    def params(self, H, W):
        log = torch.log(torch.tensor(self.ratio))
        for _ in range(10):
            area = H * W * torch.empty(1).uniform_(*self.scale, generator=self.generator).item()
            r = torch.exp(torch.empty(1).uniform_(log[0], log[1], generator=self.generator)).item()
            w, h = int(round(math.sqrt(area * r))), int(round(math.sqrt(area / r)))
            if 0 < w <= W and 0 < h <= H:
                i = torch.randint(0, H - h + 1, (1,), generator=self.generator).item()
                j = torch.randint(0, W - w + 1, (1,), generator=self.generator).item()
                return i, j, h, w
        r = W / H
        if r < self.ratio[0]:
            w, h = W, int(round(W / self.ratio[0]))
        elif r > self.ratio[1]:
            h, w = H, int(round(H * self.ratio[1]))
        else:
            w, h = W, H
        return (H - h) // 2, (W - w) // 2, h, w

    def __call__(self, img):
        return TF.resized_crop(img, *self.params(*img.shape[-2:]), [self.size, self.size], antialias=False).clone()


class RandomRotation:
    def __init__(self, degrees, generator=None):
        self.degrees, self.generator = degrees, generator

    def __call__(self, img):
        return TF.rotate(
            img,
            torch.empty(1).uniform_(-self.degrees, self.degrees, generator=self.generator).item()
            if self.degrees
            else 0.0,
        )


class ColorJitter:
    def __init__(self, brightness=0.0, contrast=0.0, generator=None):
        self.brightness, self.contrast, self.generator = brightness, contrast, generator

    def __call__(self, img):
        b = (
            torch.empty(1).uniform_(max(0, 1 - self.brightness), 1 + self.brightness, generator=self.generator).item()
            if self.brightness
            else 1.0
        )
        c = (
            torch.empty(1).uniform_(max(0, 1 - self.contrast), 1 + self.contrast, generator=self.generator).item()
            if self.contrast
            else 1.0
        )
        steps = torch.randperm(2, generator=self.generator).tolist()
        img = img.clone()
        for s in steps:
            if s == 0:
                img = (img * b).clamp(0, 1)
            else:
                img = torch.lerp(img.mean().expand_as(img), img, c).clamp(0, 1)
        return img


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, img):
        for t in self.transforms:
            img = t(img)
        return img
