"""Phantom of BreastMNIST: small ultrasound pictures of the breast.

Layers of fat and gland under a bright skin line, speckle, and an echo that fades with depth. Malignant (label 0): a
dark, ragged, upright lesion with a shadow below it. Benign (label 1): a dark, smooth, lying ellipse, often with a
brighter strip below it, or no lesion at all. Gain, fading and stray shadows vary between images, so that brightness
says nothing about the label. (Signs after the BI-RADS atlas: margin, orientation, posterior features.)
"""

import numpy as np

from .noise import Array, column, grid, normal, shrink, step, texture, to_uint8, uniform
from .shapes import bumps, outline

SIDE = 28
FINE = 2
CANVAS = SIDE * FINE


def draw(rng: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    """One picture for each label, 0 malignant and 1 normal or benign: uint8 `(N, 28, 28)`."""
    n = len(labels)
    malignant = column(labels == 0)
    lesion = malignant + (1 - malignant) * column(rng.random(n) < 0.75)  # the rest is normal breast
    echo = layers(rng, n)
    depth, left, right, bottom = mass(rng, malignant)
    inside = step(depth, np.where(malignant > 0, 0.45, 0.2)) * lesion
    darkness = uniform(rng, 0.55, 0.9, n)
    rim = np.exp(-(((depth + 0.08) / 0.1) ** 2)) * lesion * (1 - malignant) * uniform(rng, 0.0, 0.4, n)
    echo = echo * (1 - darkness * inside) + 0.35 * rim
    below = beam(left, right, bottom) * lesion
    behind = np.where(malignant > 0, uniform(rng, -0.75, 0.0, n), uniform(rng, -0.15, 0.6, n))
    echo = echo * (1 + behind * below)
    echo = echo * speckle(rng, n) * fading(rng, n) * stray_shadow(rng, n)
    return to_uint8(gain(rng, shrink(echo.astype(np.float32), FINE)))


def layers(rng: np.random.Generator, n: int) -> Array:
    """Echo of healthy breast: bright skin, then lying bands of fat and gland."""
    y, _ = grid(CANVAS)
    tilt = rng.normal(0, 0.12, n)
    bands = texture(rng, n, CANVAS, uniform(rng, 5, 16, n), uniform(rng, 1.3, 2.6, n), tilt)
    patches = texture(rng, n, CANVAS, 9, 5, tilt)
    skin = np.exp(-(((y - uniform(rng, -0.02, 0.1, n)) / 0.07) ** 2))
    return np.clip(0.5 + 0.13 * bands + 0.1 * patches, 0.08, None) + uniform(rng, 0.1, 0.5, n) * skin


def mass(rng: np.random.Generator, malignant: Array) -> tuple[Array, Array, Array, Array]:
    """Depth inside the lesion's outline, and its left, right and lower end, as shares of the image."""
    n = len(malignant)
    y, x = uniform(rng, 0.28, 0.6, n), uniform(rng, 0.25, 0.75, n)
    size = uniform(rng, 0.09, 0.24, n)
    flat = np.where(malignant > 0, uniform(rng, 0.7, 1.35, n), uniform(rng, 1.1, 2.4, n)) ** 0.5
    height, width = size / flat, size * flat
    ragged = np.where(malignant[:, 0, 0] > 0, rng.uniform(0.12, 0.38, n), rng.uniform(0.0, 0.09, n))
    spikes = np.where(malignant[:, :1, 0] > 0, bumps(rng, n, 32, ragged, 0.75), bumps(rng, n, 32, ragged, 0.1))
    depth = outline(CANVAS, y, x, height, width, normal(rng, 0, 0.2, n), spikes)
    return depth, x - width * 0.9, x + width * 0.9, y + height * 0.6


def beam(left: Array, right: Array, top: Array) -> Array:
    """The strip below something, where its shadow or its enhancement lies: 0 to 1."""
    y, x = grid(CANVAS)
    return step(x - left, 0.08) * step(right - x, 0.08) * step(y - top, 0.12)


def stray_shadow(rng: np.random.Generator, n: int) -> Array:
    """Shadows that have nothing to do with the label: ribs, poor contact of the probe."""
    centre, width = uniform(rng, 0, 1, n), uniform(rng, 0.04, 0.2, n)
    present = column(rng.random(n) < 0.45)
    return 1 - present * uniform(rng, 0.2, 0.7, n) * beam(centre - width, centre + width, uniform(rng, 0.1, 0.7, n))


def speckle(rng: np.random.Generator, n: int) -> Array:
    """Multiplicative Rayleigh noise, wider than deep as the beam is, partly smoothed by the scanner."""
    wave = np.hypot(texture(rng, n, CANVAS, 2.2, 1.0), texture(rng, n, CANVAS, 2.2, 1.0)) / 1.2533  # its mean
    return 1 + uniform(rng, 0.25, 0.6, n) * (wave - 1)


def fading(rng: np.random.Generator, n: int) -> Array:
    """The echo's loss with depth."""
    y, _ = grid(CANVAS)
    return np.exp(-uniform(rng, 0.0, 2.2, n) * np.clip(y - uniform(rng, 0.1, 0.5, n), 0, None))


def gain(rng: np.random.Generator, echo: Array) -> Array:
    """Brightness as an operator sets it, by the picture's own mean and not by what is in it."""
    n = len(echo)
    bright = normal(rng, 0.33, 0.07, n).clip(0.15, 0.55)
    return (echo / echo.mean((1, 2), keepdims=True) * bright) ** uniform(rng, 0.85, 1.15, n)
