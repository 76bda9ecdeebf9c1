"""Hidden checks of baselines.py."""

import numpy as np
import oracle
import pandas as pd
import pytest
from sklearn.feature_selection import f_regression

from grader.probes import regressors, seeds
from grader.probes.estimators import EstimatorWorkshop
from grader.verdicts.circumstances import during
from grader.verdicts.evaluations import expect_models, expect_score_table, mistaken_split_scores, test_rows_of
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.selection import expect_selection
from grader.verdicts.splits import expect_generator_decides
from grader.verdicts.values import expect_close, expect_refused, expect_unchanged


def evaluated(student, rng, rows=20, iterations=4, generator=None, repeated_labels=False, unit=1.0):
    """The frame from `evaluate_model`, what its models saw, and the answers they gave."""
    X, y = oracle.numbered(rng, rows)
    if repeated_labels:
        X.index, y.index = rng.integers(3, size=rows), rng.integers(3, size=rows)
    X, y = X.rename(columns={"row": "area_row"}), unit * y  # a size column: evaluating leaves none out
    answers = unit * rng.normal(10, 4, rows)
    workshop = student.run(EstimatorWorkshop, answers)
    options = {} if generator is None else {"generator": generator}
    labels = "repeated index labels" if repeated_labels else "index labels in no order"
    with during(f"evaluate_model with iterations={iterations}, for X and y with {labels}"):
        frame = student.baselines.evaluate_model(workshop.make, X, y, iterations, **options)
    return frame, workshop.evidence(), X, y, answers


def drawn_rows(evidence):
    """The test rows of each split."""
    return [test_rows_of(model).tolist() for model in evidence if model["fits"] and model["predicts"]]


