"""Hidden checks of table.py."""

import math

import numpy as np
import oracle
import pandas as pd
import pytest

from grader.probes import regressors, seeds, splits
from grader.verdicts.circumstances import during
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.splits import expect_generator_decides, expect_split, why_fixed
from grader.verdicts.tables import (
    columns_as_mistakes,
    expect_columns,
    expect_frame,
    expect_missing_refused,
    expect_series,
)
from grader.verdicts.values import expect_close, expect_list, expect_refused, expect_unchanged


def loaded(student, frame, what):
    with during(what):
        result = student.table.load_table(frame)
    X, y = expect_list(result, 2, f"{what}: the result (X, y)", kind=tuple)
    return expect_frame(X, f"{what}: X"), expect_series(y, f"{what}: y")


@pytest.mark.points(1)
def test_columns_are_found_by_name_in_any_order(student, rng):
    """load_table finds its columns by name, wherever they stand, and keeps the order of the others."""
    frame = oracle.raw_table(rng)
    frame = frame[list(rng.permutation(frame.columns))]
    what = "load_table of a table with shuffled columns"
    X, y = loaded(student, frame, what)
    expect_close(y, frame["radius_mean"], what=f"{what}: the target y", mistakes=columns_as_mistakes(frame))
    expect_columns(X, [name for name in frame.columns if name not in ("id", "radius_mean")], f"{what}: X")


@pytest.mark.points(1)
def test_rows_keep_order_and_values(student, rng):
    """load_table keeps every value, and rows in their order whatever the index says."""
    frame = oracle.raw_table(rng, rows=11)
    frame.iloc[7, 1:] = frame.iloc[3, 1:]  # two patients with the same values
    frame.index = rng.permutation(11) * 3
    what = "load_table of a table whose index labels are in no order, and in which two rows differ in their id alone"
    X, y = loaded(student, frame, what)

    def mistakes(name):
        other = {
            "index labels": frame.sort_index(),
            "targets": frame.sort_values("radius_mean"),
            "ids": frame.sort_values("id"),
        }
        rounded = frame[name].astype(np.float32).astype(float)
        return [
            ("float32 has been on the way", rounded),
            *((f"the rows are now in the order of their {by}", rows[name]) for by, rows in other.items()),
        ]

    for values, name in ((X["texture_mean"], "texture_mean"), (X["radius_worst"], "radius_worst"), (y, "radius_mean")):
        precision = 1e-6 if values is y else 1e-12  # the target may be of another type
        expect_close(values, frame[name], precision, 0, what=f"{what}: {name}", mistakes=mistakes(name))


@pytest.mark.points(1)
def test_id_and_diagnosis_may_be_missing(student, rng):
    """load_table works on a table without id and without diagnosis, and keeps columns it has not seen before."""
    frame = oracle.raw_table(rng).drop(columns=["id", "diagnosis"])
    frame["age_in_years"] = np.arange(len(frame))
    frame["idle_years"] = frame["age_in_years"] / 2
    what = "load_table of a table without id and diagnosis, but with age_in_years and idle_years"
    X, _ = loaded(student, frame, what)
    expect_columns(X, [name for name in frame.columns if name != "radius_mean"], f"{what}: X")


@pytest.mark.points(1)
@pytest.mark.parametrize("kind", ["mixed", "M", "B"])
def test_diagnosis_becomes_one_for_malignant(student, rng, kind):
    """load_table turns diagnosis M into 1 and B into 0, also on a table with one kind only."""
    frame = oracle.raw_table(rng)
    if kind != "mixed":
        frame["diagnosis"] = kind
    what = {"mixed": "load_table"}.get(kind, f"load_table of a table where every diagnosis is {kind}")
    X, _ = loaded(student, frame, what)
    malignant = (frame["diagnosis"] == "M").astype(float)
    exchanged = {"M became 0 and B became 1": 1 - malignant}
    expect_close(X["diagnosis"], malignant, what=f"{what}: diagnosis", mistakes=exchanged)


@pytest.mark.points(1)
def test_all_features_are_float64(student, rng):
    """load_table gives float64 features, also from integers, float32 and truth values, diagnosis included."""
    frame = oracle.raw_table(rng)
    frame["texture_mean"] = np.arange(len(frame))
    frame["area_se"] = frame["area_se"].astype(np.float32)
    frame["smoker"] = rng.permutation(len(frame)) % 2 == 0
    what = "load_table of a table with integers, float32 and truth values"
    X, _ = loaded(student, frame, what)
    expect_columns(X, [name for name in frame.columns if name not in ("id", "radius_mean")], f"{what}: X")
    others = sorted({f"{name} is {dtype}" for name, dtype in X.dtypes.items() if dtype != np.float64})
    assert not others, f"load_table: all features should be float64, but {', '.join(others[:3])}"


@pytest.mark.points(1)
@pytest.mark.parametrize("column", ["texture_mean", "fractal_dimension_worst", "diagnosis", "radius_mean"])
def test_missing_values_are_an_error(student, rng, column):
    """load_table raises a ValueError for a NaN in the features or in the target."""
    frame = oracle.raw_table(rng)
    expect_missing_refused(student.table.load_table, frame, int(rng.integers(len(frame))), column, "load_table")


def test_a_column_without_any_value_is_an_error(student, rng):
    """load_table raises a ValueError when a column holds nothing but NaN."""
    frame = oracle.raw_table(rng)
    frame["Unnamed: 32"] = np.nan  # as some copies of the table have it
    what = "load_table of a table with a column 'Unnamed: 32' that holds nothing but NaN"
    expect_refused(ValueError, what, student.table.load_table, frame)


