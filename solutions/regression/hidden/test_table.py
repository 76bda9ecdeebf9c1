"""Hidden checks of table.py."""

import math

import numpy as np
import oracle
import pandas as pd
import pytest

from grader.probes import regressors, splits
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.values import expect_close, expect_error, expect_list, expect_unchanged, kind_of


def loaded(student, frame):
    result = student.table.load_table(frame)
    X, y = expect_list(result, 2, "load_table: the result (X, y)", kind=tuple)
    assert isinstance(X, pd.DataFrame), f"load_table: X should be a DataFrame, got {kind_of(X)}"
    assert isinstance(y, pd.Series), f"load_table: y should be a Series, got {kind_of(y)}"
    return X, y


@pytest.mark.points(1)
def test_columns_are_found_by_name_in_any_order(student, rng):
    """load_table finds its columns by name, wherever they stand, and keeps the order of the others."""
    frame = oracle.raw_table(rng)
    frame = frame[list(rng.permutation(frame.columns))]
    X, y = loaded(student, frame)
    expected = [name for name in frame.columns if name not in ("id", "radius_mean")]
    assert list(X.columns) == expected, "load_table: with shuffled columns, X does not hold the other columns in order"
    expect_close(y, frame["radius_mean"], what="load_table: the target")


@pytest.mark.points(1)
def test_rows_keep_order_and_values(student, rng):
    """load_table keeps every value, and rows in their order whatever the index says."""
    frame = oracle.raw_table(rng, rows=11)
    frame.index = rng.permutation(11) * 3
    X, y = loaded(student, frame)
    expect_close(X["texture_mean"], frame["texture_mean"], what="load_table: the values of texture_mean")
    expect_close(X["radius_worst"], frame["radius_worst"], what="load_table: the values of radius_worst")
    expect_close(y, frame["radius_mean"], what="load_table: the target")


@pytest.mark.points(1)
def test_id_and_diagnosis_may_be_missing(student, rng):
    """load_table works on a table without id and without diagnosis, and keeps columns it has not seen before."""
    frame = oracle.raw_table(rng).drop(columns=["id", "diagnosis"])
    frame["age_in_years"] = np.arange(len(frame))
    X, _ = loaded(student, frame)
    assert list(X.columns) == [name for name in frame.columns if name != "radius_mean"], (
        "load_table: on a table without id and diagnosis, X should hold every column but the target"
    )


@pytest.mark.points(1)
@pytest.mark.parametrize("kind", ["mixed", "M", "B"])
def test_diagnosis_becomes_one_for_malignant(student, rng, kind):
    """load_table turns diagnosis M into 1 and B into 0, also on a table with one kind only."""
    frame = oracle.raw_table(rng)
    if kind != "mixed":
        frame["diagnosis"] = kind
    X, _ = loaded(student, frame)
    expect_close(X["diagnosis"], (frame["diagnosis"] == "M").astype(float), what=f"load_table: diagnosis ({kind})")


@pytest.mark.points(1)
def test_all_features_are_float64(student, rng):
    """load_table gives float64 features, also from integers and float32, diagnosis included."""
    frame = oracle.raw_table(rng)
    frame["texture_mean"] = np.arange(len(frame))
    frame["area_se"] = frame["area_se"].astype(np.float32)
    X, _ = loaded(student, frame)
    others = sorted({f"{name} is {dtype}" for name, dtype in X.dtypes.items() if dtype != np.float64})
    assert not others, f"load_table: all features should be float64, but {', '.join(others[:3])}"


@pytest.mark.points(1)
@pytest.mark.parametrize("column", ["texture_mean", "fractal_dimension_worst", "radius_mean"])
def test_missing_values_are_an_error(student, rng, column):
    """load_table raises a ValueError for a NaN in the features or in the target."""
    frame = oracle.raw_table(rng)
    frame.loc[int(rng.integers(len(frame))), column] = np.nan
    with expect_error(ValueError, f"load_table of a table in which a {column} is missing"):
        student.table.load_table(frame)


@pytest.mark.points(1)
def test_missing_target_is_a_key_error(student, rng):
    """load_table raises a KeyError when there is no column radius_mean."""
    with expect_error(KeyError, "load_table of a table without radius_mean"):
        student.table.load_table(oracle.raw_table(rng).drop(columns="radius_mean"))


