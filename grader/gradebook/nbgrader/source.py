"""An assignment's cells as the gradebook knows them from the instructor's notebook.

Points, names and texts of graded cells come from here, never from what was handed in.
"""

from dataclasses import dataclass
from typing import Any

from grader.course import Assignment, Course
from grader.errors import AuthorError, CourseError

from .settings import GraderKit, converter_of

CHECK = "check-"


@dataclass(frozen=True)
class SourceCell:
    """A cell that nbgrader keeps an eye on.

    Attributes:
        points: of a cell with a score, else None.
    """

    name: str
    kind: str
    source: str
    checksum: str | None
    locked: bool
    solution: bool
    task: bool
    points: float | None

    @property
    def by_running(self) -> bool:
        """Whether nbgrader would give the points by running the cell."""
        return self.points is not None and self.kind == "code" and not self.solution

    @property
    def metadata(self) -> dict[str, Any]:
        """What nbgrader reads in the cell's metadata."""
        entry = {"grade": self.points is not None and not self.task, "grade_id": self.name, "locked": self.locked}
        entry |= {"schema_version": 3, "solution": self.solution, "task": self.task, "cell_type": self.kind}
        if self.points is not None:
            entry["points"] = self.points
        if self.checksum:
            entry["checksum"] = self.checksum
        return {"nbgrader": entry}


@dataclass(frozen=True)
class SourceNotebook:
    """The notebook of one of the kit's assignments."""

    assignment: Assignment
    cells: dict[str, SourceCell]

    @property
    def checks(self) -> dict[str, SourceCell]:
        """The check cell of every exercise, by exercise."""
        return {exercise.id: self.cells[f"{CHECK}{exercise.id}"] for exercise in self.assignment.exercises}


def source_notebook(gradebook: Any, course: Course, assignment_id: str, notebook_id: str) -> SourceNotebook | None:
    """The source of a notebook, or None when it is not one of the kit's.

    Whether it is one is said by course.yml and the gradebook alone.

    Raises:
        AuthorError: it is, but its graded cells and course.yml do not agree.
    """
    from nbgrader.api import MissingEntry

    try:
        assignment = course.assignment(assignment_id)
        known = gradebook.find_notebook(notebook_id, assignment_id)
    except (CourseError, MissingEntry):
        return None
    points = {cell.name: float(cell.max_score) for cell in [*known.grade_cells, *known.task_cells]}
    solutions = {cell.name for cell in known.solution_cells}
    tasks = {cell.name for cell in known.task_cells}
    cells = {
        cell.name: SourceCell(
            cell.name,
            cell.cell_type,
            cell.source or "",
            cell.checksum,
            bool(cell.locked),
            cell.name in solutions,
            cell.name in tasks,
            points.get(cell.name),
        )
        for cell in known.source_cells
    }
    wanted = {f"{CHECK}{exercise.id}" for exercise in assignment.exercises}
    found = {cell.name for cell in cells.values() if cell.by_running}
    if f"{notebook_id}.ipynb" != assignment.notebook or not wanted & found:
        return None
    if wanted != found:
        missing = ", ".join(sorted(wanted - found)) or "nothing"
        more = ", ".join(sorted(found - wanted)) or "nothing"
        raise AuthorError(
            f"{assignment_id}: course.yml and the gradebook do not agree about the cells that the kit grades: "
            f"{missing} is missing and {more} is too much; put other tests into a notebook of their own, or take the "
            "assignment's notebook from `grader nbgrader init` again and run `nbgrader generate_assignment`"
        )
    return SourceNotebook(assignment, cells)


def source_for(part: Any, resources: Any) -> SourceNotebook | None:
    """`source_notebook` for the submission that an exporter or preprocessor is at."""
    from nbgrader.api import Gradebook

    at, coursedir = resources["nbgrader"], converter_of(part).coursedir
    course = GraderKit(parent=part).load()
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        return source_notebook(gradebook, course, at["assignment"], at["notebook"])
