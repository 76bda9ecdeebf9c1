"""Wrong numbers get a sentence that says what is wrong with them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from grader.verdicts.values import expect_close, expect_refused, expect_unchanged

WANTED = np.array([[1.0, -2.0, 0.5], [4.0, 0.25, -3.0]])
SENTENCES = {
    "each is 0.3333 times as large as it should be": WANTED / 3,
    "each has the opposite sign": -WANTED,
    "all are off by the same 0.5": WANTED - 0.5,
    "the right ones are there, in another order": WANTED[::-1],
    "all are 7": np.full((2, 3), 7.0),
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_pattern_is_named(sentence: str) -> None:
    with pytest.raises(AssertionError, match=f"^the scores: .* of the values are wrong, .*, and {sentence}$"):
        expect_close(SENTENCES[sentence], WANTED, what="the scores")


def test_numbers_without_a_pattern_get_none() -> None:
    with pytest.raises(
        AssertionError, match=r"^the scores: 17% of the values are wrong, the worst by 1; look closely$"
    ):
        expect_close(WANTED + np.eye(2, 3) * [[1], [0]], WANTED, what="the scores", hint="look closely")


def test_three_numbers_make_no_pattern() -> None:
    with pytest.raises(AssertionError, match="the worst by 3$"):
        expect_close(2 * np.arange(1.0, 4), np.arange(1.0, 4))


def test_a_single_number_is_shown() -> None:
    with pytest.raises(AssertionError, match=r"^the loss is off by 0.5 \(got 1.5\)$"):
        expect_close(1.5, 1.0, what="the loss")


def test_close_numbers_pass_and_a_column_for_a_row_does_not() -> None:
    expect_close(WANTED + 1e-9, WANTED)
    with pytest.raises(AssertionError, match=r"should have shape \(3, 1\), got \(3,\)"):
        expect_close(np.ones(3), np.ones((3, 1)))


MISTAKES = {
    "those are the squares": WANTED**2,
    "there is a row too many": np.zeros((3, 3)),
    "all is infinite": np.full((2, 3), np.inf),
    "a row of them is missing": np.where([[True], [False]], WANTED, np.nan),
}


def test_a_known_mistake_is_named_instead_of_a_pattern() -> None:
    with pytest.raises(AssertionError, match=r"by 12; those are the squares$"):
        expect_close(WANTED**2 + 1e-9, WANTED, hint="look closely", mistakes=MISTAKES)
    with pytest.raises(AssertionError, match=r"got \(3, 3\); there is a row too many$"):
        expect_close(np.zeros((3, 3)), WANTED, mistakes=lambda: MISTAKES)
    with pytest.raises(AssertionError, match=r"where it should; a row of them is missing$"):
        expect_close(MISTAKES["a row of them is missing"], WANTED, mistakes=MISTAKES)


def test_numbers_without_a_known_mistake_are_given_none() -> None:
    for other in (np.full((2, 3), np.inf), np.full((2, 3), np.nan), np.ones(2), WANTED + 1, 5.0):
        with pytest.raises(AssertionError) as failure:
            expect_close(other, WANTED, mistakes=MISTAKES)
        assert not any(sentence in str(failure.value) for sentence in MISTAKES)


def test_a_mistake_that_fits_hardly_better_than_the_truth_is_not_named() -> None:
    with pytest.raises(AssertionError, match=r"as it should be; look closely$"):
        expect_close(
            WANTED * 1.1, WANTED, hint="look closely", mistakes={"those are 1.05 times too large": WANTED * 1.11}
        )


def test_right_numbers_ask_for_no_mistakes() -> None:
    expect_close(WANTED, WANTED, mistakes=lambda: pytest.fail("asked for"))


FRAME = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
CHANGES = {
    "columns: a gone; c new": FRAME.rename(columns={"a": "c"}),
    "the order of its columns": FRAME[["b", "a"]],
    "1 rows instead of 2": FRAME[:1],
    "its index": FRAME.set_axis([1, 0]),
    "in b": FRAME.assign(b=0.0),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_of_a_frame_is_named(what: str) -> None:
    with pytest.raises(AssertionError, match=rf"^X was modified \({what}\)$"):
        expect_unchanged(FRAME, CHANGES[what], "X")


@pytest.mark.parametrize("wrap", [np.asarray, torch.as_tensor])
def test_a_change_of_an_array_is_named(wrap: Callable[..., Any]) -> None:
    for other, what in ((WANTED[0], "shape"), (WANTED.astype(np.float32), "dtype"), (WANTED * [1, 1, 2], "33% of its")):
        with pytest.raises(AssertionError, match=rf"^x was modified \({what} "):
            expect_unchanged(wrap(WANTED), wrap(np.ascontiguousarray(other)), "x")
    expect_unchanged(wrap(WANTED), wrap(WANTED.copy()), "x")


def test_a_call_that_returns_something_is_not_refused() -> None:
    with pytest.raises(AssertionError, match=r"^max should raise a ValueError, but raises nothing; it returns int 3$"):
        expect_refused(ValueError, "max", max, 3, 2)
    expect_refused(ValueError, "max", max, [])
