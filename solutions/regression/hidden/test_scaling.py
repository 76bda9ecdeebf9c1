"""Hidden checks of scaling.py."""

import numpy as np
import pytest
import torch

from grader.verdicts.circumstances import during
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.scalings import mistaken_inverses, mistaken_transforms
from grader.verdicts.values import as_array, expect_close, expect_refused, expect_unchanged


def scaler(student, x):
    minmax = student.scaling.MinMax()
    minmax.fit(x)
    return minmax


def formula(x, fitted):
    low, high = fitted.min(axis=0), fitted.max(axis=0)
    return (x - low) / (high - low)


@pytest.mark.points(1)
def test_arguments_are_left_alone(student, rng):
    """MinMax modifies none of its arguments, and later changes to them do not reach it."""
    x = rng.normal(size=(5, 2))
    held = student.hold(x.copy())
    minmax = student.scaling.MinMax()
    minmax.fit(held)
    expect_unchanged(x, student.fetch(held), "MinMax.fit: x")
    for method in ("transform", "inverse"):
        student.keep(getattr(minmax, method), held)
        expect_unchanged(x, student.fetch(held), f"MinMax.{method}: x")
    held[0] = 1e6
    what = "MinMax.transform, after the array that it was fitted on was changed by its owner,"
    expect_close(minmax.transform(x), formula(x, x), 1e-5, 1e-6, what)


@pytest.mark.points(1)
def test_results_stay_as_they_are(student, rng):
    """MinMax never changes what an earlier call returned."""
    x, new = rng.normal(size=(4, 2)), rng.normal(50, 9, (4, 2))
    minmax = scaler(student, x)
    for method in ("transform", "inverse"):
        call = getattr(minmax, method)
        first = student.keep(call, x)
        before = student.fetch(first)
        student.keep(call, new)
        what = f"MinMax.{method}: what it returned first, after a second call with other data of the same shape"
        expect_close(student.fetch(first), before, 0, 0, what)


@pytest.mark.points(1)
def test_scalers_are_independent_and_can_be_fitted_again(student, rng):
    """MinMax objects share nothing, and fitting again replaces the statistics."""
    a, b = rng.uniform(0, 1, (5, 2)), rng.uniform(100, 200, (5, 2))
    first = scaler(student, a)
    second = scaler(student, b)
    what = "MinMax: a first scaler, after a second was fitted,"
    shared = [("it has the statistics of the second one", formula(a, b)), *mistaken_transforms(a, a)()]
    expect_close(first.transform(a), formula(a, a), 1e-5, 1e-6, what, mistakes=shared)
    second.fit(a)
    what = "MinMax, fitted a second time,"
    kept = [
        ("it still has the statistics of the first fit", formula(b, b)),
        ("the second fit only widens the range of the first", formula(b, np.concatenate([a, b]))),
        *mistaken_transforms(b, a)(),
    ]
    expect_close(second.transform(b), formula(b, a), 1e-5, 1e-4, what, mistakes=kept)


@pytest.mark.points(1)
@pytest.mark.parametrize("shape", [(9,), (6, 3), (5, 1), (2, 4)])
def test_fitted_data_fill_the_unit_interval(student, rng, shape):
    """MinMax scales every column of the fitted data to exactly [0, 1], also 1-D data."""
    x = rng.normal(3, 20, shape)
    scaled = as_array(scaler(student, x).transform(x), "MinMax.transform: the result")
    assert scaled.shape == shape, f"MinMax.transform should keep the shape {shape}, got {scaled.shape}"
    expect_close(
        scaled,
        formula(x, x),
        1e-5,
        1e-6,
        "MinMax.transform of the fitted data",
        mistakes=mistaken_transforms(x, x),
    )
    low, high = scaled.min(axis=0), scaled.max(axis=0)
    assert np.allclose(low, 0, atol=1e-6), "MinMax: the smallest fitted value of each column should become 0"
    assert np.allclose(high, 1, atol=1e-6), "MinMax: the largest fitted value of each column should become 1"


