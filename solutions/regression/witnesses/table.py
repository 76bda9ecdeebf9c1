"""What table.py must do, shown without the suite."""

import random

import numpy as np
import pandas as pd
import torch


def _frame(**columns):
    return pd.DataFrame({"id": [1, 2], "diagnosis": ["M", "B"]} | columns)


def _numbered(n):
    """Features and a target whose values are row numbers."""
    X = pd.DataFrame({"a": np.arange(float(n))})
    return X, X["a"] * 10


def _seeded(seed):
    return torch.Generator().manual_seed(seed)


def _seed_all(seed):
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def _drawn_after(split, generator, seed):
    _seed_all(seed)
    split(*_numbered(40), generator=generator)
    return float(torch.rand(1)), np.random.rand(), random.random()


def features_and_target(program):
    """load_table gives the features in order, without id and target, and codes the diagnosis."""
    columns = {"texture_mean": [3, 1], "radius_mean": [10.5, 12.0], "area_se": [0.5, 0.25], "alpha": [7.0, 8.0]}
    X, y = program.table.load_table(_frame(**columns))
    assert list(X.columns) == ["diagnosis", "texture_mean", "area_se", "alpha"], list(X.columns)
    assert X["diagnosis"].tolist() == [1, 0], "M is 1 and B is 0"
    assert X["texture_mean"].tolist() == [3, 1], "values changed"
    assert y.tolist() == [10.5, 12.0], "the target is radius_mean"


def features_are_float64(program):
    """load_table gives float64 features, whatever they were."""
    frame = _frame(
        count=[3, 4], small=np.array([0.5, 1.5], dtype="float32"), flag=[True, False], radius_mean=[1.0, 2.0]
    )
    X, _ = program.table.load_table(frame)
    assert list(X.columns) == ["diagnosis", "count", "small", "flag"], list(X.columns)
    assert all(kind == np.float64 for kind in X.dtypes), X.dtypes.to_dict()
    third = 1 / 3  # no float32
    X, _ = program.table.load_table(_frame(share=[third, 1.0], radius_mean=[1.0, 2.0]))
    assert X["share"].iloc[0] == third, "the values are no longer those of the table"


def id_and_diagnosis_are_optional(program):
    """load_table does without id, and without diagnosis."""
    rest = {"radius_mean": [1.0, 2.0], "texture_mean": [3.0, 1.0]}
    for extra, expected in (
        ({}, ["texture_mean"]),
        ({"id": [5, 6]}, ["texture_mean"]),
        ({"diagnosis": ["B", "M"]}, ["diagnosis", "texture_mean"]),
        ({"idx": [0.5, 6.0]}, ["idx", "texture_mean"]),
    ):
        X, y = program.table.load_table(pd.DataFrame({**extra, **rest}))
        assert list(X.columns) == expected, f"{list(X.columns)} from {[*extra, *rest]}"
        assert y.tolist() == [1, 2], "the target is radius_mean"


def missing_target(program):
    """load_table raises a KeyError when there is no radius_mean."""
    try:
        program.table.load_table(_frame(radius_worst=[1.0, 2.0], texture_mean=[3.0, 1.0]))
    except KeyError:
        return
    raise AssertionError("nothing was raised")


def missing_values(program):
    """load_table raises a ValueError for a NaN anywhere."""
    nan = float("nan")
    for place in ("texture_mean", "b", "radius_mean"):
        columns = {"texture_mean": [1.0, 3.0], "b": [1.0, 2.0], "radius_mean": [1.0, 2.0], place: [2.0, nan]}
        try:
            program.table.load_table(_frame(**columns))
        except ValueError:
            continue
        raise AssertionError(f"a NaN in {place} is let through")
    for frame, what in (
        (_frame(texture_mean=[1.0, 3.0], b=[nan, nan], radius_mean=[1.0, 2.0]), "a column of NaN alone"),
        (_frame(texture_mean=[1.0, 3.0], diagnosis=["M", nan], radius_mean=[1.0, 2.0]), "a missing diagnosis"),
    ):
        try:
            program.table.load_table(frame)
        except ValueError:
            continue
        raise AssertionError(f"{what} is let through")


def load_changes_nothing(program):
    """load_table does not modify the frame."""
    whole = _frame(diagnosis=["M", "B"], texture_mean=[3, 1], radius_mean=[1.0, 2.0])
    for left_out in ([], ["id"], ["diagnosis"], ["id", "diagnosis"]):
        frame = whole.drop(columns=left_out, errors="ignore")
        before = frame.copy(deep=True)
        program.table.load_table(frame)
        assert frame.equals(before), f"the frame has columns {list(frame.columns)} now, or other values"


def rows_keep_their_order(program):
    """load_table keeps the rows in order, whatever the index says."""
    frame = _frame(texture_mean=[3.0, 1.0], radius_mean=[10.0, 30.0]).set_index(pd.Index([5, 3]))
    X, y = program.table.load_table(frame)
    assert X["texture_mean"].tolist() == [3, 1], "the rows of X moved"
    assert y.tolist() == [10, 30], "the rows of y moved"
    X, y = program.table.load_table(_frame(texture_mean=[3.0, 3.0], radius_mean=[9.0, 9.0], diagnosis=["M", "M"]))
    assert len(X) == len(y) == 2, "of two patients with equal values one is left"


def size_columns_by_prefix(program):
    """drop_size_columns goes by the start of the name, underscore included."""
    kept = ["texture_mean", "areal_density", "mean_area_", "fractal_radius_x", "radiuses", "perimeter"]
    dropped = ["radius_mean", "perimeter_se", "area_worst", "radius_", "radius_se", "area_mean"]
    columns = [name for pair in zip(kept, dropped, strict=True) for name in pair]
    X = pd.DataFrame([range(len(columns))], columns=columns, dtype=float)
    result = program.table.drop_size_columns(X)
    assert list(result.columns) == kept, list(result.columns)
    assert result.iloc[0].tolist() == [columns.index(name) for name in kept], "values changed"


