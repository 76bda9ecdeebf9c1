"""What a call leaves behind is told."""

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from grader.probes.surroundings import left_behind


def seeds(model: nn.Module) -> None:
    torch.manual_seed(3)


def seeds_random(model: nn.Module) -> None:
    random.seed(3)


def draws_by_numpy(model: nn.Module) -> None:
    np.random.rand(3)


def switches_off(model: nn.Module) -> None:
    torch.set_grad_enabled(False)


def switches_on(model: nn.Module) -> None:
    torch.set_grad_enabled(True)


def clears(model: nn.Module) -> None:
    model.zero_grad()


def adds_gradients(model: nn.Module) -> None:
    with torch.enable_grad():
        model(torch.ones(1, 2)).sum().backward()


def is_polite(model: nn.Module) -> torch.Tensor:
    with torch.no_grad():
        return model(torch.rand(4, 2))


FOUND = {
    seeds: "sets the global seed of torch",
    seeds_random: "sets the global seed of random",
    draws_by_numpy: "draws from the global generator of numpy instead of torch's",
    switches_off: "leaves the recording of gradients switched off",
    switches_on: "leaves the recording of gradients switched on, called where it was off (inside torch.no_grad())",
    clears: "does not leave the gradients that lie on the model as they were",
    adds_gradients: "does not leave the gradients that lie on the model as they were",
}


@pytest.mark.parametrize("function", FOUND, ids=lambda function: function.__name__)
def test_what_is_left_behind_is_told(function: Callable[[nn.Module], None]) -> None:
    model = nn.Linear(2, 1)
    assert left_behind(function, model, looks_at=model) == [FOUND[function]]
    assert torch.is_grad_enabled()


def test_a_polite_function_leaves_nothing() -> None:
    model = nn.Linear(2, 1)
    assert left_behind(is_polite, model, looks_at=model) == []


def test_a_function_that_trains_may_leave_gradients() -> None:
    model = nn.Linear(2, 1)
    assert left_behind(adds_gradients, model) == []
    assert left_behind(seeds, model) == [FOUND[seeds]]
