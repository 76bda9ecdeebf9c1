"""Settings of optimiser and scheduler that differ from those asked for."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from grader.verdicts.runs import Evidence, read


def wrong_hyper_parameters(
    evidence: Evidence, name: str, expected: Mapping[str, Any], optimizer: str | None = None
) -> str | None:
    """Settings of the optimiser that differ from those asked for.

    Args:
        expected: values by name, e.g. `{"lr": 0.001, "momentum": 0.9}`; leave `lr` out where a scheduler changes it.
        optimizer: class name, e.g. `"SGD"`.
    """
    run = read(evidence)
    for number, step in enumerate(run.steps):
        kind = evidence["optimizers"][step["optimizer"]]
        if optimizer is not None and kind != optimizer:
            return f"{name} trains with {kind} instead of {optimizer}"
        for group in step["groups"]:
            for setting, value in expected.items():
                found = group.get(setting, 0)
                if not _equal(found, value):
                    since = f" from step {number + 1} on" if number else ""
                    return f"{name} trains with {setting}={found:g} instead of {value:g}{since}"
    return None


def optimizer_rebuilt(evidence: Evidence, name: str) -> str | None:
    """A new optimiser in the middle of the run, which forgets momentum and the like."""
    seen: dict[int, int] = {}
    for step in read(evidence).steps:
        for group in step["groups"]:
            for number in group["parameters"]:
                if seen.setdefault(number, step["optimizer"]) != step["optimizer"]:
                    return f"{name} builds a new optimiser during training, which forgets momentum and the like"
    return None


def scheduler_wrongly_stepped(
    evidence: Evidence, name: str, rates: Sequence[float], steps_per_epoch: int
) -> str | None:
    """Learning rates that do not follow the schedule.

    Args:
        rates: learning rate of each epoch; the first two have to differ.
        steps_per_epoch: number of optimiser steps in each epoch.
    """
    found = [step["groups"][0]["lr"] for step in read(evidence).steps]
    wanted = [rate for rate in rates for _ in range(steps_per_epoch)]
    if len(found) != len(wanted) or all(_equal(a, b) for a, b in zip(found, wanted, strict=True)):
        return None
    if all(_equal(rate, rates[0]) for rate in found):
        return f"{name} never steps the scheduler: the learning rate stays at {found[0]:g}"
    if not _equal(found[0], rates[0]):
        return (
            f"{name} steps the scheduler before the first epoch's training: "
            f"it starts with learning rate {found[0]:g} instead of {rates[0]:g}"
        )
    epochs = [found[start : start + steps_per_epoch] for start in range(0, len(found), steps_per_epoch)]
    if any(not _equal(rate, epoch[0]) for epoch in epochs for rate in epoch):
        return f"{name} steps the scheduler within an epoch instead of once after each epoch"
    return f"{name} trains with learning rates {listed([epoch[0] for epoch in epochs])} instead of {listed(rates)}"


def _equal(found: Any, wanted: Any) -> bool:
    return math.isclose(float(found), float(wanted), rel_tol=1e-6, abs_tol=1e-12)


def listed(values: Sequence[Any]) -> str:
    return ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values)
