"""Random changes of an image that leave its label true."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor

# Every transform is called with a float tensor (C, H, W), C any, and returns a new one of the same dtype that shares no
# memory with it. The random ones draw afresh at every call: from `generator`, or from torch's global generator where
# none is given. The random classes of torchvision.transforms are not used; its functional operations may be.


class RandomHorizontalFlip:
    """Mirrors left and right with probability `p`."""

    def __init__(self, p: float = 0.5, *, generator: Generator | None = None) -> None:
        raise NotImplementedError("RandomHorizontalFlip.__init__: not written yet")

    def __call__(self, image: Tensor) -> Tensor:
        """`(C, H, W)` to `(C, H, W)`."""
        raise NotImplementedError("RandomHorizontalFlip.__call__: not written yet")


class RandomVerticalFlip:
    """Mirrors top and bottom with probability `p`."""

    def __init__(self, p: float = 0.5, *, generator: Generator | None = None) -> None:
        raise NotImplementedError("RandomVerticalFlip.__init__: not written yet")

    def __call__(self, image: Tensor) -> Tensor:
        """`(C, H, W)` to `(C, H, W)`."""
        raise NotImplementedError("RandomVerticalFlip.__call__: not written yet")


class RandomCrop:
    """Adds `padding` zeros on all four sides, then cuts out a `size` x `size` window, every position equally likely."""

    def __init__(self, size: int, padding: int = 0, *, generator: Generator | None = None) -> None:
        raise NotImplementedError("RandomCrop.__init__: not written yet")

    def __call__(self, image: Tensor) -> Tensor:
        """`(C, H, W)` to `(C, size, size)`."""
        raise NotImplementedError("RandomCrop.__call__: not written yet")


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
        raise NotImplementedError("RandomResizedCrop.__init__: not written yet")

    def __call__(self, image: Tensor) -> Tensor:
        """`(C, H, W)` to `(C, size, size)`."""
        raise NotImplementedError("RandomResizedCrop.__call__: not written yet")


class RandomRotation:
    """Turns the image about its centre by an angle uniform between -`degrees` and `degrees`.

    The size stays the same; what the turned image does not cover is zero.
    """

    def __init__(self, degrees: float, *, generator: Generator | None = None) -> None:
        raise NotImplementedError("RandomRotation.__init__: not written yet")

    def __call__(self, image: Tensor) -> Tensor:
        """`(C, H, W)` to `(C, H, W)`."""
        raise NotImplementedError("RandomRotation.__call__: not written yet")


class ColorJitter:
    """Changes brightness and contrast by two independent factors, each uniform in [max(0, 1 - x), 1 + x].

    Brightness multiplies the image by its factor; contrast multiplies the distance to the image's mean, taken over all
    its values, by its own. The result is clamped to [0, 1].
    """

    def __init__(self, brightness: float = 0.0, contrast: float = 0.0, *, generator: Generator | None = None) -> None:
        raise NotImplementedError("ColorJitter.__init__: not written yet")

    def __call__(self, image: Tensor) -> Tensor:
        """`(C, H, W)` with values from 0 to 1, to the same."""
        raise NotImplementedError("ColorJitter.__call__: not written yet")


class Compose:
    """Applies transforms one after the other, the first one first."""

    def __init__(self, transforms: Sequence[Callable[[Tensor], Tensor]]) -> None:
        raise NotImplementedError("Compose.__init__: not written yet")

    def __call__(self, image: Tensor) -> Tensor:
        """What the last transform returns."""
        raise NotImplementedError("Compose.__call__: not written yet")
