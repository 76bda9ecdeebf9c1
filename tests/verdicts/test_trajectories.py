"""Courses of weights: what float32 does to a right one is allowed, and a wrong one is told by its first wrong step."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grader.probes.training import traced
from grader.verdicts.trajectories import Trajectory, differing, expect_trajectory, follow, line_descent

Fit = Callable[[nn.Module, Tensor, Tensor], Any]
STEPS, LR, MOMENTUM = 4, 0.1, 0.5


def make_model() -> nn.Module:
    return nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 3))


def make_data() -> tuple[Tensor, Tensor]:
    return torch.randn(12, 5), torch.arange(12) % 3


def descend(model: nn.Module, inputs: Tensor, labels: Tensor, rate: float = LR) -> Iterator[float]:
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=MOMENTUM)
    model.train()
    for rows in torch.arange(12).split(12 // STEPS):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs[rows].to(next(model.parameters()).dtype)), labels[rows])
        loss.backward()
        optimizer.step()
        yield loss.item()


def right(model: nn.Module, inputs: Tensor, labels: Tensor) -> None:
    list(descend(model, inputs, labels))


def never_clears(model: nn.Module, inputs: Tensor, labels: Tensor) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
    for rows in torch.arange(12).split(3):
        F.cross_entropy(model(inputs[rows]), labels[rows]).backward()
        optimizer.step()


def takes_half_the_rate(model: nn.Module, inputs: Tensor, labels: Tensor) -> None:
    list(descend(model, inputs, labels, LR / 2))


def climbs(model: nn.Module, inputs: Tensor, labels: Tensor) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM, maximize=True)
    for rows in torch.arange(12).split(3):
        optimizer.zero_grad()
        F.cross_entropy(model(inputs[rows]), labels[rows]).backward()
        optimizer.step()


def forgets_momentum(model: nn.Module, inputs: Tensor, labels: Tensor) -> None:
    for rows in torch.arange(12).split(3):
        model.zero_grad()
        F.cross_entropy(model(inputs[rows]), labels[rows]).backward()
        torch.optim.SGD(model.parameters(), lr=LR).step()


def sums_the_loss(model: nn.Module, inputs: Tensor, labels: Tensor) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
    for rows in torch.arange(12).split(3):
        optimizer.zero_grad()
        F.cross_entropy(model(inputs[rows]), labels[rows], reduction="sum").backward()
        optimizer.step()


def stops_early(model: nn.Module, inputs: Tensor, labels: Tensor) -> None:
    steps = descend(model, inputs, labels)
    for _ in range(2):
        next(steps)


def starts_elsewhere(model: nn.Module, inputs: Tensor, labels: Tensor) -> None:
    nn.init.ones_(model[0].bias)  # type: ignore[index, arg-type]
    right(model, inputs, labels)


def trains_a_copy(model: nn.Module, inputs: Tensor, labels: Tensor) -> None:
    right(copy.deepcopy(model), inputs, labels)


def takes_the_last_step_back(model: nn.Module, inputs: Tensor, labels: Tensor) -> None:
    for step, _ in enumerate(descend(model, inputs, labels), start=1):
        if step == STEPS - 1:
            state = copy.deepcopy(model.state_dict())
    model.load_state_dict(state)


def disturbs_the_statistics(model: nn.Module, inputs: Tensor, labels: Tensor) -> None:
    right(model, inputs, labels)
    model(inputs)


WRONG: dict[Fit, str] = {
    never_clears: "fit lets gradients add up",
    takes_half_the_rate: "already its first step leads to wrong weights (0.weight, 1.weight, 1.bias and 2 more): "
    "it goes the right way, but 0.5 times as far as it should",
    climbs: "it goes the opposite way",
    forgets_momentum: "right up to step 1, step 2 leads to wrong weights",
    sums_the_loss: "already its first step leads to wrong weights",
    stops_early: "4 steps were to be made, but there were 2 backward passes",
    starts_elsewhere: "fit changes the weights before its first step (0.bias)",
    trains_a_copy: "makes 4 steps, but the model ends with the weights that it was given",
    takes_the_last_step_back: "makes 4 steps, but the model ends with the weights that it had after step 3",
    disturbs_the_statistics: "makes the right steps but leaves wrong statistics behind (1.running_mean, 1.running_var",
}


def outcome_of(fit: Fit, model: nn.Module, inputs: Tensor, labels: Tensor) -> dict[str, Any]:
    return traced(fit, model, inputs, labels, course_of=model, splits={"train": inputs})


@pytest.mark.parametrize("fit", WRONG, ids=lambda fit: fit.__name__)
def test_a_wrong_course_is_told(fit: Fit) -> None:
    inputs, labels = make_data()
    model = make_model()
    wanted = follow(model, lambda model: descend(model, inputs, labels))
    outcome = outcome_of(fit, model, inputs, labels)
    if fit is disturbs_the_statistics:
        outcome["trace"]["events"] = []  # without what the trace shows, too
    with pytest.raises(AssertionError) as caught:
        expect_trajectory(outcome, wanted, "fit")
    assert WRONG[fit] in str(caught.value)


def test_a_right_course_is_far_inside_the_tolerances() -> None:
    for _ in range(20):
        inputs, labels = make_data()
        model = make_model()
        wanted = follow(model, lambda model: descend(model, inputs, labels))  # noqa: B023  # used at once
        outcome = outcome_of(right, model, inputs, labels)
        expect_trajectory(outcome, wanted, "fit")
        narrower = {name: value / 5 for name, value in wanted.tolerances[-1].items()}
        assert differing(outcome["course"]["states"][-1], wanted.states[-1], narrower) == []
        assert np.median(list(wanted.tolerances[-1].values())) < 1e-3


def test_updates_by_hand_leave_a_course_too() -> None:
    def fit(model: nn.Module, inputs: Tensor, labels: Tensor) -> None:
        velocity = [torch.zeros_like(p) for p in model.parameters()]
        for rows in torch.arange(12).split(3):
            gradients = torch.autograd.grad(F.cross_entropy(model(inputs[rows]), labels[rows]), [*model.parameters()])
            with torch.no_grad():
                for p, v, g in zip(model.parameters(), velocity, gradients, strict=True):
                    p -= LR * v.mul_(MOMENTUM).add_(g)

    inputs, labels = make_data()
    model = make_model()
    wanted = follow(model, lambda model: descend(model, inputs, labels))
    outcome = outcome_of(fit, model, inputs, labels)
    for state, right_state, tolerance in zip(
        outcome["course"]["states"], wanted.states, wanted.tolerances, strict=True
    ):
        parameters = {name: right_state[name] for name in wanted.parameters}
        assert differing(state, parameters, tolerance) == []


def test_following_leaves_the_model_alone() -> None:
    inputs, labels = make_data()
    model = make_model()
    before = copy.deepcopy(model.state_dict())
    follow(model, lambda model: descend(model, inputs, labels))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


# --- Linear regression ---


def lines(rows: int, features: int) -> tuple[np.ndarray, np.ndarray, Tensor, Tensor]:
    X, y = np.random.normal(size=(rows, features)), np.random.normal(2, 3, rows)
    return X, y, torch.randn(1, features), torch.randn(1)


def descend_a_line(X: np.ndarray, y: np.ndarray, weight: Tensor, bias: Tensor, steps: int, lr: float) -> Trajectory:
    model = nn.Linear(len(X[0]), 1, dtype=torch.float64)
    model.load_state_dict({"weight": weight, "bias": bias})

    inputs, targets = torch.as_tensor(X), torch.as_tensor(y).reshape(-1, 1)

    def loop(model: nn.Module) -> Iterator[float]:
        optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = F.mse_loss(model(inputs.to(model.weight.dtype)), targets.to(model.weight.dtype))
            loss.backward()
            optimizer.step()
            yield loss.item()

    return follow(model, loop)


@pytest.mark.parametrize(("rows", "features"), [(7, 3), (1, 3), (3, 1), (1, 1), (2, 9)])
@pytest.mark.parametrize("lr", [0.05, 1e-4, 1.0])
def test_the_closed_form_is_that_of_the_loop(rows: int, features: int, lr: float) -> None:
    X, y, weight, bias = lines(rows, features)
    closed, stepwise = line_descent(weight, bias, X, y, 9, lr), descend_a_line(X, y, weight, bias, 9, lr)
    np.testing.assert_allclose(closed.losses, stepwise.losses, rtol=1e-9)
    for one, other in zip(closed.states, stepwise.states, strict=True):
        for name in ("weight", "bias"):
            np.testing.assert_allclose(one[name], other[name], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("lr", [0.05, 1e-4, 0.6])
def test_float32_stays_far_inside_the_bound_of_the_closed_form(lr: float) -> None:
    for rows, features, steps in ((7, 3, 7), (1, 3, 3), (20, 2, 100), (9, 6, 40)):
        X, y, weight, bias = lines(rows, features)
        wanted = line_descent(weight, bias, X, y, steps, lr)
        model = nn.Linear(features, 1)
        model.load_state_dict({"weight": weight, "bias": bias})
        optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        inputs, targets = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32).reshape(-1, 1)
        for step in range(steps):
            optimizer.zero_grad()
            loss = F.mse_loss(model(inputs), targets)
            loss.backward()
            optimizer.step()
            assert abs(loss.item() - wanted.losses[step]) <= wanted.loss_tolerances[step]
        narrower = {name: value / 2 for name, value in wanted.tolerances[-1].items()}
        assert differing(model.state_dict(), wanted.states[-1], narrower) == []
