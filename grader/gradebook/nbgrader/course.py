"""`grader grade` on a course of nbgrader's: results first, all at once, then gradebook.db and autograded/."""

import re
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.batch import Options, Watcher, grade_class
from grader.course import Assignment
from grader.errors import BadInput, KitError
from grader.inbox import Found
from grader.results import Result
from grader.store import address

from .folder import NbGraderCourse
from .grades import LastGrades
from .outputs import points
from .source import SourceNotebook, source_notebook
from .stale import is_stale, mark_stale
from .stamp import stamp, stamp_in


@dataclass
class Outcome:
    """What became of a course.

    Attributes:
        results: of all submissions, by student and assignment.
        written: how many submissions were written into the gradebook; the others are there as they are.
        stale: why a score could not be renewed, by student and assignment.
        notes: sentences about what was left to nbgrader.
    """

    results: list[Result] = field(default_factory=list)
    written: int = 0
    stale: dict[tuple[str, str], str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def find_submissions(opened: NbGraderCourse) -> tuple[list[Found], list[str]]:
    """What was handed in for the kit's assignments, and sentences about the rest.

    Raises:
        BadInput: nothing was.
    """
    coursedir = opened.coursedir
    known = {assignment.id for assignment in opened.course.assignments}
    pattern = coursedir.format_path(
        coursedir.submitted_directory, "(?P<student>[^/\\\\]+)", "(?P<assignment>[^/\\\\]+)", escape=True
    )
    found, others = [], set()
    everything = coursedir.format_path(coursedir.submitted_directory, "*", "*")
    root = Path(coursedir.root)
    for path in sorted(root.glob(str(Path(everything).relative_to(root)))):
        match = re.fullmatch(pattern, str(path))
        if match is None or path.name.startswith(".") or not path.is_dir():
            continue
        if match["assignment"] in known:
            found.append(Found(match["student"], match["assignment"], path))
        else:
            others.add(match["assignment"])
    notes = [f"{name}: not an assignment of the kit; `nbgrader autograde {name}` grades it" for name in sorted(others)]
    if not found:
        raise BadInput("\n".join([f"{everything}: there are no submissions for assignments of the kit", *notes]))
    return found, notes


def grade_nbgrader_course(
    opened: NbGraderCourse, found: Sequence[Found], grades: LastGrades, options: Options, watcher: Watcher
) -> Outcome:
    """Grades submissions and writes them into the gradebook and autograded/.

    Raises:
        KitError: nothing could be graded; what is in the gradebook is marked as stale.
    """
    sources = _sources(opened, {item.assignment for item in found})
    outcome = Outcome()
    try:
        outcome.results = grade_class(found, opened.course, grades, options, watcher)
    except KitError as error:
        for item in found:
            if grades.finished(item.student, item.assignment, _address(item, opened, options)) is None:
                _mark(opened, sources[item.assignment], item.student, outcome, str(error))
        raise
    from .converter import ResultWriter

    writer = ResultWriter(coursedir=opened.coursedir, parent=opened.app)
    for result in outcome.results:
        source = sources[result.assignment]
        if not result.graded:
            from .judge import reason_of

            _mark(opened, source, result.student, outcome, reason_of(result))
        elif options.force or not _is_there(opened, source, result):
            _write(opened, writer, source, result, outcome)
    return outcome


def _address(item: Found, opened: NbGraderCourse, options: Options) -> str:
    return address(item.read(opened.course), opened.course, options.level, options.seed)


def _write(opened: NbGraderCourse, writer: Any, source: SourceNotebook, result: Result, outcome: Outcome) -> None:
    from nbgrader.utils import capture_log

    with _gradebook(opened) as gradebook:
        alone = len(gradebook.find_assignment(source.assignment.id).notebooks) == 1
    writer.prepare(source, result, alone=alone)
    said = capture_log(writer)
    if said["success"]:
        outcome.written += 1
        return
    lines = [line for line in said.get("log", "").splitlines() if line.strip()]
    telling = [line for line in lines if re.match(r"\w*(Error|Exception|Invalid)\w*: |\w+(\.\w+)+: ", line)]
    reason = (telling or lines or ["unknown"])[-1].strip()
    _mark(opened, source, result.student, outcome, f"nbgrader could not write it: {reason}")


def _mark(opened: NbGraderCourse, source: SourceNotebook, student: str, outcome: Outcome, reason: str) -> None:
    with _gradebook(opened) as gradebook:
        mark_stale(gradebook, source, student)
    outcome.stale[student, source.assignment.id] = reason


def _is_there(opened: NbGraderCourse, source: SourceNotebook, result: Result) -> bool:
    """Whether gradebook and autograded/ hold just this result, made from just this submission."""
    from nbgrader.api import MissingEntry

    coursedir, name = opened.coursedir, source.assignment.id
    done = (
        Path(coursedir.format_path(coursedir.autograded_directory, result.student, name)) / source.assignment.notebook
    )
    handed_in = Path(coursedir.format_path(coursedir.submitted_directory, result.student, name))
    if stamp_in(done) != stamp(handed_in, result, source, datetime.now(UTC)):
        return False
    with _gradebook(opened) as gradebook, suppress(MissingEntry):
        submission = gradebook.find_submission(name, result.student)
        if submission.timestamp != coursedir.get_existing_timestamp(str(handed_in)):
            return False
        notebook = gradebook.find_submission_notebook(name, name, result.student)
        if any(is_stale(comment.auto_comment) for comment in notebook.comments):
            return False
        scores = {grade.name: grade.auto_score for grade in notebook.grades}
        return all(scores.get(source.checks[one].name) == value for one, value in points(result, source).items())
    return False


def _sources(opened: NbGraderCourse, names: Iterable[str]) -> dict[str, SourceNotebook]:
    """The assignments as the gradebook knows them; those that it does not know yet are taken from source/.

    Raises:
        BadInput: one is neither in the gradebook nor in source/, or is no notebook of the kit.
    """
    sources = {}
    for name in sorted(names):
        assignment = opened.course.assignment(name)
        source = _source(opened, assignment)
        if source is None and _register(opened, assignment):
            source = _source(opened, assignment)
        if source is None:
            raise BadInput(
                f"{name}: neither the gradebook nor source/{name}/ holds the kit's notebook {assignment.notebook}; "
                f"`grader nbgrader init {opened.coursedir.root}` puts it there"
            )
        sources[name] = source
    return sources


def _source(opened: NbGraderCourse, assignment: Assignment) -> SourceNotebook | None:
    with _gradebook(opened) as gradebook:
        return source_notebook(gradebook, opened.course, assignment.id, assignment.id)


def _register(opened: NbGraderCourse, assignment: Assignment) -> bool:
    """Has nbgrader read an assignment into its gradebook; release/ stays as it is."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.utils import capture_log, temp_attrs

    coursedir = opened.coursedir
    source = Path(coursedir.format_path(coursedir.source_directory, ".", assignment.id)) / assignment.notebook
    if not source.is_file():
        return False
    with (
        tempfile.TemporaryDirectory(prefix="grader-release-") as elsewhere,
        temp_attrs(coursedir, assignment_id=assignment.id, notebook_id="*", release_directory=elsewhere),
    ):
        said = capture_log(GenerateAssignment(coursedir=coursedir, parent=opened.app))
    if not said["success"]:
        raise BadInput(f"{source}: nbgrader cannot read it:\n{said.get('log', '').strip()}")
    return True


def _gradebook(opened: NbGraderCourse) -> Any:
    from nbgrader.api import Gradebook

    return Gradebook(opened.coursedir.db_url, opened.coursedir.course_id)
