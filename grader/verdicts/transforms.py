"""What transforms of images did instead of what was asked of them, in words.

Each function says what a result looks like beside the image that it came from, and says nothing ("") when it knows of
no simple way in which it could have come about. They are asked after a comparison has failed.
"""

import itertools
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

Transform = Callable[[Tensor], Tensor]

_AXES = {
    (): "returns the image as it is",
    (-1,): "mirrors left and right",
    (-2,): "mirrors top and bottom",
    (-3,): "turns round the order of the channels",
    (-1, -2): "mirrors both left and right and top and bottom",
    (-1, -3): "mirrors left and right and turns round the order of the channels",
    (-2, -3): "mirrors top and bottom and turns round the order of the channels",
}


def flipped_how(result: Tensor, image: Tensor) -> str:
    """What a flip did with an image `(C, H, W)` in which every value occurs once."""
    if result.shape != image.shape:
        return f"gives a result of shape {tuple(result.shape)}"
    if result.dtype is not image.dtype:
        return f"gives a result of dtype {str(result.dtype).removeprefix('torch.')}"
    for axes, words in _AXES.items():
        if result.equal(image.flip(axes)):
            return words
    for axis in (-1, -2):
        flips = [channel.equal(old.flip(axis)) for channel, old in zip(result, image, strict=True)]
        stays = [channel.equal(old) for channel, old in zip(result, image, strict=True)]
        if all(one or other for one, other in zip(flips, stays, strict=True)):
            return f"mirrors {sum(flips)} of {len(flips)} channels and leaves the others as they are"
    if result.flatten().sort().values.equal(image.flatten().sort().values):
        return "moves the pixels in another way"
    return "gives other values than those of the image"


def composed_how(result: Tensor, image: Tensor, parts: Sequence[Transform]) -> str:
    """Which of the parts were applied, and in which order; parts have names."""
    result = result.to(image.dtype)
    if result.shape == image.shape and torch.allclose(result, image):
        return "returns the image as it is"
    for count in range(1, len(parts) + 1):
        for chosen in itertools.permutations(parts, count):
            wanted = image
            for part in chosen:
                wanted = part(wanted)
            if result.shape == wanted.shape and torch.allclose(result, wanted):
                names = [str(getattr(part, "__name__", part)) for part in chosen]
                return f"gives what {' and then '.join(names)} would{' alone' if count == 1 else ''}"
    return ""


def cropped_how(results: Tensor, image: Tensor, size: int, padding: int) -> str:
    """What results `(n, C, size, size)` are windows of, if not of the image with `padding` zeros on all four sides."""
    p = padding
    borders: dict[str, Callable[[], Tensor]] = {
        "without any border": lambda: image,
        "with zeros at the left and the top only": lambda: F.pad(image, [2 * p, 0, 2 * p, 0]),
        "with zeros at the right and the bottom only": lambda: F.pad(image, [0, 2 * p, 0, 2 * p]),
        "with fewer zeros, at the left and the top only": lambda: F.pad(image, [p, 0, p, 0]),
        "with fewer zeros, at the right and the bottom only": lambda: F.pad(image, [0, p, 0, p]),
        "with zeros at the left and the right only": lambda: F.pad(image, [p, p, 0, 0]),
        "with zeros at the top and the bottom only": lambda: F.pad(image, [0, 0, p, p]),
        "with twice as wide a border of zeros": lambda: F.pad(image, [2 * p] * 4),
        "whose border repeats its outermost pixels": lambda: F.pad(image, [p] * 4, mode="replicate"),
        "whose border is its mirror image": lambda: F.pad(image, [p] * 4, mode="reflect"),
        "whose border comes from its other side": lambda: F.pad(image, [p] * 4, mode="circular"),
        "with a border of ones": lambda: F.pad(image, [p] * 4, value=1.0),
        "with a border of its mean": lambda: F.pad(image, [p] * 4, value=float(image.mean())),
        **{f"with a border of {k} zeros": partial(F.pad, image, [k] * 4) for k in range(1, 5)},
        "with its rows and columns exchanged": lambda: F.pad(image.transpose(-1, -2), [p] * 4),
    }
    for words, make in borders.items():
        try:
            padded = make()
        except RuntimeError:
            continue  # some borders cannot be wider than the image
        if min(padded.shape[-2:]) >= size and (places_of(results, padded, size) >= 0).all():
            return f"they are windows of the image {words}"
    return ""


def places_of(results: Tensor, padded: Tensor, size: int) -> np.ndarray:
    """Numbers of the windows of `padded`, counted row by row, that results are; -1 for none."""
    windows = padded.unfold(1, size, 1).unfold(2, size, 1).permute(1, 2, 0, 3, 4).flatten(0, 1)
    known = {window.contiguous().numpy().tobytes(): number for number, window in enumerate(windows)}
    return np.array([known.get(result.to(padded.dtype).contiguous().numpy().tobytes(), -1) for result in results])


def rounded_how(result: Tensor) -> str:
    """Whether values between 0 and 1 went through whole numbers from 0 to 255."""
    whole = result.double() * 255
    return "gives only multiples of 1/255" if bool((whole - whole.round()).abs().max() < 1e-3) else ""
