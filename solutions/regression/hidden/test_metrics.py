"""Hidden checks of metrics.py."""

import numpy as np
import oracle
import pandas as pd
import pytest
import torch

from grader.verdicts.circumstances import during
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.scores import mistaken_scores
from grader.verdicts.values import expect_close, expect_float, expect_refused, expect_unchanged

NAMES = ["mae", "mse", "rmse", "r2"]


def expected(name, prediction, target):
    prediction, target = (np.asarray(v, dtype=np.float64).reshape(-1) for v in (prediction, target))
    mean_absolute, root = oracle.errors(prediction, target)
    spread = ((target - target.mean()) ** 2).mean()
    return {"mae": mean_absolute, "mse": root**2, "rmse": root, "r2": 1 - root**2 / spread}[name]


def check(student, name, prediction, target, what, rtol=1e-5, mistakes=list):
    """The value of a metric; `mistakes` gives those that come of this kind of input."""
    with during(f"{name} of {what}"):
        value = expect_float(getattr(student.metrics, name)(prediction, target), f"{name} of {what}")
    values = [v.detach().numpy() if isinstance(v, torch.Tensor) else v for v in (prediction, target)]
    other = mistaken_scores(*values)
    expect_close(
        value, expected(name, *values), rtol, 1e-6, f"{name} of {what}", mistakes=lambda: [*mistakes(), *other()]
    )


def scores_of(error, target, sentence):
    """All metrics of wrong errors, each with the sentence about it."""
    error, target = np.asarray(error, dtype=np.float64), np.asarray(target, dtype=np.float64)
    square, spread = error**2, ((target - target.mean()) ** 2).mean()
    values = np.abs(error).mean(), square.mean(), square.mean() ** 0.5, 1 - square.mean() / spread
    return [(sentence, value) for value in values]


@pytest.mark.points(1)
@pytest.mark.parametrize("name", NAMES)
def test_values(student, rng, name):
    """The metric has its textbook value, for large and small errors."""
    for scale, rtol in ((0.01, 1e-3), (1, 1e-5), (300, 1e-5)):  # float32 is precise enough
        target = rng.normal(14, 3.5, 23)
        check(student, name, target + rng.normal(0, scale, 23), target, f"arrays (errors near {scale:g})", rtol)


@pytest.mark.points(1)
@pytest.mark.parametrize("name", NAMES)
def test_units_do_not_matter(student, rng, name):
    """The metric of values in tiny units is as exact as in any others."""
    factor = 2.0**-14  # a guard against division by nearly zero may be there, for targets that are all equal
    target = factor * rng.normal(14, 3.5, 12)
    prediction = target + factor * rng.normal(0, 2, 12)
    wanted = expected(name, prediction, target)
    what = f"{name} of values near 0.001, relative to the right one,"
    with during(f"{name} of values near 0.001"):
        value = expect_float(getattr(student.metrics, name)(prediction, target), f"{name} of tiny values")
    expect_close(value / wanted, 1.0, 1e-3, 0, what, hint="is anything added to what is divided, or to what is rooted?")


@pytest.mark.points(1)
@pytest.mark.parametrize("name", NAMES)
def test_prediction_and_target_play_their_parts(student, rng, name):
    """The metric takes the prediction first: r2 depends on it, the others do not."""
    prediction, target = rng.normal(0, 1, 9), rng.normal(2, 7, 9)
    check(student, name, prediction, target, "predictions that vary less than the target")
    check(student, name, target, prediction, "predictions that vary more than the target")


@pytest.mark.points(1)
@pytest.mark.parametrize("name", NAMES)
def test_one_column_against_a_flat_list(student, rng, name):
    """The metric compares (N,) with (N, 1) element by element."""
    prediction, target = rng.normal(size=7), rng.normal(size=7)
    for wrap, what in ((np.asarray, "arrays"), (torch.as_tensor, "tensors")):
        p, t = wrap(prediction), wrap(target)
        check(student, name, p.reshape(-1, 1), t, f"(N, 1) predictions against an (N,) target ({what})")
        check(student, name, p, t.reshape(-1, 1), f"(N,) predictions against an (N, 1) target ({what})")
        check(student, name, p.reshape(-1, 1), t.reshape(-1, 1), f"(N, 1) against (N, 1) ({what})")


@pytest.mark.points(1)
@pytest.mark.parametrize("name", NAMES)
def test_series_are_compared_by_position(student, rng, name):
    """The metric compares series element by element, whatever their indexes say."""
    prediction, target = rng.normal(size=8), rng.normal(size=8)
    shuffled = pd.Series(target, index=rng.permutation(8))
    by_label = scores_of(pd.Series(prediction) - shuffled, shuffled, "values are paired by their index labels")

    def mistakes():
        return by_label

    check(student, name, prediction, shuffled, "an array and a series with a shuffled index", mistakes=mistakes)
    check(student, name, pd.Series(prediction), shuffled, "two series with different indexes", mistakes=mistakes)