@pytest.mark.points(2)
def test_other_data_use_the_fitted_statistics(student, rng):
    """MinMax.transform uses the statistics of fit for any data, and does not clip."""
    x, new = rng.uniform(2, 9, (8, 3)), rng.uniform(-30, 60, (5, 3))
    scaled = as_array(scaler(student, x).transform(new), "MinMax.transform: the result")
    assert scaled.shape == (5, 3), f"MinMax.transform should keep the shape (5, 3), got {scaled.shape}"
    wanted, what = formula(new, x), "MinMax.transform of data it was not fitted on"
    expect_close(scaled, wanted, 1e-5, 1e-6, what, mistakes=mistaken_transforms(new, x))


@pytest.mark.points(1)
def test_transform_and_inverse_leave_the_statistics_alone(student, rng):
    """MinMax keeps its statistics through transform and inverse of other data."""
    x, new = rng.normal(size=(7, 2)), rng.normal(50, 9, (4, 2))
    minmax = scaler(student, x)
    minmax.transform(new)
    minmax.inverse(new)
    what = "MinMax.transform, after other data were transformed and brought back,"
    kept = [
        ("the statistics are now those of the other data", formula(x, new)),
        ("the other data have widened the range", formula(x, np.concatenate([x, new]))),
        *mistaken_transforms(x, x)(),
    ]
    expect_close(minmax.transform(x), formula(x, x), 1e-5, 1e-6, what, mistakes=kept)


@pytest.mark.points(2)
@pytest.mark.parametrize("shape", [(7,), (6, 3)])
def test_inverse_gives_original_units(student, rng, shape):
    """MinMax.inverse undoes transform, also outside the fitted range and for values it has never seen."""
    x, new = rng.uniform(5, 28, shape), rng.uniform(-10, 80, shape)
    minmax = scaler(student, x)
    back, what = minmax.inverse(minmax.transform(new)), "MinMax: inverse(transform(x))"
    expect_close(back, new, 1e-4, 1e-3, what, mistakes=mistaken_inverses(formula(new, x), x))
    values = rng.uniform(-2, 3, shape)
    low, high = x.min(axis=0), x.max(axis=0)
    back, what = minmax.inverse(values), "MinMax.inverse of scaled values"
    expect_close(back, values * (high - low) + low, 1e-5, 1e-4, what, mistakes=mistaken_inverses(values, x))


@pytest.mark.points(2)
@pytest.mark.parametrize("kind", ["2-D", "1-D"])
@pytest.mark.parametrize("level", [4.5, 0.1])
def test_a_constant_column_becomes_zero_and_comes_back(student, rng, kind, level):
    """MinMax turns a column that was constant at fit into 0, and inverse gives its constant."""
    x = rng.normal(size=(10, 3))
    x[:, 1] = level  # ten times 0.1 have a mean that is not 0.1, and a standard deviation that is not 0
    new = rng.normal(size=(4, 3))
    if kind == "1-D":
        x, new = x[:, 1], new[:, 1]
    minmax = scaler(student, x)
    constant = (slice(None), 1) if kind == "2-D" else slice(None)
    for data, what in ((x, "the fitted data"), (new, "other data")):
        scaled = as_array(minmax.transform(data), "MinMax.transform: the result")
        assert scaled.shape == data.shape, f"MinMax.transform should keep the shape {data.shape}, got {scaled.shape}"
        column = f"a column of {what} that was {level} throughout at fit"
        seen = listed(scaled[constant])
        assert np.allclose(scaled[constant], 0, atol=1e-8), f"MinMax.transform turns {column} into {seen}"
        assert np.isfinite(scaled).all(), f"MinMax.transform of {what} gives NaN or infinity beside a constant column"
        back = as_array(minmax.inverse(scaled), "MinMax.inverse: the result")
        assert back.shape == data.shape, f"MinMax.inverse should keep the shape {data.shape}, got {back.shape}"
        seen = listed(back[constant])
        assert np.allclose(back[constant], level, atol=1e-5), f"MinMax.inverse gives {seen} for {column}"


