"""The comparison of two networks as an assertion of a hidden suite."""

from typing import Any

from grader.verdicts.equivalence.comparison import Comparison


def expect_same(student: Any, comparison: Comparison, what: str) -> bool:
    """Fails where networks differ, and says where; else tells whether they are known to be the same.

    Args:
        student: told by a remark when nothing is known.
        what: the candidate, as the student would call it, e.g. `"UNet(3, 4)"`.

    Returns:
        False when other checks have to decide.
    """
    __tracebackhide__ = True
    assert comparison.verdict != "different", f"{what} does not compute what it should: {comparison.why}"
    if comparison.verdict == "same":
        return True
    student.remark(f"{what} was judged by its outputs alone: {comparison.why}")
    return False
