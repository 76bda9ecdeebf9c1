"""What class weights of masks are mistaken for: the `mistakes` of `grader.verdicts.values.expect_close`."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np


def mistaken_weights(masks: Sequence[Any], num_classes: int) -> Callable[[], Iterator[tuple[str, np.ndarray]]]:
    """What other formulas give, by the end of a sentence about the weights."""

    def known() -> Iterator[tuple[str, np.ndarray]]:
        flat = [np.asarray(mask).astype(np.int64).reshape(-1) for mask in masks]
        single = np.array([np.bincount(mask, minlength=num_classes)[:num_classes] for mask in flat], dtype=float)
        counts = single.sum(0)
        shares = counts / counts.sum()
        yield "they are in proportion to the pixels of each class, not inverse to them", _scaled(shares)
        yield "they are the shares of the classes", shares
        yield "they are one minus the shares of the classes", _present(1 - shares, counts)
        yield "they are one minus the shares of the classes, with a mean of 1", _scaled(_present(1 - shares, counts))
        for name, other in _other_counts(single, counts):
            yield name, _scaled(_inverse(other))
        for name, weights in _other_functions(counts, shares):
            yield name, _scaled(_present(weights, counts))
        yield from _other_scales(counts, shares)
        right = _scaled(_inverse(counts))
        infinite = np.where(counts > 0, right, np.inf)
        yield "the weight of an absent class is infinite", infinite
        yield "the weight of an absent class is infinite, and so is the mean of all", infinite / infinite.mean()
        yield "the weight of an absent class is 1", np.where(counts > 0, right, 1)
        yield "the weight of an absent class is that of the rarest one", np.where(counts > 0, right, right.max())
        ones = _inverse(counts.clip(1))
        yield "an absent class weighs as much as one with a single pixel", _scaled(ones)
        yield "an absent class weighs as much as one with a single pixel", ones / ones[counts > 0].mean()
        yield "an absent class weighs as much as one with a single pixel", ones / ones.mean()
        for extra in (1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6):
            yield f"{extra:g} is added to the counts of pixels", _scaled(_inverse(counts + extra))
            yield f"{extra:g} is added to the counts of pixels", _scaled(_present(1 / (counts + extra), counts))
            yield f"{extra:g} is added to the shares of pixels", _scaled(_inverse(shares + extra))
            yield f"{extra:g} is added to the shares of pixels", _scaled(_present(1 / (shares + extra), counts))

    return known


def _inverse(counts: np.ndarray) -> np.ndarray:
    return np.divide(1, counts, out=np.zeros_like(counts, dtype=float), where=counts > 0)


def _present(weights: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.where(counts > 0, weights, 0)


def _scaled(weights: np.ndarray) -> np.ndarray:
    """Mean 1 over the classes that have a weight."""
    return weights / weights[weights > 0].mean() if (weights > 0).any() else weights


def _other_counts(single: np.ndarray, counts: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    shares = single / single.sum(1, keepdims=True)
    yield "each mask counts as much as any other, whatever its size", shares.mean(0)
    yield "masks that have the class are counted, not pixels", (single > 0).sum(0)
    yield (
        "pixels are counted only in the masks that have the class, as shares of these masks",
        counts / (single.sum(1, keepdims=True) * (single > 0)).sum(0),
    )
    yield "only the first mask is counted", single[0]
    yield "only the last mask is counted", single[-1]
    yield "the first mask is not counted", single[1:].sum(0)
    yield "the last mask is not counted", single[:-1].sum(0)
    yield "the weight of each class is that of the class before it", np.roll(counts, 1)
    yield "the weight of each class is that of the class after it", np.roll(counts, -1)
    yield "the weights stand in the opposite order", counts[::-1]
    yield "class 0 is left out", np.where(np.arange(len(counts)) == 0, 0, counts)
    yield "the last class is left out", np.where(np.arange(len(counts)) == len(counts) - 1, 0, counts)
    for bits in (8, 16):
        yield f"pixels are counted with {bits} bits", single.sum(0) % 2**bits
        yield f"pixels of each mask are counted with {bits} bits", (single % 2**bits).sum(0)


def _other_functions(counts: np.ndarray, shares: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    yield "they are inverse to the root of the pixels, not to the pixels", counts**-0.5
    yield "they are inverse to the square of the pixels, not to the pixels", counts**-2
    yield "they are inverse to a logarithm of the shares", 1 / np.log(1.02 + shares)
    yield "they are inverse to a logarithm of the shares", 1 / np.log(1 + shares)
    yield "they are inverse to a logarithm of the pixels", 1 / np.log(1 + counts)
    yield "they are logarithms of the inverse shares", -np.log(shares)
    for beta in (0.9, 0.99, 0.999, 0.9999):
        yield "they are those of effective numbers of samples", (1 - beta) / (1 - beta**counts)
    yield "quotients are rounded down to whole numbers", counts.sum() // counts
    yield "quotients are rounded to whole numbers", np.round(counts.sum() / counts)
    yield "all classes weigh the same", np.ones_like(counts)


def _other_scales(counts: np.ndarray, shares: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    inverse = _inverse(counts)
    there = inverse[counts > 0]
    yield "their mean over all classes is 1, absent ones included", inverse / inverse.mean()
    yield "their sum is 1", inverse / inverse.sum()
    yield "the largest of them is 1", inverse / inverse.max()
    yield "the smallest of them is 1", inverse / there.min()
    yield "the median of them is 1", inverse / np.median(there)
    yield "they are not scaled: they are one divided by the pixels", inverse
    yield "they are not scaled: they are all pixels divided by those of a class", _inverse(shares)
    yield "they are all pixels divided by those of a class and by the number of classes", _inverse(shares) / len(counts)
    yield (
        "they are all pixels divided by those of a class and by the number of classes that are there",
        _inverse(shares) / len(there),
    )
    yield (
        "each pixel weighs 1 in the mean: they are scaled by the pixels of each class",
        inverse / ((inverse * shares).sum()),
    )
    yield "their squares have a mean of 1", inverse / np.sqrt((there**2).mean())
    middle = np.median(counts[counts > 0])
    yield "they are the median number of pixels divided by those of a class", inverse * middle
    yield (
        "they are the median number of pixels, of all classes, divided by those of a class",
        inverse * np.median(counts),
    )
