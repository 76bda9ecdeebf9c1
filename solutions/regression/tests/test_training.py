"""Visible checks of training.py."""

import numpy as np
import pandas as pd
import pytest
import torch

from grader.probes import regressors, training
from grader.probes.estimators import NetworkWorkshop, RecordingLinear
from grader.verdicts.training import (
    evaluation_in_training_mode,
    explained_by,
    gradients_during_evaluation,
    training_faults,
    wrong_hyper_parameters,
)
from grader.verdicts.values import expect_close

X = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([2.0, 3.0, 5.0])


def model(student):
    return student.run(RecordingLinear, torch.zeros(1, 2), torch.zeros(1))


def faults(student):
    """What can be said about the way in which train_regressor trains, from three epochs."""
    call = student.training.train_regressor
    trace = student.run(training.traced, call, model(student), X, Y, epochs=3, lr=0.1)["trace"]
    beside_the_point = (evaluation_in_training_mode, gradients_during_evaluation)
    yield from training_faults(trace, "train_regressor", leave_out=beside_the_point)
    yield wrong_hyper_parameters(trace, "train_regressor", {"lr": 0.1, "momentum": 0, "weight_decay": 0}, "SGD")


@pytest.mark.points(6)
def test_the_first_step(student):
    """train_regressor makes one step down the gradient of the mean squared error."""
    net = model(student)
    losses = student.training.train_regressor(net, X, Y, epochs=1, lr=0.1)
    weight, bias = student.run(regressors.parameters, net)
    right = [[0.1 * 2 / 3 * 8, 0.1 * 2 / 3 * 7]]
    with explained_by(faults(student)):
        expect_close(losses, [(4 + 9 + 25) / 3], 1e-5, 1e-5, "train_regressor: the loss before the first step")
        expect_close(weight, right, 1e-5, 1e-5, "train_regressor: the weights after one step")
        expect_close(bias, [0.1 * 2 / 3 * 10], 1e-5, 1e-5, "train_regressor: the bias after one step")


@pytest.mark.points(4)
def test_the_loss_falls(student):
    """train_regressor reaches a small loss on three points that lie on a plane."""
    losses = student.training.train_regressor(model(student), X, Y, epochs=2000, lr=0.3)
    assert len(losses) == 2000, f"train_regressor: 2000 epochs should give 2000 losses, got {len(losses)}"
    with explained_by(faults(student)):
        assert losses[-1] < 1e-4, f"train_regressor: the loss should fall to almost 0 here, ended at {losses[-1]:.3g}"


@pytest.mark.points(3)
def test_targets_in_a_column(student):
    """train_regressor treats y of shape (N, 1) and (N,) alike."""
    flat, column = (
        student.training.train_regressor(model(student), X, y, epochs=3, lr=0.1) for y in (Y, Y.reshape(3, 1))
    )
    expect_close(column, flat, 1e-6, 1e-6, "train_regressor: the losses for y of shape (N, 1), against those for (N,),")


@pytest.mark.points(6)
def test_predictions(student):
    """predict returns a float64 array with one number per row."""
    net = student.run(RecordingLinear, torch.tensor([[2.0, 3.0]]), torch.tensor([1.0]))
    prediction = student.training.predict(net, X)
    assert str(prediction.dtype).endswith("float64"), f"predict should return float64 numbers, got {prediction.dtype}"
    expect_close(prediction, [4, 3, 6], 1e-6, 1e-6, "predict: the result")


@pytest.mark.points(3)
def test_prediction_repeats(student):
    """predict gives the same result every time, also for a model with dropout."""
    net = student.run(regressors.dropout_regressor, 2)
    first, second = (student.training.predict(net, X) for _ in range(2))
    expect_close(second, first, 1e-7, 1e-9, "predict, called a second time: the result")


@pytest.mark.points(5)
def test_evaluation_of_a_network(student):
    """evaluate_network returns mae and rmse per split, in the units of y."""
    table = pd.DataFrame(np.random.uniform(size=(60, 2)), columns=["a", "b"])
    y = 100 + 50 * table["a"] - 30 * table["b"]
    workshop = student.run(NetworkWorkshop, torch.zeros(1, 2), torch.zeros(1))
    frame = student.training.evaluate_network(workshop.make, table, y, 2, epochs=300, lr=0.3)
    assert sorted(frame.columns) == ["mae", "rmse"], (
        f"evaluate_network: columns should be mae and rmse, got {list(frame.columns)}"
    )
    assert len(frame) == len(workshop.evidence()) == 2, "evaluate_network: one network and one row per split expected"
    worst = float(frame["mae"].max())
    assert worst < 8, (
        f"evaluate_network: an error of a few units of y is within reach here, got a mean absolute error of {worst:.3g}"
    )


@pytest.mark.points(3)
def test_importance(student):
    """feature_importance lists every feature with a weight, largest first."""
    names = ["a", "b", "c"]
    result = student.training.feature_importance(student.network.LinearRegressor(3), names)
    assert sorted(name for name, _ in result) == names, "feature_importance: every feature should appear once"
    sizes = [abs(weight) for _, weight in result]
    assert sizes == sorted(sizes, reverse=True), "feature_importance: absolute weights should decrease"
