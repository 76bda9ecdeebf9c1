"""Masks made visible: classes in colours, laid over the picture with their outlines."""

import numpy as np

# Colours that differ in hue and in lightness, so that most people with a colour deficiency tell them apart
# (Okabe and Ito, 2008), dark grey and white.
COLOURS = np.array(
    [(230, 159, 0), (0, 114, 178), (204, 121, 167), (0, 158, 115), (240, 228, 66), (60, 60, 60), (213, 94, 0),
     (86, 180, 233), (255, 255, 255)], np.uint8,
)  # fmt: skip


def colour(index: int) -> tuple[int, int, int]:
    """The colour of the class with that number."""
    red, green, blue = COLOURS[index % len(COLOURS)]
    return int(red), int(green), int(blue)


def coloured(mask: np.ndarray, codes: tuple[int, ...]) -> np.ndarray:
    """A mask `(H, W)` as a picture uint8 `(H, W, 3)`; `codes[i]` is the grey code of class `i`, black is no class."""
    picture = np.zeros((*mask.shape, 3), np.uint8)
    for index, code in enumerate(codes):
        picture[mask == code] = colour(index)
    return picture


def overlay(image: np.ndarray, mask: np.ndarray, codes: tuple[int, ...], alpha: float = 0.35) -> np.ndarray:
    """The picture with its classes as a tint of opacity `alpha` and, opaque, the border of each of them."""
    colours = coloured(mask, codes).astype(np.float32)
    rgb = np.repeat(image[..., None], 3, -1) if image.ndim == 2 else image
    mixed = (1 - alpha) * rgb + alpha * colours
    border = np.zeros(mask.shape, bool)
    border[:-1] |= mask[:-1] != mask[1:]
    border[:, :-1] |= mask[:, :-1] != mask[:, 1:]
    mixed[border] = colours[border]
    return mixed.round().astype(np.uint8)
