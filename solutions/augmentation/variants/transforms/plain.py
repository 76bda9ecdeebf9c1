"""Written from the handout alone, in plain classes."""

import math

import torch
import torch.nn.functional as F


class RandomHorizontalFlip:
    def __init__(self, p=0.5, generator=None):
        self.p, self.generator = p, generator

    def __call__(self, image):
        if torch.rand(1, generator=self.generator).item() < self.p:
            return image.flip(-1)
        return image.clone()


class RandomVerticalFlip:
    def __init__(self, p=0.5, generator=None):
        self.p, self.generator = p, generator

    def __call__(self, image):
        if torch.rand((), generator=self.generator) < self.p:
            return torch.flip(image, dims=[1])
        return image.clone()


class RandomCrop:
    def __init__(self, size, padding=0, generator=None):
        self.size, self.padding, self.generator = size, padding, generator

    def __call__(self, image):
        p = self.padding
        padded = F.pad(image, (p, p, p, p))
        h, w = padded.shape[-2:]
        top = torch.randint(0, h - self.size + 1, (1,), generator=self.generator).item()
        left = torch.randint(0, w - self.size + 1, (1,), generator=self.generator).item()
        return padded[:, top : top + self.size, left : left + self.size].clone()


class RandomResizedCrop:
    def __init__(self, size, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), generator=None):
        self.size, self.scale, self.ratio, self.generator = size, scale, ratio, generator

    def _uniform(self, low, high):
        return low + (high - low) * torch.rand(1, generator=self.generator).item()

    def __call__(self, image):
        h, w = image.shape[-2:]
        for _ in range(10):
            area = self._uniform(*self.scale) * h * w
            ratio = math.exp(self._uniform(math.log(self.ratio[0]), math.log(self.ratio[1])))
            bw = round(math.sqrt(area * ratio))
            bh = round(math.sqrt(area / ratio))
            if 0 < bw <= w and 0 < bh <= h:
                break
        else:
            bw, bh = min(max(bw, 1), w), min(max(bh, 1), h)
        top = torch.randint(0, h - bh + 1, (1,), generator=self.generator).item()
        left = torch.randint(0, w - bw + 1, (1,), generator=self.generator).item()
        box = image[None, :, top : top + bh, left : left + bw]
        return F.interpolate(box, size=(self.size, self.size), mode="bilinear", align_corners=False)[0].clone()


class RandomRotation:
    def __init__(self, degrees, generator=None):
        self.degrees, self.generator = degrees, generator

    def __call__(self, image):
        angle = (2 * torch.rand(1, generator=self.generator).item() - 1) * self.degrees
        a = math.radians(angle)
        h, w = image.shape[-2:]
        ys, xs = torch.meshgrid(
            torch.arange(h, dtype=image.dtype) - (h - 1) / 2,
            torch.arange(w, dtype=image.dtype) - (w - 1) / 2,
            indexing="ij",
        )
        sx = math.cos(a) * xs + math.sin(a) * ys
        sy = -math.sin(a) * xs + math.cos(a) * ys
        grid = torch.stack([(2 * sx) / w, (2 * sy) / h], dim=-1)[None]
        return F.grid_sample(image[None], grid, mode="bilinear", padding_mode="zeros", align_corners=False)[0]


class ColorJitter:
    def __init__(self, brightness=0.0, contrast=0.0, generator=None):
        self.brightness, self.contrast, self.generator = brightness, contrast, generator

    def _factor(self, x):
        low, high = max(0.0, 1 - x), 1 + x
        return low + (high - low) * torch.rand(1, generator=self.generator).item()

    def __call__(self, image):
        out = image * self._factor(self.brightness)
        mean = out.mean()
        out = (out - mean) * self._factor(self.contrast) + mean
        return out.clamp(0, 1)


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, image):
        out = image.clone()
        for t in self.transforms:
            out = t(out)
        return out
