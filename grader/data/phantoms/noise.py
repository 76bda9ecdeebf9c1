"""Random textures, drawn for a whole batch of images at once."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = np.ndarray  # float, (N, H, W) unless said otherwise


def column(values: ArrayLike) -> Array:
    """One number per image, shaped `(N, 1, 1)` so that it multiplies `(N, H, W)`."""
    return np.asarray(values, np.float32).reshape(-1, 1, 1)


def uniform(rng: np.random.Generator, low: float, high: float, n: int) -> Array:
    """One number per image, shaped `(N, 1, 1)`."""
    return column(rng.uniform(low, high, n))


def normal(rng: np.random.Generator, mean: float, deviation: float, n: int) -> Array:
    """One number per image, shaped `(N, 1, 1)`."""
    return column(rng.normal(mean, deviation, n))


def grid(side: int) -> tuple[Array, Array]:
    """Pixel coordinates `(y, x)`, each `(1, side, side)`, from 0 to 1 across the image."""
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side
    y, x = np.meshgrid(axis, axis, indexing="ij")
    return y[None], x[None]


def texture(
    rng: np.random.Generator,
    n: int,
    side: int,
    along: ArrayLike,
    across: ArrayLike | None = None,
    angle: ArrayLike = 0.0,
) -> Array:
    """Smooth Gaussian noise `(n, side, side)` with mean 0 and standard deviation 1 in each image.

    Args:
        along, across: correlation lengths in pixels, one number or one per image; equal when `across` is not
            given, and then the texture has no direction.
        angle: direction of the long side in radians, 0 is horizontal.
    """
    across = along if across is None else across
    along, across, angle = column(along), column(across), column(angle)
    v, u = np.fft.fftfreq(side)[None, :, None], np.fft.rfftfreq(side)[None, None, :]
    lengthwise = (u * np.cos(angle) + v * np.sin(angle)) * along
    crosswise = (v * np.cos(angle) - u * np.sin(angle)) * across
    spectrum = np.exp(-2 * np.pi**2 * (lengthwise**2 + crosswise**2), dtype=np.float32)
    white = np.fft.rfft2(rng.standard_normal((n, side, side), dtype=np.float32))
    field = np.fft.irfft2(white * spectrum, s=(side, side)).astype(np.float32)
    return standardise(field)


def standardise(field: Array) -> Array:
    """Every image of `(N, H, W)` brought to mean 0 and standard deviation 1."""
    field = field - field.mean((1, 2), keepdims=True)
    return field / (field.std((1, 2), keepdims=True) + 1e-6)


def ridges(field: Array, width: ArrayLike) -> Array:
    """Thin lines in [0, 1] where a texture crosses zero: strands, membranes, cracks."""
    return np.exp(-((field / column(width)) ** 2)).astype(np.float32)


def step(field: Array, softness: ArrayLike) -> Array:
    """0 below zero and 1 above, with an edge about `softness` wide."""
    return np.clip(field / np.asarray(softness) + 0.5, 0, 1).astype(np.float32)


def shrink(images: Array, factor: int) -> Array:
    """Means of `factor` x `factor` pixels: `(N, H, W, ...)` to `(N, H/factor, W/factor, ...)`."""
    n, height, width, *rest = images.shape
    blocks = images.reshape(n, height // factor, factor, width // factor, factor, *rest)
    return blocks.mean((2, 4))


def to_uint8(images: Array) -> NDArray[np.uint8]:
    """Values in [0, 1] as bytes, rounded and clipped."""
    return np.clip(np.rint(images * 255), 0, 255).astype(np.uint8)
