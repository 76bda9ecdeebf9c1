"""What happened while arms of a study were trained, in words, from the events of `grader.probes.arms.Journal`."""

from collections.abc import Sequence
from typing import Any

from grader.probes import arms

Event = dict[str, Any]


def steps_how(batches: Sequence[Sequence[int]], steps: int, count: int, batch_size: int) -> str:
    """How the number of batches came about, where it is not `steps`; the end of a sentence.

    Args:
        batches: the images' numbers.
        count: how many images there are.
        batch_size: as asked for.
    """
    made, whole = len(batches), -(-count // batch_size)
    complete = all(len(batch) == batch_size for batch in batches)
    passes = {whole, max(count // batch_size, 1)} if complete else {whole}  # an incomplete last batch may be left out
    if not made:
        return ", not on a single one"
    if made in {steps * one for one in passes} and steps > 1 and passes != {1}:
        return f": {steps} whole passes over the {count} images, as if steps were passes"
    if made in passes and made < steps:
        return f": one pass over the {count} images, after which the training ends"
    if made > steps and any(made % one == 0 and made - steps < one for one in passes):
        return f": the last pass over the {count} images goes on to its end"
    if made == -(-steps // batch_size) or made == steps // batch_size:
        return f": as many as {steps} images make, with batch_size={batch_size}"
    return {1: ": one too many", -1: ": one too few"}.get(made - steps, "")


def difference_between(one: Sequence[Event], two: Sequence[Event]) -> str:
    """In what two runs that should be the same differ first, as the end of a sentence; "" when in nothing."""
    met: set[int] = set()
    for a, b in zip(one, two, strict=False):
        where = f"training {len(met | {a['model']})}" if a["trained"] else "testing"
        if a["weights"] != b["weights"]:
            first = a["model"] not in met
            return (
                f": the networks start from other weights (in {where})" if first else f": the steps differ in {where}"
            )
        met.add(a["model"])
        if arms.numbers(a["codes"]) != arms.numbers(b["codes"]):
            return f": the images come in another order (in {where})"
        if not a["codes"].equal(b["codes"]):
            return f": the images are augmented in another way (in {where})"
    return ": one makes more passes than the other" if len(one) != len(two) else ""


def repeated_augmentations(events: Sequence[Event]) -> str:
    """Whether augmented images are used more than once, as the end of a sentence."""
    codes = [code for event in events if event["trained"] for code in event["codes"].tolist()]
    fresh = [tuple(code[arms.FRESH]) for code in codes if code[arms.MARK] > 128]
    if len(set(fresh)) == len(fresh):
        return ""
    return f": {len(fresh)} times an augmented image is used, but there are only {len(set(fresh))} different ones"