@pytest.mark.points(1)
@pytest.mark.parametrize("iterations", [1, 5])
def test_a_row_per_split(student, rng, iterations):
    """evaluate_model returns a frame with columns mae and rmse and a row per split."""
    frame, evidence, _, y, _ = evaluated(student, rng, iterations=iterations)
    expect_score_table(frame, iterations, "evaluate_model")
    if not np.isfinite(frame.to_numpy(dtype=float)).all():
        expect_models(evidence, y, iterations, 7, "evaluate_model")
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
    for rows in (20, 100):
        _, evidence, _, y, _ = evaluated(student, rng, rows=rows, iterations=4)
        expect_models(evidence, y, 4, -(-rows // 3), "evaluate_model")


@pytest.mark.points(1)
@pytest.mark.parametrize("labels", ["distinct", "repeated"])
def test_targets_belong_to_their_rows(student, rng, labels):
    """evaluate_model fits each row with its own target, by position whatever the indexes say."""
    _, evidence, _, y, _ = evaluated(student, rng, repeated_labels=labels == "repeated")
    expect_models(evidence, y, 4, 7, f"evaluate_model, for X and y with {labels} index labels in no order,")


@pytest.mark.points(3)
@pytest.mark.parametrize("score", ["mae", "rmse"])
def test_scores_are_those_of_the_test_rows(student, rng, score):
    """evaluate_model scores the predictions for the test rows, in the units of y."""
    for unit in (1, 0.001):
        frame, evidence, _, y, answers = evaluated(student, rng, rows=23, iterations=4, unit=unit)
        expect_score_table(frame, 4, "evaluate_model")
        assert len(evidence) == 4, f"evaluate_model should make one model per split, 4 in all, made {len(evidence)}"
        for i, record in enumerate(evidence):
            rows = test_rows_of(record)
            assert len(rows), "evaluate_model asks no model about rows that it was not fitted on"
            wanted = dict(zip(("mae", "rmse"), oracle.errors(answers[rows], y.to_numpy()[rows]), strict=True))[score]
            known = mistaken_split_scores(answers, y, np.setdiff1d(np.arange(23), rows), rows)
            what = f"evaluate_model: {score} of split {i}, for a target with a mean of {y.mean():.2g},"
            expect_close(frame[score].iloc[i], wanted, 1e-4, 1e-6 * unit, what, mistakes=known)


@pytest.mark.points(2)
def test_splits_are_drawn_afresh(student, rng):
    """evaluate_model draws another random split in every iteration."""
    _, evidence, X, y, answers = evaluated(student, rng, rows=40, iterations=4)
    parts = set(map(tuple, drawn_rows(evidence)))
    if len(parts) != 4:
        make = student.run(EstimatorWorkshop, answers).make
        seeded = student.run(seeds.reseeded, student.baselines.evaluate_model, make, X, y, 2)
        why = f": it sets the global seed of {', '.join(seeded)}" if seeded else ""
        raise AssertionError(f"evaluate_model: 4 iterations should use 4 different splits, used {len(parts)}{why}")


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
        drawn.append(drawn_rows(evidence))
    expect_generator_decides(drawn, "evaluate_model")
    assert before[0] == student.run(regressors.global_seeds)[0], "evaluate_model sets torch's global seed"


@pytest.mark.points(1)
def test_without_generator_no_seed_is_set(student, rng):
    """evaluate_model without a generator follows torch's global one and sets no seed."""
    torch_there, first = student.worker("torch"), int(rng.integers(2**31))
    drawn = []
    for seed in (first, first, first + 1):
        torch_there.manual_seed(seed)
        before = student.run(regressors.global_seeds)
        _, evidence, *_ = evaluated(student, rng, rows=40, iterations=2)
        drawn.append(drawn_rows(evidence))
        after = student.run(regressors.global_seeds)
        assert after[0] == seed, "evaluate_model sets torch's global seed"
        assert np.array_equal(before[1], after[1]), "evaluate_model changes NumPy's global state"
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
        if strength == 0:  # another one that is nearly the same
            columns["twin"] = columns[f"feature {i}"] + 0.001 * rng.normal(size=rows)
    labels = rng.permutation(rows)
    return pd.DataFrame(columns, index=labels), pd.Series(y, index=labels)


@pytest.mark.points(3)
@pytest.mark.parametrize("k", [1, 3, 9])
def test_features_come_best_first(student, rng, k):
    """select_features returns the k names with the highest F statistic, best first."""
    X, y = graded_features(rng)
    chosen = student.baselines.select_features(X, y, k)
    ranking = [X.columns[i] for i in np.argsort(-f_regression(X.to_numpy(), y.to_numpy())[0])]
    expect_selection(chosen, ranking, k, X, y, f"select_features with k={k}")


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
    X["steep"] = np.exp(4 * y)  # it rises with the target, but on no line
    for options in ({}, {"score": "f_regression"}):
        chosen = student.baselines.select_features(X, y, 1, **options)
        named = " with score='f_regression'" if options else ""
        expect_selection(chosen, ["weak"], 1, X, y, f"select_features{named}")


@pytest.mark.points(3)
def test_mutual_information_sees_what_a_line_does_not(student, rng):
    """select_features with "mutual_info" finds dependence that is not linear, strongest first, in any unit."""
    for unit in (1, 0.05):
        X, y = bent_features(rng)
        y *= unit
        X = X[sorted(X.columns, key=lambda name: (name in ("weak", "square"), name == "square"))]  # the best comes last
        chosen = student.baselines.select_features(X, y, 2, score="mutual_info")
        what = f'select_features with score="mutual_info", for targets from {y.min():.2g} to {y.max():.2g},'
        expect_selection(chosen, ["square", "weak"], 2, X, y, what)


@pytest.mark.points(1)
@pytest.mark.parametrize("score", ["pearson", "f_classif", "f", "r_regression", "", "MUTUAL_INFO"])
def test_unknown_scores_are_an_error(student, rng, score):
    """select_features raises a ValueError for any other score."""
    X, y = graded_features(rng)
    select = student.baselines.select_features
    expect_refused(ValueError, f"select_features with score={score!r}", select, X, y, 2, score=score)


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