def size_columns_that_are_there(program):
    """drop_size_columns works when some of the columns, or all, are missing."""
    for columns, kept in ((["b", "area_se"], ["b"]), (["b"], ["b"]), (["radius_se", "b"], ["b"])):
        result = program.table.drop_size_columns(pd.DataFrame([[1.0] * len(columns)], columns=columns))
        assert list(result.columns) == kept, f"{list(result.columns)} from {columns}"


def dropping_changes_nothing(program):
    """drop_size_columns does not modify its argument."""
    X = pd.DataFrame([[1.0, 2.0]], columns=["radius_se", "texture_mean"])
    program.table.drop_size_columns(X)
    assert list(X.columns) == ["radius_se", "texture_mean"], list(X.columns)


def sizes_and_order(program):
    """split rounds the test size up and returns X_train, X_test, y_train, y_test."""
    cases = [(569, {}, 190), (10, {}, 4), (9, {}, 3)]
    cases += [(7, {"test_fraction": 0.25}, 2), (8, {"test_fraction": 0.25}, 2), (5, {"test_fraction": 0.5}, 3)]
    cases += [(8, {"test_fraction": 0.75}, 6)]
    for n, options, test in cases:
        X, y = _numbered(n)
        sizes = [len(part) for part in program.table.split(X, y, generator=_seeded(0), **options)]
        assert sizes == [n - test, test, n - test, test], f"{n} rows: sizes {sizes}"


def every_row_once(program):
    """split puts every row into exactly one part."""
    for n in (10, 31, 100):
        for seed in range(5):
            X, y = _numbered(n)
            X_train, X_test, _, _ = program.table.split(X, y, generator=_seeded(seed))
            assert sorted([*X_train["a"], *X_test["a"]]) == list(range(n)), "rows are missing or repeated"


def pairs_by_position(program):
    """split pairs rows of X and y by position, whatever their indexes say."""
    n = 30
    X, y = _numbered(n)
    for of_X, of_y in ((range(100, 100 + n), range(n)), (range(n), range(n)[::-1]), ([0] * n, [1] * n)):
        X.index, y.index = list(of_X), list(of_y)
        X_train, X_test, y_train, y_test = program.table.split(X, y, generator=_seeded(3))
        assert sorted([*X_train["a"], *X_test["a"]]) == list(range(n)), "rows are missing or repeated"
        assert np.array_equal(X_train["a"].to_numpy() * 10, y_train.to_numpy()), "the training rows are mixed up"
        assert np.array_equal(X_test["a"].to_numpy() * 10, y_test.to_numpy()), "the test rows are mixed up"


def frames_and_series(program):
    """split returns data frames and series."""
    X_train, X_test, y_train, y_test = program.table.split(*_numbered(9), generator=_seeded(0))
    assert isinstance(X_train, pd.DataFrame), type(X_train)
    assert isinstance(X_test, pd.DataFrame), type(X_test)
    assert isinstance(y_train, pd.Series), type(y_train)
    assert isinstance(y_test, pd.Series), type(y_test)


def a_new_split_each_time(program):
    """split is random: new at every call, and every row is as often in the test part as any other."""
    X, y = _numbered(40)
    for generator in (None, _seeded(0)):
        seen = {tuple(sorted(program.table.split(X, y, generator=generator)[1]["a"])) for _ in range(8)}
        assert len(seen) == 8, f"8 calls gave {len(seen)} different test parts"
    counts, generator = np.zeros(40), _seeded(1)
    for _ in range(300):
        counts[program.table.split(X, y, generator=generator)[1]["a"].to_numpy().astype(int)] += 1
    assert 60 < counts.min() <= counts.max() < 150, f"expected 105 of 300 for each row, got {counts.min()} and more"


def the_generator_decides(program):
    """split with a generator depends on that alone."""

    def parts(seed, world):
        _seed_all(world)
        return [part["a"].tolist() for part in program.table.split(*_numbered(40), generator=_seeded(seed))[:2]]

    assert parts(5, 1) == parts(5, 2), "equal generators, other splits"
    assert len({str(parts(seed, 1)) for seed in range(5)}) == 5, "other generators, equal splits"


def the_global_generator_decides(program):
    """split without a generator depends on torch's global one alone."""

    def parts(seed, world):
        _seed_all(world)
        torch.manual_seed(seed)
        return [part["a"].tolist() for part in program.table.split(*_numbered(40))[:2]]

    assert parts(5, 1) == parts(5, 2), "equal seeds, other splits"
    assert len({str(parts(seed, 1)) for seed in range(5)}) == 5, "other seeds, equal splits"


def no_seed_is_set(program):
    """split sets no global seed."""
    for generator in (None, _seeded(0)):
        one, other = (_drawn_after(program.table.split, generator, seed) for seed in (1, 2))
        assert all(a != b for a, b in zip(one, other, strict=True)), "after split, global generators agree"


def splitting_changes_nothing(program):
    """split does not modify X and y."""
    X, y = _numbered(12)
    X.index = y.index = range(5, 17)
    before = X.copy(deep=True), y.copy(deep=True)
    program.table.split(X, y, generator=_seeded(0))
    assert X.equals(before[0]), "X was changed"
    assert y.equals(before[1]), "y was changed"
    assert list(X.index) == list(y.index) == list(range(5, 17)), "an index was changed"
