"""What the numbers that training and evaluation report are mistaken for: the `mistakes` of `expect_close`.

Each is a function that is called only when a number is wrong, and gives what typical mistakes would have reported for
the same model and data, by the end of a sentence about the number.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from oracle_training import Epoch, logits, per_pixel
from torch import Tensor, nn
from torch.nn import functional as F
from wrong_training import in_rows, other_losses

from grader.verdicts.class_maps import mistaken_accuracies, mistaken_overlaps
from grader.verdicts.loops import Batches, Criterion
from grader.verdicts.trajectories import Loop

Known = Callable[[], Iterator[tuple[str, Any]]]


def mistaken_losses(losses: Sequence[float], batches: Batches, in_the_data_set: int | None = None) -> Known:
    """What else may be made of the mean losses of batches than the mean per pixel.

    Args:
        in_the_data_set: how many images it has, where the loader does not give all of them.
    """

    def known() -> Iterator[tuple[str, float]]:
        means = np.array(losses, dtype=float)
        images = np.array([len(masks) for _, masks in batches])
        pixels = np.array([masks.numel() for _, masks in batches])
        yield "this number is the mean of the batches' means, whatever their sizes", means.mean()
        yield "this number is the mean over images, whatever their sizes", np.average(means, weights=images)
        yield "this number is the sum of the batches' means", means.sum()
        yield "this number is that of the last batch", means[-1]
        yield "this number is that of the first batch", means[0]
        yield "this number is the sum over all pixels", (means * pixels).sum()
        yield "this number is the sum over all images of their batch's mean", (means * images).sum()
        yield (
            "this number is the sum over all pixels, divided by the number of images",
            (means * pixels).sum() / (images.sum()),
        )
        yield "this number is the sum over all pixels, divided by the number of batches", (means * pixels).mean()
        yield (
            "this number is the sum of the batches' means, divided by the number of images",
            means.sum() / images.sum(),
        )
        yield "this number is the sum over images, divided by the number of batches", (means * images).mean()
        if len(means) > 1:
            yield "the last batch is not counted", np.average(means[:-1], weights=pixels[:-1])
            yield "the first batch is not counted", np.average(means[1:], weights=pixels[1:])
        yield "this number is the smallest of the batches' means", means.min()
        yield "this number is the largest of the batches' means", means.max()
        yield "this number is the median of the batches' means", np.median(means)
        for size in {in_the_data_set, int(images.sum())} - {None}:
            which = "all images of the data set" if size == in_the_data_set else "the images"
            told = f"the sum of the batches' losses is divided by the number of {which}"
            yield told, means.sum() / size
            yield f"the sum over images is divided by the number of {which}", (means * images).sum() / size
        if in_the_data_set is not None:
            each = pixels.sum() / images.sum()
            told = "the sum over the pixels seen is divided by the pixels of the whole data set"
            yield told, (means * pixels).sum() / (each * in_the_data_set)

    return known


def mistaken_epochs(
    model: nn.Module,
    batches: Batches,
    right: Loop,
    loops: Mapping[str, Loop],
    criterion: Criterion = F.cross_entropy,
    in_the_data_set: int | None = None,
) -> Known:
    """What else an epoch of training may report as its loss.

    Args:
        model: before the epoch; stays as it is.
        right: the right loop, of one epoch.
        loops: wrong ones, by what is said of their steps.
    """

    def known() -> Iterator[tuple[str, float]]:
        before, later = copy.deepcopy(model).double(), []
        losses = []
        for number, loss in enumerate(right(before)):
            losses.append(loss)
            images, masks = batches[number]
            with torch.no_grad():
                later.append(criterion(copy.deepcopy(before)(images.double()), masks).item())
        yield from mistaken_losses(losses, batches, in_the_data_set)()
        for told, values in (
            ("the losses are those after the steps", later),
            (
                "the losses are those after the epoch, in evaluation mode",
                batch_losses(logits(before, batches), batches),
            ),
            (
                "the losses are those before the epoch, in evaluation mode",
                batch_losses(logits(model, batches), batches),
            ),
        ):
            yield told, per_pixel(values, batches)
            for more, value in mistaken_losses(values, batches, in_the_data_set)():
                yield f"{told}; {more}", value
        for told, loop in loops.items():
            try:
                values = list(loop(copy.deepcopy(model).double()))
            except (RuntimeError, IndexError):
                continue
            if len(values) == len(batches):
                yield f"it is the loss of an epoch whose steps {told}", per_pixel(values, batches)

    return known


def mistaken_history(
    history: Sequence[Epoch],
    number: int,
    start: nn.Module,
    train: Batches,
    val: Batches,
    num_classes: int,
    criterion: Criterion = F.cross_entropy,
    weights: Tensor | None = None,
) -> dict[str, Known]:
    """What else `fit` may report of an epoch as its `train_loss`, `val_loss` and `val_accuracy`.

    Args:
        number: of the epoch, from 0.
        start: the model before the first epoch.
    """
    here, before = history[number], history[number - 1].model if number else start
    of_val, of_train, earlier = (
        mistaken_evaluations(model, batches, num_classes, criterion, weights)
        for model, batches in ((here.model, val), (here.model, train), (before, val))
    )

    def training() -> Iterator[tuple[str, float]]:
        yield from mistaken_losses(here.losses, train)()
        for told, batches in (
            ("it is the loss after the epoch, in evaluation mode", train),
            ("it is the loss on the validation data after the epoch", val),
        ):
            yield told, per_pixel(batch_losses(logits(here.model, batches), batches, criterion), batches)
        for other, epoch in enumerate(history, start=1):
            yield f"it is that of epoch {other}", epoch.train_loss
        yield "it is the mean of all epochs so far", float(np.mean([e.train_loss for e in history[: number + 1]]))
        yield "it is the sum over all epochs so far", float(np.sum([e.train_loss for e in history[: number + 1]]))

    def validation(key: str) -> Iterator[tuple[str, float]]:
        yield from of_val[key]()
        for told, known in (
            ("it is measured on the training data", of_train),
            ("it is measured before the epoch's training", earlier),
        ):
            yield from ((f"{told}; {more}" if more else told, value) for more, value in known[key]())
        if key == "loss":
            yield "it is the training loss", here.train_loss

    return {
        "train_loss": training,
        "val_loss": lambda: validation("loss"),
        "val_accuracy": lambda: validation("accuracy"),
    }


def batch_losses(outputs: Sequence[Tensor], batches: Batches, criterion: Criterion = F.cross_entropy) -> list[float]:
    """The criterion's value for each batch."""
    return [criterion(output, masks).item() for output, (_, masks) in zip(outputs, batches, strict=True)]


