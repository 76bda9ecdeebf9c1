"""Training loops that are wrong in one way each.

What a student's function leaves behind is compared with what these make of the same model and data, once it is known to
be wrong: the one that gives the same tells what the student's does.
"""

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from oracle_training import Batches, Loss
from torch import Tensor, nn
from torch.nn import functional as F

from grader.verdicts.trajectories import Loop, Trajectory

Optimizer = Callable[[nn.Module], torch.optim.Optimizer]


def loop(
    batches: Batches,
    optimizer: Optimizer,
    epochs: int = 1,
    criterion: Loss = F.cross_entropy,
    factor: float = 1.0,
    *,
    training: bool = True,
    images_as: Callable[[Tensor], Tensor] = lambda images: images,
    largest_norm: float | None = None,
    sign: float = 1.0,
    cleared: str = "before each backward pass",
    first_gradients: float = 0.0,
    new_optimizer: bool = False,
    looks_again: bool = False,
    factor_by_batch: float = 1.0,
) -> Loop:
    """A loop for `follow` like `oracle_training.training`, with one thing or another done otherwise."""

    def steps(model: nn.Module) -> Iterator[float]:
        used = optimizer(model)
        dtype = next(model.parameters()).dtype
        for parameter in model.parameters():
            parameter.grad = torch.full_like(parameter, first_gradients) if first_gradients else None
        for number in range(epochs):
            model.train(training)
            if new_optimizer and number:
                used = optimizer(model)
            for images, masks in batches:
                if cleared == "before each backward pass":
                    used.zero_grad()
                loss = criterion(model(images_as(images.to(dtype))), masks)
                (sign * loss).backward()
                if largest_norm is not None:
                    nn.utils.clip_grad_norm_(model.parameters(), largest_norm)
                used.step()
                if cleared == "after each step":
                    used.zero_grad()
                if looks_again:
                    with torch.no_grad():
                        model(images_as(images.to(dtype)))
                yield loss.item()
                for group in used.param_groups:
                    group["lr"] *= factor_by_batch
            for group in used.param_groups:
                group["lr"] *= factor

    return steps


def free(model: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def other_optimizers(lr: float) -> dict[str, Optimizer]:
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


def other_losses(weights: Tensor | None = None) -> dict[str, Loss]:
    """What may stand in the place of the cross-entropy, weighted or not."""
    plain: dict[str, Loss] = {
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


def _weighted_otherwise(weights: Tensor) -> dict[str, Loss]:
    def by(other: Tensor, **options: Any) -> Loss:
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
    optimizer: Optimizer,
    epochs: int = 1,
    criterion: Loss = F.cross_entropy,
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
    right = partial(loop, batches, optimizer, epochs, criterion, factor)
    found: dict[str, Loop] = {}
    for told, kind in (other_optimizers(lr) if lr is not None else _own_optimizers()).items():
        found[told] = loop(batches, kind, epochs, criterion, factor)
        if lr is None and epochs > 1:
            found[f"{told}, made anew in every epoch"] = loop(batches, kind, epochs, criterion, new_optimizer=True)
    others = other_losses(weights)
    if lr is None:
        others = {"lower the plain cross-entropy": F.cross_entropy} | others
    for told, other in others.items():
        found[told] = loop(batches, optimizer, epochs, other, factor)
    found |= {
        "are made in evaluation mode": right(training=False),
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
        found[f"are made on gradients clipped to a norm of {norm:g}"] = right(largest_norm=norm)
    if factor != 1:
        constant = partial(loop, batches, optimizer, epochs, criterion)
        found["are made at the rate of the first epoch throughout"] = constant(1.0)
        found["are made at rates that fall after every batch"] = constant(1.0, factor_by_batch=factor)
        found["are made at rates that fall twice after every epoch"] = constant(factor**2)
        found["are made at rates that have fallen before the first epoch"] = loop(
            batches, lambda model: _slowed(optimizer(model), factor), epochs, criterion, factor
        )
    return found


def _own_optimizers() -> dict[str, Optimizer]:
    rates = (1.0, 0.1, 0.05, 0.01, 0.001)
    made: dict[str, Optimizer] = {}
    for lr in rates:
        made[f"are those of another optimiser than the one given: SGD with the rate {lr:g}"] = lambda model, lr=lr: (
            torch.optim.SGD(free(model), lr=lr)
        )
        made[f"are those of another optimiser than the one given: Adam with the rate {lr:g}"] = lambda model, lr=lr: (
            torch.optim.Adam(free(model), lr=lr)
        )
    return made


def _slowed(optimizer: torch.optim.Optimizer, factor: float) -> torch.optim.Optimizer:
    for group in optimizer.param_groups:
        group["lr"] *= factor
    return optimizer


def steps_of(
    states: Sequence[Mapping[str, Tensor]], model: nn.Module, loops: Mapping[str, Loop], wanted: Trajectory
) -> str:
    """What is said of the first of the loops that leads through all the states; empty when none does.

    Args:
        states: the weights after each of the first steps, in order, or after the last one alone.
        wanted: the right trajectory, whose tolerances count.
    """
    first = 1 if len(states) > 1 else len(wanted.losses)
    for told, loop in loops.items():
        try:
            if _leads_through(states, copy.deepcopy(model).double(), loop, wanted, first):
                return told
        except (RuntimeError, IndexError):
            continue  # a class that a loss leaves out may be the only one, for example
    return ""


def _leads_through(
    states: Sequence[Mapping[str, Tensor]], model: nn.Module, loop: Loop, wanted: Trajectory, first: int
) -> bool:
    left = list(states)
    for step, _ in enumerate(loop(model), start=1):
        if step < first:
            continue
        if not _nearer(left.pop(0), model.state_dict(), wanted, step):
            return False
        if not left:
            return True
    return False


def _nearer(seen: Mapping[str, Tensor], other: Mapping[str, Tensor], wanted: Trajectory, step: int) -> bool:
    """Whether a state is another one up to rounding, or at least a hundred times nearer to it than to the right one."""
    names = [name for name in seen if name in other]
    right, room = wanted.states[step], wanted.tolerances[step]
    away = max((_distance(seen[name], right[name]) for name in names if name in right), default=0.0)
    return bool(names) and all(
        _distance(seen[name], other[name]) <= max(4 * room.get(name, 0.0), 0.01 * away) for name in names
    )


def _distance(one: Tensor, other: Tensor) -> float:
    if one.shape != other.shape:
        return float("inf")
    return float((one.double() - other.double()).abs().max()) if one.numel() else 0.0


def cut(loops: Mapping[str, Loop], count: int) -> dict[str, Loop]:
    """The same loops, of which each ends after some steps."""

    def ending(loop: Loop) -> Loop:
        return lambda model: itertools.islice(loop(model), count)

    return {told: ending(loop) for told, loop in loops.items()}
