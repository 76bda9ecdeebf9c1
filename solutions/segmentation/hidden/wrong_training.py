"""Training loops that are wrong in one way each.

What a student's function leaves behind is compared with what these make of the same model and data, once it is known to
be wrong: the one that gives the same tells what the student's does.
"""

import itertools
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from grader.verdicts.loops import (
    Batches,
    Criterion,
    MakeOptimizer,
    free,
    frozen_norm_in_evaluation,
    slowed,
    training_loop,
)
from grader.verdicts.trajectories import Loop


def other_optimizers(lr: float) -> dict[str, MakeOptimizer]:
    """What may stand in the place of Adam with that rate."""
    optim = torch.optim
    kinds: dict[str, Callable[[list[nn.Parameter]], torch.optim.Optimizer]] = {
        "are those of SGD": partial(optim.SGD, lr=lr),
        "are those of SGD with momentum 0.9": partial(optim.SGD, lr=lr, momentum=0.9),
        "are those of RMSprop": partial(optim.RMSprop, lr=lr),
        "are those of Adagrad": partial(optim.Adagrad, lr=lr),
        "are those of AdamW, with its weight decay of 0.01": partial(optim.AdamW, lr=lr),
        "are those of NAdam": partial(optim.NAdam, lr=lr),
        "are those of RAdam": partial(optim.RAdam, lr=lr),
        "are those of Adamax": partial(optim.Adamax, lr=lr),
        "are those of the AMSGrad variant of Adam": partial(optim.Adam, lr=lr, amsgrad=True),
    }
    for decay in (0.1, 1e-2, 5e-3, 1e-3, 5e-4, 1e-4, 1e-5):
        kinds[f"are those of Adam with a weight decay of {decay:g}"] = partial(optim.Adam, lr=lr, weight_decay=decay)
        kinds[f"are those of AdamW with a weight decay of {decay:g}"] = partial(optim.AdamW, lr=lr, weight_decay=decay)
    for betas in ((0.5, 0.999), (0.9, 0.99), (0.9, 0.9), (0.8, 0.999), (0.95, 0.999), (0.0, 0.999), (0.9, 0.95)):
        kinds[f"are those of Adam with betas={betas}"] = partial(optim.Adam, lr=lr, betas=betas)
    for eps in (1.0, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7):
        kinds[f"are those of Adam with eps={eps:g}"] = partial(optim.Adam, lr=lr, eps=eps)
    for rate in (1.0, 0.1, 0.05, 0.02, 0.01, 0.005, 0.003, 0.002, 0.001, 5e-4, 3e-4, 1e-4, 1e-5, 10 * lr, lr / 10):
        kinds[f"are those of Adam with the rate {rate:g}"] = partial(optim.Adam, lr=rate)
    return {told: lambda model, kind=kind: kind(free(model)) for told, kind in kinds.items()}


def other_losses(weights: Tensor | None = None) -> dict[str, Criterion]:
    """What may stand in the place of the cross-entropy, weighted or not."""
    plain: dict[str, Criterion] = {
        "lower a cross-entropy that is smoothed": partial(F.cross_entropy, label_smoothing=0.1),
        "lower the cross-entropy of probabilities": lambda x, y: F.cross_entropy(x.softmax(1), y),
        "lower the sum of the cross-entropies of all pixels": partial(F.cross_entropy, reduction="sum"),
        "raise the cross-entropy": lambda x, y: -F.cross_entropy(x, y),
        "lower the sum over the pixels, divided by the images": lambda x, y: (
            F.cross_entropy(x, y, reduction="sum") / len(x)
        ),
    }
    plain["lower a loss of logits that were reshaped, so that values of several pixels are mixed"] = lambda x, y: (
        F.cross_entropy(x.reshape(y.numel(), -1), y.flatten())
    )
    for number in range(4):
        told = f"lower a cross-entropy without the pixels of class {number}"
        plain[told] = partial(F.cross_entropy, ignore_index=number)
    if weights is None:
        return plain
    return _weighted_otherwise(weights) | plain


def in_rows(criterion: Criterion) -> dict[str, Criterion]:
    """A criterion that gets the pixels one after the other, without their places."""
    return {
        "all pixels in one row": lambda x, y: criterion(x.movedim(1, -1).flatten(0, 2), y.flatten()),
        "the pixels of each image in one row": lambda x, y: criterion(x.flatten(2), y.flatten(1)),
    }


