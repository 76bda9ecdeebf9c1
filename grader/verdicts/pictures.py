"""What typical mistakes make of pictures: flips, exchanged axes and colours, other scales."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from torch import Tensor

FLIPS = ("not flipped", "flipped horizontally", "flipped vertically", "flipped both ways")


def flips(maps: Tensor, upright: Tensor) -> np.ndarray:
    """How each map `(n, ..., H, W)` was flipped: the position of its word in `FLIPS`, -1 for anything else.

    Args:
        upright: the map before, on which every flip shows.
    """
    candidates = (upright, upright.flip(-1), upright.flip(-2), upright.flip(-1, -2))
    known = {candidate.contiguous().numpy().tobytes(): number for number, candidate in enumerate(candidates)}
    return np.array([known.get(map.contiguous().numpy().tobytes(), -1) for map in maps])


def disagreement(of_images: Sequence[int], of_masks: Sequence[int]) -> str:
    """How masks were flipped otherwise than their images, as a sentence; empty where none was."""
    seen = Counter((int(image), int(mask)) for image, mask in zip(of_images, of_masks, strict=True))
    wrong = {pair: count for pair, count in seen.items() if pair[0] != pair[1]}
    if not wrong:
        return ""
    image, mask = max(wrong, key=lambda pair: wrong[pair])
    rule = ""
    if {mask for _, mask in seen} == {0}:
        rule = "no mask is flipped, whatever happens to its image; "
    elif {image for image, _ in seen} == {0}:
        rule = "no image is flipped, whatever happens to its mask; "
    return (
        f"{rule}{sum(wrong.values())} of {len(of_images)} masks are flipped otherwise than their images: "
        f"an image is {FLIPS[image]}, for example, and its mask is {FLIPS[mask]}"
    )


def told_flips(found: Sequence[int]) -> str:
    """How many items were flipped in which way, as a phrase."""
    counts = Counter(int(number) for number in found)
    return ", ".join(f"{counts[number] or 'none'} {word}" for number, word in enumerate(FLIPS))


def altered(got: np.ndarray, given: np.ndarray) -> str:
    """What became of a picture or a map that is not the one given, flipped in whatever way, as a phrase.

    Args:
        got, given: floats `(C, H, W)` or `(H, W)`.
    """
    given, got = (each.reshape(-1, *each.shape[-2:]) for each in (given, got))
    for word, axes in zip(FLIPS, ((), (-1,), (-2,), (-1, -2)), strict=True):
        upright = np.flip(given, axes)
        with np.errstate(all="ignore"):
            known = [*rescaled(upright), *rearranged(upright)]
        for sentence, values in known:
            if values.shape == got.shape and np.allclose(got, values, rtol=1e-6):
                return sentence if word == FLIPS[0] else f"{sentence}, and it is {word}"
    return "it has other values, or they stand elsewhere"


def rescaled(picture: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Pictures whose values were changed, by the end of a sentence about them.

    Args:
        picture: floats `(C, H, W)`.
    """
    low, high = picture.min(), picture.max()
    yield "they are divided by 255 once too often", picture / 255
    yield "they are not divided by 255", picture * 255
    yield "they are divided by 256", picture * 255 / 256
    yield "they are stretched from the picture's own darkest to its brightest value", (picture - low) / (high - low)
    yield "they are divided by the picture's largest value", picture / high
    yield "they lie between -1 and 1", 2 * picture - 1
    for degrees in (0, 1):
        values = (picture - picture.mean()) / picture.std(ddof=degrees)
        yield "they are standardised, with the mean and the deviation of the picture", values
    mean, deviation = picture.mean((1, 2), keepdims=True), picture.std((1, 2), keepdims=True)
    yield "every colour is standardised", (picture - mean) / deviation
    yield "they are rounded down to whole numbers", np.floor(picture)
    yield "they are rounded to the 256 values of 8 bits", np.round(picture * 255) / 255
    yield "they are rounded down to the 256 values of 8 bits", np.floor(picture * 255) / 255
    yield "they are cut off at 0 and 1", picture.clip(0, 1)
    yield "they have the precision of float16 only", picture.astype(np.float16)


def rearranged(picture: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Pictures whose values stand at other places, by the end of a sentence about them.

    Args:
        picture: `(C, H, W)`.
    """
    yield "the picture is flipped horizontally", picture[..., ::-1]
    yield "the picture is flipped vertically", picture[..., ::-1, :]
    yield "the picture is flipped both ways", picture[..., ::-1, ::-1]
    yield "its colours are in the opposite order", picture[::-1]
    channels_last = np.moveaxis(picture, 0, -1)
    yield "its axes have other lengths, but the values were not moved", channels_last.reshape(picture.shape)
    yield "rows and columns are exchanged", picture.swapaxes(-1, -2)
