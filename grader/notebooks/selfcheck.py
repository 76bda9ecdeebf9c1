"""The visible checks of one exercise, run in the notebook's own kernel so that a debugger and `print` work."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from grader.course import Assignment
from grader.suite.checks import Outcome
from grader.suite.collect import Suite, run_pytest
from grader.suite.points import Tally, tally
from grader.suite.student import LocalStudent, Student


class _InTheKernel(Suite):
    """The recorder with the local transport, on modules that were written down elsewhere than the checks."""

    def __init__(self, folder: Path, student: LocalStudent, exercises: list[str]) -> None:
        super().__init__(folder, exercises, secrets.randbits(63))
        self._student = student

    def open(self, item: pytest.Item) -> Student:
        return self._student

    def frames(self, item: pytest.Item, error: BaseException) -> list[tuple[str, int, str]]:
        return self._student.frames(error)


def run_checks(assignment: Assignment, folder: Path, work: Path, exercise: str) -> tuple[list[Outcome], Tally]:
    """Runs an exercise's visible checks on modules.

    Args:
        folder: the assignment's folder, with `tests/`.
        work: where the modules lie.

    Raises:
        AuthorError: the checks cannot be collected.
    """
    exercises = [one.id for one in assignment.exercises]
    student = LocalStudent(work, exercises, [assignment.id, f"assignments.{assignment.id}"])
    suite = _InTheKernel(folder, student, exercises)
    with _kept(exercises):
        try:
            run_pytest(suite, [f"tests/test_{exercise}.py"])
        finally:
            student.close()
    outcomes = list(suite.outcomes.values())
    return outcomes, tally(assignment, outcomes, suite.checks)[0]


@contextmanager
def _kept(names: list[str]) -> Iterator[None]:
    """The notebook's own modules of these names are out of the way meanwhile."""
    before: dict[str, ModuleType] = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(before)


def report(outcomes: list[Outcome], points: Tally) -> str:
    """What a student reads: a line per check, the reasons, the points."""
    lines = []
    for outcome in outcomes:
        done = outcome.status == "passed" and outcome.fraction == 1
        mark = "ok  " if done else f"{outcome.fraction:.0%} " if outcome.status == "passed" else f"{outcome.status}: "
        lines.append(f"{mark}{outcome.check.title}")
        if not done:
            lines += [f"      {line}" for line in outcome.message.splitlines()]
            if outcome.check.hint:
                lines.append(f"      Hint: {outcome.check.hint}")
    earned = f"{points.earned:.4g} of {points.visible:.4g} points"
    lines.append(f"{points.exercise}: {earned} in {points.checks} visible checks")
    if points.hidden:
        lines.append(f"Hidden checks hold {points.hidden:.4g} more points; they run when you hand in.")
    return "\n".join(lines)