@pytest.mark.points(1)
def test_load_table_leaves_its_argument_alone(student, rng):
    """load_table does not modify the frame it is given."""
    frame = oracle.raw_table(rng)
    held = student.hold(frame)
    student.table.load_table(held)
    expect_unchanged(frame, student.fetch(held), "the frame given to load_table")


@pytest.mark.points(1)
def test_size_columns_are_recognised_by_their_start(student, rng):
    """drop_size_columns goes by the start of the name: whichever are there, and no others."""
    names = ["symmetry_mean", "area_fraction", "mean_radius", "subarea_se", "radius_", "perimeters", "perimeter_max"]
    names += ["radiusmean", "x_area_mean", "texture_radius_mean", "area"]
    X = pd.DataFrame(rng.normal(size=(4, len(names))), columns=names)
    kept = student.table.drop_size_columns(X)
    expected = [name for name in names if not name.startswith(oracle.SIZES)]
    assert isinstance(kept, pd.DataFrame), f"drop_size_columns should return a DataFrame, got {kind_of(kept)}"
    wrong = sorted(set(expected) ^ set(kept.columns))
    assert not wrong, f"drop_size_columns decides wrongly about {', '.join(wrong)}"
    assert list(kept.columns) == expected, "drop_size_columns should keep the order of the columns"
    expect_close(kept, X[expected], what="drop_size_columns: the values")


@pytest.mark.points(1)
def test_drop_size_columns_leaves_its_argument_alone(student, rng):
    """drop_size_columns does not modify its argument, and works when there is nothing to drop."""
    X = oracle.raw_table(rng).drop(columns=["id", "diagnosis"])
    held = student.hold(X)
    kept = student.table.drop_size_columns(held)
    expect_unchanged(X, student.fetch(held), "the frame given to drop_size_columns")
    again = student.table.drop_size_columns(kept)
    assert list(again.columns) == list(kept.columns), "drop_size_columns should keep everything when nothing is to drop"


@pytest.mark.points(2)
@pytest.mark.parametrize(("rows", "fraction"), [(569, None), (7, None), (10, 0.25), (16, 0.5), (8, 0.375), (4, 0.125)])
def test_the_test_part_is_rounded_up(student, rng, rows, fraction):
    """split puts the right number of rows into the test part: rounded up, a third by default."""
    X, y = oracle.numbered(rng, rows)
    options = {} if fraction is None else {"test_fraction": fraction}
    X_train, X_test, y_train, y_test = student.table.split(X, y, **options)
    n = math.ceil(rows * (1 / 3 if fraction is None else fraction))
    sizes = (len(X_test), len(y_test), len(X_train), len(y_train))
    assert sizes == (n, n, rows - n, rows - n), (
        f"split: of {rows} rows, {n} belong in the test part with test_fraction={fraction or '1/3'}; "
        f"got {sizes[0]} and {sizes[1]} in test, {sizes[2]} and {sizes[3]} in train"
    )


@pytest.mark.points(2)
def test_rows_and_targets_stay_together_by_position(student, rng):
    """split pairs rows of X and y by position, whatever their indexes say, and uses every row once."""
    X, y = oracle.numbered(rng, 20, features=4)
    X_train, X_test, y_train, y_test = student.table.split(X, y)
    for part, values, name in ((X_train, y_train, "training"), (X_test, y_test, "test")):
        assert isinstance(part, pd.DataFrame), f"split: the {name} features should be a DataFrame, got {kind_of(part)}"
        assert isinstance(values, pd.Series), f"split: the {name} target should be a Series, got {kind_of(values)}"
        rows = part["row"].to_numpy().astype(int)
        expect_close(part, X.iloc[rows], what=f"split: the rows of the {name} part")
        expect_close(values, y.iloc[rows], what=f"split: the targets that go with the {name} rows")
    together = np.sort(np.concatenate([X_train["row"], X_test["row"]]))
    assert np.array_equal(together, np.arange(20)), "split: every row should be in exactly one of the two parts"


