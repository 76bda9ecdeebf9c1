"""What students read about an exception in a check."""

import pytest

from grader.errors import StudentError
from grader.suite.messages import verdict
from grader.verdicts.circumstances import during, told_by


def test_a_failed_assertion_is_told_as_such_when_no_words_for_it_can_be_found() -> None:
    def describe(value: int) -> str:
        return str(value // 0)

    with pytest.raises(ZeroDivisionError) as caught, told_by(describe, 3, what="the sum"):
        raise AssertionError("the sum is off by 3")
    assert verdict(caught.value, []) == ("failed", "the sum is off by 3")


def test_circumstances_stand_before_what_student_code_raised() -> None:
    with pytest.raises(StudentError) as caught, during("fit with epochs=0"):
        raise StudentError("ValueError", "no data", [])
    status, message = verdict(caught.value, [])
    assert status == "failed"
    assert message.startswith("fit with epochs=0: your code raised ValueError")
