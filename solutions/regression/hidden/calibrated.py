"""Calibrated tasks: `grader calibrate regression` runs them on the reference, the hidden checks on submissions."""

import numpy as np

from grader.calibrate import calibrated
from grader.calibrate.metrics import r2
from grader.verdicts.values import expect_numbers

FEATURES = 6


def surface(rng, count, directions):
    """Rows `(N, 6)` and a target `(N,)`: a slope along one direction, a bend along another, and a little noise."""
    X = rng.normal(size=(count, FEATURES))
    slope, bend = (X @ directions).T
    return X, slope + np.abs(bend) + rng.normal(0, 0.1, count)


@calibrated(metric="R² of its predictions", steps=150, modules=["training"])
def train_regressor_finds_a_surface(student, trial):
    """After 150 epochs of train_regressor on 2000 rows, predict on 600 new ones"""
    nn = student.worker("torch.nn")
    directions = np.linalg.qr(trial.rng.normal(size=(FEATURES, 2)))[0]
    X, y = surface(trial.rng, 2000, directions)
    model = nn.Sequential(nn.Linear(FEATURES, 16), nn.ReLU(), nn.Linear(16, 1))
    student.training.train_regressor(model, X, trial.targets(y), epochs=150, lr=0.1)
    X, y = surface(trial.rng, 600, directions)
    prediction = expect_numbers(student.training.predict(model, X), (600,), what="what predict returns")
    return r2(y, prediction)
