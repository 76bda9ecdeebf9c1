"""What a right program does in compare.py: passes over the data, steps in float64, and the arms of a recorded run."""

from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from grader.probes import arms

Event = dict[str, Any]


# train_arm


def pass_fault(batches: list[list[int]], count: int, batch_size: int) -> str | None:
    """What is wrong with the order in which `count` images were taken; None when nothing is.

    Every pass takes all images once. Its incomplete batch may be used as it is, last or earlier, left out, joined to
    the batch before, or filled up with the beginning of the next pass.
    """
    sizes = [len(batch) for batch in batches]
    taken = [number for batch in batches for number in batch]
    if not set(taken) <= set(range(count)):
        return "the model was given something that is no image of the data set"
    if _left_out(batches, count, batch_size):
        return None
    if max(sizes) >= 2 * batch_size or max(sizes) > max(batch_size, count):
        return f"batches had up to {max(sizes)} images, with batch_size={batch_size}"
    ends = list(accumulate(sizes))
    early = [(end, size) for end, size in zip(ends, sizes, strict=True) if size != batch_size and end % count]
    passes = [end // count for end, _ in early]
    if any(size != count % batch_size for _, size in early) or len(set(passes)) < len(passes):
        return f"the batches had {_listed(sizes)} images, with {count} images and batch_size={batch_size}"
    for start in range(0, len(taken), count):
        one = taken[start : start + count]
        if len(set(one)) < len(one):
            met = f"{len(set(one))} different images among {len(one)}"
            return f"images come a second time before all others have come once: there are only {met}"
    return None


def pass_starts(batches: list[list[int]], count: int) -> set[int]:
    """Which of the batches are the first ones of a pass, the very first left out."""
    starts, seen = set(), set[int]()
    for step, batch in enumerate(batches):
        if seen & set(batch) or len(seen) == count:
            starts.add(step)
            seen = set()
        seen |= set(batch)
    return starts


def _left_out(batches: list[list[int]], count: int, batch_size: int) -> bool:
    """Whether these are right passes with the incomplete last batch left out."""
    whole = count // batch_size
    if not whole or any(len(batch) != batch_size for batch in batches):
        return False
    groups = [sum(batches[start : start + whole], []) for start in range(0, len(batches), whole)]
    return all(len(set(group)) == len(group) for group in groups)


def _listed(sizes: list[int]) -> str:
    return ", ".join(map(str, sizes[:8])) + (", …" if len(sizes) > 8 else "")


# compare_arms


@dataclass
class Arm:
    """The training of one arm, and its tests.

    Attributes:
        trainings: its training passes.
        tests: passes on test images of the trained network.
        early: passes on test images of the network before its training was over.
    """

    trainings: list[Event]
    tests: list[Event] = field(default_factory=list)
    early: list[Event] = field(default_factory=list)

    @property
    def marked(self) -> list[bool]:
        """Of every image that it was trained on, whether it was augmented."""
        return [code[arms.MARK] > 128 for event in self.trainings for code in event["codes"].tolist()]

    @property
    def kind(self) -> str:
        return "plain" if not any(self.marked) else "augmented" if all(self.marked) else "mixed"


def trainings(events: list[Event], test_numbers: set[int]) -> list[Event]:
    """Passes that were learned from, on images that do not belong to the test split."""
    return [event for event in events if event["trained"] and not _numbers(event) & test_numbers]


def tests(events: list[Event], test_numbers: set[int]) -> list[Event]:
    """Passes that test images took part in."""
    return [event for event in events if _numbers(event) & test_numbers]


def arms_of(events: list[Event], steps: int, test_numbers: set[int]) -> list[Arm]:
    """The arms of a run in which each trains for `steps` steps, whether it has a network of its own or not."""
    by_model: dict[int, list[Arm]] = {}
    for event in trainings(events, test_numbers):
        own = by_model.setdefault(event["model"], [Arm([])])
        if len(own[-1].trainings) == steps:
            own.append(Arm([]))
        own[-1].trainings.append(event)
    copies = []
    for position, event in enumerate(events):
        if _numbers(event) & test_numbers:
            own = by_model.get(event["model"], [])
            begun = sum(one["model"] == event["model"] for one in trainings(events[:position], test_numbers))
            if not own:
                copies.append(event)
            elif begun and begun % steps == 0:
                own[begun // steps - 1].tests.append(event)
            else:
                own[begun // steps].early.append(event)
    found = [arm for own in by_model.values() for arm in own]
    _share_out(copies, [arm for arm in found if not arm.tests])  # trained networks may be copied to be tested
    for own in by_model.values():  # or put back into the one network, when all arms are trained
        _share_out(own[-1].tests, [*(arm for arm in own[:-1] if not arm.tests), own[-1]])
    return found


def _share_out(tests: list[Event], among: list[Arm]) -> None:
    """Gives each arm the tests of one state of the weights, in order, when there are as many states as arms."""
    states = list(dict.fromkeys(event["weights"] for event in tests))
    if len(states) == len(among):
        for arm, state in zip(among, states, strict=True):
            arm.tests = [event for event in tests if event["weights"] == state]


def batches_by_network(events: list[Event], test_numbers: set[int]) -> list[int]:
    """How many batches each network was trained on."""
    models = [event["model"] for event in trainings(events, test_numbers)]
    return [models.count(model) for model in dict.fromkeys(models)]


def goes_on(found: dict[str, Arm]) -> str:
    """Which arm begins where another one ended, as the end of a sentence."""
    for kind, arm in found.items():
        first = arm.trainings[0]
        for other, before in found.items():
            if other == kind or not before.tests:
                continue
            if first["weights"] == before.tests[0]["weights"]:
                return f": {kind} begins with the weights with which {other} ended"
            if first["buffers"] == before.tests[0]["buffers"]:
                return f": {kind} begins with the running statistics with which {other} ended"
    starts = {arm.trainings[0]["weights"] for arm in found.values()}
    return ": each has weights of its own" if len(starts) == len(found) else ""


def foreign_labels(arm: Arm, labels: Tensor, count: int) -> str:
    """What labels images learn that are not their own; "" if none do, or nothing is known.

    Args:
        labels: of all images.
        count: how many of them are for training; their numbers come first.
    """
    learned = [
        (number, round(target), marked)
        for event in arm.trainings
        if event["targets"] is not None
        for number, target, marked in zip(
            arms.numbers(event["codes"]), event["targets"], event["codes"][:, arms.MARK] > 128, strict=True
        )
    ]
    right = labels.tolist()
    wrong = [entry for entry in learned if entry[1] != right[entry[0]]]
    if not wrong:
        return ""
    augmented = all(marked for *_, marked in wrong)
    which = "augmented images" if augmented else "images"
    among = [entry for entry in learned if entry[2] or not augmented]
    for distance, words in ((1, "the next image"), (-1, "the image before")):
        if all(target == right[(number + distance) % count] for number, target, _ in among):
            return f"{which} get the label of {words}"
    if all(target == 1 - right[number] for number, target, _ in among):
        return f"{which} get the label of the other class"
    if len({target for _, target, _ in among}) == 1:
        return f"all {which} get the label {among[0][1]}"
    return f"{len(wrong)} of {len(among)} uses of {which} come with the wrong one"


def _numbers(event: Event) -> set[int]:
    return set(arms.numbers(event["codes"]))


def scores(passes: list[Event], wanted: list[int]) -> Tensor | None:
    """Outputs `(N, K)`, float64, for the images of these numbers, in their order; None when they are not all known."""
    known = {}
    for event in passes:
        if event["outputs"] is None:
            return None
        outputs = event["outputs"].double().reshape(len(event["codes"]), -1)
        known |= dict(zip(arms.numbers(event["codes"]), outputs, strict=True))
    return torch.stack([known[number] for number in wanted]) if set(wanted) <= set(known) else None


def auroc_range(outputs: Tensor, labels: Tensor) -> tuple[float, float]:
    """The AUROC of class 1, from below and above: pairs of scores that differ by rounding alone count either way."""
    score = outputs.softmax(1)[:, 1] if outputs.shape[1] > 1 else outputs[:, 0].sigmoid()
    difference = (score[labels == 1, None] - score[labels == 0]).flatten()
    return (difference > 1e-6).double().mean().item(), (difference > -1e-6).double().mean().item()


def accuracy_ranges(outputs: Tensor, labels: Tensor) -> list[tuple[float, float]]:
    """The accuracy, from below and above; of a single output both as a logit and as a probability."""
    if outputs.shape[1] > 1:
        others = outputs.masked_fill(F.one_hot(labels, outputs.shape[1]).bool(), -np.inf).max(1).values
        margins = [outputs.gather(1, labels[:, None])[:, 0] - others]
    else:
        thresholds = [0.0, 0.5] if bool(((outputs >= 0) & (outputs <= 1)).all()) else [0.0]
        margins = [(outputs[:, 0] - threshold) * (2 * labels - 1) for threshold in thresholds]
    return [((margin > 1e-6).double().mean().item(), (margin > -1e-6).double().mean().item()) for margin in margins]
