"""Modules whose boxes and turns are sampling grids, with boxes of fractions of a pixel."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class _R(nn.Module):
    def __init__(self, generator=None):
        super().__init__()
        self.g = generator

    def u(self, a=0.0, b=1.0):
        return (torch.rand(1, generator=self.g) * (b - a) + a).item()


class RandomHorizontalFlip(_R):
    def __init__(self, p=0.5, generator=None):
        super().__init__(generator)
        self.p = p

    def forward(self, x):
        if self.u() < self.p:
            return x[..., torch.arange(x.shape[-1] - 1, -1, -1)]
        return x.detach().clone()


class RandomVerticalFlip(_R):
    def __init__(self, p=0.5, generator=None):
        super().__init__(generator)
        self.p = p

    def forward(self, x):
        if self.u() >= self.p:
            return torch.empty_like(x).copy_(x)
        return torch.flip(x, dims=(1,))


class RandomCrop(_R):
    def __init__(self, size, padding=0, generator=None):
        super().__init__(generator)
        self.s, self.pad = size, padding

    def forward(self, x):
        c, h, w = x.shape
        p = self.pad
        y = torch.zeros(c, h + 2 * p, w + 2 * p, dtype=x.dtype)
        y[:, p : p + h, p : p + w] = x
        windows = y.unfold(1, self.s, 1).unfold(2, self.s, 1)
        k = torch.randint(windows.shape[1] * windows.shape[2], (1,), generator=self.g).item()
        i, j = divmod(k, windows.shape[2])
        return windows[:, i, j].clone()


class RandomResizedCrop(_R):
    def __init__(self, size, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), generator=None):
        super().__init__(generator)
        self.s, self.scale, self.ratio = size, scale, ratio

    def forward(self, x):
        c, H, W = x.shape
        a = self.u(*self.scale) * H * W
        r = self.ratio[0] * (self.ratio[1] / self.ratio[0]) ** self.u()
        w, h = min(W, math.sqrt(a * r)), min(H, math.sqrt(a / r))
        x0, y0 = self.u(0, W - w), self.u(0, H - h)
        # grid in normalised coordinates, align_corners False
        gx = (x0 + (torch.arange(self.s, dtype=x.dtype) + 0.5) * w / self.s) * 2 / W - 1
        gy = (y0 + (torch.arange(self.s, dtype=x.dtype) + 0.5) * h / self.s) * 2 / H - 1
        yy, xx = torch.meshgrid(gy, gx, indexing="ij")
        return F.grid_sample(
            x[None], torch.stack([xx, yy], -1)[None], mode="bilinear", padding_mode="border", align_corners=False
        )[0]


class RandomRotation(_R):
    def __init__(self, degrees, generator=None):
        super().__init__(generator)
        self.d = degrees

    def forward(self, x):
        t = math.radians(self.u(-self.d, self.d))
        c, H, W = x.shape
        m = torch.tensor([[math.cos(t), -math.sin(t) * H / W, 0], [math.sin(t) * W / H, math.cos(t), 0]], dtype=x.dtype)
        grid = F.affine_grid(m[None], [1, c, H, W], align_corners=False)
        return F.grid_sample(x[None], grid, padding_mode="zeros", align_corners=False)[0]


class ColorJitter(_R):
    def __init__(self, brightness=0.0, contrast=0.0, generator=None):
        super().__init__(generator)
        self.b, self.c = brightness, contrast

    def forward(self, x):
        b = self.u(max(0, 1 - self.b), 1 + self.b)
        c = self.u(max(0, 1 - self.c), 1 + self.c)
        m = x.mean()
        y = ((x - m) * c + m).clamp(0, 1)
        return (y * b).clamp(0, 1)


class Compose(nn.Module):
    def __init__(self, transforms):
        super().__init__()
        self.ts = list(transforms)

    def forward(self, x):
        for t in self.ts:
            x = t(x)
        return x
