"""nbgrader's Autograde for one submission whose result is there already."""

from pathlib import Path
from typing import Any

from nbgrader.converters import Autograde

from grader.results import Result

from .runs import give, submission_of
from .source import SourceNotebook


class ResultWriter(Autograde):
    """Writes results into the gradebook and autograded/, as `nbgrader autograde` does, and runs nothing.

    It sees submissions that nbgrader passes over: those without a notebook, or with one under another name.
    """

    def prepare(self, source: SourceNotebook, result: Result, *, alone: bool) -> None:
        """Says which result the next `start()` writes.

        Args:
            alone: whether the assignment has no other notebook, so that its folder can be made anew.
        """
        give(self, [result])
        found = submission_of(self.coursedir, result.student, result.assignment)
        self._submission = (found.path, source.assignment.notebook)
        self.coursedir.student_id, self.coursedir.assignment_id = result.student, result.assignment
        self.coursedir.notebook_id = "*" if alone else source.assignment.id
        self.force = True

    def init_notebooks(self) -> None:
        folder, notebook = self._submission
        self.assignments: dict[str, Any] = {str(folder): [str(Path(folder) / notebook)]}
        self.notebooks: list[str] = []
