"""Typical mistakes in scores, scalers and perceptrons are recognised by the numbers that they give."""

from typing import Any

import numpy as np
import pytest
import torch

from grader.verdicts.perceptrons import expect_parameter_count, mistaken_outputs
from grader.verdicts.scalings import mistaken_inverses, mistaken_transforms
from grader.verdicts.scores import mistaken_scores
from grader.verdicts.values import expect_close

RNG = np.random.default_rng(5)
P, T = RNG.normal(3, 2, 9), RNG.normal(2, 3, 9)
E = P - T
SCORES = {
    "is the mean squared error": (E**2).mean(),
    "is the root of the mean absolute error": np.abs(E).mean() ** 0.5,
    "is half the mean squared error": (E**2).mean() / 2,
    "is the sum of the squared errors, divided by N - 1": (E**2).sum() / 8,
    "errors of opposite sign cancel": abs(E.mean()),
    "is the square of the correlation": np.corrcoef(P, T)[0, 1] ** 2,
    "is r2 in percent": 100 - 100 * (E**2).mean() / T.var(),
    "the prediction as the target": 1 - (E**2).mean() / P.var(),
    "compared with every target, 9 x 9 pairs": np.abs(P[:, None] - T).mean(),
}
FITTED, NEW = RNG.uniform(2, 9, (6, 3)), RNG.uniform(-3, 20, (5, 3))
LOW, HIGH = FITTED.min(0), FITTED.max(0)
RIGHT = (NEW - LOW) / (HIGH - LOW)
TRANSFORMS = {
    "outside the fitted range are cut off": RIGHT.clip(0, 1),
    "of the data given to transform": (NEW - NEW.min(0)) / np.ptp(NEW, axis=0),
    "of all columns together": (NEW - LOW.min()) / (HIGH.max() - LOW.min()),
    "have mean 0 and standard deviation 1": (NEW - FITTED.mean(0)) / FITTED.std(0, ddof=1),
    r"lie in \[-1, 1\]": 2 * RIGHT - 1,
    "has something added to it": (NEW - LOW) / (HIGH - LOW + 1e-4),
    "are whole numbers": np.trunc(RIGHT),
}
INVERSES = {
    "smallest fitted value is not added back": RIGHT * (HIGH - LOW),
    "are the values as they were given": RIGHT,
    "largest value is added instead of the smallest": RIGHT * (HIGH - LOW) + HIGH,
}
SEEDED = torch.Generator().manual_seed(5)
X = torch.randn(40, 4, generator=SEEDED)
LAYERS = [(torch.randn(b, a, generator=SEEDED), torch.randn(b, generator=SEEDED)) for a, b in ((4, 6), (6, 5), (5, 1))]


def forward(*activations: Any) -> torch.Tensor:
    x = X
    for (weight, bias), activation in zip(LAYERS, (*activations, torch.nn.Identity()), strict=False):
        x = activation(x @ weight.T + bias)
    return x


OUTPUTS = {
    "there is a ReLU after the last layer": forward(torch.relu, torch.relu).relu(),
    "there is no ReLU between the layers": forward(torch.nn.Identity(), torch.nn.Identity()),
    "there is no ReLU after the last hidden layer": forward(torch.relu, torch.nn.Identity()),
    "there is no ReLU after the first layer": forward(torch.nn.Identity(), torch.relu),
    "there is a tanh between the layers": forward(torch.tanh, torch.tanh),
    "there is a GELU between the layers": forward(torch.nn.functional.gelu, torch.nn.functional.gelu),
}


@pytest.mark.parametrize("sentence", SCORES)
def test_a_wrong_score_is_told(sentence: str) -> None:
    with pytest.raises(AssertionError, match=f"; .*{sentence}$"):
        expect_close(SCORES[sentence], 77.0, mistakes=mistaken_scores(P, T))


@pytest.mark.parametrize("sentence", TRANSFORMS)
def test_a_wrong_transform_is_told(sentence: str) -> None:
    with pytest.raises(AssertionError, match=f"; .*{sentence}"):
        expect_close(TRANSFORMS[sentence], RIGHT, mistakes=mistaken_transforms(NEW, FITTED))


@pytest.mark.parametrize("sentence", INVERSES)
def test_a_wrong_inverse_is_told(sentence: str) -> None:
    with pytest.raises(AssertionError, match=f"; .*{sentence}"):
        expect_close(INVERSES[sentence], NEW, mistakes=mistaken_inverses(RIGHT, FITTED))


@pytest.mark.parametrize("sentence", OUTPUTS)
def test_a_wrong_perceptron_is_told(sentence: str) -> None:
    right = forward(torch.relu, torch.relu)
    with pytest.raises(AssertionError, match=f"; ({sentence})"):
        expect_close(OUTPUTS[sentence], right, 1e-3, 1e-3, mistakes=mistaken_outputs(X, LAYERS))


def test_data_without_spread_make_no_trouble() -> None:
    for known in (mistaken_scores([1.0], [1.0]), mistaken_transforms([2.0], [2.0]), mistaken_inverses([0.0], [2.0])):
        with np.errstate(all="raise"), pytest.raises(AssertionError, match="off by|wrong"):
            expect_close(np.array([3.0]), np.array([1.0]), mistakes=known)


WIDTHS = (4, 8, 3, 1)
COUNTS = {
    r"got 60, as many as without the biases of the hidden layers \(": [(8, 4), (3, 8), (1, 3), (1,)],
    "got 59, as many as the weights alone": [(8, 4), (3, 8), (1, 3)],
    "got 93, as many as with two more numbers for every hidden unit": [
        (8, 4),
        *[(8,)] * 3,
        (3, 8),
        *[(3,)] * 3,
        (1, 3),
        (1,),
    ],
    "got 4, as many as the last layer alone": [(1, 3), (1,)],
    "got 49, as many as with a hidden layer less": [(8, 4), (8,), (1, 8), (1,)],
    "got 0$": [],
}


@pytest.mark.parametrize("sentence", COUNTS)
def test_a_wrong_number_of_parameters_is_told(sentence: str) -> None:
    with pytest.raises(AssertionError, match=f"^MLP should have 71 parameters, {sentence}"):
        expect_parameter_count(COUNTS[sentence], WIDTHS, "MLP")
    expect_parameter_count([(4, 8), (8,), (8, 3), (3,), (3,), (1,)], WIDTHS, "MLP")
