"""What typical mistakes make of training and of what it reports, to name the one that wrong results come of.

Nothing here decides whether a result is right: it is asked only about results that are known to be wrong.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import oracle
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from grader.verdicts.class_scores import mistaken_mean
from grader.verdicts.loops import Criterion, MakeOptimizer, free, frozen_norm_in_evaluation, training_loop
from grader.verdicts.trajectories import Loop, Trajectory

Loops = dict[str, Loop]


def wrong_loops(
    images: Tensor,
    labels: Tensor,
    size: int,
    make: MakeOptimizer,
    epochs: int = 1,
    criterion: Criterion = F.cross_entropy,
    rates: Mapping[str, float] | None = None,
) -> Loops:
    """Loops that make one mistake each, by what is said of their steps.

    Args:
        rates: of SGD, where the function is to make its optimiser itself.
    """
    with_these = partial(training_loop, oracle.batches(images, labels, size), mode=frozen_norm_in_evaluation)
    right = partial(with_these, make, epochs)
    found = {f"lower {told}": right(other) for told, other in _losses(criterion).items()}
    changed = partial(right, criterion)
    found |= {
        "raise the loss": changed(sign=-1.0),
        "are made in evaluation mode": changed(mode=nn.Module.eval),
        "are made with frozen batch norm in training mode": changed(mode=nn.Module.train),
        "are made on gradients that add up from batch to batch": changed(cleared="never"),
        "are made by a new optimiser in every epoch, which forgets the momentum": changed(new_optimizer=True),
        "are made on images divided by 255": changed(images_as=lambda x: x / 255),
        "are made on images in half precision": changed(images_as=lambda x: x.half().to(x.dtype)),
    }
    for size_ in (0.1, 0.5, 1.0, 2.0, 5.0):
        for told, clip in (
            ("a norm", partial(nn.utils.clip_grad_norm_, max_norm=size_)),
            ("values", partial(nn.utils.clip_grad_value_, clip_value=size_)),
        ):
            found[f"are made on gradients that are clipped to {told} of {size_:g}"] = changed(clip=clip)
    for factor in (0.1, 0.5, 0.9, 0.95, 0.99):
        found[f"are made at a rate that falls to {factor:g} of itself after every epoch"] = changed(factor=factor)
    for told, other in (_optimizers(rates) if rates is not None else _own_optimizers()).items():
        found[f"are those of {told}"] = with_these(other, epochs, criterion)
    return found


def _losses(criterion: Criterion) -> dict[str, Criterion]:
    found: dict[str, Criterion] = {
        "a loss of the probabilities in place of the logits": lambda x, y: criterion(x.softmax(1), y),
        "a loss of the log-probabilities, divided by the images of the batch": lambda x, y: (
            criterion(x.log_softmax(1), y) / len(y)
        ),
        "the sum of the losses of all images of a batch": lambda x, y: criterion(x, y) * len(y),
        "the loss divided by the number of images of the batch": lambda x, y: criterion(x, y) / len(y),
    }
    if criterion is not F.cross_entropy:
        found = {"the plain cross-entropy, not the criterion given": F.cross_entropy} | found
    for share in (0.05, 0.1, 0.2):
        found[f"a cross-entropy with label smoothing of {share:g}"] = partial(F.cross_entropy, label_smoothing=share)
    return found


def _optimizers(rates: Mapping[str, float]) -> dict[str, MakeOptimizer]:
    """What may stand in the place of SGD with these rates, over the trainable parameters."""
    optim, own = torch.optim, dict(rates)
    kinds: dict[str, Any] = {
        "SGD without momentum": partial(optim.SGD, **own | {"momentum": 0.0}),
        "SGD with Nesterov's momentum": partial(optim.SGD, **own, nesterov=True) if own.get("momentum") else None,
        "Adam": partial(optim.Adam, lr=own["lr"]),
        "AdamW": partial(optim.AdamW, lr=own["lr"]),
        "RMSprop": partial(optim.RMSprop, lr=own["lr"]),
    }
    for decay in (1e-5, 1e-4, 5e-4, 1e-3, 5e-3, 1e-2):
        kinds[f"SGD with a weight decay of {decay:g}"] = partial(optim.SGD, **own, weight_decay=decay)
    for other in (0.5, 0.8, 0.9, 0.95, 0.99):
        kinds[f"SGD with momentum={other:g}"] = partial(optim.SGD, **own | {"momentum": other})
    for other in (0.001, 0.003, 0.01, 0.05, 0.1):
        kinds[f"SGD with lr={other:g}"] = partial(optim.SGD, **own | {"lr": other})
    return {told: lambda model, kind=kind: kind(free(model)) for told, kind in kinds.items() if kind is not None}


def _own_optimizers() -> dict[str, MakeOptimizer]:
    made: dict[str, MakeOptimizer] = {}
    for lr in (0.1, 0.01, 0.001):
        for told, kind in (
            (f"SGD with lr={lr:g}", partial(torch.optim.SGD, lr=lr)),
            (f"SGD with lr={lr:g} and momentum=0.9", partial(torch.optim.SGD, lr=lr, momentum=0.9)),
            (f"Adam with lr={lr:g}", partial(torch.optim.Adam, lr=lr)),
        ):
            told = f"another optimiser than the one given: {told}"
            made[told] = lambda model, kind=kind: kind(free(model))
    return made


def mistaken_epoch_loss(
    model: nn.Module,
    wanted: Trajectory,
    images: Tensor,
    labels: Tensor,
    size: int,
    loops: Loops,
    criterion: Criterion,
    in_the_data_set: int | None = None,
) -> Callable[[], Iterator[tuple[str, float]]]:
    """What may be reported in place of the mean loss per sample of an epoch.

    Args:
        model: as it was before.
        wanted: the right course of the epoch.
        in_the_data_set: how many samples it has, where the loader does not give all.
    """

    def at(state: Mapping[str, Tensor], rows: Tensor, mode: bool) -> float:
        there = copy.deepcopy(model).double()
        there.load_state_dict(dict(state))
        there.train(mode)
        with torch.no_grad():
            return float(criterion(there(images[rows].double()), labels[rows].long().flatten()))

    def known() -> Iterator[tuple[str, float]]:
        batches = list(torch.arange(len(images)).split(size))
        sizes = [len(rows) for rows in batches]
        losses = wanted.losses
        yield from mistaken_mean(np.repeat(losses, sizes), size)()
        yield from _averages_in_other_ways(losses, sizes, in_the_data_set)
        for mode, how in ((True, "training"), (False, "evaluation")):
            steps = list(zip(wanted.states, wanted.states[1:], batches, strict=False))
            after = [at(state, rows, mode) for _, state, rows in steps]
            yield (
                f"this number comes of losses that are measured again after each step, in {how} mode",
                _mean(after, sizes),
            )
            before = [at(state, rows, mode) for state, _, rows in steps]
            yield f"this number comes of losses before each step in {how} mode", _mean(before, sizes)
            for state, when in ((wanted.states[-1], "after"), (wanted.states[0], "before")):
                there = [at(state, rows, mode) for rows in batches]
                yield f"this number is the loss {when} the epoch, in {how} mode", _mean(there, sizes)
        for told, other in loops.items():
            others = list(other(copy.deepcopy(model).double()))
            if len(others) == len(sizes):
                yield f"that comes of steps that {told}", _mean(others, sizes)

    return known


def _averages_in_other_ways(
    losses: Sequence[float], sizes: Sequence[int], in_the_data_set: int | None
) -> Iterator[tuple[str, float]]:
    count, total = sum(sizes), float(np.dot(losses, sizes))
    if in_the_data_set:
        yield "this number is divided by the size of the data set, not by the samples seen", total / in_the_data_set
    yield "this number is the median of the batches' losses", float(np.median(losses))
    yield (
        "this number is the loss of the whole epoch, divided by one batch more",
        float(np.sum(losses)) / (len(losses) + 1),
    )
    yield (
        "this number is a sum that is divided by the number of samples without the last batch",
        total / (count - sizes[-1] or count),
    )
    for share in (0.5, 0.9, 0.95, 0.98, 0.99, 0.1):
        smooth, from_zero = losses[0], 0.0
        for loss in losses[1:]:
            smooth = share * smooth + (1 - share) * loss
        for loss in losses:
            from_zero = share * from_zero + (1 - share) * loss
        yield "this number is a running average, in which later batches count more or less", smooth
        yield "this number is a running average, in which later batches count more or less", from_zero
    for digits in (1, 2, 3, 4):
        yield f"this number is rounded to {digits} decimals", round(total / count, digits)


def _mean(losses: Sequence[float], sizes: Sequence[int]) -> float:
    return float(np.average(losses, weights=sizes[: len(losses)]))
