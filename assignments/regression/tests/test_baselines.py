"""Visible checks of baselines.py."""

import numpy as np
import pandas as pd
import pytest

from grader.probes.estimators import EstimatorWorkshop
from grader.verdicts.evaluations import expect_models, expect_score_table, test_rows_of
from grader.verdicts.selection import expect_selection
from grader.verdicts.values import expect_close, expect_refused


def rows_and_target(n=15):
    X = pd.DataFrame({"row": np.arange(n, dtype=float), "noise": np.random.normal(size=n)})
    return X, pd.Series(np.random.normal(10, 3, n))


def scores(models, answers, y):
    """Mean absolute error, and root of the mean squared error, of each model's answers for its test rows."""
    errors = [(answers - y.to_numpy())[test_rows_of(model)] for model in models]
    return [(np.abs(error).mean(), (error**2).mean() ** 0.5) for error in errors]


@pytest.mark.points(3)
def test_a_row_per_split(student):
    """evaluate_model returns columns mae and rmse, and a row per split."""
    X, y = rows_and_target()
    workshop = student.run(EstimatorWorkshop, np.zeros(15))
    frame = student.baselines.evaluate_model(workshop.make, X, y, 3)
    expect_score_table(frame, 3, "evaluate_model", lambda: scores(workshop.evidence(), np.zeros(15), y))


@pytest.mark.points(5)
def test_models_are_fitted_on_two_thirds(student):
    """evaluate_model fits a fresh model per split on two thirds of the rows and asks it about the others."""
    X, y = rows_and_target()
    workshop = student.run(EstimatorWorkshop, np.zeros(15))
    student.baselines.evaluate_model(workshop.make, X, y, 2)
    expect_models(workshop.evidence(), y, 2, 5, "evaluate_model")


@pytest.mark.points(2)
def test_a_perfect_model_scores_zero(student):
    """evaluate_model gives errors of 0 to a model that knows every answer."""
    X, y = rows_and_target()
    workshop = student.run(EstimatorWorkshop, y.to_numpy())
    frame = student.baselines.evaluate_model(workshop.make, X, y, 2)
    for score in ("mae", "rmse"):
        what = f"evaluate_model: the column {score} for a model whose predictions are all right"
        expect_close(expect_score_table(frame, 2, "evaluate_model")[score], [0, 0], 0, 1e-6, what)


@pytest.mark.points(5)
def test_the_best_features_come_first(student):
    """select_features lists the best features, best first."""
    y, noise = pd.Series(np.random.normal(size=200)), np.random.normal(size=(200, 4))
    X = pd.DataFrame(
        {
            "fair": -3 * (y + 1.5 * noise[:, 0]),
            "best": -0.1 * (y + 0.1 * noise[:, 1]),
            "poor": 0.5 * (0.1 * y + noise[:, 2]),
            "good": 20 * (y + 0.5 * noise[:, 3]),
        }
    )
    chosen = student.baselines.select_features(X, y, 2)
    ranking = ["best", "good", "fair", "poor"]
    expect_selection(chosen, ranking, 2, X, y, "select_features with k=2, of 4 features,")


@pytest.mark.points(2)
def test_other_scores_are_refused(student):
    """select_features raises a ValueError for a score it does not know."""
    X, y = rows_and_target()
    select = student.baselines.select_features
    expect_refused(ValueError, 'select_features with score="luck"', select, X, y, 1, score="luck")
