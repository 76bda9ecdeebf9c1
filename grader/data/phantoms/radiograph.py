"""Phantom of the small radiograph set: abdomen (label 0) or chest (label 1), 128 x 128 grey.

An abdomen is drawn as soft tissue with a column of vertebrae, the wings of the pelvis, pockets of bowel gas and
sometimes the lowest ribs. The chest is a healthy one of the chest phantom. Exposure varies alike in both.
"""

import numpy as np

from .chest import FINDINGS, expose
from .chest import radiograph as chest
from .noise import Array, column, grid, normal, step, texture, to_uint8, uniform
from .shapes import bumps, outline

SIDE = 128


def draw(rng: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    """One radiograph for each label: uint8 `(N, 128, 128)`."""
    tissue = np.zeros((len(labels), SIDE, SIDE), np.float32)
    for label, paint in enumerate((abdomen, healthy_chest)):
        rows = np.flatnonzero(labels == label)
        if rows.size:
            tissue[rows] = paint(rng, rows.size)
    return to_uint8(expose(rng, tissue))


def healthy_chest(rng: np.random.Generator, n: int) -> Array:
    """Tissue in the beam's way of a chest without findings, `(n, 128, 128)`."""
    return chest(rng, SIDE, {name: np.zeros((n, 1, 1), np.float32) for name in FINDINGS})


def abdomen(rng: np.random.Generator, n: int) -> Array:
    """Tissue in the beam's way of an abdomen, `(n, 128, 128)`."""
    y, x = grid(SIDE)
    axis = normal(rng, 0.5, 0.03, n) + normal(rng, 0, 0.03, n) * np.sin((y - 0.5) * np.pi)
    half = uniform(rng, 0.4, 0.6, n) - 0.05 * np.cos((y - 0.55) * 2 * np.pi)
    body = step(half - np.abs(x - axis), 0.03)
    soft = 0.55 + 0.05 * texture(rng, n, SIDE, 14) + 0.1 * liver(rng, axis)
    bones = spine(rng, axis) + pelvis(rng, axis) + lowest_ribs(rng, axis)
    return body * (soft + bones - 0.38 * bowel_gas(rng, axis)) + 0.02 * texture(rng, n, SIDE, 1)


def spine(rng: np.random.Generator, axis: Array) -> Array:
    """Vertebrae, bright, with darker discs between them and processes to the sides."""
    y, x = grid(SIDE)
    n = len(axis)
    level = (y * uniform(rng, 6, 8, n) + uniform(rng, 0, 1, n)) % 1
    body = step(0.4 - np.abs(level - 0.5), 0.1)
    across = np.abs(x - axis)
    processes = step(0.11 - across, 0.03) * np.exp(-(((level - 0.5) / 0.12) ** 2))
    return uniform(rng, 0.15, 0.28, n) * (step(0.055 - across, 0.02) * (0.4 + 0.6 * body) + 0.5 * processes)


def pelvis(rng: np.random.Generator, axis: Array) -> Array:
    """The two wings of the ilium at the lower edge, in most pictures."""
    n = len(axis)
    low = uniform(rng, 0.85, 1.2, n)
    wings = np.zeros((n, SIDE, SIDE), np.float32)
    for half in (-1.0, 1.0):
        wing = outline(
            SIDE, low, axis + 0.27 * half, uniform(rng, 0.2, 0.26, n), uniform(rng, 0.13, 0.17, n), half * 0.6
        )
        rim = np.exp(-(((wing - 0.08) / 0.08) ** 2))
        wings = np.maximum(wings, 0.14 * step(wing, 0.1) + 0.12 * rim)
    return wings


def lowest_ribs(rng: np.random.Generator, axis: Array) -> Array:
    """A few faint arcs near the upper edge, in every other picture."""
    y, x = grid(SIDE)
    n = len(axis)
    arcs = np.cos((y * uniform(rng, 8, 11, n) - 4 * np.abs(x - axis) + uniform(rng, 0, 1, n)) * 2 * np.pi)
    upper = step(uniform(rng, 0.15, 0.35, n) - y, 0.15) * column(rng.random(n) < 0.5)
    return 0.08 * step(arcs - 0.5, 0.6) * upper * step(np.abs(x - axis) - 0.12, 0.1)


def liver(rng: np.random.Generator, axis: Array) -> Array:
    """A large even shadow at the upper left of the picture."""
    n = len(axis)
    return step(outline(SIDE, uniform(rng, 0.05, 0.25, n), axis - 0.25, uniform(rng, 0.2, 0.3, n),
                        uniform(rng, 0.2, 0.3, n), -0.4), 0.3)  # fmt: skip


def bowel_gas(rng: np.random.Generator, axis: Array) -> Array:
    """Dark, rounded, overlapping pockets, few or many, small or dilated."""
    n = len(axis)
    gas = np.zeros((n, SIDE, SIDE), np.float32)
    count = column(rng.integers(3, 12, n))
    size = uniform(rng, 0.03, 0.08, n)
    for k in range(11):
        y, x = uniform(rng, 0.2, 0.9, n), axis + normal(rng, 0, 0.17, n)
        height, width = size * uniform(rng, 0.6, 1.5, n), size * uniform(rng, 0.8, 2.2, n)
        pocket = outline(SIDE, y, x, height, width, uniform(rng, 0, np.pi, n), bumps(rng, n, 16, 0.12, 0.2))
        gas = np.maximum(gas, step(pocket - 0.1, 0.35) * (k < count) * uniform(rng, 0.5, 1.0, n))
    return gas