@pytest.mark.points(1)
@pytest.mark.parametrize("name", NAMES)
def test_lists_integers_and_mixed_kinds(student, rng, name):
    """The metric takes lists, integers, and one kind against another."""
    prediction, target = rng.integers(-9, 9, 6), rng.integers(-9, 9, 6)
    target[:2] = -5, 5
    check(student, name, prediction.tolist(), target.tolist(), "lists of integers")
    check(student, name, prediction.astype(float).tolist(), torch.tensor(target), "a list and an integer tensor")
    check(student, name, torch.tensor(prediction, dtype=torch.float32), target, "a float32 tensor and an integer array")
    check(student, name, torch.tensor(prediction), pd.Series(target), "an integer tensor and a series")


@pytest.mark.points(1)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["uint8", "int8", "float16"])
def test_narrow_types_do_not_overflow(student, rng, name, dtype):
    """The metric is right for narrow types, whose own arithmetic would overflow."""
    low, high = (-120, 120) if dtype == "int8" else (0, 250)
    prediction, target = (rng.integers(low, high, 12).astype(dtype) for _ in range(2))
    prediction[:2], target[:2] = (low, high), (high, low)

    def mistakes():
        error = prediction - target
        sentence = f"this comes of arithmetic in {dtype}, which cannot hold such numbers"
        wide = scores_of(error, target, sentence)
        return [
            *wide,
            *((sentence, value) for value in ((error**2).mean(), abs(error).mean(), (error**2).mean() ** 0.5)),
        ]

    check(student, name, prediction, target, f"{dtype} arrays", 1e-4, mistakes)
    check(student, name, torch.from_numpy(prediction), torch.from_numpy(target), f"{dtype} tensors", 1e-4, mistakes)


@pytest.mark.points(1)
@pytest.mark.parametrize("name", NAMES)
def test_tensors_with_gradient(student, rng, name):
    """The metric takes tensors that require gradients."""
    prediction = torch.tensor(rng.normal(size=5), requires_grad=True)
    check(student, name, prediction, torch.tensor(rng.normal(size=5)), "a prediction that requires gradients")


@pytest.mark.points(1)
@pytest.mark.parametrize("name", NAMES)
def test_different_lengths_are_an_error(student, rng, name):
    """The metric raises a ValueError for different lengths, also where they could be broadcast."""
    metric = getattr(student.metrics, name)
    for sizes in ((3, 4), (1, 4), (4, 1)):
        for wrap in (np.asarray, torch.as_tensor, list, lambda x: x.reshape(-1, 1)):
            given = [wrap(rng.normal(size=size)) for size in sizes]
            expect_refused(ValueError, f"{name} of {sizes[0]} predictions for {sizes[1]} targets", metric, *given)
        what = f"{name} of predictions ({sizes[0]}, 1) for targets ({sizes[1]},)"
        expect_refused(ValueError, what, metric, rng.normal(size=(sizes[0], 1)), rng.normal(size=sizes[1]))


@pytest.mark.points(1)
@pytest.mark.parametrize("name", ["mae", "mse", "rmse"])
def test_a_single_sample(student, rng, name):
    """The metric of one sample, in any shape."""
    prediction, target = rng.normal(size=1), rng.normal(size=1)
    check(student, name, prediction, target, "one sample")
    check(student, name, prediction.reshape(1, 1), target, "one sample of shape (1, 1) against (1,)")
    check(student, name, torch.tensor(prediction).reshape(1, 1), torch.tensor(target).reshape(1, 1), "(1, 1) tensors")


@pytest.mark.points(1)
@pytest.mark.parametrize("name", NAMES)
def test_empty_input_is_an_error(student, name):
    """The metric raises a ValueError for empty input."""
    for empty in ([], np.zeros(0), torch.zeros(0), np.zeros((0, 1))):
        expect_refused(ValueError, f"{name} of nothing", getattr(student.metrics, name), empty, empty)


@pytest.mark.points(2)
def test_arguments_are_left_alone(student, rng):
    """The metrics modify none of their arguments."""
    prediction, target = rng.normal(size=6), torch.tensor(rng.normal(size=6))
    held = student.hold(prediction.copy()), student.hold(target.clone())
    for name in NAMES:
        getattr(student.metrics, name)(*held)
        expect_unchanged(prediction, student.fetch(held[0]), f"{name}: the prediction")
        expect_unchanged(target, student.fetch(held[1]), f"{name}: the target")


@pytest.mark.points(1)
@pytest.mark.needs("test_value_of_a_small_example")
def test_importing_does_nothing_else(student):
    """Importing metrics.py prints nothing, trains nothing and sets no seed."""
    expect_quiet_import(student, "metrics")
