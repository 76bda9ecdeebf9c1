"""Hidden checks of baselines.py."""

import numpy as np
import oracle
import pandas as pd
import pytest
from sklearn.feature_selection import f_regression

from grader.probes import regressors, seeds
from grader.probes.estimators import EstimatorWorkshop
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.values import expect_close, expect_error, expect_unchanged, kind_of


def evaluated(student, rng, rows=20, iterations=4, generator=None, repeated_labels=False):
    """The frame from `evaluate_model`, what its models saw, and the answers they gave."""
    X, y = oracle.numbered(rng, rows)
    if repeated_labels:
        X.index, y.index = rng.integers(3, size=rows), rng.integers(3, size=rows)
    answers = rng.normal(10, 4, rows)
    workshop = student.run(EstimatorWorkshop, answers)
    options = {} if generator is None else {"generator": generator}
    frame = student.baselines.evaluate_model(workshop.make, X, y, iterations, **options)
    assert isinstance(frame, pd.DataFrame), f"evaluate_model should return a DataFrame, got {kind_of(frame)}"
    return frame, workshop.evidence(), X, y, answers


def test_rows_of(record):
    """The rows that one model was asked about but not fitted on."""
    fitted = set(np.concatenate([rows for rows, _ in record["fits"]]).tolist())
    asked = set(np.concatenate(record["predicts"]).tolist()) if record["predicts"] else set()
    return sorted(asked - fitted)


test_rows_of.__test__ = False


@pytest.mark.points(1)
@pytest.mark.parametrize("iterations", [1, 5])
def test_a_row_per_split(student, rng, iterations):
    """evaluate_model returns a frame with columns mae and rmse and a row per split."""
    frame, *_ = evaluated(student, rng, iterations=iterations)
    assert sorted(frame.columns) == ["mae", "rmse"], (
        f"evaluate_model: columns should be mae and rmse, got {list(frame.columns)}"
    )
    assert len(frame) == iterations, (
        f"evaluate_model: {iterations} iterations should give {iterations} rows, got {len(frame)}"
    )
    assert np.isfinite(frame.to_numpy(dtype=float)).all(), "evaluate_model: the scores hold NaN or infinity"


@pytest.mark.points(2)
def test_a_fresh_model_per_split(student, rng):
    """evaluate_model calls make_model once per split and fits each model once."""
    _, evidence, *_ = evaluated(student, rng, iterations=4)
    assert len(evidence) == 4, (
        f"evaluate_model: make_model should be called once per split (4), was called {len(evidence)} times"
    )
    fits = [len(record["fits"]) for record in evidence]
    assert fits == [1] * 4, f"evaluate_model: each model should be fitted once, got {fits}"


@pytest.mark.points(3)
def test_fitted_on_training_rows_scored_on_the_others(student, rng):
    """evaluate_model fits on two thirds of the rows and asks about the other third."""
    _, evidence, *_ = evaluated(student, rng, rows=20, iterations=4)
    assert evidence, "evaluate_model never calls make_model"
    for record in evidence:
        assert record["fits"], "evaluate_model should fit every model it makes"
        assert record["predicts"], "evaluate_model should ask every model it makes"
        fitted = record["fits"][0][0]
        assert (fitted >= 0).all(), "evaluate_model should hand the features to the model as they are"
        assert len(fitted) == 13, f"evaluate_model: of 20 rows, 13 are for training, but {len(fitted)} were used to fit"
        assert len(set(fitted.tolist())) == 13, "evaluate_model fits on some rows more than once"
        assert len(test_rows_of(record)) == 7, "evaluate_model should predict all rows that it did not fit on"


@pytest.mark.points(1)
@pytest.mark.parametrize("labels", ["distinct", "repeated"])
def test_targets_belong_to_their_rows(student, rng, labels):
    """evaluate_model fits each row with its own target, by position whatever the indexes say."""
    _, evidence, _, y, _ = evaluated(student, rng, repeated_labels=labels == "repeated")
    assert evidence, "evaluate_model never calls make_model"
    assert all(record["fits"] for record in evidence), "evaluate_model should fit every model it makes"
    for record in evidence:
        rows, targets = record["fits"][0]
        assert len(rows) == len(targets) == 13, "evaluate_model: 13 of 20 rows, with their targets, are for training"
        expect_close(targets, y.to_numpy()[rows], 1e-6, 1e-6, "evaluate_model: the targets given to fit")


