"""The preprocessor that stands where nbgrader runs notebooks: the kit's get their scores from the judge.

No kernel is started for them. The submission is graded in the sandbox as by `grader grade`, and each check cell is
given the outcome. When there is none, autograding of this student fails, the scores stay as they are, and are marked.
"""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, is_solution

from grader.errors import GraderError, KitError
from grader.notebooks.exercises import body
from grader.results import Result

from .grades import LastGrades
from .late import set_due_date
from .outputs import outputs
from .runs import result_for, submission_of
from .settings import GraderKit, converter_of
from .source import SourceNotebook, source_for
from .stale import forget_scores, mark_stale
from .stamp import stamp


class Judge(Execute):
    """nbgrader's Execute for notebooks that are not the kit's, the judge for those that are."""

    def __call__(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        # Also with `--no-execute`: a check cell without outputs would get full marks.
        source = source_for(self, resources)
        if source is None:
            return super().__call__(nb, resources)  # type: ignore[no-any-return]
        self._refuse_other_cells(nb, source)
        converter, student = converter_of(self), resources["nbgrader"]["student"]
        result = self._result(converter, source, student)
        submission = submission_of(converter.coursedir, student, source.assignment.id)
        now = datetime.now(UTC)
        fill(nb, source, result, submission.read(GraderKit(parent=self).load()).files, now)
        nb.metadata["grader"] = {"stamp": stamp(submission.path, result, source, now)}
        with Gradebook(converter.coursedir.db_url, converter.coursedir.course_id) as gradebook:
            set_due_date(gradebook, source.assignment)
        return nb, resources

    def _refuse_other_cells(self, nb: Any, source: SourceNotebook) -> None:
        """Nothing but the gradebook's own cells may be given points."""
        graded = [
            (cell.metadata.nbgrader.grade_id, cell.metadata.nbgrader.points) for cell in nb.cells if is_grade(cell)
        ]
        known = [(one.name, one.points) for one in source.cells.values() if one.points is not None and not one.task]
        if sorted(graded) != sorted(known):
            raise KitError(
                "the graded cells are not the gradebook's; call configure() at the end of nbgrader_config.py, and "
                "leave Autograde.exporter_class as it sets it"
            )

    def _result(self, converter: Any, source: SourceNotebook, student: str) -> Result:
        kit = GraderKit(parent=self)
        try:
            result = result_for(converter, kit, student, source.assignment.id)
            reason = reason_of(result)
            if result.graded:
                return result
        except (GraderError, OSError) as error:
            reason = str(error)
        coursedir = converter.coursedir
        last = LastGrades(kit.grades_folder(coursedir.root)).last(student, source.assignment.id)
        notebook = Path(coursedir.format_path(coursedir.submitted_directory, student, source.assignment.id))
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
            renamed = not (notebook / source.assignment.notebook).exists()
            if renamed:
                forget_scores(gradebook, source, student)
            mark_stale(gradebook, source, student, last if renamed else None)
        raise KitError(f"{student} {source.assignment.id}: no grade, the old score is marked as stale: {reason}")


def reason_of(result: Result) -> str:
    """Why a submission has no grade, for the instructor; empty when it has one."""
    if result.graded:
        return ""
    found = result.internal or next((test.internal for test in result.tests if test.status == "error"), "")
    return (found.strip().splitlines() or ["unknown"])[-1]


def fill(nb: Any, source: SourceNotebook, result: Result, files: dict[str, bytes], now: datetime) -> None:
    """Puts the result into the notebook's check cells.

    Args:
        files: the modules that were graded, by file name.
    """
    exercises = {cell.name: exercise for exercise, cell in source.checks.items()}
    for cell in nb.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if name in exercises:
            cell.outputs = outputs(result, source, exercises[name], now)
            cell.execution_count = 1
        elif name in source.checks and is_solution(cell):
            module = files.get(source.assignment.exercise(name).file, b"").decode("utf-8", "replace")
            if module.strip() not in ("", body(cell.source).strip()):  # solved in the file beside: not "No response."
                with suppress(KeyError):
                    del cell.metadata.nbgrader["checksum"]