def _weighted_otherwise(weights: Tensor) -> dict[str, Criterion]:
    def by(other: Tensor, **options: Any) -> Criterion:
        return lambda x, y: F.cross_entropy(x, y, other.to(x.dtype), **options)

    def plain_mean(x: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(x, y, weights.to(x.dtype), reduction="none").mean()

    return {
        "lower a cross-entropy without class weights": F.cross_entropy,
        "lower a weighted sum that is divided by the number of pixels, not by their weights": plain_mean,
        "lower a weighted sum over the pixels": by(weights, reduction="sum"),
        "lower a cross-entropy with the inverse class weights": by(1 / weights.clamp(min=0.01)),
        "lower a cross-entropy with the squares of the class weights": by(weights**2),
        "lower a cross-entropy with the roots of the class weights": by(weights.sqrt()),
        "lower a cross-entropy with the class weights in the opposite order": by(weights.flip(0)),
        "lower a cross-entropy with the softmax of the class weights": by(weights.softmax(0)),
        "lower a smoothed weighted cross-entropy": by(weights, label_smoothing=0.1),
        "lower a cross-entropy of logits multiplied by the class weights": lambda x, y: F.cross_entropy(
            x * weights.to(x.dtype)[:, None, None], y
        ),
    }


def wrong_loops(
    batches: Batches,
    optimizer: MakeOptimizer,
    epochs: int = 1,
    criterion: Criterion = F.cross_entropy,
    factor: float = 1.0,
    lr: float | None = None,
    weights: Tensor | None = None,
    first_gradients: float = 0.0,
) -> dict[str, Loop]:
    """Loops that make one mistake each, by what is said of their steps.

    Args:
        lr: of Adam, where this is the optimiser; otherwise another one was given to the function.
        first_gradients: what stood in every gradient before.
    """
    right = partial(training_loop, batches, optimizer, epochs, criterion, factor)
    found: dict[str, Loop] = {}
    for told, kind in (other_optimizers(lr) if lr is not None else _own_optimizers()).items():
        found[told] = training_loop(batches, kind, epochs, criterion, factor)
        if lr is None and epochs > 1:
            found[f"{told}, made anew in every epoch"] = training_loop(
                batches, kind, epochs, criterion, new_optimizer=True
            )
    others = other_losses(weights)
    if lr is None:
        others = {"lower the plain cross-entropy": F.cross_entropy} | others
        others |= {f"lower the criterion's value for {told}": other for told, other in in_rows(criterion).items()}
    for told, other in others.items():
        found[told] = training_loop(batches, optimizer, epochs, other, factor)
    found |= {
        "are made with frozen batch norm in evaluation mode": right(mode=frozen_norm_in_evaluation),
        "are made in evaluation mode": right(mode=nn.Module.eval),
        "go the opposite way: the loss is raised": right(sign=-1.0),
        "are made on gradients that add up": right(cleared="never", first_gradients=first_gradients),
        "start from gradients that were there before": right(
            cleared="after each step", first_gradients=first_gradients
        ),
        "are made by a new optimiser in every epoch": right(new_optimizer=True),
        "are right, but each batch goes through the model once more in training mode": right(looks_again=True),
        "are made on images divided by 255": right(images_as=lambda x: x / 255),
        "are made on images that were standardised": right(images_as=lambda x: (x - x.mean()) / x.std()),
        "are made on images that were clamped to [0, 1]": right(images_as=lambda x: x.clamp(0, 1)),
        "are made on images in the precision of bfloat16": right(images_as=lambda x: x.bfloat16().to(x.dtype)),
        "are made on images in the precision of float16": right(images_as=lambda x: x.half().to(x.dtype)),
    }
    for norm in (0.1, 0.5, 1.0):
        found[f"are made on gradients clipped to a norm of {norm:g}"] = right(
            clip=partial(nn.utils.clip_grad_norm_, max_norm=norm)
        )
    if factor != 1:
        constant = partial(training_loop, batches, optimizer, epochs, criterion)
        found["are made at the rate of the first epoch throughout"] = constant(1.0)
        found["are made at rates that fall after every batch"] = constant(1.0, factor_by_batch=factor)
        found["are made at rates that fall twice after every epoch"] = constant(factor**2)
        found["are made at rates that have fallen before the first epoch"] = training_loop(
            batches, lambda model: slowed(optimizer(model), factor), epochs, criterion, factor
        )
    return found


def _own_optimizers() -> dict[str, MakeOptimizer]:
    rates = (1.0, 0.1, 0.05, 0.01, 0.001)
    made: dict[str, MakeOptimizer] = {}
    for lr in rates:
        made[f"are those of another optimiser than the one given: SGD with the rate {lr:g}"] = lambda model, lr=lr: (
            torch.optim.SGD(free(model), lr=lr)
        )
        made[f"are those of another optimiser than the one given: Adam with the rate {lr:g}"] = lambda model, lr=lr: (
            torch.optim.Adam(free(model), lr=lr)
        )
    return made


def cut(loops: Mapping[str, Loop], count: int) -> dict[str, Loop]:
    """The same loops, of which each ends after some steps."""

    def ending(loop: Loop) -> Loop:
        return lambda model: itertools.islice(loop(model), count)

    return {told: ending(loop) for told, loop in loops.items()}