@pytest.mark.points(3)
@pytest.mark.parametrize("score", ["mae", "rmse"])
def test_scores_are_those_of_the_test_rows(student, rng, score):
    """evaluate_model scores the predictions for the test rows, in the units of y."""
    frame, evidence, _, y, answers = evaluated(student, rng, rows=23, iterations=4)
    assert len(evidence) == len(frame) == 4, "evaluate_model should make one model, and one row, per split"
    for i, record in enumerate(evidence):
        rows = test_rows_of(record)
        assert rows, "evaluate_model asks no model about rows that it was not fitted on"
        wanted = dict(zip(("mae", "rmse"), oracle.errors(answers[rows], y.to_numpy()[rows]), strict=True))[score]
        expect_close(frame[score].iloc[i], wanted, 1e-4, 1e-6, f"evaluate_model: {score} of split {i}")


@pytest.mark.points(2)
def test_splits_are_drawn_afresh(student, rng):
    """evaluate_model draws another random split in every iteration."""
    _, evidence, *_ = evaluated(student, rng, rows=40, iterations=4)
    parts = {tuple(test_rows_of(record)) for record in evidence if record["fits"] and record["predicts"]}
    assert len(parts) == 4, f"evaluate_model: 4 iterations should use 4 different splits, got {len(parts)}"


@pytest.mark.points(2)
def test_the_generator_decides_the_splits(student, rng):
    """evaluate_model draws its splits from the generator: equal seeds, equal splits."""
    generator, seed = student.worker("torch").Generator(), int(rng.integers(2**31))
    drawn = []
    before = student.run(regressors.global_seeds)
    for value in (seed, seed, seed + 1, None):
        if value is not None:
            generator.manual_seed(value)
        _, evidence, *_ = evaluated(student, rng, rows=40, iterations=3, generator=generator)
        drawn.append([test_rows_of(record) for record in evidence if record["fits"] and record["predicts"]])
    assert drawn[0] == drawn[1], "evaluate_model: a generator with the same seed should give the same splits"
    assert drawn[0] != drawn[2], "evaluate_model: another seed should give other splits"
    assert drawn[2] != drawn[3], "evaluate_model: a second call with one generator should go on to other splits"
    assert before[0] == student.run(regressors.global_seeds)[0], "evaluate_model sets torch's global seed"


@pytest.mark.points(1)
def test_without_generator_no_seed_is_set(student, rng):
    """evaluate_model without a generator follows torch's global one and sets no seed."""
    torch_there, first = student.worker("torch"), int(rng.integers(2**31))
    drawn = []
    for seed in (first, first, first + 1):
        torch_there.manual_seed(seed)
        _, evidence, *_ = evaluated(student, rng, rows=40, iterations=2)
        drawn.append([test_rows_of(record) for record in evidence if record["fits"] and record["predicts"]])
        assert student.run(regressors.global_seeds)[0] == seed, "evaluate_model sets torch's global seed"
    assert drawn[0] == drawn[1], "evaluate_model without a generator should follow torch's global generator"
    assert drawn[0] != drawn[2], "evaluate_model without a generator uses the same splits in every call"


@pytest.mark.points(1)
def test_evaluate_model_leaves_its_arguments_alone(student, rng):
    """evaluate_model does not modify X and y."""
    X, y = oracle.numbered(rng, 12)
    held = student.hold(X), student.hold(y)
    student.baselines.evaluate_model(student.run(EstimatorWorkshop, np.zeros(12)).make, *held, 2)
    expect_unchanged(X, student.fetch(held[0]), "evaluate_model: X")
    expect_unchanged(y, student.fetch(held[1]), "evaluate_model: y")