@torch.no_grad()
def logits_in_training_mode(model: nn.Module, batches: Batches) -> list[Tensor]:
    """The model's statistics are put back."""
    model = copy.deepcopy(model).double().train()
    return [model(images.double()) for images, _ in batches]


def mistaken_evaluations(
    model: nn.Module,
    batches: Batches,
    num_classes: int,
    criterion: Criterion = F.cross_entropy,
    weights: Tensor | None = None,
    in_the_data_set: int | None = None,
) -> dict[str, Known]:
    """What else than the right numbers an evaluation may report as its `loss`, `accuracy` and `iou`."""
    named = {"": logits, "in training mode, ": logits_in_training_mode}

    def losses() -> Iterator[tuple[str, float]]:
        for when, run in named.items():
            outputs = run(model, batches)
            if not when:
                yield "", per_pixel(batch_losses(outputs, batches, criterion), batches)
            else:
                values = batch_losses(outputs, batches, criterion)
                pixels = [masks.numel() for _, masks in batches]
                yield "this is the loss in training mode", float(np.average(values, weights=pixels))
            for told, value in mistaken_losses(batch_losses(outputs, batches, criterion), batches, in_the_data_set)():
                yield when + told, value
            for told, other in _other_criteria(criterion, weights).items():
                values = batch_losses(outputs, batches, other)
                yield f"{when}{told}", float(np.average(values, weights=[masks.numel() for _, masks in batches]))
                for more, value in mistaken_losses(values, batches, in_the_data_set)():
                    yield f"{when}{told}; {more}", value

    return {
        "loss": losses,
        "accuracy": lambda: _by_classes(model, batches, partial(_accuracies, weights=weights), weights),
        "iou": lambda: _by_classes(model, batches, partial(_overlaps, num_classes=num_classes), weights),
    }


