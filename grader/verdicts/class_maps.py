"""What measures of class maps are mistaken for: the `mistakes` of `grader.verdicts.values.expect_close`.

A prediction and a target are class maps of one shape; each function gives a function that is called only when numbers
are wrong, and gives what typical mistakes would have made of the same maps, by the end of a sentence about the numbers.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Known = Callable[[], Iterator[tuple[str, Any]]]


def _integers(maps: Any) -> np.ndarray:
    return np.asarray(maps).astype(np.int64)


def _counts(p: np.ndarray, t: np.ndarray, classes: int) -> np.ndarray:
    """Rows are targets."""
    matrix = np.zeros((classes, classes))
    np.add.at(matrix, (t.reshape(-1), p.reshape(-1)), 1)
    return matrix


def mistaken_matrices(prediction: Any, target: Any, num_classes: int) -> Known:
    """For confusion matrices."""

    def known() -> Iterator[tuple[str, Any]]:
        p, t = _integers(prediction), _integers(target)
        matrix = _counts(p, t, num_classes)
        yield "its rows are predictions and its columns targets", matrix.T
        yield "pixels of the same two classes are counted once", matrix > 0
        for number in range(num_classes):
            yield f"pixels of true class {number} are not counted", _without(matrix, number, slice(None))
            yield f"pixels predicted as class {number} are not counted", _without(matrix, slice(None), number)
            yield (
                f"pixels of true or predicted class {number} are not counted",
                _without(_without(matrix, number, slice(None)), slice(None), number),
            )
            yield f"pixels of class {number} that are right are not counted", _without(matrix, number, number)
        for axis, name in ((1, "row"), (0, "column")):
            sums = matrix.sum(axis, keepdims=True)
            yield f"every {name} is divided by its sum", matrix / sums.clip(1)
            yield f"every {name} is divided by its sum", matrix / sums
        yield "they are shares of all pixels", matrix / matrix.sum()
        yield "only pixels that are right are counted", np.diag(np.diag(matrix))
        yield "only pixels that are wrong are counted", matrix - np.diag(np.diag(matrix))
        yield "the last class comes first", matrix[::-1, ::-1]
        for bits in (8, 16):
            limit = 2**bits
            yield f"counts have only {bits} bits, so that they start again at 0 after {limit - 1}", matrix % limit
            yield f"counts stop at {limit - 1}", matrix.clip(max=limit - 1)
            places = np.bincount((t * num_classes + p).reshape(-1) % limit, minlength=num_classes**2)
            told = f"true and predicted class are combined in a number of {bits} bits, too few for these classes"
            yield told, places[: num_classes**2].reshape(num_classes, num_classes)
        if p.ndim > 1:
            yield "only the first map of the batch is counted", _counts(p[0], t[0], num_classes)
            yield "only the last map of the batch is counted", _counts(p[-1], t[-1], num_classes)

    return known


def _without(matrix: np.ndarray, rows: Any, columns: Any) -> np.ndarray:
    matrix = matrix.copy()
    matrix[rows, columns] = 0
    return matrix


def mistaken_accuracies(prediction: Any, target: Any) -> Known:
    """For the share of right pixels."""

    def known() -> Iterator[tuple[str, Any]]:
        p, t = _integers(prediction), _integers(target)
        classes = int(max(p.max(), t.max())) + 1
        right, matrix = p == t, _counts(p, t, classes)
        share, hits, truth, guess = right.mean(), np.diag(matrix), matrix.sum(1), matrix.sum(0)
        yield "this is a percentage", 100 * share
        yield "this is the share of wrong pixels", 1 - share
        yield "this is the number of right pixels", right.sum()
        yield "this is the number of right pixels divided by the length of the map's first axis", right.sum() / len(p)
        yield "this is the number of right pixels divided by the length of the last axis", right.sum() / p.shape[-1]
        yield "this is the share of maps of the batch that are right in every pixel", _by_map(right).all(1).mean()
        yield "this is the mean of the recalls of the classes that are there", (hits / truth)[truth > 0].mean()
        yield (
            "this is the mean of the recalls of all classes, 0 for those that are not there",
            np.nan_to_num(hits / truth).mean(),
        )
        yield "this is the mean of the precisions of the classes predicted", (hits / guess)[guess > 0].mean()
        union = truth + guess - hits
        yield "this is the mean IoU", (hits / union)[union > 0].mean()
        yield "this is one minus the mean difference of class numbers", 1 - np.abs(p - t).mean()
        yield "this is computed from the differences of class numbers", np.abs(p - t).mean()
        yield "this is computed from the differences of class numbers", 1 - np.abs(p - t).mean() / max(classes - 1, 1)
        yield "this is computed from the differences of class numbers", 1 - (p - t).mean()
        for number in range(classes):
            yield f"pixels of true class {number} are left out", right[t != number].mean()
        for number in range(classes):
            yield f"pixels of true class {number} count as wrong", (right & (t != number)).mean()
            yield (
                f"pixels of true or predicted class {number} are left out",
                right[(t != number) & (p != number)].mean(),
            )
        yield "only right or wrong in being class 0 counts", ((p > 0) == (t > 0)).mean()
        for digits in (1, 2, 3, 4):
            yield f"it is rounded to {digits} digits", np.round(share, digits)
        for bits in (8, 16):
            yield f"right pixels are counted with {bits} bits", (right.sum() % 2**bits) / right.size
        yield "it has the precision of float16 only", np.float16(share)
        yield "it is 0 where any pixel is wrong", np.floor(share)

    return known


def _by_map(maps: np.ndarray) -> np.ndarray:
    return maps.reshape(len(maps), -1)


def mistaken_overlaps(name: str, prediction: Any, target: Any, num_classes: int) -> Known:
    """For `"iou"` or `"dice"` of every class."""

    def known() -> Iterator[tuple[str, Any]]:
        p, t = _integers(prediction), _integers(target)
        matrix = _counts(p, t, num_classes)
        right = _score(name, matrix)
        one_sided = ((matrix.sum(0) > 0) != (matrix.sum(1) > 0)) & (np.diag(matrix) == 0)
        guessed, there = one_sided & (matrix.sum(0) > 0), one_sided & (matrix.sum(1) > 0)
        missed = (np.diag(matrix) == 0) & ~np.isnan(right)
        for instead in (np.nan, 1):
            yield f"a class that only the prediction has gets the value {instead}", np.where(guessed, instead, right)
            yield f"a class that only the target has gets the value {instead}", np.where(there, instead, right)
            yield f"a class that only one map has gets the value {instead}", np.where(one_sided, instead, right)
            yield f"a class without any right pixel gets the value {instead}", np.where(missed, instead, right)
        for instead in (0, 1):
            yield f"a class that neither map has gets the value {instead}", np.nan_to_num(right, nan=instead)
        yield "they are sorted", np.sort(right)
        yield "they are sorted", np.sort(right)[::-1]
        yield from _formulas(name, matrix)
        if p.ndim > 1:
            single = np.array([_score(name, _counts(a, b, num_classes)) for a, b in zip(p, t, strict=True)])
            known_there = ~np.isnan(single)
            yield "they are means of the values of the single maps", np.nanmean(single, 0)
            yield "they are means of the values of the single maps", single.mean(0)
            for instead in (0, 1):
                told = f"they are means of the values of the single maps, {instead} where a map does not have the class"
                yield told, np.where(known_there, single, instead).mean(0)
            yield "they are those of the first map of the batch", single[0]
            yield "they are those of the last map of the batch", single[-1]
        yield "they have the precision of float32 only", right.astype(np.float32)
        yield "they have the precision of float16 only", right.astype(np.float16)
        for digits in (2, 3, 4):
            yield f"they are rounded to {digits} digits", np.round(right, digits)
        yield "they are percentages", 100 * right
        yield "each is one minus what it should be", 1 - right
        for number in range(num_classes):
            yield f"pixels of true class {number} are not counted", _score(name, _without(matrix, number, slice(None)))
            yield (
                f"pixels predicted as class {number} are not counted",
                _score(name, _without(matrix, slice(None), number)),
            )
        yield "class 0 has the value NaN", _with(right, 0, np.nan)
        yield "class 0 has the value 0", _with(right, 0, 0)
        yield "the last class has the value NaN", _with(right, -1, np.nan)
        yield "the last class has the value 0", _with(right, -1, 0)

    return known


def _score(name: str, matrix: np.ndarray) -> np.ndarray:
    hits, sizes = np.diag(matrix), matrix.sum(0) + matrix.sum(1)
    with np.errstate(all="ignore"):
        return hits / (sizes - hits) if name == "iou" else 2 * hits / sizes


def _with(values: np.ndarray, number: int, value: float) -> np.ndarray:
    values = values.copy()
    values[number] = value
    return values


def _formulas(name: str, matrix: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Other fractions, and additions to them."""
    hits, guess, truth = np.diag(matrix), matrix.sum(0), matrix.sum(1)
    if name == "iou":
        yield "they are the Dice coefficients", _score("dice", matrix)
    else:
        yield "they are the IoU", _score("iou", matrix)
    yield "they are the recalls, shares of the pixels that are it", hits / truth
    yield "they are the precisions, shares of the pixels predicted as it", hits / guess
    yield "pixels in both maps count twice in the union", hits / (guess + truth)
    yield "the union leaves out the pixels in both maps", hits / (guess + truth - 2 * hits)
    yield "they are the accuracies of telling each class from all others", 1 - (guess + truth - 2 * hits) / matrix.sum()
    yield (
        "each is the mean of the IoU of a class and of all others together",
        (hits / (guess + truth - hits) + (matrix.sum() - guess - truth + hits) / (matrix.sum() - hits)) / 2,
    )
    yield "they are shares of all pixels", hits / matrix.sum()
    for bits in (8, 16):
        limit = 2**bits
        yield f"pixels are counted with {bits} bits", _score(name, matrix % limit)
        yield (
            f"pixels are counted with {bits} bits",
            (
                (hits % limit) / ((guess + truth - hits) % limit)
                if name == "iou"
                else 2 * (hits % limit) / (guess % limit + truth % limit)
            ),
        )
    above, below = (hits, guess + truth - hits) if name == "iou" else (2 * hits, guess + truth)
    for extra in (1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10):
        yield f"{extra:g} is added above and below the fraction line", (above + extra) / (below + extra)
        yield f"{extra:g} is added below the fraction line", above / (below + extra)
        yield (
            f"{extra:g} is added above and below the fraction line",
            np.where(below > 0, (above + extra) / (below + extra), np.nan),
        )
        yield f"{extra:g} is added below the fraction line", np.where(below > 0, above / (below + extra), np.nan)
