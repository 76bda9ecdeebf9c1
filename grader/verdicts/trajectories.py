"""The course of the weights in training: what it has to be, and where a student's one leaves it.

    wanted = line_descent(weight, bias, X, y, steps=5, lr=0.1)             # a closed form
    wanted = follow(model, lambda model: my_loop(model, images, labels))   # a reference loop, in float64
    outcome = student.run(training.traced, student.training.fit, model, X, y, course_of=model)
    expect_trajectory(outcome, wanted, "fit")

Float32 arithmetic alone explains differences up to `Trajectory.tolerances`, which are derived: from a bound on rounding
errors for the closed form, from the courses of slightly disturbed weights in float32 for a loop. A loop has
to be smooth for that: where a ReLU is near its kink, rounding decides on which side it is, so use tanh, GELU and the
like.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from grader.verdicts.likeness import likeness
from grader.verdicts.training import expect_no_fault, training_faults

State = Mapping[str, Tensor]
Loop = Callable[[nn.Module], Iterator[float]]

ROUNDING = 2.0**-24  # unit roundoff of float32
DISTURBANCE = 2.0**-19  # of the weights, relative: more than all roundings of a small network make of them
DRAWS = 3
SAFETY = 8.0


@dataclass(frozen=True)
class Trajectory:
    """The right course.

    Attributes:
        losses: of each step, before it is made; K of them.
        states: parameters and buffers before the first step and after each one; K + 1 of them.
        tolerances: for each state, how far each tensor may be off.
        loss_tolerances: the same for the losses.
        parameters: which of the names are parameters.
    """

    losses: list[float]
    states: list[dict[str, Tensor]]
    tolerances: list[dict[str, float]]
    loss_tolerances: list[float]
    parameters: list[str]

    def part(self, first: int, last: int | None = None) -> "Trajectory":
        """The steps from `first` to before `last`, as one of several calls would make them."""
        last = len(self.losses) if last is None else last
        steps, states = slice(first, last), slice(first, last + 1)
        return Trajectory(
            self.losses[steps],
            self.states[states],
            self.tolerances[states],
            self.loss_tolerances[steps],
            self.parameters,
        )


def follow(model: nn.Module, loop: Loop) -> Trajectory:
    """The course of a loop on a model, in float64; with others in float32, for the tolerances.

    Args:
        model: stays as it is.
        loop: makes one step at a time on the model that it is given, and yields the step's loss. The model's
            parameters say of which type the data have to be.
    """
    losses, states = _course(copy.deepcopy(model).double(), loop)
    others = [_course(_disturbed(model).float(), loop) for _ in range(DRAWS)]
    tolerances = [
        {
            name: SAFETY * max(_distance(states[step][name], other[step][name]) for _, other in others)
            + 64 * ROUNDING * _size(value)
            for name, value in state.items()
        }
        for step, state in enumerate(states)
    ]
    loss_tolerances = [
        SAFETY * max(abs(loss - other[step]) for other, _ in others) + 64 * ROUNDING * abs(loss)
        for step, loss in enumerate(losses)
    ]
    return Trajectory(losses, states, tolerances, loss_tolerances, [name for name, _ in model.named_parameters()])


def line_descent(weight: Tensor, bias: Tensor, X: Any, y: Any, steps: int, lr: float) -> Trajectory:
    """Full-batch gradient descent of a linear model on the mean squared error, in closed form.

    With rows (x, 1), H = 2/N A^T A and b = 2/N A^T y the weights after k steps are P^k w + lr (I + ... + P^(k-1)) b,
    where P = I - lr H. The error of float32 is bounded step by step: e' = |P| e + rounding of gradient and weights
    (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1).

    Args:
        weight, bias: `(1, F)` and `(1,)`, named so in the states.
        X, y: `(N, F)` and `(N,)`.
    """
    A = np.column_stack([np.asarray(X, dtype=np.float64), np.ones(len(X))])
    y = np.asarray(y, dtype=np.float64).reshape(-1)
    start = np.concatenate([weight.detach().double().numpy().reshape(-1), bias.detach().double().numpy().reshape(-1)])
    rows, features = A.shape
    eigenvalues, basis = np.linalg.eigh(2 / rows * A.T @ A)
    shrink = 1 - lr * eigenvalues
    begin, pull = basis.T @ start, basis.T @ (2 / rows * A.T @ y)
    course = [
        basis @ (shrink**k * begin + lr * sum((shrink**j for j in range(k)), np.zeros(features)) * pull)
        for k in range(steps + 1)
    ]
    growth, terms = float(np.abs(shrink).max()), (rows + features + 8) * ROUNDING
    error, errors, losses, loss_errors = 0.0, [], [], []
    for values in course:
        errors.append(2 * error + 4 * ROUNDING * float(np.linalg.norm(values)))
        sizes = np.abs(A) @ np.abs(values) + np.abs(y)  # of what is added up for each row's residual
        residual = A @ values - y
        losses.append(float(np.mean(residual**2)))
        loss_error = 2 * np.mean(np.abs(residual) * (np.linalg.norm(A, axis=1) * errors[-1] + terms * sizes))
        loss_errors.append(float(loss_error + np.mean((terms * sizes) ** 2)) + terms * losses[-1])
        gradient_error = lr * terms * float(np.linalg.norm(2 / rows * np.abs(A).T @ sizes))
        error = growth * error + gradient_error + 2 * ROUNDING * float(np.linalg.norm(values))
    states = [
        {"weight": torch.tensor(values[:-1]).reshape(1, -1), "bias": torch.tensor(values[-1:])} for values in course
    ]
    tolerances = [dict.fromkeys(("weight", "bias"), value) for value in errors]
    return Trajectory(losses[:-1], states, tolerances, loss_errors[:-1], ["weight", "bias"])


def expect_trajectory(
    outcome: Mapping[str, Any], wanted: Trajectory, name: str, when: str = "", *, others: Sequence[str | None] = ()
) -> None:
    """The weights that a traced function left behind are those wanted.

    If they are not, the message is the first fault of the trace, or else where the course left the right one.

    Args:
        outcome: of `grader.probes.training.traced(..., course_of=model)`.
        name: how the sentences call the function.
        when: put behind the name, e.g. `"with integer labels"`.
        others: what verdicts that know more of the exercise said.
    """
    __tracebackhide__ = True
    if differing(outcome["course"]["states"][-1], wanted.states[-1], wanted.tolerances[-1]):
        expect_no_fault(*training_faults(outcome["trace"], name), *others)
        raise AssertionError(parting(outcome["course"], wanted, f"{name} {when}".rstrip()))


def expect_losses(
    losses: Sequence[float],
    wanted: Trajectory,
    what: str,
    mistakes: Callable[[int], Iterable[tuple[str, float]]] = lambda step: (),
) -> None:
    """Losses of each step, before it is made, are those wanted.

    Args:
        mistakes: what the loss of a step, counted from 1, may be mistaken for (`grader.verdicts.likeness`).
    """
    __tracebackhide__ = True
    steps = enumerate(zip(losses, wanted.losses, wanted.loss_tolerances, strict=True), start=1)
    off = next(((step, loss, right) for step, (loss, right, room) in steps if not abs(loss - right) <= room), None)
    if off is not None:
        step, loss, right = off
        later = [("this number is the loss after the step", value) for value in wanted.losses[step : step + 1]]
        known = likeness(np.asarray(float(loss)), np.asarray(float(right)), lambda: [*mistakes(step), *later])
        why = f"; {known}" if known else ""
        raise AssertionError(f"{what}: the loss of step {step} is off by {abs(loss - right):.4g} (got {loss:.6g}){why}")


def parting(course: Mapping[str, Any], wanted: Trajectory, name: str) -> str:
    """Says where a course leaves the right one, as far as the course tells."""
    states, steps = course["states"], len(wanted.losses)
    wrong_at_the_end = differing(states[-1], wanted.states[-1], wanted.tolerances[-1])
    if len(states) != steps + 1:
        return (
            f"{name} leaves wrong weights behind ({listed_names(wrong_at_the_end)}): "
            f"{steps} steps were to be made, but there were {len(states) - 1} backward passes"
        )
    earlier = _earlier(states[-1], wanted)
    for step, (state, right, tolerance) in enumerate(zip(states, wanted.states, wanted.tolerances, strict=True)):
        weights = {name: right[name] for name in wanted.parameters}
        wrong = differing(state, weights, tolerance)
        if wrong and step == 0:
            return f"{name} changes the weights before its first step ({listed_names(wrong)})"
        if wrong and (earlier == 0 or (earlier is not None and step == steps)):
            when = f"that it had after step {earlier}" if earlier else "that it was given"
            return f"{name} makes {steps} step{'s' if steps > 1 else ''}, but the model ends with the weights {when}"
        if wrong:
            before = "already its first step leads" if step == 1 else f"right up to step {step - 1}, step {step} leads"
            how = _how(course, wanted, step)
            return f"{name}: {before} to wrong weights ({listed_names(wrong)}){how}"
    return f"{name} makes the right steps but leaves wrong statistics behind ({listed_names(wrong_at_the_end)})"


def _earlier(end: State, wanted: Trajectory) -> int | None:
    """After how many steps, fewer than all, the weights were those of the end."""
    courses = enumerate(zip(wanted.states[:-1], wanted.tolerances, strict=False))
    weights = ((step, {name: right[name] for name in wanted.parameters}, room) for step, (right, room) in courses)
    return next((step for step, right, room in weights if not differing(end, right, room)), None)


def differing(state: State, right: State, tolerance: Mapping[str, float]) -> list[str]:
    """The names of the tensors that are off by more than they may; a missing one is."""
    return [
        name
        for name, value in right.items()
        if name not in state
        or state[name].shape != value.shape
        or not _distance(state[name].double(), value) <= tolerance[name]  # NaN is off
    ]


def listed_names(names: Sequence[str]) -> str:
    """A few names as a phrase."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _how(course: Mapping[str, Any], wanted: Trajectory, step: int) -> str:
    """What can be said about a wrong step that begins at right weights."""
    moved, should = (
        torch.cat([(states[step][name].double() - states[step - 1][name]).reshape(-1) for name in wanted.parameters])
        for states in (course["states"], wanted.states)
    )
    if not bool(moved.any()):
        return ": it does not move them at all"
    loss = course["losses"][step - 1]
    if loss is not None and not abs(loss - wanted.losses[step - 1]) <= wanted.loss_tolerances[step - 1]:
        return f": its loss is {loss:.4g} there, another one than was to be lowered"
    along = float(moved @ should / (should @ should)) if bool(should.any()) else 0.0
    aside = float((moved - along * should).norm() / moved.norm())
    if aside < 1e-2 and along < 0:
        return ": it goes the opposite way"
    if aside < 1e-2 < abs(along - 1):
        return f": it goes the right way, but {along:.3g} times as far as it should"
    return ""


def _course(model: nn.Module, loop: Loop) -> tuple[list[float], list[dict[str, Tensor]]]:
    losses, states = [], [_state(model)]
    for loss in loop(model):
        losses.append(loss)
        states.append(_state(model))
    return losses, states


def _state(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _disturbed(model: nn.Module) -> nn.Module:
    """A copy whose weights are all a little off."""
    model = copy.deepcopy(model).double()
    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers()):
            if tensor.is_floating_point():
                tensor.mul_(1 + DISTURBANCE * (2 * torch.rand_like(tensor) - 1))
    return model


def _distance(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max()) if one.numel() else 0.0


def _size(value: Tensor) -> float:
    return float(value.abs().max()) if value.numel() else 0.0
