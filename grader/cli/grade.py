"""`grader grade`: a folder of submissions in, grades out."""

import os
from collections.abc import Collection, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from grader.cli.course_option import CourseOption, chosen_course

if TYPE_CHECKING:
    from grader.course import Course
    from grader.inbox import Found
    from grader.results import Result
    from grader.submissions import Submission


class Level(StrEnum):
    """Isolation levels as an option: `best` takes what the machine gives."""

    best = "best"
    full = "full"
    landlock = "landlock"
    none = "none"


def grade(
    submissions: Annotated[Path, typer.Argument(help="Folder or archive of submissions.", metavar="SUBMISSIONS")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder for the grades; made when it is not there. In a course of nbgrader's: grades."
        ),
    ] = None,
    course: CourseOption = None,
    assignment: Annotated[str | None, typer.Option(help="Only this assignment.")] = None,
    student: Annotated[str | None, typer.Option(help="Only this student.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Submissions at a time.")] = 1,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Where all inputs come from, to repeat a grading; drawn when not given.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Grade again what is graded already.")] = False,
    level: Annotated[
        Level | None,
        typer.Option(help="Isolation level; below the one that course.yml asks for, grades are not official."),
    ] = None,
) -> None:
    """Grade everything that is new or changed.

    Submissions are found as `SUBMISSIONS/<student>/<assignment>/`, as `<student>_<assignment>.zip`, as nbgrader's
    `submitted/` tree, and in .zip, .tar, .tar.gz and .tgz archives of those.

    Given the folder of a course of nbgrader's (with nbgrader_config.py or gradebook.db), it does the work of `nbgrader
    autograde`: scores and feedback go into the gradebook and into autograded/, and no kernel is started. Manual grades,
    comments, extra credit and extensions stay. A score that could not be renewed is marked as stale.

    Results are stored as each submission ends; after an interruption the same command goes on where it stopped.
    Exit code: 0 when every submission has a grade, whatever the grade; 1 when some have none, by the kit's fault, or
    a score in nbgrader's gradebook is stale; 2 for a mistake in the command or in course.yml.

    Examples:

    - `grader grade submissions --out grades`

    - `grader grade submissions.zip --out grades --assignment regression --jobs 8`

    - `grader grade submissions --out grades --student student-01 --seed 7 --force` to repeat one grading

    - `grader grade my-nbgrader-course --jobs 4`
    """
    from grader.batch import Options, allowed_level, grade_class
    from grader.gradebook.nbgrader.folder import is_nbgrader_course
    from grader.inbox import open_inbox
    from grader.store import Grades

    if is_nbgrader_course(submissions):
        from grader.cli.grade_nbgrader import grade_nbgrader

        grade_nbgrader(submissions, out, course, assignment, student, jobs, seed, force, level)
        return
    if out is None:
        raise typer.BadParameter("name a folder for the grades, as in --out grades", param_hint="--out")
    the_course = chosen_course(course)
    if assignment is not None:
        the_course.assignment(assignment)  # a CourseError that names those there are
    options = Options(
        level=allowed_level(the_course, level),
        jobs=jobs,
        seed=seed,
        force=force,
        hidden=tuple(path.resolve() for path in (the_course.root / "solutions", submissions, out)),
    )
    grades = Grades(out)
    notes = Console(stderr=True)
    with open_inbox(submissions, the_course) as inbox:
        wanted = wanted_of(inbox.found, assignment, student)
        for sentence in inbox.unrecognised:
            notes.print(f"[yellow]Not graded:[/yellow] {escape(sentence)}", soft_wrap=True)
        try:
            with Display(notes) as display:
                results = grade_class(wanted, the_course, grades, options, display)
        except KeyboardInterrupt:
            notes.print("\nStopped. What is finished is stored; the same command goes on from here.")
            raise typer.Exit(130) from None
    report(results, the_course, grades.folder)
    if not all(result.graded for result in results):
        raise typer.Exit(1)


def wanted_of(found: Sequence["Found"], assignment: str | None, student: str | None) -> list["Found"]:
    """The submissions that the options ask for; `BadInput` when there are none."""
    from grader.errors import BadInput

    wanted = [
        item
        for item in found
        if (assignment is None or item.assignment == assignment) and (student is None or item.student == student)
    ]
    if not wanted:
        students = ", ".join(sorted({item.student for item in found})[:20])
        raise BadInput(f"no submission fits --assignment and --student; there are submissions of {students}")
    return wanted


def report(
    results: Sequence["Result"], course: "Course", folder: Path, stale: Collection[tuple[str, str]] = ()
) -> None:
    """Tables, what went wrong, and where everything is."""
    from grader.report.terminal import class_table

    console = Console()
    for assignment in course.assignments:
        own = [result for result in results if result.assignment == assignment.id]
        if own:
            console.print(class_table(own, assignment, {one for one, name in stale if name == assignment.id}))
    unofficial = [result for result in results if not result.official]
    if unofficial:
        console.print(
            f"[yellow]{len(unofficial)} of {len(results)} grades are not official:[/yellow] they were made at "
            f"isolation level {unofficial[0].isolation}, below the {course.isolation} of course.yml."
        )
    failed = [result for result in results if not result.graded]
    for result in failed:
        reason = result.internal or next((test.internal for test in result.tests if test.status == "error"), "")
        last_line = (reason.strip().splitlines() or ["unknown"])[-1]
        console.print(
            f"[red]No grade:[/red] {escape(f'{result.student} {result.assignment}: {last_line}')}", soft_wrap=True
        )
    console.print(f"Results: {escape(str(folder / 'results'))}", soft_wrap=True)
    console.print(f"Feedback: {escape(str(folder / 'feedback'))}", soft_wrap=True)
    console.print(f"Gradebook: {escape(str(folder / 'gradebook.csv'))}", soft_wrap=True)


class Display:
    """A progress bar on a terminal; elsewhere a line per submission."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("grading"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[at]}"),
            console=console,
            disable=not console.is_terminal or os.environ.get("TERM") == "dumb",
        )
        self._task = self._bar.add_task("grading", at="")

    def __enter__(self) -> "Display":
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def planned(self, finished: int, waiting: int) -> None:
        if finished:
            self._console.print(f"{finished} graded already, {waiting} to do")
        self._bar.update(self._task, total=finished + waiting, completed=finished, at="starting the sandbox")

    def checked(self, submission: "Submission", checks: int) -> None:
        self._bar.update(self._task, at=escape(f"{submission.student} {submission.assignment}: check {checks}"))

    def graded(self, result: "Result") -> None:
        self._bar.advance(self._task)
        if self._bar.disable:
            points = f"{result.score:g} of {result.max_score:g}" if result.score is not None else "no grade"
            self._console.print(escape(f"{result.student} {result.assignment}: {points}"), soft_wrap=True)
