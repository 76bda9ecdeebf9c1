"""Self-check: the visible checks run on the student's own modules in this process, and points are added up."""

import secrets
from collections.abc import Generator
from pathlib import Path

import pytest

from grader.course import Assignment, load_course
from grader.suite.checks import Check
from grader.suite.points import Tally, tally
from grader.suite.recorder import CHECK, Recorder
from grader.suite.student import LocalStudent, Student


class SelfCheck(Recorder):
    """The recorder with the local transport, and a summary at the end of the run.

    Args:
        course_file: the nearest course.yml; its student edition knows how much hidden checks weigh.
    """

    def __init__(self, course_file: Path) -> None:
        super().__init__(secrets.randbits(63))
        self.course = load_course(course_file)
        self._students: dict[Path, LocalStudent] = {}
        self._seen: dict[str, list[Check]] = {}

    def assignment_of(self, path: Path) -> Assignment | None:
        """The assignment whose suite a test file belongs to: `<assignment>/tests/test_<exercise>.py`."""
        by_id = {assignment.id: assignment for assignment in self.course.assignments}
        return by_id.get(path.parent.parent.name) if path.parent.name in ("tests", "hidden") else None

    def owns(self, path: Path) -> bool:
        return self.assignment_of(path) is not None

    def open(self, item: pytest.Item) -> Student:
        folder = item.path.parent.parent
        assignment = self.assignment_of(item.path)
        assert assignment is not None
        exercises = [exercise.id for exercise in assignment.exercises]
        aliases = [assignment.id, f"assignments.{assignment.id}"]
        return self._students.setdefault(folder, LocalStudent(folder, exercises, aliases))

    def frames(self, item: pytest.Item, error: BaseException) -> list[tuple[str, int, str]]:
        student = self._students.get(item.path.parent.parent)
        tests = {"tests", "hidden"}
        found = student.frames(error) if student is not None else []
        return [frame for frame in found if Path(frame[0]).parts[0] not in tests]

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        super().pytest_collection_modifyitems(items)
        for item in items:
            assignment = self.assignment_of(item.path)
            if assignment is not None:
                self._seen.setdefault(assignment.id, []).append(item.stash[CHECK])

    def tallies(self) -> dict[str, list[Tally]]:
        """Points per exercise of every assignment that took part in the run."""
        return {
            assignment.id: tally(assignment, list(self.outcomes.values()), self._seen[assignment.id])
            for assignment in self.course.assignments
            if assignment.id in self._seen
        }

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Points stand below pytest's own summary, where they are seen."""
        yield
        terminal = session.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is None:
            return
        for assignment, rows in self.tallies().items():
            if rows:
                _write(terminal, assignment, rows)


def _write(terminal: pytest.TerminalReporter, assignment: str, rows: list[Tally]) -> None:
    terminal.section(f"{assignment}: points", sep="-")
    for row in rows:
        marks = {"green": row.checks_passed == row.checks, "red": row.checks_passed == 0}
        terminal.write_line(
            f"  {row.exercise:<14} {row.earned:6.1f} of {row.visible:5.1f}"
            f"   ({row.checks_passed} of {row.checks} checks)" + _hidden(row),
            **{colour: on for colour, on in marks.items() if on},
        )
    earned, visible = sum(row.earned for row in rows), sum(row.visible for row in rows)
    hidden = sum(row.hidden for row in rows)
    terminal.write_line(f"  {'together':<14} {earned:6.1f} of {visible:5.1f}", bold=True)
    if hidden:
        terminal.write_line(f"  Hidden checks hold {hidden:.1f} more points; they run when you hand in.")


def _hidden(row: Tally) -> str:
    return f", {row.hidden:.1f} more points in hidden checks" if row.hidden else ""
