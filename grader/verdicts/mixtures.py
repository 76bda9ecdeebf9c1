"""What a data set of originals and augmented items holds, in words.

The base holds image k with 100 k everywhere and the label 10 k; the transform adds one (`grader.probes.transforms`).
So every item says which image it is, how often it was augmented, and whose label it has.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Any

from grader.errors import StudentFault
from grader.probes import seeds, transforms

Item = tuple[float, int]

STEP, LABEL = 100, 10


def items_how(items: Sequence[Item]) -> str:
    """All items, one after the other: `0, 1, 2, 0 augmented, 1 augmented with the label of 2`."""
    return ", ".join(_item(*item) for item in items) or "nothing"


def _item(image: float, label: int) -> str:
    number, times = divmod(round(image), STEP)
    words = [str(number), *(["augmented"] if times else []), *([f"{times} times"] if times > 1 else [])]
    if label != LABEL * number:
        other = f"{label} instead of {LABEL * number}" if label % LABEL else f"of {label // LABEL}"
        words.append(f"with the label {other}")
    return " ".join(words)


def augmented_how(items: Sequence[Item]) -> str:
    """What is different about images that should all be augmented once."""
    return f"of images 0 to {len(items) - 1} gives {items_how(items)}"


def mixed_how(items: Sequence[Item], originals: int) -> str:
    """What is different about originals that should be followed by each of them augmented."""
    times = [round(image) % STEP for image, _ in items]
    first, rest = times[:originals], times[originals:]
    seen = f"of images 0 to {originals - 1} gives {items_how(items)}"
    if any(label != LABEL * (round(image) // STEP) for image, label in items):
        return f"{seen}: images come with foreign labels"
    if len(items) != 2 * originals:
        augmented = sum(bool(time) for time in times)
        return f"{seen}: {len(items)} items, {augmented} of them augmented"
    if all(first) and not any(rest):
        return f"{seen}: the augmented items come first"
    if any(first) and any(time == 0 for time in rest):
        return f"{seen}: originals and augmented items are mixed up"
    if any(first):
        return f"{seen}: the originals are augmented as well"
    if not all(rest):
        return f"{seen}: items after the originals are not augmented"
    return seen


def share_how(seen: dict[tuple[int, float], int]) -> str:
    """By which other rule the numbers of augmented items come about, as the end of a sentence.

    Args:
        seen: for numbers of originals and fractions, how many augmented items there are.
    """
    for words, rule in _RULES.items():
        if all(_holds(rule, n, fraction, count) for (n, fraction), count in seen.items() if fraction):
            return f"; {words}"
    return ""


def _holds(rule: Callable[[int, Any], int], n: int, fraction: float, count: int) -> bool:
    """In exact numbers, or in floating-point ones."""
    return count in (rule(n, Fraction(fraction).limit_denominator(1000)), rule(n, fraction))


def _exact(n: int, f: Any) -> Any:
    return n * f / (1 - f)


_RULES: dict[str, Callable[[int, Any], int]] = {
    "the result always has as many items as the base": lambda n, f: 0,
    "there are as many augmented items as originals, whatever the fraction": lambda n, f: n,
    "the number is always rounded down": lambda n, f: floor(_exact(n, f)),
    "the number is always rounded up": lambda n, f: ceil(_exact(n, f)),
    "there are never more of them than originals": lambda n, f: min(n, round(_exact(n, f))),
    "they make up that fraction of the originals, not of the result": lambda n, f: round(n * f),
    "they make up that fraction of the originals, rounded down": lambda n, f: floor(n * f),
    "they make up that fraction of the originals, rounded up": lambda n, f: ceil(n * f),
    "the originals make up that fraction, not the augmented items": lambda n, f: round(n * (1 - f) / f),
    "their number is always a whole number of rounds over the base": lambda n, f: n * floor(f / (1 - f)),
    "their number is always a whole number of rounds over the base, rounded": lambda n, f: n * round(f / (1 - f)),
    "their number is always a whole number of rounds over the base, rounded up": lambda n, f: n * ceil(f / (1 - f)),
    "the fraction is taken as a percentage": lambda n, f: round(_exact(n, f / 100)),
    "the length of the whole is rounded down": lambda n, f: floor(n / (1 - f)) - n,
    "one is missing": lambda n, f: round(_exact(n, f)) - 1,
    "there is one too many": lambda n, f: round(_exact(n, f)) + 1,
}


def repeated_how(student: Any, make: Callable[[Any], Any], index: int) -> str:
    """Why two accesses to an item gave the same image.

    Args:
        make: from a transform to a data set whose item `index` should be augmented.
    """
    same = "gives the same augmented image at two accesses"
    counting = student.run(transforms.Counting)
    dataset = make(counting)
    if counting.calls:
        return f"{same}: the transform is applied when the data set is made, before an item is asked for"
    student.run(transforms.items, dataset, [index, index])
    if counting.calls == 1:
        return f"{same}: the transform is called at the first one only"
    if "torch" in student.run(seeds.reseeded, transforms.items, make(transforms.noisy), [index]):
        return f"{same}: reading an item sets the global seed of torch"
    return same


def accepted_how(student: Any, mixed: Sequence[Any]) -> str:
    """What `mix` did instead of raising an error, given what it returned (nothing, if it raised one)."""
    if not mixed:
        return ""
    try:
        count = len(mixed[0])
        student.run(transforms.items, mixed[0], list(range(min(count, 20))))
    except (StudentFault, ValueError, IndexError, TypeError, ZeroDivisionError) as error:
        return f"raises nothing when it is called, but a {getattr(error, 'type_name', type(error).__name__)} later on"
    return f"raises no ValueError, but gives a data set of {count} items"
