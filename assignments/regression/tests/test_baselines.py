"""Visible checks of baselines.py."""

import numpy as np
import pandas as pd
import pytest

from grader.probes.estimators import EstimatorWorkshop
from grader.verdicts.values import expect_error


def rows_and_target(n=15):
    X = pd.DataFrame({"row": np.arange(n, dtype=float), "noise": np.random.normal(size=n)})
    return X, pd.Series(np.random.normal(10, 3, n))


@pytest.mark.points(3)
def test_a_row_per_split(student):
    """evaluate_model returns columns mae and rmse, and a row per split."""
    X, y = rows_and_target()
    frame = student.baselines.evaluate_model(student.run(EstimatorWorkshop, np.zeros(15)).make, X, y, 3)
    assert sorted(frame.columns) == ["mae", "rmse"], (
        f"evaluate_model: columns should be mae and rmse, got {list(frame.columns)}"
    )
    assert len(frame) == 3, f"evaluate_model: 3 iterations should give 3 rows, got {len(frame)}"


@pytest.mark.points(5)
def test_models_are_fitted_on_two_thirds(student):
    """evaluate_model fits a fresh model per split on two thirds of the rows and asks it about the others."""
    X, y = rows_and_target()
    workshop = student.run(EstimatorWorkshop, np.zeros(15))
    student.baselines.evaluate_model(workshop.make, X, y, 2)
    models = workshop.evidence()
    assert len(models) == 2, f"evaluate_model: one model per split expected (2), got {len(models)}"
    for model in models:
        fitted = [rows for rows, _ in model["fits"]]
        assert [len(rows) for rows in fitted] == [10], (
            "evaluate_model: each model should be fitted once, on 10 of 15 rows"
        )
        asked = set(np.concatenate(model["predicts"]).tolist()) - set(fitted[0].tolist())
        assert len(asked) == 5, "evaluate_model: each model should be asked about the 5 rows it was not fitted on"


@pytest.mark.points(2)
def test_a_perfect_model_scores_zero(student):
    """evaluate_model gives errors of 0 to a model that knows every answer."""
    X, y = rows_and_target()
    workshop = student.run(EstimatorWorkshop, y.to_numpy())
    frame = student.baselines.evaluate_model(workshop.make, X, y, 2)
    assert np.allclose(frame.to_numpy(dtype=float), 0, atol=1e-6), (
        "evaluate_model: a perfect model should have no error"
    )


@pytest.mark.points(5)
def test_the_best_features_come_first(student):
    """select_features lists the best features, best first."""
    y = pd.Series(np.random.normal(size=200))
    noise = np.random.normal(size=(200, 3))
    X = pd.DataFrame({"poor": y + 3 * noise[:, 0], "best": y + 0.1 * noise[:, 1], "good": y + 0.7 * noise[:, 2]})
    chosen = list(student.baselines.select_features(X, y, 2))
    assert chosen == ["best", "good"], f"select_features: 'best' and then 'good' expected, got {chosen}"


@pytest.mark.points(2)
def test_other_scores_are_refused(student):
    """select_features raises a ValueError for a score it does not know."""
    X, y = rows_and_target()
    with expect_error(ValueError, 'select_features with score="luck"'):
        student.baselines.select_features(X, y, 1, score="luck")
