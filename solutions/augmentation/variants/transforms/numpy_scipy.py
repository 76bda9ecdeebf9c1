"""NumPy and SciPy do the work; numbers come from torch."""

import math

import numpy as np
import torch
from scipy import ndimage


class _Base:
    def _u(self, lo=0.0, hi=1.0):
        return lo + (hi - lo) * float(torch.rand(1, dtype=torch.float64, generator=self.generator)[0])

    def _i(self, n):
        return int(self._u() * n)

    def __call__(self, image):
        a = image.detach().numpy().copy()
        out = self.apply(a)
        return torch.from_numpy(np.ascontiguousarray(out).astype(a.dtype, copy=True))


class _Flip(_Base):
    def __init__(self, p=0.5, *, generator=None):
        self.p, self.generator = p, generator

    def apply(self, a):
        return np.flip(a, self.axis) if self._u() < self.p else a


class RandomHorizontalFlip(_Flip):
    axis = 2


class RandomVerticalFlip(_Flip):
    axis = 1


class RandomCrop(_Base):
    def __init__(self, size, padding=0, *, generator=None):
        self.size, self.padding, self.generator = size, padding, generator

    def apply(self, a):
        p, s = self.padding, self.size
        a = np.pad(a, ((0, 0), (p, p), (p, p)))
        i, j = self._i(a.shape[1] - s + 1), self._i(a.shape[2] - s + 1)
        return a[:, i : i + s, j : j + s]


def weights(n_in, n_out):
    pos = np.clip((np.arange(n_out) + 0.5) * n_in / n_out - 0.5, 0, n_in - 1)
    lo = np.floor(pos).astype(int)
    hi = np.minimum(lo + 1, n_in - 1)
    f = pos - lo
    m = np.zeros((n_out, n_in))
    m[np.arange(n_out), lo] += 1 - f
    m[np.arange(n_out), hi] += f
    return m


class RandomResizedCrop(_Base):
    def __init__(self, size, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), *, generator=None):
        self.size, self.scale, self.ratio, self.generator = size, scale, ratio, generator

    def apply(self, a):
        H, W = a.shape[1:]
        while True:
            area = self._u(*self.scale) * H * W
            ar = np.exp(self._u(*np.log(self.ratio)))
            w, h = int(math.sqrt(area * ar)), int(math.sqrt(area / ar))
            if w <= W and h <= H:
                break
        w, h = max(1, w), max(1, h)
        i, j = self._i(H - h + 1), self._i(W - w + 1)
        return weights(h, self.size) @ a[:, i : i + h, j : j + w] @ weights(w, self.size).T


class RandomRotation(_Base):
    def __init__(self, degrees, *, generator=None):
        self.degrees, self.generator = degrees, generator

    def apply(self, a):
        return ndimage.rotate(a, self._u(-self.degrees, self.degrees), axes=(2, 1), reshape=False, order=1)


class ColorJitter(_Base):
    def __init__(self, brightness=0.0, contrast=0.0, *, generator=None):
        self.b, self.c, self.generator = brightness, contrast, generator

    def apply(self, a):
        b, c = (self._u(max(0, 1 - s), 1 + s) for s in (self.b, self.c))
        a = a.astype(np.float64)
        m = a.mean()
        return np.clip(b * (m + c * (a - m)), 0, 1)


class Compose:
    def __init__(self, transforms):
        self.t = tuple(transforms)

    def __call__(self, x):
        import functools

        return functools.reduce(lambda y, f: f(y), self.t, x)
