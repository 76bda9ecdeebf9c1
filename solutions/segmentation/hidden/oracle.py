"""What a right program computes, and what chance allows, for the hidden checks of masks, dataset and metrics."""

import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from grader.verdicts.likeness import likeness
from grader.verdicts.values import kind_of

CODES = np.array([36, 72, 108, 144, 180, 216])
CLASSES = np.array([0, 1, 0, 0, 2, 3])


def decoded(mask: np.ndarray) -> np.ndarray:
    """The classes of known codes, int64."""
    return CLASSES[np.searchsorted(CODES, mask)]


def some_codes(rng: np.random.Generator, *shape: int, dtype: str = "uint8") -> np.ndarray:
    """Codes of the six tissues; every one occurs where there is room for all."""
    mask = rng.choice(CODES, shape)
    if mask.size >= len(CODES):
        mask.reshape(-1)[rng.permutation(mask.size)[: len(CODES)]] = CODES
    return np.asarray(mask, dtype=dtype)


def complaint(kind: type[Exception], what: str, function: Callable[..., Any], *args: Any) -> str:
    """The text of the exception of that kind that a call has to end in; any other exception goes through."""
    __tracebackhide__ = True
    try:
        result = function(*args)
    except NotImplementedError:
        raise
    except kind as error:
        return str(getattr(error, "message", error))  # without the place in the student's file
    except Exception as error:
        error.circumstances = f"{what} should raise a {kind.__name__}"  # type: ignore[attr-defined]  # see circumstances
        raise
    raise AssertionError(f"{what} should raise a {kind.__name__}, but raises nothing; it gives {short(result)}")


def short(value: Any) -> str:
    """A value as text, the middle of a long one left out; of what `image_files.listed` gives, the pairs."""
    value = value["pairs"] if isinstance(value, dict) and "pairs" in value else value
    text = " ".join(str(value.tolist() if isinstance(value, Tensor | np.ndarray) else value).split())
    return text if len(text) <= 120 else f"{text[:80]} ... {text[-30:]}"


def names_number(text: str, number: int) -> bool:
    """Whether a number stands in the text, not only as a part of another one."""
    return re.search(rf"(?<!\d){number}(?!\d)", text) is not None


def expect_integers(value: Any, shape: tuple[int, ...], what: str) -> np.ndarray:
    """int64 numbers of that shape, in an array, a tensor or, without axes, a NumPy number."""
    __tracebackhide__ = True
    assert isinstance(value, Tensor | np.ndarray | np.generic), (
        f"{what} should be an array or a tensor, got {kind_of(value)}"
    )
    array = value.numpy() if isinstance(value, Tensor) else np.asarray(value)
    assert array.shape == shape, f"{what} should have shape {shape}, got {array.shape}"
    assert array.dtype == np.int64, f"{what} should have dtype int64, got {array.dtype}"
    return array


def expect_classes(value: Any, mask: np.ndarray, what: str) -> None:
    """The classes of a mask's codes, int64 and of its shape; the message says which code becomes what."""
    __tracebackhide__ = True
    classes, wanted = expect_integers(value, mask.shape, what), decoded(mask)
    told = []
    for code in np.unique(mask):
        here, right = np.unique(classes[mask == code]), decoded(code)
        if here.tolist() != [right]:
            told.append(f"{code} becomes {' or '.join(map(str, here[:3]))} instead of {right}")
    assert not told, f"{what}: {', '.join(told)}"
    assert np.array_equal(classes, wanted), f"{what} has wrong classes"


# Metrics, counted pixel by pixel.


def confusion(prediction: np.ndarray, target: np.ndarray, num_classes: int) -> np.ndarray:
    """Rows are targets, columns predictions."""
    counts = Counter(zip(target.reshape(-1).tolist(), prediction.reshape(-1).tolist(), strict=True))
    return np.array([[counts[row, column] for column in range(num_classes)] for row in range(num_classes)])


def overlaps(prediction: np.ndarray, target: np.ndarray, num_classes: int) -> dict[str, np.ndarray]:
    """`iou` and `dice` of every class; NaN where neither map has it."""
    matrix = confusion(prediction, target, num_classes)
    both, either = np.diag(matrix), matrix.sum(0) + matrix.sum(1)
    nothing = np.full(num_classes, np.nan)
    iou = np.divide(both, either - both, out=nothing.copy(), where=either > 0)
    return {"iou": iou, "dice": np.divide(2 * both, either, out=nothing.copy(), where=either > 0)}


