"""Training loops of the judge: the right one, and the same with one thing or another done otherwise.

The right one is what `grader.verdicts.trajectories.follow` compares a student's with. Once that is known to be wrong,
`steps_of` looks among loops with the mistakes that the contract invites for the one that leads where it led.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from grader.verdicts.trajectories import Loop, Trajectory

Batches = Sequence[tuple[Tensor, Tensor]]
Criterion = Callable[[Tensor, Tensor], Tensor]
MakeOptimizer = Callable[[nn.Module], torch.optim.Optimizer]


def training_loop(
    batches: Batches,
    make: MakeOptimizer,
    epochs: int = 1,
    criterion: Criterion = F.cross_entropy,
    factor: float = 1.0,
    *,
    mode: Callable[[nn.Module], Any] = nn.Module.train,
    images_as: Callable[[Tensor], Tensor] = lambda images: images,
    clip: Callable[[list[nn.Parameter]], Any] | None = None,
    sign: float = 1.0,
    cleared: Literal["before each backward pass", "after each step", "never"] = "before each backward pass",
    first_gradients: float = 0.0,
    new_optimizer: bool = False,
    looks_again: bool = False,
    factor_by_batch: float = 1.0,
) -> Loop:
    """A loop that makes a step for every batch in every epoch, and yields the batch's loss.

    Args:
        batches: of images and what the criterion takes beside the model's outputs.
        make: makes the optimiser.
        factor: by which the rate changes after every epoch.
        mode: puts the model in its mode at the start of every epoch.
        clip: changes the gradients of parameters before a step.
        sign: of the loss that gradients are taken of.
        first_gradients: what stands in every gradient before the first batch.
        new_optimizer: whether every epoch has an optimiser of its own.
        looks_again: whether each batch goes through the model once more after its step.
        factor_by_batch: by which the rate changes after every batch.
    """

    def steps(model: nn.Module) -> Iterator[float]:
        optimizer, dtype = make(model), next(model.parameters()).dtype
        for parameter in model.parameters():
            parameter.grad = torch.full_like(parameter, first_gradients) if first_gradients else None
        for number in range(epochs):
            mode(model)
            if new_optimizer and number:
                optimizer = make(model)
            for images, targets in batches:
                if cleared == "before each backward pass":
                    optimizer.zero_grad()
                loss = criterion(model(images_as(images.to(dtype))), targets)
                (sign * loss).backward()
                if clip is not None:
                    clip([parameter for parameter in model.parameters() if parameter.grad is not None])
                optimizer.step()
                if cleared == "after each step":
                    optimizer.zero_grad()
                if looks_again:
                    with torch.no_grad():
                        model(images_as(images.to(dtype)))
                yield loss.item()
                slowed(optimizer, factor_by_batch)
            slowed(optimizer, factor)

    return steps


def batched(images: Tensor, targets: Tensor, size: int) -> list[tuple[Tensor, Tensor]]:
    """Batches in order, the last one kept."""
    return list(zip(images.split(size), targets.split(size), strict=True))


def slowed(optimizer: torch.optim.Optimizer, factor: float) -> torch.optim.Optimizer:
    """The optimiser, all of whose rates are multiplied by the factor."""
    for group in optimizer.param_groups:
        group["lr"] *= factor
    return optimizer


def frozen_norm_in_evaluation(model: nn.Module) -> None:
    """Training mode, but for batch norm that has parameters and whose parameters are all frozen."""
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
            own = list(module.parameters())
            module.train(not own or any(parameter.requires_grad for parameter in own))


def free(model: nn.Module) -> list[nn.Parameter]:
    """The parameters that require a gradient."""
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def steps_of(
    states: Sequence[Mapping[str, Tensor]], model: nn.Module, loops: Mapping[str, Loop], wanted: Trajectory
) -> str:
    """What is said of the first of the loops that leads through all the states; empty when none does.

    Args:
        states: the weights after each of the first steps, in order, or after the last one alone.
        model: as it was before; stays as it is.
        loops: wrong ones, by what is said of their steps.
        wanted: the right trajectory, whose tolerances count.
    """
    first = 1 if len(states) > 1 else len(wanted.losses)
    for told, other in loops.items():
        try:
            if _leads_through(states, copy.deepcopy(model).double(), other, wanted, first):
                return told
        except (RuntimeError, IndexError):
            continue  # a class that a loss leaves out may be the only one, for example
    return ""


def _leads_through(
    states: Sequence[Mapping[str, Tensor]], model: nn.Module, other: Loop, wanted: Trajectory, first: int
) -> bool:
    left = list(states)
    for step, _ in enumerate(other(model), start=1):
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
