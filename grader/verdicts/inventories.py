"""Which layers' parameters a network has too many or too few of, when their number is not what it should be."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from grader.probes import models

Role = tuple[str, str, tuple[int, ...]]
_AT_MOST = 4  # kinds of layers that a message names


def expect_parameters(student: Any, model: Any, count: int, build: Callable[[], nn.Module], what: str) -> None:
    """The student's network learns `count` numbers.

    Args:
        build: makes a right network, to say in the message whose parameters are missing or too many.
    """
    __tracebackhide__ = True
    found = student.run(models.parameter_count, model)
    if found != count:
        why = difference(student.run(models.parameter_roles, model), models.parameter_roles(_without_values(build)))
        raise AssertionError(f"{what} has {found:,} parameters instead of {count:,}{why}")


def difference(found: list[Role], wanted: list[Role]) -> str:
    """What makes the difference, as the end of a sentence; empty where the layers tell nothing."""
    mine, right = (Counter((kind, name, tuple(shape)) for kind, name, shape in roles) for roles in (found, wanted))
    parts = [
        f"{word} {', '.join(names)}"
        for word, names in (("too many are", _named(mine - right)), ("missing are", _named(right - mine)))
        if names
    ]
    if parts and not mine - right and mine.total() < right.total() / 2:
        parts.append("layers in a plain list or dict do not count")
    return f": {'; '.join(parts)}" if parts else ""


def _without_values(build: Callable[[], nn.Module]) -> nn.Module:
    with torch.device("meta"):
        return build()


def _named(roles: Counter[Role]) -> list[str]:
    """As `4 × weight of Conv2d (64 × 3 × 7 × 7)`, all of one layer's kind and name together."""
    together: dict[tuple[str, str], Counter[tuple[int, ...]]] = {}
    for (kind, name, shape), times in roles.items():
        together.setdefault((kind, name), Counter())[shape] += times
    largest = sorted(together.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    names = [
        f"the {name} of {sum(shapes.values())} {kind} ({_listed(shapes)})"
        for (kind, name), shapes in largest[:_AT_MOST]
    ]
    return [*names, "and others"] if len(largest) > _AT_MOST else names


def _listed(shapes: Counter[tuple[int, ...]]) -> str:
    one = ["×".join(map(str, shape)) for shape in sorted(shapes)]
    return ", ".join([*one[:3], "..."] if len(one) > 3 else one)
