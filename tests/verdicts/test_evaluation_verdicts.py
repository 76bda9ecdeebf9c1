"""Evaluations over random splits that go wrong get a sentence that says how."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from grader.probes.estimators import EstimatorWorkshop, RecordingLinear
from grader.verdicts.evaluations import expect_models, expect_score_table
from grader.verdicts.inputs import changed_inputs
from grader.verdicts.network_evaluations import expect_network_scores, expect_scaled_split
from grader.verdicts.selection import expect_selection

N, N_TEST, EPOCHS, LR = 21, 7, 25, 0.2
RNG = np.random.default_rng(3)
X = np.column_stack([np.arange(N, dtype=float), RNG.normal(5, 2, N)])
Y = RNG.normal(14, 6, N)
ORDER = RNG.permutation(N)
TEST, TRAIN = ORDER[:N_TEST], ORDER[N_TEST:]
START = torch.tensor([[0.4, -1.1]]), torch.tensor([0.7])
Scale = tuple[np.ndarray, np.ndarray]


def unit(values: np.ndarray) -> Scale:
    return values.min(axis=0), np.ptp(values, axis=0)


def standard(values: np.ndarray) -> Scale:
    return values.mean(axis=0), values.std(axis=0)


def evaluated(
    train: np.ndarray = TRAIN,
    test: np.ndarray = TEST,
    scale: Callable[[], Scale] = lambda: unit(X[TRAIN]),
    test_scale: Callable[[], Scale] | None = None,
    y_scale: Callable[[], Scale] = lambda: unit(Y[TRAIN]),
    back: Callable[[np.ndarray], np.ndarray] | None = None,
    epochs: int = EPOCHS,
    lr: float = LR,
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """One split of an evaluation: its scores, and what the network saw."""
    (low, width), (bottom, height) = scale(), y_scale()
    model = RecordingLinear(*START)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    inputs = torch.tensor((X[train] - low) / width, dtype=torch.float32)
    target = torch.tensor((Y[train] - bottom) / height, dtype=torch.float32)
    for _ in range(epochs):
        optimizer.zero_grad()
        ((model(inputs).flatten() - target) ** 2).mean().backward()
        optimizer.step()
    low, width = (test_scale or scale)()
    with torch.no_grad():
        out = model(torch.tensor((X[test] - low) / width, dtype=torch.float32)).flatten().double().numpy()
    error = (back(out) if back else out * height + bottom) - Y[test]
    return pd.DataFrame({"mae": [np.abs(error).mean()], "rmse": [(error**2).mean() ** 0.5]}), model.passes


def check(frame: pd.DataFrame, passes: list[dict[str, Any]]) -> None:
    split = expect_scaled_split(passes, X, N_TEST, "evaluate")
    expect_network_scores(frame, [split], X, Y, START, EPOCHS, LR, "evaluate")


NOTHING = np.zeros(2), np.ones(2)
WRONG: dict[str, dict[str, Any]] = {
    "largest value of all rows, test rows included$": {"scale": lambda: unit(X)},
    "they are not scaled": {"scale": lambda: NOTHING},
    "standardised by mean and standard deviation of the training rows": {"scale": lambda: standard(X[TRAIN])},
    "asked about rows whose features are not scaled": {"test_scale": lambda: NOTHING},
    "scaled by their own smallest and largest value": {"test_scale": lambda: unit(X[TEST])},
    "on all rows, test rows included": {"train": np.arange(N)},
    "asked only about rows that they were trained on": {"test": TRAIN},
    "14 are for training and 7 for testing, got 13 and 8": {
        "train": TRAIN[1:],
        "test": np.append(TEST, TRAIN[0]),
        "scale": lambda: unit(X[TRAIN[1:]]),
    },
    "the inputs of its networks are not the rows of X": {"test": TEST[1:]},
    "a target that is not scaled$": {"y_scale": lambda: (np.zeros(()), np.ones(()))},
    "target is scaled by the smallest and largest value of all rows": {"y_scale": lambda: unit(Y)},
    "target is standardised by mean and standard deviation of the training": {"y_scale": lambda: standard(Y[TRAIN])},
    "are not brought back to the units of y": {"back": lambda out: out},
    "smallest value is not added": {"back": lambda out: out * np.ptp(Y[TRAIN])},
    "brought back by the smallest and largest value of the test rows": {
        "back": lambda out: out * np.ptp(Y[TEST]) + Y[TEST].min()
    },
    "that is what a network gives that was not trained|that comes of training with lr=0.0001": {"lr": 1e-4},
    "that comes of 100 steps": {"epochs": 100},
}


def test_a_right_evaluation_passes() -> None:
    check(*evaluated())
    check(*evaluated(train=TRAIN[::-1], test=np.arange(N)[np.isin(np.arange(N), TEST)]))


@pytest.mark.parametrize("sentence", WRONG)
def test_a_wrong_evaluation_is_told(sentence: str) -> None:
    with pytest.raises(AssertionError, match=f"^evaluate.*({sentence})"):
        check(*evaluated(**WRONG[sentence]))


def test_scores_of_other_rows_are_told() -> None:
    frame, passes = evaluated()
    in_training = evaluated(test=TRAIN)[0]
    with pytest.raises(AssertionError, match="this number is that of the training rows$"):
        check(in_training, passes)
    with pytest.raises(AssertionError, match="this number is in units of a scaled target"):
        check(frame / np.ptp(Y[TRAIN]), passes)
    with pytest.raises(AssertionError, match="this number is the mean squared error$"):
        check(frame.assign(rmse=frame["rmse"] ** 2), passes)


def fitted(train: Any = TRAIN, asked: Any = TEST, y: Any = Y, early: bool = False) -> list[dict[str, Any]]:
    workshop = EstimatorWorkshop(np.zeros(N))
    model = workshop.make()
    if early:
        model.predict(X[asked])
    if len(train):
        model.fit(X[train], y[train])
    if len(asked):
        model.predict(X[asked])
    return workshop.evidence()


MODELS = {
    "fitted once, one is fitted 0 times": fitted(train=[]),
    "fitted on all rows, test rows included": fitted(train=np.arange(N)),
    "fitted on 12 of 21 rows": fitted(train=TRAIN[2:]),
    "on some rows more than once": fitted(train=[*TRAIN[1:], TRAIN[1]]),
    r"they are scaled to \[0, 1\] over all rows": fitted(y=(Y - Y.min()) / np.ptp(Y)),
    "asked to predict before it is fitted": fitted(early=True),
    "never asked to predict": fitted(asked=[]),
    "asked only about rows that they were fitted on": fitted(asked=TRAIN),
    "one was asked about 6 of them": fitted(asked=TEST[1:]),
    "so 1 times, but was called 2 times": fitted() + fitted(),
}


@pytest.mark.parametrize("sentence", MODELS)
def test_models_that_see_the_wrong_rows_are_told(sentence: str) -> None:
    with pytest.raises(AssertionError, match=f"^evaluate.*{sentence}"):
        expect_models(MODELS[sentence], Y, 1, N_TEST, "evaluate")
    expect_models(fitted(asked=np.arange(N)), Y, 1, N_TEST, "evaluate")


def test_what_wrong_rows_hold_is_told() -> None:
    scores = np.array([[1.0, 2.0], [3.0, 5.0]])
    expect_score_table(pd.DataFrame(scores, columns=["mae", "rmse"]), 2, "evaluate", lambda: scores)
    for row, sentence in ((scores.mean(0), "means over"), (scores[1], "scores of the last"), ([7, 7], "got 1$")):
        with pytest.raises(AssertionError, match=sentence):
            expect_score_table(pd.DataFrame([row], columns=["mae", "rmse"]), 2, "evaluate", lambda: scores)
    with pytest.raises(AssertionError, match="the columns should be mae and rmse, got MAE, 1$"):
        expect_score_table(pd.DataFrame(scores, columns=["MAE", 1]), 2, "evaluate")


def test_features_chosen_in_another_way_are_told() -> None:
    y = pd.Series(RNG.normal(size=100))
    noise = RNG.normal(size=(100, 3))
    table = pd.DataFrame(
        {"poor": 9 * y + 40 * noise[:, 0], "down": -y + 0.2 * noise[:, 1], "up": y + 0.6 * noise[:, 2]}
    )
    ranking = ["down", "up", "poor"]
    expect_selection(["down", "up"], ranking, 2, table, y, "select")
    for chosen, sentence in (
        (["up", "down"], "another order than by decreasing score: from the lowest"),
        (["poor", "up"], "those with .*the smallest F statistic"),
        (["up", "poor"], "a strong negative one counts as the smallest"),
        (["down"], "2 names, got 1"),
        (["poor", "down"], "with the highest scores, but .*the first columns of X"),
        ([1, 2], "names of columns, got 1"),
        (("down", "up"), "a list, got a tuple"),
    ):
        with pytest.raises(AssertionError, match=f"^select.*{sentence}"):
            expect_selection(chosen, ranking, 2, table, y, "select")


def test_inputs_that_were_changed_are_told() -> None:
    def passes(values: np.ndarray) -> list[dict[str, Any]]:
        return [{"inputs": torch.tensor(values, dtype=torch.float32), "grad": True}]

    assert changed_inputs(passes(X[::-1].copy()), X, "train") is None
    assert changed_inputs(passes((X - X.mean(0)) / X.std(0)), X, "train") == (
        "train gives the model other numbers than those of X: each column is standardised"
    )
    assert "of shape (5, 2) at first" in str(changed_inputs(passes(X[:5]), X, "train"))
    assert "never calls the model" in str(changed_inputs([], X, "train"))