@pytest.mark.points(1)
def test_missing_target_is_a_key_error(student, rng):
    """load_table raises a KeyError when there is no column radius_mean."""
    frame = oracle.raw_table(rng).drop(columns="radius_mean")
    expect_refused(KeyError, "load_table of a table without radius_mean", student.table.load_table, frame)


@pytest.mark.points(1)
def test_load_table_leaves_its_argument_alone(student, rng):
    """load_table does not modify the frame it is given, whichever columns it has."""
    for missing in ([], ["id"], ["diagnosis"], ["id", "diagnosis"]):
        frame = oracle.raw_table(rng).drop(columns=missing)
        held = student.hold(frame)
        student.table.load_table(held)
        without = f", which has no {' and no '.join(missing)}," if missing else ""
        expect_unchanged(frame, student.fetch(held), f"the frame given to load_table{without}")


@pytest.mark.points(1)
def test_size_columns_are_recognised_by_their_start(student, rng):
    """drop_size_columns goes by the start of the name: whichever are there, and no others."""
    names = ["symmetry_mean", "area_fraction", "mean_radius", "subarea_se", "radius_", "perimeters", "perimeter_max"]
    names += ["radiusmean", "x_area_mean", "texture_radius_mean", "area"]
    X = pd.DataFrame(rng.normal(size=(4, len(names))), columns=names)
    with during(f"drop_size_columns of a table with the columns {', '.join(names)}"):
        kept = expect_frame(student.table.drop_size_columns(X), "drop_size_columns: the result")
    expected = [name for name in names if not name.startswith(oracle.SIZES)]
    expect_columns(kept, expected, f"drop_size_columns of a table with {len(names)} columns: the result")
    expect_close(kept, X[expected], what="drop_size_columns: the values")


@pytest.mark.points(1)
def test_drop_size_columns_leaves_its_argument_alone(student, rng):
    """drop_size_columns does not modify its argument, and works when there is nothing to drop."""
    X = oracle.raw_table(rng).drop(columns=["id", "diagnosis"])
    held = student.hold(X)
    kept = student.table.drop_size_columns(held)
    expect_unchanged(X, student.fetch(held), "the frame given to drop_size_columns")
    with during("drop_size_columns of a table from which nothing is to be dropped"):
        again = student.table.drop_size_columns(kept)
    expect_columns(
        again, list(kept.columns), "drop_size_columns of a table from which nothing is to be dropped: the result"
    )


@pytest.mark.points(2)
def test_rows_and_targets_stay_together_by_position(student, rng):
    """split pairs rows of X and y by position, whatever their indexes say, and uses every row once."""
    X, y = oracle.numbered(rng, 20, features=4)
    what = "split of 20 rows, where X and y have index labels from 100 to 119, each in an order of its own"
    with during(what):
        result = student.table.split(X, y)
    expect_split(result, X, y, 7, what)


@pytest.mark.points(2)
@pytest.mark.parametrize(
    ("rows", "fraction"), [(569, None), (7, None), (10, 0.25), (16, 0.5), (8, 0.375), (8, 0.75), (4, 0.125)]
)
def test_the_test_part_is_rounded_up(student, rng, rows, fraction):
    """split puts the right number of rows into the test part: rounded up, a third by default."""
    X, y = (part.reset_index(drop=True) for part in oracle.numbered(rng, rows))
    options = {} if fraction is None else {"test_fraction": fraction}
    what = f"split of {rows} rows with test_fraction={fraction or '1/3'}"
    with during(what):
        result = student.table.split(X, y, **options)
    expect_split(result, X, y, math.ceil(rows * (fraction or 1 / 3)), what)


@pytest.mark.points(1)
def test_repeated_index_labels_do_no_harm(student, rng):
    """split works by position also where index labels repeat."""
    X, y = oracle.numbered(rng, 12)
    X.index, y.index = [0, 1] * 6, ["a", "b", "c"] * 4
    what = "split of 12 rows, where the index labels repeat"
    with during(what):
        result = student.table.split(X, y)
    expect_split(result, X, y, 4, what)


@pytest.mark.points(2)
def test_the_generator_decides(student, rng):
    """split draws from the generator: equal seeds, equal splits; other seeds, others; and it moves on."""
    X, y = oracle.numbered(rng, 40)
    seed = int(rng.integers(2**31))
    generator = student.worker("torch").Generator()
    drawn = []
    for value in (seed, seed, seed + 1, None):
        if value is not None:
            generator.manual_seed(value)
        drawn.append(sorted(student.table.split(X, y, generator=generator)[1]["row"]))
    split = student.table.split
    expect_generator_decides(drawn, "split", lambda: why_fixed(student, drawn[0], 40, split, X, y, generator=generator))


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
    drawn = []
    for value in (seed, None, seed):
        if value is not None:
            torch_there.manual_seed(value)
        drawn.append(sorted(student.table.split(X, y)[1]["row"]))
        assert student.run(regressors.global_seeds)[0] == seed, "split without a generator sets torch's global seed"
    if drawn[0] != drawn[2]:
        used = [name for name in student.run(seeds.drawn_from, student.table.split, X, y) if name != "torch"]
        instead = f"; it draws from the global generator of {', '.join(used)}" if used else ""
        raise AssertionError(f"split without a generator does not follow torch's global one{instead}")
    fixed = why_fixed(student, drawn[0], 40, student.table.split, X, y) if drawn[0] == drawn[1] else ""
    assert drawn[0] != drawn[1], f"split without a generator gives the same split every time{fixed}"


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
