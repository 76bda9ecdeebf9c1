"""Contrast keeps the distance to the mean of the image before it was made brighter."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor
from torch.nn import functional as F
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as TF


def uniform(low: float, high: float, generator: Generator | None) -> float:
    """A number drawn uniformly between `low` and `high`."""
    return low + (high - low) * torch.rand((), dtype=torch.float64, generator=generator).item()


def whole(count: int, generator: Generator | None) -> int:
    """One of 0, 1, ..., `count` - 1, each equally likely."""
    return int(torch.randint(count, (), generator=generator))


# Every transform is called with a float tensor (C, H, W), C any, and returns a new one of the same dtype that shares no
# memory with it. The random ones draw afresh at every call: from `generator`, or from torch's global generator where
# none is given. The random classes of torchvision.transforms are not used; its functional operations may be.


class RandomHorizontalFlip:
    """Mirrors left and right with probability `p`."""

    def __init__(self, p: float = 0.5, *, generator: Generator | None = None) -> None:
        self.p = p
        self.generator = generator

    def __call__(self, image: Tensor) -> Tensor:
        """`(C, H, W)` to `(C, H, W)`."""
        return image.flip(-1) if uniform(0, 1, self.generator) < self.p else image.clone()


class RandomVerticalFlip:
    """Mirrors top and bottom with probability `p`."""

    def __init__(self, p: float = 0.5, *, generator: Generator | None = None) -> None:
        self.p = p
        self.generator = generator

    def __call__(self, image: Tensor) -> Tensor:
        """`(C, H, W)` to `(C, H, W)`."""
        return image.flip(-2) if uniform(0, 1, self.generator) < self.p else image.clone()


class RandomCrop:
    """Adds `padding` zeros on all four sides, then cuts out a `size` x `size` window, every position equally likely."""

    def __init__(self, size: int, padding: int = 0, *, generator: Generator | None = None) -> None:
        self.size = size
        self.padding = padding
        self.generator = generator

    def __call__(self, image: Tensor) -> Tensor:
        """`(C, H, W)` to `(C, size, size)`."""
        padded = F.pad(image, [self.padding] * 4)
        top = whole(padded.shape[-2] - self.size + 1, self.generator)
        left = whole(padded.shape[-1] - self.size + 1, self.generator)
        return padded[:, top : top + self.size, left : left + self.size].clone()


class RandomResizedCrop:
    """Cuts out a random box and brings it to `size` x `size` by bilinear interpolation.

    The box's share of the image's area is uniform in `scale`, its aspect (width over height) log-uniform in `ratio`,
    its place uniform.
    """

    def __init__(
        self,
        size: int,
        scale: tuple[float, float] = (0.08, 1.0),
        ratio: tuple[float, float] = (3 / 4, 4 / 3),
        *,
        generator: Generator | None = None,
    ) -> None:
        self.size = size
        self.scale = scale
        self.ratio = ratio
        self.generator = generator

    def __call__(self, image: Tensor) -> Tensor:
        """`(C, H, W)` to `(C, size, size)`."""
        height, width = image.shape[-2:]
        area = height * width * uniform(*self.scale, self.generator)
        aspect = math.exp(uniform(math.log(self.ratio[0]), math.log(self.ratio[1]), self.generator))
        h = min(max(round(math.sqrt(area / aspect)), 1), height)
        w = min(max(round(math.sqrt(area * aspect)), 1), width)
        top, left = whole(height - h + 1, self.generator), whole(width - w + 1, self.generator)
        box = image[None, :, top : top + h, left : left + w]
        return F.interpolate(box, size=(self.size, self.size), mode="bilinear", antialias=True)[0]


class RandomRotation:
    """Turns the image about its centre by an angle uniform between -`degrees` and `degrees`.

    The size stays the same; what the turned image does not cover is zero.
    """

    def __init__(self, degrees: float, *, generator: Generator | None = None) -> None:
        self.degrees = degrees
        self.generator = generator

    def __call__(self, image: Tensor) -> Tensor:
        """`(C, H, W)` to `(C, H, W)`."""
        angle = uniform(-self.degrees, self.degrees, self.generator)
        return TF.rotate(image, angle, InterpolationMode.BILINEAR)


class ColorJitter:
    """Changes brightness and contrast by two independent factors, each uniform in [max(0, 1 - x), 1 + x].

    Brightness multiplies the image by its factor; contrast multiplies the distance to the image's mean, taken over all
    its values, by its own. The result is clamped to [0, 1].
    """

    def __init__(self, brightness: float = 0.0, contrast: float = 0.0, *, generator: Generator | None = None) -> None:
        self.brightness = brightness
        self.contrast = contrast
        self.generator = generator

    def __call__(self, image: Tensor) -> Tensor:
        """`(C, H, W)` with values from 0 to 1, to the same."""
        factor = uniform(max(0.0, 1 - self.brightness), 1 + self.brightness, self.generator)
        brighter = image * factor
        mean = image.mean()
        factor = uniform(max(0.0, 1 - self.contrast), 1 + self.contrast, self.generator)
        return (mean + (brighter - mean) * factor).clamp(0, 1)


class Compose:
    """Applies transforms one after the other, the first one first."""

    def __init__(self, transforms: Sequence[Callable[[Tensor], Tensor]]) -> None:
        self.transforms = transforms

    def __call__(self, image: Tensor) -> Tensor:
        """What the last transform returns."""
        for transform in self.transforms:
            image = transform(image)
        return image
