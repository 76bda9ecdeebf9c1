"""Loops of the judge: the right one is PyTorch's own, a wrong one is known by the weights that it leads to."""

import copy
from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from grader.verdicts.loops import Batches, batched, free, frozen_norm_in_evaluation, steps_of, training_loop
from grader.verdicts.trajectories import Loop, follow

LR, MOMENTUM, EPOCHS = 0.1, 0.6, 2
CHANGES = {
    "in evaluation mode": {"mode": nn.Module.eval},
    "on inputs halved": {"images_as": lambda images: images / 2},
    "with clipped gradients": {"clip": lambda parameters: nn.utils.clip_grad_norm_(parameters, 0.01)},
    "uphill": {"sign": -1.0},
    "on gradients that add up": {"cleared": "never"},
    "on gradients cleared too late": {"cleared": "after each step", "first_gradients": 3.0},
    "with a new optimiser in every epoch": {"new_optimizer": True},
    "with a second look at each batch": {"looks_again": True},
    "with a rate that falls in an epoch": {"factor_by_batch": 0.5},
    "with a rate that falls between epochs": {"factor": 0.5},
}


def make_model() -> nn.Module:
    return nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 3))


def make_batches() -> Batches:
    return batched(torch.randn(11, 5), torch.arange(11) % 3, 4)


def sgd(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(free(model), lr=LR, momentum=MOMENTUM)


def by_hand(model: nn.Module, batches: Batches) -> list[float]:
    """The right loop without an optimiser of PyTorch's."""
    losses, velocities = [], {name: torch.zeros_like(parameter) for name, parameter in model.named_parameters()}
    model.train()
    for inputs, targets in [*batches] * EPOCHS:
        loss = F.cross_entropy(model(inputs.double()), targets)
        gradients = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for (name, parameter), gradient in zip(model.named_parameters(), gradients, strict=True):
                velocities[name] = MOMENTUM * velocities[name] + gradient
                parameter -= LR * velocities[name]
        losses.append(loss.item())
    return losses


def wrong_loops(batches: Batches) -> dict[str, Loop]:
    changed: Callable[..., Loop] = partial(training_loop, batches, sgd, EPOCHS)
    return {told: changed(**change) for told, change in CHANGES.items()}


def states_after(loop: Loop, model: nn.Module) -> list[dict[str, Tensor]]:
    """The weights after each step of a loop in float32, as a student's."""
    model = copy.deepcopy(model)
    return [copy.deepcopy(model.state_dict()) for _ in loop(model)]


def test_right_loop_is_that_of_the_formula() -> None:
    batches, model = make_batches(), make_model().double()
    other = copy.deepcopy(model)
    losses = list(training_loop(batches, sgd, EPOCHS)(model))
    torch.testing.assert_close(losses, by_hand(other, batches))
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter, other.get_parameter(name))


def test_batches_are_in_order_and_the_last_is_kept() -> None:
    inputs = torch.arange(22.0).reshape(11, 2)
    parts = batched(inputs, inputs[:, 0], 4)
    assert [len(part) for part, _ in parts] == [4, 4, 3]
    assert torch.equal(torch.cat([part for part, _ in parts]), inputs)
    assert all(torch.equal(part[:, 0], targets) for part, targets in parts)


@pytest.mark.parametrize("told", CHANGES)
@pytest.mark.parametrize("kept", ["every state", "the last state"])
def test_wrong_steps_are_told(told: str, kept: str) -> None:
    batches, model = make_batches(), make_model()
    loops = wrong_loops(batches)
    states = states_after(loops[told], model)
    seen = states if kept == "every state" else states[-1:]
    assert steps_of(seen, model, loops, follow(model, training_loop(batches, sgd, EPOCHS))) == told


def test_nothing_is_said_of_other_steps() -> None:
    batches, model = make_batches(), make_model()
    right = training_loop(batches, sgd, EPOCHS)
    unheard_of = training_loop(batches, sgd, EPOCHS, lambda outputs, targets: outputs.square().mean())
    wanted, loops = follow(model, right), wrong_loops(batches)
    for loop in (right, unheard_of):
        assert steps_of(states_after(loop, model), model, loops, wanted) == ""


def test_looking_leaves_the_model_as_it_was() -> None:
    batches, model = make_batches(), make_model()
    before = copy.deepcopy(model.state_dict())
    loops = wrong_loops(batches)
    steps_of(states_after(loops["uphill"], model), model, loops, follow(model, training_loop(batches, sgd, EPOCHS)))
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_loop_that_cannot_be_run_is_passed_over() -> None:
    batches, model = make_batches(), make_model()

    def broken(outputs: Tensor, targets: Tensor) -> Tensor:
        raise RuntimeError("no such class")

    loops = {"brokenly": training_loop(batches, sgd, EPOCHS, broken), **wrong_loops(batches)}
    states = states_after(loops["uphill"], model)
    assert steps_of(states, model, loops, follow(model, training_loop(batches, sgd, EPOCHS))) == "uphill"


def test_frozen_norm_alone_is_in_evaluation_mode() -> None:
    frozen, free_norm, bare = nn.BatchNorm1d(4), nn.BatchNorm2d(4), nn.BatchNorm2d(4, affine=False)
    frozen.requires_grad_(False)
    model = nn.Sequential(nn.Linear(4, 4).requires_grad_(False), frozen, free_norm, bare, nn.Dropout()).eval()
    frozen_norm_in_evaluation(model)
    assert [module.training for module in model] == [True, False, True, True, True]
