"""Visible checks of training.py."""

import numpy as np
import pandas as pd
import pytest
import torch

from grader.probes import regressors, training
from grader.probes.estimators import NetworkWorkshop, RecordingLinear
from grader.verdicts.circumstances import during
from grader.verdicts.evaluations import expect_score_table
from grader.verdicts.inputs import changed_inputs, order_of_inputs
from grader.verdicts.network_evaluations import expect_network_scores, expect_scaled_split
from grader.verdicts.scores import mistaken_scores
from grader.verdicts.training import (
    evaluation_in_training_mode,
    explained_by,
    gradients_during_evaluation,
    training_faults,
    wrong_hyper_parameters,
)
from grader.verdicts.trajectories import differing, line_descent, parting
from grader.verdicts.values import expect_close, expect_list, expect_numbers

X = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([2.0, 3.0, 5.0])
START = torch.zeros(1, 2), torch.zeros(1)


def trained(student, y=Y, epochs=3, lr=0.1):
    """What came of a call of train_regressor, what happened meanwhile, and what the model was given."""
    net = student.run(RecordingLinear, *START)
    with during(f"train_regressor with float64 arrays X {X.shape} and y {y.shape}, epochs={epochs}"):
        call = student.training.train_regressor
        outcome = student.run(training.traced, call, net, X, y, course_of=net, epochs=epochs, lr=lr)
    return outcome, student.run(regressors.passes, net)


def faults(student, y=Y):
    """What can be said about the way in which train_regressor trains, from three epochs."""
    outcome, passes = trained(student, y)
    beside_the_point = (evaluation_in_training_mode, gradients_during_evaluation)
    yield from training_faults(outcome["trace"], "train_regressor", leave_out=beside_the_point)
    settings = {"lr": 0.1, "momentum": 0, "weight_decay": 0}
    yield wrong_hyper_parameters(outcome["trace"], "train_regressor", settings, "SGD")
    yield changed_inputs(passes, X, "train_regressor")


@pytest.mark.points(6)
def test_the_first_step(student):
    """train_regressor makes one step down the gradient of the mean squared error."""
    outcome, passes = trained(student, epochs=1)
    losses = expect_list(outcome["result"], 1, "train_regressor with epochs=1: what it returns")
    wanted, reached = line_descent(*START, X, Y, 2, 0.1), outcome["course"]["states"][-1]
    known = mistaken_scores(np.zeros(3), Y)
    with explained_by(faults(student)):
        expect_close(
            losses[0],
            (4 + 9 + 25) / 3,
            1e-5,
            1e-5,
            "train_regressor: the loss before the first step",
            mistakes=lambda: [*known(), ("this number is the loss after the step", wanted.losses[1])],
        )
        wanted = wanted.part(0, 1)
        wrong = differing(reached, wanted.states[1], wanted.tolerances[1])
        assert not wrong, parting(outcome["course"], wanted, "train_regressor") + order_of_inputs(passes, X)


@pytest.mark.points(4)
def test_the_loss_falls(student):
    """train_regressor reaches a small loss on three points that lie on a plane."""
    net = student.run(RecordingLinear, *START)
    losses = student.training.train_regressor(net, X, Y, epochs=2000, lr=0.3)
    expect_list(losses, 2000, "train_regressor with epochs=2000: what it returns")
    with explained_by(faults(student)):
        assert losses[-1] < 1e-4, f"train_regressor: the loss should fall to almost 0 here, ended at {losses[-1]:.3g}"


@pytest.mark.points(3)
def test_targets_in_a_column(student):
    """train_regressor treats y of shape (N, 1) and (N,) alike."""
    flat, column = (trained(student, y)[0]["result"] for y in (Y, Y.reshape(3, 1)))
    with explained_by(faults(student, Y.reshape(3, 1))):
        what = "train_regressor: the losses for y of shape (N, 1), against those for (N,),"
        expect_close(column, flat, 1e-6, 1e-6, what)


@pytest.mark.points(6)
def test_predictions(student):
    """predict returns a float64 array with one number per row."""
    net = student.run(RecordingLinear, torch.tensor([[2.0, -3.0]]), torch.tensor([1.5]))
    with during("predict with a float64 array X (3, 2)"):
        prediction = student.training.predict(net, X)
    assert not getattr(prediction, "requires_grad", False), "predict: the result still carries gradients"
    numbers, right = expect_numbers(prediction, (3,), "float64", "predict: the result"), np.array([-1.5, 3.5, 0.5])
    known = {
        "negative predictions became 0": right.clip(0),
        "negative predictions lost their sign": abs(right),
        "they are whole numbers": right.round(),
        "they are whole numbers, rounded towards 0": np.trunc(right),
    }
    expect_close(numbers, right, 1e-6, 1e-6, "predict: the result", mistakes=known)


@pytest.mark.points(3)
def test_prediction_repeats(student):
    """predict gives the same result every time, also for a model with dropout."""
    net = student.run(regressors.dropout_regressor, 2)
    first, second = (student.training.predict(net, X) for _ in range(2))
    in_training = any(any(one["modes"]) for one in student.run(regressors.passes, net))
    hint = "the model with its dropout and batch norm runs in training mode" if in_training else ""
    expect_close(second, first, 1e-7, 1e-9, "predict, called a second time: the result", hint=hint)


@pytest.mark.points(5)
def test_evaluation_of_a_network(student):
    """evaluate_network returns mae and rmse per split, in the units of y."""
    table = pd.DataFrame({"a": np.arange(60.0), "b": np.random.uniform(size=60)})
    y = 100 + table["a"] - 30 * table["b"]
    workshop = student.run(NetworkWorkshop, *START)
    frame = student.training.evaluate_network(workshop.make, table, y, 2, epochs=300, lr=0.3)
    expect_score_table(frame, 2, "evaluate_network")
    networks = workshop.evidence()
    assert len(networks) == 2, (
        f"evaluate_network with iterations=2 should call make_model once per split, called it {len(networks)} times"
    )
    worst = float(frame["mae"].max())
    if not worst < 8:  # say why, if that can be seen
        splits = [expect_scaled_split(passes, table, 20, "evaluate_network") for passes in networks]
        expect_network_scores(frame, splits, table, y, START, 300, 0.3, "evaluate_network")
    assert worst < 8, (
        f"evaluate_network: an error of a few units of y is within reach here, got a mean absolute error of {worst:.3g}"
    )


@pytest.mark.points(3)
def test_importance(student):
    """feature_importance lists every feature with a weight, largest first."""
    names = ["a", "b", "c"]
    result = student.training.feature_importance(student.network.LinearRegressor(3), names)
    for pair in expect_list(result, 3, "feature_importance for 3 features: the result"):
        expect_list(pair, 2, "feature_importance: every (name, weight)", kind=tuple)
    assert sorted(name for name, _ in result) == names, (
        f"feature_importance: every one of {names} should appear once, got {[name for name, _ in result]}"
    )
    weights = [weight for _, weight in result]
    how = ""
    if list(map(abs, weights)) == sorted(map(abs, weights)):
        how = ": they increase"
    elif weights in (sorted(weights), sorted(weights, reverse=True)):
        how = ": the order is that of the weights with their signs"
    sizes = [abs(weight) for weight in weights]
    assert sizes == sorted(sizes, reverse=True), f"feature_importance: absolute weights should decrease{how}"
