"""Frames and splits that are wrong get a sentence that says what is wrong with them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from grader.verdicts.splits import expect_generator_decides, expect_split
from grader.verdicts.tables import expect_columns, expect_missing_refused

N, N_TEST = 12, 4
X = pd.DataFrame({"row": np.arange(N), "f": np.arange(N) / 7}, index=np.arange(N)[::-1])
Y = pd.Series(np.arange(N) ** 2.0, index=np.roll(np.arange(N), 5))
ORDER = np.array([7, 2, 9, 0, 11, 4, 1, 10, 3, 8, 5, 6])
TRAIN, TEST = ORDER[N_TEST:], ORDER[:N_TEST]


def split(train: Any = TRAIN, test: Any = TEST, y: pd.Series = Y) -> tuple[Any, ...]:
    return X.iloc[train], X.iloc[test], y.iloc[train], y.iloc[test]


WRONG = {
    "four parts, got a tuple of length 2": split()[:2],
    "X_test should be a DataFrame, got a Series": tuple(split()[i] for i in (0, 2, 1, 3)),
    "X_train should be a DataFrame, got an array": tuple(part.to_numpy() for part in split()),
    "the test part holds row 7 more than once": split(test=[7, 7, 9, 0]),
    "rows 0, 2, 7 and 1 more are in both parts": split(train=np.arange(N)),
    "row 6 is in neither part": split(train=TRAIN[:-1]),
    "4 of 12 rows belong in the test part, got 5 there and 7 in the training part$": split(ORDER[5:], ORDER[:5]),
    "the larger part and the smaller one are exchanged": split(ORDER[:4], ORDER[4:]),
    "the training rows are there, but in another order than the rows": (*split()[:2], *split(np.sort(TRAIN))[2:]),
    r"wrong for 8 of 8 rows \(row 11 comes with the target of row 10\)": split(y=Y.iloc[np.arange(N) - 1]),
    "are those with the same index label": split(y=Y.reindex(X.index)),
    "the training part should have the column f, but has not": tuple(
        part[["row"]] if isinstance(part, pd.DataFrame) else part for part in split()
    ),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_a_wrong_split_is_told(sentence: str) -> None:
    with pytest.raises(AssertionError, match=f"^split: .*{sentence}|^split should return {sentence}"):
        expect_split(WRONG[sentence], X, Y, N_TEST, "split")


@pytest.mark.parametrize("kind", [tuple, list])
def test_a_right_split_passes(kind: Any) -> None:
    train, test = expect_split(kind(split()), X, Y, N_TEST, "split")
    assert np.array_equal(train, TRAIN)
    assert np.array_equal(test, TEST)
    expect_split([part.astype(np.float32) for part in split()], X, Y, N_TEST, "split")


def test_who_decides_is_told() -> None:
    expect_generator_decides("aabc", "split")
    for drawn, sentence in (
        ("abcd", "something else"),
        ("aaab", r"different seeds: so"),
        ("aabb", "as if the generator"),
    ):
        with pytest.raises(AssertionError, match=sentence):
            expect_generator_decides(drawn, "split", lambda: ": so")


def test_columns_are_told() -> None:
    frame = pd.DataFrame(columns=["a", "b", "c"])
    expect_columns(frame, ["a", "b", "c"], "X")
    for wanted, sentence in (
        (["a", "b"], "X has the column c, but should not"),
        (["a", "b", "c", "d", "e"], "X should have the columns d, e, but has not"),
        (["a", "d"], "X should have the column d, but has not; it has the columns b, c, but should not"),
        (["b", "a", "c"], r"X should have its columns in the order \['b', 'a', 'c'\], got \['a', 'b', 'c'\]"),
    ):
        with pytest.raises(AssertionError, match=f"^{sentence}$"):
            expect_columns(frame, wanted, "X")


def test_the_fate_of_a_missing_value_is_told() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 4.0], "y": [1.0, 2.0, 3.0]})
    changes = {
        "returns the NaN": lambda table: table,
        "returns 2.5 in its place": lambda table: table.fillna(table.mean()),
        "returns 2 of 3 rows": lambda table: table.dropna(),
    }
    for sentence, change in changes.items():
        with pytest.raises(
            AssertionError, match=f"one a is missing should raise a ValueError, but raises nothing; it {sentence}"
        ):
            expect_missing_refused(lambda t, c=change: (c(t)[["a"]], c(t)["y"]), frame, 1, "a", "load")
    with pytest.raises(AssertionError, match="raises nothing$"):
        expect_missing_refused(lambda table: None, frame, 1, "a", "load")