def _other_criteria(criterion: Criterion, weights: Tensor | None) -> dict[str, Criterion]:
    told = {"lower ": "this is ", "raise ": "this is minus "}
    found = {
        next(new + name.removeprefix(old) for old, new in told.items() if name.startswith(old)): loss
        for name, loss in other_losses(weights).items()
    }
    if criterion is F.cross_entropy:
        return found
    rows = {f"this is the criterion's value for {told}": other for told, other in in_rows(criterion).items()}
    return found | {"this is the plain cross-entropy": F.cross_entropy} | rows


def _by_classes(
    model: nn.Module,
    batches: Batches,
    known: Callable[[list[Tensor], list[Tensor]], Iterator[tuple[str, Any]]],
    weights: Tensor | None,
) -> Iterator[tuple[str, Any]]:
    """What is known of predicted and true classes, predicted in this way or that."""
    true = [masks for _, masks in batches]
    outputs = logits(model, batches)
    yield from known([output.argmax(1) for output in outputs], true)
    others = {
        "classes are compared with the masks of other images": [x.argmax(1).flip(0) for x in outputs],
        "these classes are predicted in training mode": [x.argmax(1) for x in logits_in_training_mode(model, batches)],
        "the classes with the smallest logits are taken": [x.argmin(1) for x in outputs],
        "classes are counted from 1": [x.argmax(1) + 1 for x in outputs],
        "the first classes with a positive logit are taken": [(x > 0).long().argmax(1) for x in outputs],
    }
    if weights is not None:
        by_class = weights.double()[:, None, None]
        others["logits are multiplied by the class weights"] = [(x * by_class).argmax(1) for x in outputs]
        others["probabilities are multiplied by the class weights"] = [
            (x.softmax(1) * by_class).argmax(1) for x in outputs
        ]
    for told, predicted in others.items():
        for more, value in known(predicted, true):
            yield told + (f"; {more}" if more else ""), value


def _accuracies(predicted: list[Tensor], true: list[Tensor], weights: Tensor | None) -> Iterator[tuple[str, float]]:
    single = [(p == t).double().mean().item() for p, t in zip(predicted, true, strict=True)]
    everything, right = (torch.cat([each.flatten() for each in parts]) for parts in (predicted, true))
    yield "", (everything == right).double().mean().item()
    batches = [(torch.zeros(len(t)), t) for t in true]
    yield from mistaken_losses(single, batches)()
    if weights is not None:
        each = weights.double()[right]
        yield "every pixel counts by the weight of its class", ((everything == right) * each).sum().item() / each.sum()
    yield from mistaken_accuracies(everything, right)()


def _overlaps(predicted: list[Tensor], true: list[Tensor], num_classes: int) -> Iterator[tuple[str, np.ndarray]]:
    everything, right = (torch.cat([each.flatten() for each in parts]) for parts in (predicted, true))
    if int(everything.max()) >= num_classes:
        return
    single = np.array([_iou(p, t, num_classes) for p, t in zip(predicted, true, strict=True)])
    yield "", _iou(everything, right, num_classes)
    yield from mistaken_overlaps("iou", everything, right, num_classes)()
    yield "they are means of the batches' values", np.nanmean(single, 0)
    yield "they are means of the batches' values", single.mean(0)
    yield (
        "they are means of the batches' values, 0 where a batch does not have the class",
        np.nan_to_num(single).mean(0),
    )
    yield (
        "they are means of the batches' values, 1 where a batch does not have the class",
        np.nan_to_num(single, nan=1.0).mean(0),
    )
    yield "they are those of the last batch", single[-1]
    yield "they are those of the first batch", single[0]
    maps = [(p, t) for ps, ts in zip(predicted, true, strict=True) for p, t in zip(ps, ts, strict=True)]
    each = np.array([_iou(p, t, num_classes) for p, t in maps])
    yield "they are means of the images' values", np.nanmean(each, 0)
    yield "they are means of the images' values, 0 where an image does not have the class", np.nan_to_num(each).mean(0)


def _iou(predicted: Tensor, true: Tensor, num_classes: int) -> np.ndarray:
    both = [((predicted == number) & (true == number)).sum().item() for number in range(num_classes)]
    either = [((predicted == number) | (true == number)).sum().item() for number in range(num_classes)]
    with np.errstate(all="ignore"):
        return np.array(both) / np.array(either, dtype=float)
