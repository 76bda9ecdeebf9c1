"""Boxes are resized with their corners aligned."""

import math

import torch
import torch.nn.functional as F


class RandomHorizontalFlip:
    def __init__(self, p=0.5, generator=None):
        self.p = torch.tensor(float(p))
        self.generator = generator

    def __call__(self, image):
        flip = bool(torch.bernoulli(self.p, generator=self.generator))
        out = image.clone()
        if flip:
            out = out.flip(-1)
        return out


class RandomVerticalFlip(RandomHorizontalFlip):
    def __call__(self, image):
        return super().__call__(image.transpose(1, 2)).transpose(1, 2)


class RandomCrop:
    def __init__(self, size, padding=0, generator=None):
        self.__dict__.update(size=size, padding=padding, g=generator)

    def __call__(self, image):
        x = F.pad(image, (self.padding,) * 4)
        s = self.size
        top = torch.randperm(x.shape[1] - s + 1, generator=self.g)[0]
        left = torch.randperm(x.shape[2] - s + 1, generator=self.g)[0]
        return x.narrow(1, int(top), s).narrow(2, int(left), s).contiguous().clone()


class RandomResizedCrop:
    def __init__(self, size, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), generator=None):
        self.__dict__.update(size=size, scale=scale, ratio=ratio, g=generator)

    def __call__(self, image):
        u = torch.rand(4, generator=self.g, dtype=torch.float64).tolist()
        H, W = image.shape[1:]
        area = (self.scale[0] + u[0] * (self.scale[1] - self.scale[0])) * H * W
        r = math.exp(math.log(self.ratio[0]) + u[1] * math.log(self.ratio[1] / self.ratio[0]))
        w, h = math.sqrt(area * r), math.sqrt(area / r)
        w, h = min(W, max(1, math.ceil(w - 1e-9))), min(H, max(1, math.ceil(h - 1e-9)))
        left, top = min(int(u[2] * (W - w + 1)), W - w), min(int(u[3] * (H - h + 1)), H - h)
        return F.interpolate(
            image[None][..., top : top + h, left : left + w],
            (self.size, self.size),
            mode="bilinear",
            align_corners=True,
        )[0]


class RandomRotation:
    def __init__(self, degrees, generator=None):
        self.degrees, self.g = degrees, generator

    def __call__(self, image):  # nearest, by index arithmetic
        a = (2 * torch.rand(1, generator=self.g).item() - 1) * math.radians(self.degrees)
        C, H, W = image.shape
        y, x = torch.meshgrid(torch.arange(H) - (H - 1) / 2, torch.arange(W) - (W - 1) / 2, indexing="ij")
        sx = (math.cos(a) * x + math.sin(a) * y + (W - 1) / 2).round().long()
        sy = (-math.sin(a) * x + math.cos(a) * y + (H - 1) / 2).round().long()
        ok = (sx >= 0) & (sx < W) & (sy >= 0) & (sy < H)
        out = torch.zeros_like(image)
        out[:, ok] = image[:, sy[ok], sx[ok]]
        return out


class ColorJitter:
    def __init__(self, brightness=0.0, contrast=0.0, generator=None):
        self.ranges = [(max(0.0, 1 - v), 1 + v) for v in (brightness, contrast)]
        self.g = generator

    def __call__(self, image):
        (b0, b1), (c0, c1) = self.ranges
        b, c = torch.rand(2, generator=self.g, dtype=image.dtype)
        image = image * (b0 + b * (b1 - b0))
        c = c0 + c * (c1 - c0)
        return torch.clip(c * image + (1 - c) * image.mean(), min=0, max=1)


def Compose(transforms):
    def composed(image):
        for t in transforms:
            image = t(image)
        return image

    return composed
