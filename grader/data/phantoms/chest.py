"""Phantom of ChestMNIST: frontal chest radiographs with any of 14 findings.

A radiograph shows how much lies in the beam's way: air is dark, soft tissue bright, bone brighter. Each picture is
drawn as a body, two lungs full of air, heart, spine and ribs; a finding changes that anatomy the way its textbook sign
does (a large heart, fluid at a lung's base, a dark rim without vessels, ...). Exposure varies between pictures.
"""

from dataclasses import dataclass

import numpy as np

from .noise import Array, column, grid, normal, ridges, shrink, step, texture, to_uint8, uniform
from .shapes import outline

SIDE = 28
FINE = 2
FINDINGS = (
    "atelectasis", "cardiomegaly", "effusion", "infiltration", "mass", "nodule", "pneumonia",
    "pneumothorax", "consolidation", "edema", "emphysema", "fibrosis", "pleural", "hernia",
)  # fmt: skip


@dataclass
class Thorax:
    """Maps `(N, H, W)` that findings may change; `side` holds -1 or +1 for each picture, the lung they sit in."""

    rng: np.random.Generator
    side: Array
    axis: Array  # x of the spine
    lungs: Array  # 1 inside a lung
    depth: Array  # depth below the lungs' outline: 0 at the pleura, 1 at the centre
    heart: Array
    shadow: Array  # what findings add to the tissue in the beam's way
    floor: Array  # y of the diaphragm
    ceiling: Array  # y of the lungs' tips

    @property
    def here(self) -> Array:
        """1 in the half of the picture where one-sided findings sit."""
        _, x = grid(self.lungs.shape[1])
        return step((x - self.axis) * self.side, 0.03)


def draw(rng: np.random.Generator, findings: np.ndarray) -> np.ndarray:
    """One radiograph for each row of `findings` (`(N, 14)`, 0 or 1): uint8 `(N, 28, 28)`."""
    named = {name: column(findings[:, index]) for index, name in enumerate(FINDINGS)}
    return to_uint8(shrink(expose(rng, radiograph(rng, SIDE * FINE, named)), FINE))


def radiograph(rng: np.random.Generator, canvas: int, findings: dict[str, Array]) -> Array:
    """Tissue in the beam's way, `(N, canvas, canvas)`, about 0 (nothing) to 1; `findings` are `(N, 1, 1)`, 0 or 1."""
    n = len(findings["mass"])
    y, x = grid(canvas)
    thorax, body = anatomy(rng, n, canvas, findings)
    for name, change in CHANGES.items():
        change(thorax, findings[name])
        thorax.side = either(rng, n)  # atelectasis, the first, sits where the anatomy raised the diaphragm
    vessels = texture(rng, n, canvas, canvas / 40)
    air = thorax.lungs * (0.52 + 0.14 * findings["emphysema"] + 0.04 * vessels)
    ribs = np.cos((y * uniform(rng, 8, 11, n) - 8.8 * (x - thorax.axis) ** 2 + uniform(rng, 0, 1, n)) * 2 * np.pi)
    bones = 0.05 * ribs * thorax.lungs + 0.07 * np.exp(-(((x - thorax.axis) / 0.05) ** 2))
    tissue = 0.78 * body - air * (1 - np.clip(thorax.heart * 0.85, 0, 1)) + bones * body
    opaque = np.clip(thorax.shadow, -0.4, 1.4) * thorax.lungs * (1 - 0.7 * thorax.heart)
    return tissue + 0.42 * opaque