def expect_scores(value: Any, wanted: np.ndarray, what: str, mistakes: Any = ()) -> None:
    """float64 numbers, one per class, equal to those wanted up to rounding; NaN exactly where they are NaN.

    Args:
        mistakes: as in `expect_close`.
    """
    __tracebackhide__ = True
    assert isinstance(value, Tensor | np.ndarray), f"{what} should be an array or a tensor, got {kind_of(value)}"
    array = value.detach().numpy() if isinstance(value, Tensor) else value
    assert array.shape == wanted.shape, f"{what} should have shape {wanted.shape}, got {array.shape}"
    assert array.dtype == np.float64, f"{what} should have dtype float64, got {array.dtype}"
    absent = np.isnan(wanted)
    right = np.isnan(array[absent]).all() and np.isfinite(array[~absent]).all()
    worst = np.abs(array - wanted)[~absent].max(initial=0)
    if right and worst < 1e-9:
        return
    known = likeness(array, wanted, mistakes)
    if not known and right and worst < 7e-8:
        known = "they have the precision of float32 only"
    because = f"; {known}" if known else ""
    values, others = array[absent], array[~absent]
    added, lacking = values[~np.isnan(values)], others[~np.isfinite(others)]
    assert not len(added), f"{what}: a class that is in neither map has the value {added[0]:.4g}{because}"
    assert not len(lacking), f"{what}: a class that occurs has the value {lacking[0]}{because}"
    raise AssertionError(f"{what} is off by up to {worst:.3g}{because}")


# Chance. A check of randomness fails a right program in at most one of 10^8 gradings for each of its assertions:
# Chernoff's bound for counts, Hoeffding's for agreement, both true for every number of draws.
FALSE_ALARM = 1e-8


def expect_share(count: int, n: int, p: float, what: str, among: int = 1) -> None:
    """`count` of `n` independent draws fits the probability `p`; `among` such assertions share one alarm."""
    __tracebackhide__ = True
    share = count / n
    parts = [(share, p), (1 - share, 1 - p)]
    surprise = n * sum(got * math.log(got / wanted) for got, wanted in parts if got > 0)
    expected = "never" if p == 0 else f"about {p * n:.0f} times"
    assert surprise <= math.log(2 * among / FALSE_ALARM), f"{what} {count} times in {n}, where {expected} is right"


def expect_even(drawn: Iterable[Hashable], cells: int, what: str, outcomes: str) -> None:
    """Independent draws among that many equally likely outcomes."""
    __tracebackhide__ = True
    counts = Counter(drawn)
    n = sum(counts.values())
    assert len(counts) <= cells, f"{what}: {len(counts)} different {outcomes} where {cells} are possible"
    rare = 2 * cells * (1 - 1 / cells) ** n < FALSE_ALARM  # that one never comes: `expect_share` would notice, too
    assert not rare or len(counts) == cells, f"{what}: in {n} draws only {len(counts)} of {cells} {outcomes} come"
    for count in [*counts.values(), *([0] * (cells - len(counts)))]:
        expect_share(count, n, 1 / cells, f"{what}: one of {cells} equally likely {outcomes} comes", among=cells)


def expect_unrelated(one: np.ndarray, other: np.ndarray, what: str) -> None:
    """Two series of fair yes and no: whether one says yes tells nothing about the other."""
    __tracebackhide__ = True
    expect_share(int((one == other).sum()), len(one), 0.5, what)


# Pictures that show how they were turned.


def numbered_pair(channels: int, height: int, width: int, first: int = 0) -> tuple[Tensor, Tensor]:
    """An image in which every value occurs once, and a mask in which every class does."""
    mask = torch.arange(first, first + height * width).reshape(height, width)
    return torch.stack([mask + 1000.0 * channel for channel in range(channels)]), mask


def seed_that_decides(student: Any, draw: Callable[[], Any]) -> str:
    """Whether what is drawn follows torch's global seed, for a generator that was to decide it: the end of a sentence.

    Args:
        draw: draws it, with generators of the same seed.
    """
    drawn = []
    for _ in range(2):
        student.worker("torch").manual_seed(1)
        drawn.append(draw())
    return f"they {'follow' if drawn[0] == drawn[1] else 'do not follow'} torch's global seed"
