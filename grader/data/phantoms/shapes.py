"""Discs, cell patterns and outlines, drawn for a whole batch of images at once."""

import numpy as np

from .noise import Array, column, grid


def discs(
    side: int,
    y: np.ndarray,
    x: np.ndarray,
    radius: np.ndarray | float,
    elongation: np.ndarray | float = 1.0,
    angle: np.ndarray | float = 0.0,
    strength: np.ndarray | float = 1.0,
) -> Array:
    """How strongly each pixel of `(N, side, side)` is covered by small ellipses: 0 to `strength`.

    Args:
        y, x: centres in pixels, `(N, K)`; they may lie outside the image.
        radius: mean radius in pixels, `(N, K)`; `elongation` is the long over the short axis.
        angle: direction of the long axis in radians.
    """
    n, _ = y.shape
    shape = y.shape
    radius, elongation, angle, strength = (
        np.broadcast_to(np.asarray(a, np.float32), shape)[..., None] for a in (radius, elongation, angle, strength)
    )
    # Only the pixels of a small window around each centre are touched: far cheaper than N x K whole images.
    reach = int(np.ceil((radius * np.sqrt(elongation)).max(initial=0))) + 1
    span = np.arange(-reach, reach + 1)
    dy, dx = (a.ravel() for a in np.meshgrid(span, span, indexing="ij"))
    row = np.floor(y).astype(int)[..., None] + dy
    col = np.floor(x).astype(int)[..., None] + dx
    off_y = (row + 0.5 - y[..., None]).astype(np.float32)
    off_x = (col + 0.5 - x[..., None]).astype(np.float32)
    long = (off_x * np.cos(angle) + off_y * np.sin(angle)) / np.sqrt(elongation)
    short = (off_y * np.cos(angle) - off_x * np.sin(angle)) * np.sqrt(elongation)
    cover = np.clip(radius - np.hypot(long, short) + 0.5, 0, 1) * strength
    inside = (row >= 0) & (row < side) & (col >= 0) & (col < side) & (cover > 0)
    image = np.broadcast_to(np.arange(n)[:, None, None], row.shape)
    out = np.zeros((n, side, side), np.float32)
    np.maximum.at(out, (image[inside], row[inside], col[inside]), cover[inside])
    return out


def scatter(rng: np.random.Generator, n: int, fewest: int, most: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """`fewest` to `most` random centres per image: `(y, x)`, each `(n, most)`; surplus ones lie far outside."""
    count = rng.integers(fewest, most + 1, n)
    y, x = rng.uniform(-2, side + 2, (2, n, most))
    y[np.arange(most) >= count[:, None]] = -1000.0
    return y, x


def jittered(
    rng: np.random.Generator, n: int, spacing: float, side: int, jitter: float
) -> tuple[np.ndarray, np.ndarray]:
    """Centres on a shaken hexagonal grid, `(y, x)` each `(n, K)`: packed, hardly overlapping cells."""
    rows = np.arange(-spacing, side + spacing, spacing * 0.87)
    cols = np.arange(-spacing, side + spacing, spacing)
    y, x = np.meshgrid(rows, cols, indexing="ij")
    x = x + (np.arange(len(rows)) % 2)[:, None] * spacing / 2
    shift = rng.uniform(0, spacing, (2, n, 1))
    shake = rng.normal(0, jitter * spacing, (2, n, y.size))
    return y.ravel() + shift[0] + shake[0], x.ravel() + shift[1] + shake[1]


def cell_walls(side: int, y: np.ndarray, x: np.ndarray) -> tuple[Array, Array]:
    """Distance of every pixel to the wall between the two nearest centres, and to the nearest centre.

    Args:
        y, x: centres in pixels, `(N, K)`. Both results are `(N, side, side)`, in pixels (Worley's F2 - F1 and F1).
    """
    rows, cols = grid(side)
    distance = np.hypot(
        rows[:, None] * side - y.astype(np.float32)[..., None, None],
        cols[:, None] * side - x.astype(np.float32)[..., None, None],
    )
    nearest = np.partition(distance, 1, axis=1)[:, :2]
    return nearest[:, 1] - nearest[:, 0], nearest[:, 0]


def outline(
    side: int,
    y: Array,
    x: Array,
    height: Array,
    width: Array,
    angle: Array | float = 0.0,
    bumps: Array | None = None,
) -> Array:
    """Signed depth inside a closed outline, `(N, side, side)`: 0 on the edge, about 1 at the centre, negative outside.

    Args:
        y, x, height, width: centre and half axes as shares of the image, `(N, 1, 1)`.
        bumps: relative change of the radius with direction, `(N, D)`, evenly spaced round the outline.
    """
    rows, cols = grid(side)
    dy, dx = rows - y, cols - x
    along = (dx * np.cos(angle) + dy * np.sin(angle)) / width
    across = (dy * np.cos(angle) - dx * np.sin(angle)) / height
    distance = np.hypot(along, across)
    if bumps is not None:
        steps = bumps.shape[1]
        position = (np.arctan2(across, along) / (2 * np.pi) % 1) * steps
        left = np.floor(position).astype(int) % steps
        share = position - np.floor(position)
        image = np.arange(len(bumps))[:, None, None]
        radius = 1 + bumps[image, left] * (1 - share) + bumps[image, (left + 1) % steps] * share
        distance = distance / np.maximum(radius, 0.2)
    return (1 - distance).astype(np.float32)


def bumps(rng: np.random.Generator, n: int, steps: int, size: np.ndarray | float, roughness: float) -> Array:
    """Random outlines for `outline`, `(n, steps)`: `roughness` 0 gives slow undulations, 1 spikes.

    Args:
        size: standard deviation of the relative radius, one number or one per image.
    """
    spectrum = 1 / np.arange(1, steps // 2) ** (2 * (1 - roughness))
    spectrum[0] = 0  # a shift of the centre, not a bump
    phase = rng.uniform(0, 2 * np.pi, (n, spectrum.size, 1))
    amplitude = rng.normal(0, 1, (n, spectrum.size, 1)) * spectrum[:, None]
    turn = np.arange(1, steps // 2)[:, None] * np.linspace(0, 2 * np.pi, steps, endpoint=False)
    wave = (amplitude * np.cos(turn + phase)).sum(1)
    wave /= wave.std(1, keepdims=True) + 1e-6
    return (wave * np.asarray(column(size))[:, :, 0]).astype(np.float32)
