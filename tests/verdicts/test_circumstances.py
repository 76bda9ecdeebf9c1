"""Failures that are told by what was seen."""

import pytest

from grader.verdicts.circumstances import told_by


def test_a_failed_comparison_is_told_by_what_is_seen() -> None:
    with (
        pytest.raises(AssertionError, match=r"^flip\(3\) returns it as it is$"),
        told_by(str, "returns it as it is", what="flip(3)"),
    ):
        raise AssertionError("wrong")


def test_without_words_the_comparison_speaks() -> None:
    with pytest.raises(AssertionError, match="^wrong$"), told_by(str, "", what="flip(3)"):
        raise AssertionError("wrong")


def test_what_does_not_fail_is_not_looked_at() -> None:
    def look() -> str:
        raise RuntimeError

    with told_by(look, what="flip(3)"):
        pass
