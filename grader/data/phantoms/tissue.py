"""Phantom of PathMNIST: nine tissues of the colon as small patches of stained histology.

Each tissue is drawn as two maps, how much haematoxylin (nuclei, purple) and eosin (fibres and cytoplasm, pink) every
pixel holds. Light passing through both follows the Beer-Lambert law, which gives the colours (Ruifrok and Johnston,
Analytical and Quantitative Cytology and Histology 23, 2001). Staining varies from image to image far more than its
mean differs between tissues, so that the texture has to be recognised, not the colour.
"""

from collections.abc import Callable

import numpy as np

from .noise import Array, column, grid, normal, ridges, shrink, standardise, step, texture, to_uint8, uniform
from .shapes import bumps, cell_walls, discs, jittered, outline, scatter

SIDE = 28
FINE = 2  # drawn at twice the size, then shrunk: soft edges
CANVAS = SIDE * FINE

# Optical density per unit of stain in red, green, blue.
HAEMATOXYLIN = np.array([0.62, 0.88, 0.44], np.float32)
EOSIN = np.array([0.13, 0.71, 0.33], np.float32)

Stains = tuple[Array, Array]
Painter = Callable[[np.random.Generator, int], Stains]


def draw(rng: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    """One patch for each label 0 to 8: uint8 `(N, 28, 28, 3)`."""
    haematoxylin = np.zeros((len(labels), CANVAS, CANVAS), np.float32)
    eosin = np.zeros_like(haematoxylin)
    for label, paint in enumerate(PAINTERS):
        rows = np.flatnonzero(labels == label)
        if rows.size:
            haematoxylin[rows], eosin[rows] = paint(rng, rows.size)
    return to_uint8(shrink(develop(rng, haematoxylin, eosin), FINE))


def develop(rng: np.random.Generator, haematoxylin: Array, eosin: Array) -> Array:
    """Stain maps `(N, H, W)` to colours `(N, H, W, 3)` in [0, 1], staining and lamp varying between images."""
    n = len(eosin)
    # Half way (on a log scale) to a total stain that is drawn without looking at the tissue.
    wanted = 0.62 * np.exp(normal(rng, 0, 0.38, n))
    total = (haematoxylin + eosin).mean((1, 2), keepdims=True)
    strength = (wanted / total) ** 0.7
    tint = np.exp(normal(rng, 0, 0.2, n))
    haematoxylin = haematoxylin * strength * tint
    eosin = eosin * strength / tint
    hue = np.exp(rng.normal(0, 0.055, (2, n, 1, 1, 3))).astype(np.float32)
    density = haematoxylin[..., None] * HAEMATOXYLIN * hue[0] + eosin[..., None] * EOSIN * hue[1]
    lamp = (rng.uniform(0.88, 0.98, (n, 1, 1, 1)) * rng.normal(1, 0.01, (n, 1, 1, 3))).astype(np.float32)
    return lamp * np.exp(-density)


def adipose(rng: np.random.Generator, n: int) -> Stains:
    """Large empty bubbles with thin walls."""
    y, x = jittered(rng, n, 34, CANVAS, 0.25)
    wall, _ = cell_walls(CANVAS, y, x)
    thickness = uniform(rng, 0.7, 2.6, n) * (1 + 0.6 * texture(rng, n, CANVAS, 5))
    membrane = np.exp(-((wall / np.maximum(thickness, 0.7)) ** 2))
    nuclei = discs(CANVAS, *scatter(rng, n, 0, 8, CANVAS), radius=1.8) * (wall < 5)
    return 0.07 + 0.35 * membrane + nuclei, 0.06 + 0.75 * membrane


def background(rng: np.random.Generator, n: int) -> Stains:
    """Nothing but an even tone, with a little grain and an occasional speck of dust."""
    tone = uniform(rng, 0.2, 1.1, n)
    grain = uniform(rng, 0.0, 0.05, n) * texture(rng, n, CANVAS, 1.5) + 0.03 * texture(rng, n, CANVAS, 20)
    dust = discs(CANVAS, *scatter(rng, n, 0, 7, CANVAS), radius=rng.uniform(0.6, 1.6, (n, 7)))
    return tone * (0.6 + grain) + 0.4 * dust * tone, tone * (0.5 + grain)


def debris(rng: np.random.Generator, n: int) -> Stains:
    """Dead tissue: a grainy, structureless pink mass with the ghosts and fragments of nuclei, sometimes cracked."""
    mass = 0.75 + 0.13 * texture(rng, n, CANVAS, 1.5) + 0.12 * texture(rng, n, CANVAS, 5)
    y, x = scatter(rng, n, 15, 89, CANVAS)
    fragments = discs(CANVAS, y, x, rng.gamma(4, 0.35, y.shape), strength=rng.uniform(0.15, 0.75, y.shape))
    cracked = column(rng.random(n) < 0.3)
    crack = cracked * ridges(texture(rng, n, CANVAS, 9), 0.12)
    holes = step(texture(rng, n, CANVAS, 2) - uniform(rng, 1.6, 3.0, n), 0.4)
    solid = (1 - 0.85 * crack) * (1 - 0.6 * holes)
    return (0.16 + 0.08 * texture(rng, n, CANVAS, 4) + fragments) * solid, mass * solid


def lymphocytes(rng: np.random.Generator, n: int) -> Stains:
    """A dense crowd of small, round, dark nuclei with hardly any cytoplasm."""
    y, x = jittered(rng, n, 5.2, CANVAS, 0.17)
    shown = rng.random(y.shape) < np.repeat(rng.uniform(0.75, 0.97, n), y.shape[1]).reshape(y.shape)
    radius = rng.normal(2.15, 0.22, y.shape)
    nuclei = discs(CANVAS, np.where(shown, y, -1000), x, radius, rng.uniform(1, 1.25, y.shape),
                   rng.uniform(0, np.pi, y.shape), rng.uniform(0.75, 1.25, y.shape))  # fmt: skip
    gaps = step(texture(rng, n, CANVAS, 3) - uniform(rng, 0.9, 2.2, n), 0.5)
    return 0.12 + 1.05 * nuclei * (1 - gaps), (0.28 + 0.05 * texture(rng, n, CANVAS, 3)) * (1 - 0.8 * gaps)


def mucus(rng: np.random.Generator, n: int) -> Stains:
    """Pale pools crossed by wispy, bending strands."""
    angle = rng.uniform(0, np.pi, n)
    flow = texture(rng, n, CANVAS, 12, 4.0, angle) + 0.35 * texture(rng, n, CANVAS, 3)
    strands = ridges(flow, uniform(rng, 0.1, 0.28, n)) * step(texture(rng, n, CANVAS, 8) + 0.4, 1.2)
    veil = 0.7 * texture(rng, n, CANVAS, 10, 2.5, angle) + 0.7 * texture(rng, n, CANVAS, 3)
    cells = discs(CANVAS, *scatter(rng, n, 0, 9, CANVAS), radius=rng.uniform(1.2, 2.2, (n, 9)))
    return 0.2 + 0.08 * veil + 0.35 * strands + 0.8 * cells, 0.14 + 0.05 * veil + 0.45 * strands


def smooth_muscle(rng: np.random.Generator, n: int) -> Stains:
    """Straight parallel fibres with slender nuclei lying along them, and an occasional white cleft."""
    angle = rng.uniform(0, np.pi, n)
    fibres = texture(rng, n, CANVAS, 15, 1.3, angle)
    bundles = texture(rng, n, CANVAS, 26, 4, angle)
    cleft = step(texture(rng, n, CANVAS, 22, 2.2, angle) - uniform(rng, 1.6, 3.2, n), 0.5)
    y, x = scatter(rng, n, 8, 25, CANVAS)
    tilt = angle[:, None] + rng.normal(0, 0.1, y.shape)
    nuclei = discs(CANVAS, y, x, rng.normal(1.7, 0.15, y.shape), rng.uniform(2.2, 4.5, y.shape), tilt,
                   rng.uniform(0.5, 1.0, y.shape))  # fmt: skip
    solid = 1 - 0.9 * cleft
    return (0.1 + nuclei) * solid, (0.85 + 0.13 * fibres + 0.08 * bundles) * solid


def mucosa(rng: np.random.Generator, n: int) -> Stains:
    """Round glands: a dark rim of nuclei, pale goblet cells radiating inwards; loose cells between the glands."""
    between_y, between_x = jittered(rng, n, 6.5, CANVAS, 0.25)
    shown = rng.random(between_y.shape) < rng.uniform(0.35, 0.8, (n, 1))
    rows, cols = grid(CANVAS)
    haematoxylin = 0.1 + 0.9 * discs(CANVAS, np.where(shown, between_y, -1000), between_x,
                                     rng.normal(1.9, 0.25, between_y.shape))  # fmt: skip
    eosin = 0.3 + 0.14 * texture(rng, n, CANVAS, 3)
    gap = uniform(rng, 0.95, 1.25, n) * CANVAS
    turn = rng.uniform(0, 2 * np.pi, n)
    start_y, start_x = uniform(rng, 0.15, 0.85, n), uniform(rng, 0.15, 0.85, n)
    for k in range(3):  # one gland in view, neighbours at its side
        y = start_y + (k > 0) * gap / CANVAS * column(np.sin(turn + k * 1.2))
        x = start_x + (k > 0) * gap / CANVAS * column(np.cos(turn + k * 1.2))
        radius = uniform(rng, 0.3, 0.46, n)
        depth = outline(CANVAS, y, x, radius * uniform(rng, 0.8, 1.1, n), radius, column(turn),
                        bumps(rng, n, 24, 0.06, 0.3))  # fmt: skip
        inside = step(depth, 0.06)
        rim = np.exp(-(((depth - 0.1) / 0.075) ** 2)) * (0.85 + 0.25 * texture(rng, n, CANVAS, 1.2))
        direction = np.arctan2(rows - y, cols - x)
        goblet = ridges(np.sin(direction * column(rng.integers(5, 9, n)) + column(turn)), 0.3) * (depth > 0.12)
        lumen = step(depth - uniform(rng, 0.6, 1.05, n), 0.12)
        gland_h = (0.17 + 0.95 * rim + 0.3 * goblet) * (1 - 0.8 * lumen)
        gland_e = (0.12 + 0.5 * rim + 0.35 * goblet) * (1 - 0.8 * lumen)
        haematoxylin = haematoxylin * (1 - inside) + gland_h * inside
        eosin = eosin * (1 - inside) + gland_e * inside
    return haematoxylin, eosin


def stroma(rng: np.random.Generator, n: int) -> Stains:
    """Loose wavy collagen in bands that change direction, with scattered spindle-shaped nuclei."""
    angle = rng.uniform(0, np.pi, n)
    swing = rng.uniform(0.25, 0.65, n)
    mix = step(texture(rng, n, CANVAS, 9), 2.5)
    one = texture(rng, n, CANVAS, 9, 1.4, angle + swing)
    other = texture(rng, n, CANVAS, 9, 1.4, angle - swing)
    waves = standardise(one * mix + other * (1 - mix) + 0.4 * texture(rng, n, CANVAS, 3))
    loose = step(waves + 0.5 * texture(rng, n, CANVAS, 4) - uniform(rng, 0.9, 1.9, n), 0.8)
    y, x = scatter(rng, n, 8, 33, CANVAS)
    bend = np.where(rng.random(y.shape) < 0.5, 1, -1) * swing[:, None]
    nuclei = discs(CANVAS, y, x, rng.normal(1.7, 0.25, y.shape), rng.uniform(1.3, 3.0, y.shape),
                   angle[:, None] + bend + rng.normal(0, 0.35, y.shape), rng.uniform(0.5, 1.05, y.shape))  # fmt: skip
    return 0.12 + 0.05 * waves + 0.95 * nuclei, (0.68 + 0.17 * waves) * (1 - 0.6 * loose)


def tumour(rng: np.random.Generator, n: int) -> Stains:
    """Crowded large oval nuclei of uneven size and darkness, in sheets broken by ragged white lumina."""
    y, x = jittered(rng, n, 7.6, CANVAS, 0.27)
    tilt = rng.uniform(0, np.pi, (n, 1)) + rng.normal(0, 0.6, y.shape)
    nuclei = discs(CANVAS, y, x, rng.normal(3.0, 0.7, y.shape).clip(1.5), rng.uniform(1.1, 2.0, y.shape), tilt,
                   rng.uniform(0.3, 1.0, y.shape))  # fmt: skip
    chromatin = 1 + 0.3 * texture(rng, n, CANVAS, 1.0)
    crowding = 1 + 0.3 * texture(rng, n, CANVAS, 7)
    depth = texture(rng, n, CANVAS, 7) - uniform(rng, 1.1, 3.2, n)
    lumen = step(depth, 0.35)
    edge = np.exp(-(((depth + 0.45) / 0.3) ** 2))
    cytoplasm = 0.5 + 0.1 * texture(rng, n, CANVAS, 2.5)
    return (0.25 + 0.8 * nuclei * chromatin * crowding + 0.35 * edge) * (1 - lumen), cytoplasm * (1 - 0.9 * lumen)


PAINTERS: tuple[Painter, ...] = (
    adipose, background, debris, lymphocytes, mucus, smooth_muscle, mucosa, stroma, tumour,
)  # fmt: skip
