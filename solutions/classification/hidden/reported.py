"""What the history of `fit`, and the weights it leaves behind, are mistaken for when they are known to be wrong."""

import copy
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import oracle
from mistaken_training import mistaken_epoch_loss
from torch import Tensor, nn
from torch.nn import functional as F

from grader.verdicts.class_scores import mistaken_accuracy, mistaken_mean
from grader.verdicts.trajectories import Trajectory, differing

Data = Mapping[str, tuple[Tensor, Tensor]]


def mistaken_reports(
    key: str,
    number: int,
    start: nn.Module,
    data: Data,
    epochs: Sequence[oracle.Epoch],
    course: Trajectory,
    size: int,
    history: Sequence[Mapping[str, float]],
) -> Iterator[tuple[str, float]]:
    """What may stand in the history in place of the right number, by what is said of one that equals it.

    Args:
        key: `"train_loss"`, `"val_loss"` or `"val_accuracy"`.
        number: of the epoch, from 1.
        start: the model as it was before.
        data: images and labels of `"train"` and `"val"`.
        size: of the batches.
        history: as it is reported.
    """
    best = "this number is the best of the epochs so far"
    right_ones, reported = ([entry[key] for entry in each] for each in ([e.reported() for e in epochs], history))
    running = np.minimum.accumulate(right_ones) if key.endswith("loss") else np.maximum.accumulate(right_ones)
    if np.allclose(reported, running, rtol=1e-3):  # before others that one such number may equal by chance
        yield best, running[number - 1]
    steps = len(course.losses) // len(epochs)
    part = course.part((number - 1) * steps, number * steps)
    right = epochs[number - 1].reported()
    if key == "train_loss":
        model = _at(start, part.states[0])
        yield from mistaken_epoch_loss(model, part, *data["train"], size, {}, F.cross_entropy)()
    else:
        yield from _validation(key, _at(start, part.states[-1]), data["val"], size, "")
        before = _at(start, part.states[0])
        yield from _validation(key, before, data["val"], size, "this is measured before the epoch's training")
        after = _at(start, part.states[-1])
        yield from _validation(key, after, data["train"], size, "this is measured on the training data")
        yield from _in_training_mode(key, after, data["val"], size)
    for other, value in right.items():
        if other != key:
            yield f"this number is the {other} of the same epoch", value
    for other, epoch in enumerate(epochs, start=1):
        if other != number:
            yield f"this number is that of epoch {other}", epoch.reported()[key]
    so_far = [epoch.reported()[key] for epoch in epochs[:number]]
    yield "this number is the mean over the epochs so far", sum(so_far) / number
    yield best, running[number - 1]
    yield "this number is the sum over the epochs so far", sum(so_far)
    for digits in (0, 1, 2, 3):
        yield f"this number is rounded to {digits} decimals", round(right[key], digits)


def _at(model: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
    there = copy.deepcopy(model).double()
    there.load_state_dict(dict(state))
    return there


def _validation(
    key: str, model: nn.Module, data: tuple[Tensor, Tensor], size: int, how: str
) -> Iterator[tuple[str, float]]:
    yield from _evaluated(key, oracle.logits(model, data[0]), data[1], size, how)


def _in_training_mode(
    key: str, model: nn.Module, data: tuple[Tensor, Tensor], size: int
) -> Iterator[tuple[str, float]]:
    outputs = oracle.logits_in_training_mode(model, data[0], size)
    yield from _evaluated(key, outputs, data[1], size, "this is measured in training mode")


def _evaluated(key: str, logits: Tensor, labels: Tensor, size: int, how: str) -> Iterator[tuple[str, float]]:
    """The number as it should be, if only its circumstances are wrong, and then what it may be mistaken for."""

    def named(told: str) -> str:
        return "; ".join(filter(None, (how, told)))

    labels = labels.long().flatten()
    if key == "val_accuracy":
        if how:
            yield how, float((logits.argmax(1) == labels).double().mean())
        for told, value in mistaken_accuracy(logits, labels, size)():
            yield named(told), value
        pairs = [
            (x.argmax(1)[:, None] == y).double() for x, y in zip(logits.split(size), labels.split(size), strict=True)
        ]
        told = "each prediction of a batch is compared with every label of the batch"
        yield named(told), float(sum(part.sum() for part in pairs)) / len(labels)
        yield named(told), float(sum(part.mean() * len(part) for part in pairs)) / len(labels)
        yield named(told), float(sum(part.mean() for part in pairs)) / len(pairs)
        return
    for told, criterion in _LOSSES.items():
        each = criterion(logits, labels)
        if how or told:
            yield named(told), float(each.mean())
        for more, value in mistaken_mean(each, size)():
            yield named("; ".join(filter(None, (told, more)))), value


_LOSSES = {
    "": lambda x, y: F.cross_entropy(x, y, reduction="none"),
    "this is the cross-entropy of probabilities instead of logits": lambda x, y: F.cross_entropy(
        x.softmax(1), y, reduction="none"
    ),
    "this is minus the mean probability of the labels": lambda x, y: F.nll_loss(x.softmax(1), y, reduction="none"),
    "this is minus the mean logit of the labels": lambda x, y: F.nll_loss(x, y, reduction="none"),
    "this is a cross-entropy with label smoothing of 0.1": lambda x, y: F.cross_entropy(
        x, y, label_smoothing=0.1, reduction="none"
    ),
}


def which_epoch(state: Mapping[str, Tensor], course: Trajectory, epochs: Sequence[oracle.Epoch], best: int) -> str:
    """Of which epoch the weights are that are not those of the best one; empty when of none.

    Args:
        best: the position of the right one, from 0.
    """
    steps = len(course.losses) // len(epochs)

    def matching(names: list[str]) -> list[int]:
        found = []
        for number in range(len(epochs) + 1):
            right = {name: course.states[number * steps][name] for name in names}
            if not differing(state, right, course.tolerances[number * steps]):
                found.append(number)
        return found

    buffers = [name for name in course.states[0] if name not in course.parameters]
    trained, counted = matching(course.parameters), matching(buffers)
    if best + 1 in trained:
        whose = f"those of epoch {counted[-1]}" if counted else "others"
        told = f"the model holds the parameters of epoch {best + 1}, the best one"
        return f"{told}, but its batch-norm statistics are {whose}"
    if not trained:
        return ""
    number = trained[-1]
    if number == 0:
        return f"the model holds the parameters it had before, not those of epoch {best + 1}, the best one"
    why = " and ".join(_distinctions(number - 1, epochs, best))
    return f"the model holds the weights of epoch {number}{why and f' ({why})'}, not those of epoch {best + 1}"


def _distinctions(position: int, epochs: Sequence[oracle.Epoch], best: int) -> Iterator[str]:
    accuracies = [epoch.val_accuracy for epoch in epochs]
    if accuracies[position] == accuracies[best]:
        latest = max(i for i, value in enumerate(accuracies) if value == accuracies[best])
        yield "just as good, but later" if position == latest else "just as good, but not the first one"
    if position == min(range(len(epochs)), key=lambda i: epochs[i].val_loss):
        yield "the one with the lowest validation loss"
    if position == min(range(len(epochs)), key=lambda i: epochs[i].train_loss):
        yield "the one with the lowest training loss"
    if position == min(range(len(epochs)), key=lambda i: accuracies[i]) and len(set(accuracies)) > 1:
        yield "the one with the lowest validation accuracy"
    if position == best - 1:
        yield "the one before the best"
    if position == len(epochs) - 1:
        yield "the last one"
    elif position == 0:
        yield "the first one"
