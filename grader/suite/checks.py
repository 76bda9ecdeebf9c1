"""A check, and how it came out."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["passed", "failed", "blocked", "limit", "error"]
Visibility = Literal["visible", "hidden"]


@dataclass(frozen=True)
class Check:
    """One test of a suite.

    Attributes:
        id: e.g. `"hidden/test_table.py::test_rows_keep_their_order"`; unique within an assignment.
        assignment: the assignment's name.
        exercise: the module it is about.
        title: the first line of its docstring; with the parameters, where it is visible and has any.
        weight: its share of the exercise's points, relative to the exercise's other checks.
        needs: names of the checks without which it says nothing.
    """

    id: str
    assignment: str
    exercise: str
    title: str
    visibility: Visibility
    weight: float
    hint: str = ""
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The test function's name, without parameters."""
        return self.id.rpartition("::")[2].partition("[")[0]


@dataclass(frozen=True)
class Outcome:
    """What a check found.

    Attributes:
        fraction: the share of the check's points that was earned, 0 to 1.
        message: what to tell the student.
        output: what the student's code printed meanwhile.
        cpu_seconds: processor time the student's code used.
        internal: for the instructor only, where the kit or the suite stumbled.
    """

    check: Check
    status: Status
    fraction: float
    message: str = ""
    output: str = ""
    cpu_seconds: float = 0.0
    internal: str = ""
