"""Steps of SGD along known gradients: whether they are those asked for, and if not, whose they are."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from grader.verdicts.likeness import likeness

Tensors = Mapping[str, Tensor]


def expect_sgd_steps(
    before: Tensors,
    after: Tensors,
    gradients: Sequence[Tensors],
    trainable: Collection[str],
    name: str,
    lr: float,
    momentum: float,
    rtol: float = 1e-5,
    atol: float = 1e-5,
) -> None:
    """The trainable parameters are where plain SGD with momentum takes them, the others where they were.

    Args:
        before, after: parameters by name, frozen ones included.
        gradients: of each step.
        name: how the sentences call the optimiser, e.g. `"make_optimizer's SGD"`.
    """
    __tracebackhide__ = True
    names = [part for part in before if part in trainable]
    wanted = {part: value.double() for part, value in before.items()} | _end(before, gradients, names, lr, momentum)
    if all(torch.allclose(after[part].double(), wanted[part], rtol, atol) for part in before):
        return
    moved = [part for part in before if not torch.equal(after[part], before[part])]
    frozen = [part for part in moved if part not in trainable]
    steps = f"{len(gradients)} steps" if len(gradients) > 1 else "one step"
    if frozen:
        raise AssertionError(f"{name} moves frozen parameters: {_listed(frozen)} changed in {steps}")
    left = [part for part in names if part not in moved and bool((wanted[part] != before[part]).any())]
    if left:
        raise AssertionError(
            f"{name} leaves {len(left)} of {len(names)} trainable parameters where they are: {_listed(left)}"
        )
    got = _flat({part: after[part].double() - before[part].double() for part in names})
    right = _flat({part: wanted[part] - before[part].double() for part in names})
    known = _shape_of(got, right, lambda: _others(before, gradients, names, lr, momentum))
    raise AssertionError(f"{name} makes other steps than SGD with lr={lr:g} and momentum={momentum:g}{known}")


def _shape_of(got: np.ndarray, right: np.ndarray, others: object) -> str:
    """What is known about a wrong way; float32 leaves a few digits of it."""
    told = likeness(got, right, others)  # type: ignore[arg-type]  # a function that gives pairs
    if told:
        return f": {told}"
    factor = float(got @ right / (right @ right))
    if np.abs(got - factor * right).max() < 1e-2 * np.abs(got).max():
        return (
            f": in {'the opposite direction' if factor < 0 else 'the right direction'}, {abs(factor):.3g} times as far"
        )
    return ""


def _others(
    before: Tensors, gradients: Sequence[Tensors], names: Sequence[str], lr: float, momentum: float
) -> Iterator[tuple[str, np.ndarray]]:
    """What other settings of SGD give."""

    def way(lr: float = lr, momentum: float = momentum, **options: Any) -> np.ndarray:
        end = _end(before, gradients, names, lr, momentum, **options)
        return _flat({part: end[part] - before[part].double() for part in names})

    for other in (0.0, 0.5, 0.8, 0.9, 0.95, 0.99):
        if other != momentum:
            yield f"they are those with momentum={other:g}", way(momentum=other)
    if momentum:
        yield "they are those of Nesterov's momentum", way(nesterov=True)
        for other in (momentum, 0.1, 0.5, 0.9, 1 - momentum):
            yield f"they are those with a dampening of {other:g}", way(dampening=other)
    for other in (0.0001, 0.001, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, lr / 10, 10 * lr):
        if other != lr:
            yield f"they are those with lr={other:g}", way(lr=other)
    for decay in (1e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 0.05, 0.1):
        yield f"they are those with a weight decay of {decay:g}", way(weight_decay=decay)
    yield "they go the opposite way", way(maximize=True)


def _end(
    before: Tensors,
    gradients: Sequence[Tensors],
    names: Sequence[str],
    lr: float,
    momentum: float,
    dampening: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> dict[str, Tensor]:
    """Where SGD leads, in float64 (the update rule of `torch.optim.SGD`)."""
    values = {part: before[part].double() for part in names}
    velocity: dict[str, Tensor] = {}
    for step in gradients:
        for part in names:
            gradient = (-1.0 if maximize else 1.0) * step[part].double() + weight_decay * values[part]
            first = part not in velocity
            velocity[part] = gradient if first else momentum * velocity[part] + (1 - dampening) * gradient
            values[part] = values[part] - lr * (gradient + momentum * velocity[part] if nesterov else velocity[part])
    return values


def _flat(values: Tensors) -> np.ndarray:
    return np.concatenate([value.numpy().reshape(-1) for value in values.values()])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more
