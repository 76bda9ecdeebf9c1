"""All random numbers of a call are drawn at once."""

import math

import torch


def sample(image, sy, sx, zero):
    C, H, W = image.shape
    sy, sx = sy.to(torch.float64), sx.to(torch.float64)
    if not zero:
        sy, sx = sy.clamp(0, H - 1), sx.clamp(0, W - 1)
    y0, x0 = sy.floor().long(), sx.floor().long()
    out = torch.zeros(C, *sy.shape, dtype=torch.float64)
    for dy in (0, 1):
        for dx in (0, 1):
            yy, xx = y0 + dy, x0 + dx
            wgt = (1 - (sy - yy).abs()).clamp(min=0) * (1 - (sx - xx).abs()).clamp(min=0)
            ok = (yy >= 0) & (yy < H) & (xx >= 0) & (xx < W)
            out += torch.where(ok, wgt, 0.0) * image.double()[:, yy.clamp(0, H - 1), xx.clamp(0, W - 1)]
    return out.to(image.dtype)


class Transform:
    generator = None

    def rand(self, n):
        return torch.rand(n, dtype=torch.float64, generator=self.generator).tolist()


class RandomHorizontalFlip(Transform):
    dim = -1

    def __init__(self, p=0.5, **kw):
        self.p = p
        self.generator = kw.pop("generator", None)
        assert not kw

    def __call__(self, image):
        (u,) = self.rand(1)
        index = torch.arange(image.shape[self.dim])
        return image.index_select(self.dim, index.flip(0) if u < self.p else index)


class RandomVerticalFlip(RandomHorizontalFlip):
    dim = -2


class RandomCrop(Transform):
    def __init__(self, size, padding=0, **kw):
        self.size, self.padding = size, padding
        self.generator = kw.get("generator")

    def __call__(self, image):
        C, H, W = image.shape
        s, p = self.size, self.padding
        u, v = self.rand(2)
        i, j = int(u * (H + 2 * p - s + 1)) - p, int(v * (W + 2 * p - s + 1)) - p
        out = torch.zeros((C, s, s), dtype=image.dtype)
        a, b, c, d = max(i, 0), min(i + s, H), max(j, 0), min(j + s, W)
        if a < b and c < d:
            out[:, a - i : b - i, c - j : d - j] = image[:, a:b, c:d]
        return out


class RandomResizedCrop(Transform):
    def __init__(self, size, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), **kw):
        self.size, self.scale, self.ratio = size, scale, ratio
        self.generator = kw.get("generator")

    def __call__(self, image):
        C, H, W = image.shape
        a, b, c, d = self.rand(4)
        area = (self.scale[0] * (1 - a) + self.scale[1] * a) * H * W
        lr = math.log(self.ratio[0]) * (1 - b) + math.log(self.ratio[1]) * b
        h, w = min(H, math.sqrt(area * math.exp(-lr))), min(W, math.sqrt(area * math.exp(lr)))
        y, x = c * (H - h), d * (W - w)
        t = (
            torch.linspace(0, 1, self.size, dtype=torch.float64)
            if self.size > 1
            else torch.tensor([0.5], dtype=torch.float64)
        )
        sy, sx = torch.meshgrid(y + t * (h - 1), x + t * (w - 1), indexing="ij")
        return sample(image, sy, sx, False)


class RandomRotation(Transform):
    def __init__(self, degrees, **kw):
        self.degrees = degrees
        self.generator = kw.get("generator")

    def __call__(self, image):
        (u,) = self.rand(1)
        t = math.radians((1 - 2 * u) * self.degrees)
        C, H, W = image.shape
        y, x = torch.meshgrid(
            torch.arange(H, dtype=torch.float64) - (H - 1) / 2,
            torch.arange(W, dtype=torch.float64) - (W - 1) / 2,
            indexing="ij",
        )
        return sample(
            image,
            x * math.sin(t) + y * math.cos(t) + (H - 1) / 2,
            x * math.cos(t) - y * math.sin(t) + (W - 1) / 2,
            True,
        )


class ColorJitter(Transform):
    def __init__(self, brightness=0.0, contrast=0.0, **kw):
        self.brightness, self.contrast = brightness, contrast
        self.generator = kw.get("generator")

    def __call__(self, image):
        u, v = self.rand(2)
        b = u * (1 + self.brightness) + (1 - u) * max(0.0, 1 - self.brightness)
        c = v * (1 + self.contrast) + (1 - v) * max(0.0, 1 - self.contrast)
        out = image * b
        return (out * c + out.mean() * (1 - c)).clamp(0.0, 1.0)


class Compose(list):
    def __init__(self, transforms):
        super().__init__(transforms)

    def __call__(self, image):
        for t in self:
            image = t(image)
        return image