def anatomy(rng: np.random.Generator, n: int, canvas: int, findings: dict[str, Array]) -> tuple[Thorax, Array]:
    """A healthy thorax (but for size and heart, which findings change) and the body's silhouette."""
    y, x = grid(canvas)
    zoom = uniform(rng, 0.9, 1.12, n)
    axis = normal(rng, 0.5, 0.025, n)
    side = either(rng, n)
    swollen, shrunken = findings["emphysema"], findings["atelectasis"]
    ceiling = normal(rng, 0.12, 0.03, n)
    floor = normal(rng, 0.79, 0.04, n) + 0.09 * swollen
    centre = (ceiling + floor) / 2
    lungs, depth = np.zeros((n, canvas, canvas), np.float32), np.full((n, canvas, canvas), -9, np.float32)
    for half in (-1.0, 1.0):
        raised = 0.11 * shrunken * (side == half)
        middle = axis + half * (0.205 + 0.015 * swollen) * zoom
        width = (normal(rng, 0.17, 0.012, n) + 0.02 * swollen) * zoom
        height = (floor - ceiling) / 2 + 0.14
        inside = outline(canvas, centre + 0.13, middle, height, width, half * -0.12)
        inside = np.minimum(inside, (x - axis) * half / 0.12 - 0.35)
        arch = np.cos(np.clip((x - middle + 0.05 * half) / width * 1.3, -1.6, 1.6))
        dome = floor - raised - (0.14 - 0.13 * swollen) * arch + 0.05
        inside = np.minimum(inside, (dome - y) / 0.12)
        lungs = np.maximum(lungs, step(inside, 0.22))
        depth = np.maximum(depth, inside)
    size = normal(rng, 0.135, 0.012, n) * (1 + 0.55 * findings["cardiomegaly"]) * (1 - 0.2 * swollen)
    heart = step(outline(canvas, floor - 0.14, axis + 0.045 + 0.25 * (size - 0.135), size * 0.95, size, 0.5), 0.25)
    vessels = step(outline(canvas, centre - 0.08, axis, column(np.full(n, 0.3)), column(np.full(n, 0.065))), 0.4)
    shoulders = uniform(rng, 0.1, 0.2, n) + 0.9 * np.abs(x - axis) ** 2
    trunk = step(y - shoulders, 0.06) * step(uniform(rng, 0.42, 0.56, n) * zoom - np.abs(x - axis), 0.04)
    neck = step(0.12 - np.abs(x - axis), 0.06) * step(0.4 - y, 0.1)
    return Thorax(rng, side, axis, lungs, depth, np.maximum(heart, vessels), np.zeros_like(lungs), floor, ceiling), (
        np.maximum(trunk, neck)
    )


def either(rng: np.random.Generator, n: int) -> Array:
    """-1 or +1: the half of the chest for one-sided findings."""
    return column(rng.choice([-1.0, 1.0], n))


def expose(rng: np.random.Generator, tissue: Array) -> Array:
    """Brightness in [0, 1] as the film or detector and its operator give it."""
    n = len(tissue)
    picture = np.clip(tissue, 0, 1.1) ** uniform(rng, 0.75, 1.35, n)
    picture = uniform(rng, 0.75, 1.08, n) * picture + uniform(rng, -0.03, 0.12, n)
    return picture + uniform(rng, 0.005, 0.03, n) * texture(rng, n, tissue.shape[1], 0.7)


def blob(thorax: Thorax, radius: Array, low: float = 0.1, high: float = 0.9) -> Array:
    """A round shadow somewhere in the lung of the chosen side, `low` to `high` of the way down."""
    n, canvas = len(thorax.lungs), thorax.lungs.shape[1]
    y = thorax.ceiling + (thorax.floor - thorax.ceiling) * uniform(thorax.rng, low, high, n)
    x = thorax.axis + thorax.side * uniform(thorax.rng, 0.15, 0.26, n)
    return outline(canvas, y, x, radius * uniform(thorax.rng, 0.85, 1.2, n), radius)


def atelectasis(thorax: Thorax, present: Array) -> None:
    """A plate of airless lung above a raised diaphragm (the raising is part of the anatomy)."""
    n, canvas = len(thorax.lungs), thorax.lungs.shape[1]
    y, x = grid(canvas)
    tilt = normal(thorax.rng, 0, 0.25, n)
    line = thorax.floor - uniform(thorax.rng, 0.18, 0.28, n) + tilt * (x - thorax.axis)
    thorax.shadow += present * 0.9 * np.exp(-(((y - line) / 0.03) ** 2)) * thorax.here


def effusion(thorax: Thorax, present: Array) -> None:
    """Fluid at the base, its surface rising towards the chest wall."""
    y, x = grid(thorax.lungs.shape[1])
    level = thorax.floor - uniform(thorax.rng, 0.08, 0.3, len(thorax.lungs))
    surface = level - 1.6 * np.clip((x - thorax.axis) * thorax.side - 0.15, 0, 0.3) ** 2 * 6
    thorax.shadow += present * 1.15 * step(y - surface, 0.05) * thorax.here


def infiltration(thorax: Thorax, present: Array) -> None:
    """Scattered fluffy patches, often on both sides."""
    n, canvas = len(thorax.lungs), thorax.lungs.shape[1]
    both = column(thorax.rng.random(n) < 0.5)
    patches = step(texture(thorax.rng, n, canvas, canvas * 0.05) - 0.2, 0.8)
    thorax.shadow += present * 0.65 * patches * np.maximum(thorax.here, both)


def mass(thorax: Thorax, present: Array) -> None:
    """A round shadow of more than 3 cm."""
    thorax.shadow += present * step(blob(thorax, uniform(thorax.rng, 0.09, 0.13, len(present))), 0.3)


def nodule(thorax: Thorax, present: Array) -> None:
    """A round shadow of less than 3 cm."""
    thorax.shadow += present * 1.1 * step(blob(thorax, uniform(thorax.rng, 0.04, 0.055, len(present))), 0.5)


