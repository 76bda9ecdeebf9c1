"""What the scaling of pixels from 0...255 to -1...1 is mistaken for."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from grader.verdicts.likeness import likeness
from grader.verdicts.values import as_array, expect_close

_ROOM = 2e-6
_IMAGENET = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]).reshape(2, 1, 3, 1, 1)


def expect_pixels(result: Any, images: np.ndarray, what: str) -> None:
    """They are the images with channels first, 0 as -1 and 255 as +1; the message names what gives other values.

    Args:
        images: uint8 `(N, H, W, 3)` or `(N, H, W)`.
    """
    __tracebackhide__ = True
    got, right = as_array(result, what), scaled(first(images))
    why = _mistake(got, right, images) if got.shape == right.shape else ""
    assert not why, f"{what}: {why}"
    expect_close(got, right, rtol=0, atol=_ROOM, what=what)


def _mistake(got: np.ndarray, right: np.ndarray, images: np.ndarray) -> str:
    """The mistake that gives such values; empty where none is known, or nothing is wrong."""
    if np.allclose(got, right, rtol=0, atol=_ROOM) or not np.isfinite(got).all():
        return ""
    pixels = first(images).astype(np.float64)
    line = _line(got, pixels)
    found = likeness(got, right, lambda: [*_repeated(right), *_statistics(pixels)])
    found = found or line or likeness(got, right, lambda: _others(images))
    if not found and np.abs(got - right).max() < 3e-3:
        return "the values are nearly right: they were rounded to few digits on the way"
    return found or _where(got, right)


def first(images: np.ndarray) -> np.ndarray:
    """The same with the channels as the second axis."""
    return images[:, None] if images.ndim == 3 else np.moveaxis(images, -1, 1)


def scaled(pixels: np.ndarray) -> np.ndarray:
    """Pixels as they should be in the end, in float64."""
    return pixels.astype(np.float64) / 127.5 - 1


def _repeated(right: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    yield "they are normalised twice", 2 * right - 1
    yield "they are normalised twice", right / 127.5 - 1


def _statistics(pixels: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Statistics of the data take part."""
    low, high = pixels.min(), pixels.max()
    if low < high and (low, high) != (0, 255):
        yield "the smallest and the largest value of the data become -1 and +1", 2 * (pixels - low) / (high - low) - 1
        yield "the smallest and the largest value of the data become 0 and 1", (pixels - low) / (high - low)
    if 0 < high < 255:
        yield "values are divided by the largest one of the data", 2 * pixels / high - 1
        yield "values are divided by the largest one of the data", pixels / high
    with np.errstate(all="ignore"):
        for axes, of in (((1, 2, 3), "each image"), ((2, 3), "each channel of an image"), ((0, 2, 3), "each channel")):
            low, high = pixels.min(axes, keepdims=True), pixels.max(axes, keepdims=True)
            if (low == 0).all() and (high == 255).all():
                continue
            stretched = (pixels - low) / (high - low)
            yield f"{of} is stretched from its own smallest to its own largest value", 2 * stretched - 1
            yield f"{of} is stretched from its own smallest to its own largest value, to [0, 1]", stretched
            yield f"values are divided by the largest one of {of}", 2 * pixels / high - 1
        spans = [
            ((0, 1, 2, 3), "all images"),
            ((0, 2, 3), "each channel"),
            ((1, 2, 3), "each image"),
            ((2, 3), "each channel of an image"),
        ]
        for span, of in spans:
            mean = pixels.mean(span, keepdims=True)
            for freedom in (0, 1):
                spread = pixels.std(span, ddof=freedom, keepdims=True)
                yield f"they have mean 0 and standard deviation 1 over {of}", (pixels - mean) / spread
            for size in (255, 127.5):
                yield f"the mean of {of} is taken away", (pixels - mean) / size


def _others(images: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    pixels = first(images)
    right, share = scaled(pixels), pixels / 255
    shape = pixels.shape
    if shape[1] > 1:
        yield "the order of the colours is reversed", right[:, ::-1]
        yield (
            "colours and places are mixed up, as by a change of shape that moves no axis",
            scaled(images.reshape(shape)),
        )
        yield "the colours are averaged", np.broadcast_to(right.mean(1, keepdims=True), shape)
    if shape[2] == shape[3]:
        yield "rows and columns are exchanged", right.swapaxes(2, 3)
    yield "the images are mirrored left to right", right[..., ::-1]
    yield "the images are upside down", right[:, :, ::-1]
    yield "the images come in the reverse order", right[::-1]
    if shape[1] in (1, 3):
        for start in (share, right):
            yield "each colour is standardised by a mean and a deviation", (start - _IMAGENET[0]) / _IMAGENET[1]
    yield "they were rounded to whole numbers on the way", np.trunc(right)
    yield "they were rounded to whole numbers on the way", np.floor(right)
    for bits in (np.uint8, np.int8):
        small = pixels.astype(bits)
        doubled = small * bits(2)
        kind = "integers of 8 bits, beyond whose range numbers begin again at the other end"
        yield f"they were computed in {kind}", (doubled - np.array(255).astype(bits)).astype(float) / 255
        yield f"they were computed in {kind}", doubled.astype(float) / 255 - 1
        for middle in (127, 128):
            for size in (127, 127.5, 128):
                yield f"they were computed in {kind}", (small - np.array(middle).astype(bits)).astype(float) / size
        yield f"pixels were taken for {kind}", small.astype(float) / 127.5 - 1


def _line(got: np.ndarray, pixels: np.ndarray) -> str:
    """Where 0 and 255 come to lie, if each pixel's value alone decides, on another straight line."""
    if np.ptp(pixels) == 0 or not np.isfinite(got).all():
        return ""
    slope, start = np.polyfit(pixels.ravel(), got.ravel(), 1)
    off = np.abs(start + slope * pixels - got).max()
    if off > 1e-5 * max(1.0, float(np.abs(got).max())):
        return ""
    ends = (round(float(end), 4) + 0.0 for end in (start, start + 255 * slope))
    return "0 becomes {:.6g} and 255 becomes {:.6g}".format(*ends)


def _where(got: np.ndarray, right: np.ndarray) -> str:
    """Whether whole images, or all of them mirrored, explain what is seen."""
    alike = [bool(np.allclose(one, other, rtol=0, atol=2e-6)) for one, other in zip(got, right, strict=True)]
    mirrored = [
        not same and any(np.allclose(one, turned, rtol=0, atol=2e-6) for turned in (other[..., ::-1], other[:, ::-1]))
        for same, one, other in zip(alike, got, right, strict=True)
    ]
    if any(mirrored) and all(same or turned for same, turned in zip(alike, mirrored, strict=True)):
        return f"{sum(mirrored)} of the {len(alike)} images are mirrored, the others are right"
    rest = [one for one, same in zip(got, alike, strict=True) if not same]
    if any(alike) and rest:
        return f"{len(rest)} of the {len(alike)} images are changed, the others are right"
    return ""