def listed(values):
    """The first few numbers, as a phrase."""
    return ", ".join(f"{value:.4g}" for value in values[:3]) + (", ..." if len(values) > 3 else "")


@pytest.mark.points(1)
def test_a_single_row_can_be_fitted(student, rng):
    """MinMax fitted on one row treats every column as constant."""
    x = rng.normal(size=(1, 4))
    with during("MinMax.fit of a single row"):
        minmax = scaler(student, x)
    expect_close(minmax.transform(x), np.zeros((1, 4)), what="MinMax.transform of the single row that was fitted")
    expect_close(minmax.inverse(np.zeros((1, 4))), x, 1e-6, 1e-6, "MinMax.inverse, fitted on a single row,")


@pytest.mark.points(1)
def test_transform_before_fit_is_an_error(student, rng):
    """MinMax.transform before fit raises a RuntimeError, also after another scaler was fitted."""
    scaler(student, rng.normal(size=(3, 2)))
    unfitted = student.scaling.MinMax()
    expect_refused(RuntimeError, "MinMax.transform before fit", unfitted.transform, rng.normal(size=(3, 2)))


@pytest.mark.points(2)
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int64", "float32"])
@pytest.mark.parametrize("kind", ["array", "tensor"])
def test_integers_and_tensors_are_accepted(student, rng, dtype, kind):
    """MinMax takes integers (without overflow), float32, arrays and tensors."""
    low, high = (-100, 120) if dtype == "int8" else (0, 250)
    x, new = (rng.integers(low, high, (6, 2)).astype(dtype) for _ in range(2))
    x[0], x[1] = low, high
    wrap = torch.from_numpy if kind == "tensor" else np.asarray
    with during(f"MinMax.fit and transform of {dtype} values ({kind})"):
        minmax = scaler(student, wrap(x))
        scaled = minmax.transform(wrap(new))
    wanted, what = formula(new.astype(float), x.astype(float)), f"MinMax.transform of {dtype} values ({kind})"

    def mistakes():
        low, high = x.min(axis=0), x.max(axis=0)
        overflow = f"this comes of arithmetic in {dtype}, which cannot hold such numbers"
        for width in (high - low, high.astype(float) - low):  # wraps around where the type is narrow
            yield overflow, (new - low) / width.astype(float)
            yield overflow, (new.astype(float) - low) / width.astype(float)
        yield from mistaken_transforms(new, x)()

    expect_close(scaled, wanted, 1e-4, 1e-5, what, mistakes=mistakes)
    back, what = minmax.inverse(minmax.transform(wrap(new))), f"MinMax.inverse for {dtype} ({kind})"
    expect_close(back, new, 1e-3, 1e-2, what, mistakes=mistaken_inverses(wanted, x))


@pytest.mark.points(1)
def test_columns_of_any_scale(student, rng):
    """MinMax scales tiny columns, and small differences on top of a large offset."""
    offset, *widths = 1e4 + rng.uniform(0, 100, 8), 1e-3, 1e-4, 5e-9
    x = np.column_stack([offset, *(width * rng.permutation(np.linspace(0.1, 0.9, 8)) for width in widths)])
    what = "MinMax.transform of columns near 10000, below 0.001, below 0.0001 and below 0.000000005"
    scaled = scaler(student, x).transform(x)
    expect_close(scaled, formula(x, x), 1e-3, 1e-3, what, mistakes=mistaken_transforms(x, x))


@pytest.mark.points(1)
@pytest.mark.needs("test_columns_are_scaled_to_the_unit_interval")
def test_importing_does_nothing_else(student):
    """Importing scaling.py prints nothing, trains nothing and sets no seed."""
    expect_quiet_import(student, "scaling")
