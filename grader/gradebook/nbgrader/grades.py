"""The folder of results of a course of nbgrader's. The last grade stays readable when the kit fails later."""

from contextlib import suppress
from pathlib import Path

from grader.errors import BadInput
from grader.results import Result
from grader.store import Grades, path_part, write_atomically


class LastGrades(Grades):
    """Grades on disk, and `last/<student>/<assignment>.json` for those that an error has replaced."""

    def write(self, result: Result) -> Path:
        if not result.graded and (before := self.last(result.student, result.assignment)) is not None:
            write_atomically(self._last_path(result.student, result.assignment), before.to_json())
        return super().write(result)

    def last(self, student: str, assignment: str) -> Result | None:
        """The newest result with a grade."""
        with suppress(BadInput):
            stored = self.read(student, assignment)
            if stored is not None and stored.graded:
                return stored
        with suppress(BadInput, OSError):
            path = self._last_path(student, assignment)
            return Result.from_json(path.read_bytes(), str(path))
        return None

    def _last_path(self, student: str, assignment: str) -> Path:
        return self.folder / "last" / path_part(student) / f"{path_part(assignment)}.json"