def graded_features(rng, rows=300, features=8):
    """Features of clearly different use, some rising and some falling with the target, in random order.

    The best are so good that their p-values are too small for a float64, while their F statistics still differ.
    """
    y = rng.normal(14, 3, rows)
    columns = {}
    for i, strength in enumerate(rng.permutation(features)):
        noise = 0.0005 * 4.0**strength * rng.normal(size=rows)
        columns[f"feature {i}"] = rng.choice([-1, 1]) * ((y - 14) / 3 + noise)
    labels = rng.permutation(rows)
    return pd.DataFrame(columns, index=labels), pd.Series(y, index=labels)


@pytest.mark.points(3)
@pytest.mark.parametrize("k", [1, 3, 8])
def test_features_come_best_first(student, rng, k):
    """select_features returns the k names with the highest F statistic, best first."""
    X, y = graded_features(rng)
    chosen = student.baselines.select_features(X, y, k)
    assert isinstance(chosen, list), f"select_features should return a list, got {kind_of(chosen)}"
    assert len(chosen) == k, f"select_features: k={k} should give {k} names, got {len(chosen)}"
    ranking = [X.columns[i] for i in np.argsort(-f_regression(X.to_numpy(), y.to_numpy())[0])]
    assert sorted(chosen) == sorted(ranking[:k]), "select_features does not choose the features with the highest scores"
    assert chosen == ranking[:k], "select_features should list the chosen names by decreasing score"


def bent_features(rng, rows=500):
    """Noise, a feature with a linear trend, and one that decides the target without any.

    Over 300 draws the gaps between neighbouring scores, of either kind, were 10 standard deviations or more.
    """
    x = rng.uniform(-2, 2, rows)
    y = pd.Series(x**2 + rng.normal(0, 0.02, rows))
    columns = {f"noise {i}": rng.normal(size=rows) for i in range(4)}
    columns["weak"] = y + rng.normal(0, 0.7, rows)
    columns["square"] = x
    return pd.DataFrame(columns)[list(rng.permutation(list(columns)))], y


@pytest.mark.points(2)
def test_the_f_statistic_is_the_default(student, rng):
    """select_features scores linear trends by default, and under the name f_regression."""
    X, y = bent_features(rng)
    for options in ({}, {"score": "f_regression"}):
        chosen = student.baselines.select_features(X, y, 1, **options)
        assert list(chosen) == ["weak"], (
            f"select_features with {options or 'the default score'}: the only feature with a linear trend comes first"
        )


@pytest.mark.points(3)
def test_mutual_information_sees_what_a_line_does_not(student, rng):
    """select_features with "mutual_info" finds dependence that is not linear, strongest first."""
    X, y = bent_features(rng)
    chosen = student.baselines.select_features(X, y, 2, score="mutual_info")
    assert list(chosen) == ["square", "weak"], (
        'select_features with score="mutual_info": a feature that decides the target comes first, even if not linearly'
    )


@pytest.mark.points(1)
@pytest.mark.parametrize("score", ["pearson", "f_classif", "", "MUTUAL_INFO"])
def test_unknown_scores_are_an_error(student, rng, score):
    """select_features raises a ValueError for any other score."""
    X, y = graded_features(rng)
    with expect_error(ValueError, f"select_features with score={score!r}"):
        student.baselines.select_features(X, y, 2, score=score)


@pytest.mark.points(1)
@pytest.mark.parametrize("score", ["f_regression", "mutual_info"])
def test_select_features_sets_no_seed(student, rng, score):
    """select_features sets no global seed."""
    X, y = graded_features(rng, rows=40)
    reseeded = student.run(seeds.reseeded, student.baselines.select_features, X, y, 2, score=score)
    assert not reseeded, f"select_features sets the global seed of {', '.join(reseeded)}"


@pytest.mark.points(1)
def test_select_features_leaves_its_arguments_alone(student, rng):
    """select_features does not modify X and y."""
    X, y = graded_features(rng)
    held = student.hold(X), student.hold(y)
    student.baselines.select_features(*held, 3)
    expect_unchanged(X, student.fetch(held[0]), "select_features: X")
    expect_unchanged(y, student.fetch(held[1]), "select_features: y")


@pytest.mark.points(1)
@pytest.mark.needs("test_a_row_per_split")
def test_importing_does_nothing_else(student):
    """Importing baselines.py prints nothing, trains nothing and sets no seed."""
    expect_quiet_import(student, "baselines")
