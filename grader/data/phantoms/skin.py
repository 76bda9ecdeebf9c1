"""Phantom of the skin pictures: autofluorescence of skin in section, with a mask of six tissues in grey codes.

From outside in: dark background, ragged keratin (blue), grainy epidermis (green), fibrous dermis (red) and, in some
wounds, granulation tissue; hairs, bright in green and blue, stand in dark follicles. Blue and green are the cells' own
cofactors, red is collagen; single bright cells look like hair to anyone who sees only colours. The light is weak, so
the counts are noisy.
"""

import numpy as np

from .noise import Array, column, grid, normal, ridges, texture, to_uint8, uniform
from .shapes import discs, scatter

EPIDERMIS, DERMIS, GRANULATION, KERATIN, HAIR, BACKGROUND = CODES = (36, 72, 108, 144, 180, 216)


def draw(rng: np.random.Generator, n: int, side: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Pictures uint8 `(n, side, side, 3)` and their masks uint8 `(n, side, side)` in the codes above."""
    below, across = section(rng, n, side)
    mask, hairs = tissues(rng, below, across)
    return to_uint8(glow(rng, mask, below, hairs)), mask


def section(rng: np.random.Generator, n: int, side: int) -> tuple[Array, Array]:
    """Distance below the skin's wavy surface, and position along it, as shares of the image; skin tilts freely."""
    y, x = grid(side)
    tilt = normal(rng, 0, 0.22, n)
    across = (x - 0.5) * np.cos(tilt) - (y - 0.5) * np.sin(tilt)
    below = (y - 0.5) * np.cos(tilt) + (x - 0.5) * np.sin(tilt) + uniform(rng, 0.0, 0.16, n)
    waves = np.zeros_like(below)
    for k in (1, 2, 3):
        phase = across * k + uniform(rng, 0, 1, n)
        waves += normal(rng, 0, 0.035 / k, n) * np.sin(phase * 2 * np.pi)
    return (below + waves).astype(np.float32), across.astype(np.float32)


def tissues(rng: np.random.Generator, below: Array, across: Array) -> tuple[np.ndarray, Array]:
    """The mask, and for every pixel its depth inside the nearest hair (positive inside)."""
    n, side = below.shape[:2]
    rough = texture(rng, n, side, side * 0.05)
    keratin = uniform(rng, 0.0, 0.06, n) + 0.025 * rough
    epidermis = uniform(rng, 0.22, 0.4, n) + 0.02 * texture(rng, n, side, side * 0.08)
    mask = np.full(below.shape, DERMIS, np.uint8)
    wound = column(rng.random(n) < 0.35)
    bed = wound_bed(rng, below - epidermis, across)
    mask[(bed + 0.15 * rough > 0) & (wound > 0)] = GRANULATION
    mask[below < epidermis] = EPIDERMIS
    mask[below < keratin] = KERATIN
    mask[below < 0] = BACKGROUND

    hairs = np.full(below.shape, -9, np.float32)
    count = column(rng.integers(2, 6, n))
    slant = uniform(rng, 0.6, 2.4, n)
    for k in range(5):
        place = across - uniform(rng, -0.45, 0.45, n), below - epidermis - uniform(rng, 0.0, 0.25, n)
        lean = slant + normal(rng, 0, 0.15, n)  # hairs grow side by side
        long = place[0] * np.cos(lean) + place[1] * np.sin(lean)
        short = place[1] * np.cos(lean) - place[0] * np.sin(lean)
        hair = 1 - np.hypot(long / uniform(rng, 0.07, 0.15, n), short / uniform(rng, 0.025, 0.045, n))
        hairs = np.maximum(hairs, np.where(k < count, hair, -9))
    mask[(hairs > 0) & (below > 0)] = HAIR
    return mask, hairs


def wound_bed(rng: np.random.Generator, under_epidermis: Array, across: Array) -> Array:
    """Depth inside a lens-shaped bed below the epidermis, negative outside it."""
    n = len(across)
    sideways = (across - uniform(rng, -0.4, 0.4, n)) / uniform(rng, 0.2, 0.4, n)
    return 1 - np.hypot(sideways, under_epidermis / uniform(rng, 0.12, 0.28, n))


def glow(rng: np.random.Generator, mask: np.ndarray, below: Array, hairs: Array) -> Array:
    """Colours in [0, 1] of what the mask says: tissue texture, uneven light, shot noise."""
    n, side = below.shape[:2]
    fine, coarse = texture(rng, n, side, 0.8), texture(rng, n, side, side * 0.06)
    fibres = texture(rng, n, side, side * 0.07, side * 0.015, rng.uniform(0, np.pi, n))
    threads = ridges(texture(rng, n, side, side * 0.05), 0.4)
    inner = np.exp(-np.clip(below - 0.2, 0, None) * uniform(rng, 0.0, 2.0, n))  # light lost on its way in
    # Red, green and blue of each tissue; one picture's epidermis may be as bright as another's dermis.
    colours: dict[int, tuple[Array | float, Array | float, Array | float]] = {
        BACKGROUND: (0.015, 0.015, 0.03 + 0.1 * np.exp(np.clip(below, -1, 0) * 25)),
        KERATIN: (0.04, 0.1 + 0.12 * threads, 0.2 + 0.5 * threads),
        EPIDERMIS: (0.1 + 0.03 * coarse, 0.36 + 0.12 * fine + 0.05 * coarse, 0.1),
        DERMIS: (
            (0.42 + 0.13 * fibres) * inner,
            (0.13 + 0.05 * fibres) * inner,
            (0.17 + 0.06 * fibres) * inner,
        ),
        GRANULATION: (0.22 + 0.08 * coarse, 0.26 + 0.08 * fine + 0.06 * coarse, 0.2 + 0.05 * coarse),
        HAIR: (0.12 + 0.1 * hairs, 0.6 + 0.35 * hairs, 0.5 + 0.4 * hairs),
    }
    light = np.zeros((*mask.shape, 3), np.float32)
    for code, channels in colours.items():
        here = mask == code
        for index, channel in enumerate(channels):
            light[..., index] += here * channel
    # Single bright cells have a hair's colour, but not its shape.
    cells = discs(side, *scatter(rng, n, 0, 24, side), radius=side / 64, strength=rng.uniform(0.3, 1.0, (n, 24)))
    cells *= (mask != HAIR) & (mask != BACKGROUND)
    light += cells[..., None] * np.array([0.1, 0.65, 0.6], np.float32)
    sheath = np.exp(-((np.clip(-hairs, 0, None) / 0.5) ** 2)) * (mask != HAIR) * (mask != BACKGROUND)
    light *= (1 - 0.75 * sheath)[..., None]
    light *= np.exp(rng.normal(0, 0.25, (n, 1, 1, 3))) * (1 + 0.25 * texture(rng, n, side, side * 0.4))[..., None]
    photons = rng.uniform(25, 70, (n, 1, 1, 1))  # at full brightness
    return (rng.poisson(np.clip(light, 0, 1.2) * photons) / photons).astype(np.float32)