def pneumonia(thorax: Thorax, present: Array) -> None:
    """A soft-edged patch in one lung in which air still shows."""
    canvas = thorax.lungs.shape[1]
    patch = step(blob(thorax, uniform(thorax.rng, 0.14, 0.2, len(present)), 0.3) - 0.25, 0.9)
    thorax.shadow += present * patch * (0.7 + 0.2 * texture(thorax.rng, len(present), canvas, canvas * 0.03))


def pneumothorax(thorax: Thorax, present: Array) -> None:
    """A darker rim without lung in it, a fine line, and behind that the collapsed lung."""
    y, x = grid(thorax.lungs.shape[1])
    n = len(thorax.lungs)
    edge = uniform(thorax.rng, 0.17, 0.27, n) + 0.18 * (y - thorax.ceiling)
    beyond = (x - thorax.axis) * thorax.side - edge
    line = np.exp(-((beyond / 0.012) ** 2))
    thorax.shadow += present * thorax.here * (-0.35 * step(beyond, 0.02) + 0.35 * step(-beyond, 0.04) + 0.5 * line)


def consolidation(thorax: Thorax, present: Array) -> None:
    """A whole lobe, the upper or the lower, evenly opaque up to a straight border."""
    y, _ = grid(thorax.lungs.shape[1])
    n = len(thorax.lungs)
    border = thorax.ceiling + (thorax.floor - thorax.ceiling) * uniform(thorax.rng, 0.4, 0.6, n)
    upper = column(thorax.rng.random(n) < 0.6)
    lobe = np.where(upper > 0, step(border - y, 0.04), step(y - border, 0.04) * step(thorax.floor - 0.08 - y, 0.04))
    thorax.shadow += present * 0.95 * lobe * thorax.here


def edema(thorax: Thorax, present: Array) -> None:
    """Haze on both sides that spreads from the hila like a bat's wings."""
    y, x = grid(thorax.lungs.shape[1])
    middle = (thorax.ceiling + thorax.floor) / 2
    wings = np.exp(-(((np.abs(x - thorax.axis) - 0.1) / 0.1) ** 2 + ((y - middle) / 0.16) ** 2))
    thorax.shadow += present * uniform(thorax.rng, 0.7, 1.0, len(present)) * wings


def fibrosis(thorax: Thorax, present: Array) -> None:
    """A fine net of lines, densest at the bases."""
    y, _ = grid(thorax.lungs.shape[1])
    n, canvas = len(thorax.lungs), thorax.lungs.shape[1]
    net = ridges(texture(thorax.rng, n, canvas, canvas * 0.028), 0.35)
    low = np.clip((y - thorax.ceiling) / (thorax.floor - thorax.ceiling), 0, 1)
    thorax.shadow += present * 1.1 * net * (0.3 + 0.7 * low)


def pleural(thorax: Thorax, present: Array) -> None:
    """A thickened pleura: a bright band along the lung's outer border."""
    _, x = grid(thorax.lungs.shape[1])
    outer = step((x - thorax.axis) * thorax.side - 0.2, 0.08)
    thorax.shadow += present * 1.4 * np.exp(-(((thorax.depth - 0.2) / 0.18) ** 2)) * outer


def hernia(thorax: Thorax, present: Array) -> None:
    """Stomach above the diaphragm: a round shadow behind the heart with a bubble of air in it."""
    n, canvas = len(thorax.lungs), thorax.lungs.shape[1]
    y = thorax.floor - uniform(thorax.rng, 0.09, 0.15, n)
    x = thorax.axis + normal(thorax.rng, 0, 0.03, n)
    pouch = outline(canvas, y, x, column(np.full(n, 0.11)), uniform(thorax.rng, 0.1, 0.14, n))
    bubble = outline(canvas, y - 0.035, x, column(np.full(n, 0.055)), column(np.full(n, 0.07)))
    # Air in front of the heart: the bubble is drawn as lung seen through.
    thorax.lungs = np.maximum(thorax.lungs, present * step(bubble, 0.3))
    thorax.heart = np.maximum(thorax.heart, present * step(pouch, 0.25)) * (1 - present * step(bubble, 0.3))


CHANGES = {
    "atelectasis": atelectasis, "effusion": effusion, "infiltration": infiltration, "mass": mass, "nodule": nodule,
    "pneumonia": pneumonia, "pneumothorax": pneumothorax, "consolidation": consolidation, "edema": edema,
    "fibrosis": fibrosis, "pleural": pleural, "hernia": hernia,
}  # fmt: skip
"""How each finding changes a thorax; cardiomegaly and emphysema are part of the anatomy itself."""