@pytest.mark.points(1)
def test_repeated_index_labels_do_no_harm(student, rng):
    """split works by position also where index labels repeat."""
    X, y = oracle.numbered(rng, 12)
    X.index, y.index = [0, 1] * 6, ["a", "b", "c"] * 4
    X_train, X_test, y_train, y_test = student.table.split(X, y)
    assert (len(X_train), len(X_test)) == (8, 4), "split: with repeated index labels the parts have the wrong size"
    for part, values in ((X_train, y_train), (X_test, y_test)):
        expect_close(
            values, y.iloc[part["row"].to_numpy().astype(int)], what="split: with repeated labels, the targets"
        )


@pytest.mark.points(2)
def test_the_generator_decides(student, rng):
    """split draws from the generator: equal seeds, equal splits; other seeds, others; and it moves on."""
    X, y = oracle.numbered(rng, 40)
    seed = int(rng.integers(2**31))
    generator = student.worker("torch").Generator()
    drawn = []
    for value in (seed, None, seed, seed + 1):
        if value is not None:
            generator.manual_seed(value)
        drawn.append(list(student.table.split(X, y, generator=generator)[1]["row"]))
    assert drawn[0] == drawn[2], "split: a generator with the same seed should give the same split"
    assert sorted(drawn[0]) != sorted(drawn[1]), "split: the second split from one generator should be another one"
    assert sorted(drawn[0]) != sorted(drawn[3]), "split: another seed should give another split"


@pytest.mark.points(1)
def test_the_generator_alone_is_used(student, rng):
    """split with a generator sets no global seed."""
    X, y = oracle.numbered(rng, 20)
    generator = student.worker("torch").Generator()
    generator.manual_seed(int(rng.integers(2**31)))
    before = student.run(regressors.global_seeds)
    student.table.split(X, y, generator=generator)
    after = student.run(regressors.global_seeds)
    assert before[0] == after[0], "split with a generator sets torch's global seed"
    assert np.array_equal(before[1], after[1]), "split with a generator changes NumPy's global state"


@pytest.mark.points(1)
def test_without_generator_torchs_global_one_decides(student, rng):
    """split without a generator follows torch's global one and sets no seed."""
    X, y = oracle.numbered(rng, 40)
    torch_there = student.worker("torch")
    seed = int(rng.integers(2**31))
    torch_there.manual_seed(seed)
    first = list(student.table.split(X, y)[1]["row"])
    second = list(student.table.split(X, y)[1]["row"])
    assert student.run(regressors.global_seeds)[0] == seed, "split sets torch's global seed"
    torch_there.manual_seed(seed)
    assert first == list(student.table.split(X, y)[1]["row"]), "split: torch's global generator should decide"
    assert sorted(first) != sorted(second), "split gives the same split every time"


@pytest.mark.points(2)
def test_every_partition_is_equally_likely(student):
    """split gives every row, and every pair of rows, the same chance to be in the test part."""
    times, rows = 400, 12
    drawn = student.run(splits.test_rows, student.table.split, rows, times)
    assert drawn.shape == (times, 4), f"split: of 12 rows, 4 belong in the test part, got {drawn.shape[1:]}"
    there = np.zeros((times, rows))
    there[np.arange(times)[:, None], drawn] = 1
    # A row: binomial(400, 1/3), sd 9.4. A pair: binomial(400, 1/11), sd 5.7. Eight sd: below 1e-10 in all.
    singles, pairs = there.sum(0), there.T @ there
    assert np.abs(singles - times / 3).max() < 76, "split: some rows land in the test part much more often than others"
    off = pairs[~np.eye(rows, dtype=bool)]
    assert np.abs(off - times / 11).max() < 47, "split: some rows go into the test part together far too often"


@pytest.mark.points(1)
def test_split_leaves_its_arguments_alone(student, rng):
    """split does not modify X and y."""
    X, y = oracle.numbered(rng, 10)
    held_X, held_y = student.hold(X), student.hold(y)
    student.table.split(held_X, held_y)
    expect_unchanged(X, student.fetch(held_X), "split: X")
    expect_unchanged(y, student.fetch(held_y), "split: y")


@pytest.mark.points(1)
@pytest.mark.needs("test_size_columns_go")
def test_importing_does_nothing_else(student):
    """Importing table.py prints nothing, trains nothing and sets no seed."""
    expect_quiet_import(student, "table")
