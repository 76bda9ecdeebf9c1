"""`grader calibrate`: thresholds for checks that train, from repeated runs of the reference."""

import os
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from grader.cli.course_option import CourseOption, chosen_course

if TYPE_CHECKING:
    from rich.table import Table

    from grader.calibrate.record import Calibration
    from grader.calibrate.task import Task
    from grader.course import Assignment, Course

SEEDS = 240


def calibrate(
    assignment: Annotated[str | None, typer.Argument(help="Only this assignment.", metavar="[ASSIGNMENT]")] = None,
    course: CourseOption = None,
    seeds: Annotated[int, typer.Option(min=40, help="Runs of the reference per task, each with new data.")] = SEEDS,
    jobs: Annotated[int, typer.Option(min=1, help="Sandboxes at a time.")] = 1,
    check: Annotated[
        bool, typer.Option("--check", help="Run nothing; say which calibrations are missing or stale.")
    ] = False,
) -> None:
    """Find the thresholds of checks that train, with a stated bound for failing a right program.

    Runs every task of `solutions/ASSIGNMENT/hidden/calibrated.py` on the reference, in the sandbox, with the targets as
    they are and in random order. Writes `calibration.json` and `calibration.svg` there, or nothing when a task cannot
    tell the reference from such a control.

    Exit code: 0 when all thresholds were found (with `--check`: are fresh); 1 when the sandbox failed; 2 when a task or
    the reference is wrong (with `--check`: when a calibration is stale).

    Examples:

    - `grader calibrate`

    - `grader calibrate classification --jobs 4`

    - `grader calibrate regression --seeds 1000` for a tighter bound that assumes nothing about the tail

    - `grader calibrate --check` before a commit
    """
    the_course = chosen_course(course)
    _refuse_students_edition(the_course)
    chosen = _with_tasks(the_course, assignment)
    if check:
        _check(chosen)
        return
    console, notes = Console(), Console(stderr=True)
    for one, tasks in chosen:
        try:
            calibration = _calibrated(the_course, one, tasks, seeds, jobs, notes)
        except KeyboardInterrupt:
            notes.print("\nStopped. Nothing was written for this assignment.")
            raise typer.Exit(130) from None
        console.print(summary(calibration))
        console.print(promise(calibration), highlight=False)
        _write(the_course, calibration, console)


def _refuse_students_edition(course: "Course") -> None:
    from grader.errors import BadInput

    if course.edition != "instructor":
        raise BadInput(f"{course.path}: is the students' edition; thresholds are found in the instructor's")


def _with_tasks(course: "Course", assignment: str | None) -> list[tuple["Assignment", list["Task"]]]:
    """The assignments asked for that have tasks, with these."""
    from grader.calibrate.loading import FILE, tasks_of
    from grader.errors import AuthorError

    wanted = course.assignments if assignment is None else [course.assignment(assignment)]
    chosen = [(one, tasks) for one in wanted if (tasks := tasks_of(course.folder(one.id)))]
    if not chosen:
        where = course.folder(assignment) / FILE if assignment else f"{course.path.parent}: no {FILE}"
        raise AuthorError(f"{where}: there are no tasks to calibrate; docs/authors.md shows how to define one")
    return chosen


def _check(chosen: list[tuple["Assignment", list["Task"]]]) -> None:
    from grader.calibrate.freshness import fresh_record
    from grader.errors import AuthorError

    problems = []
    for one, tasks in chosen:
        for task in tasks:
            try:
                record = fresh_record(task)
            except AuthorError as error:
                problems.append(str(error))
            else:
                typer.echo(f"{one.id}: {task.name}: fresh, threshold {record.threshold:.3f}")
    if problems:
        raise AuthorError("\n".join(dict.fromkeys(problems)))


def _calibrated(
    course: "Course", assignment: "Assignment", tasks: list["Task"], seeds: int, jobs: int, notes: Console
) -> "Calibration":
    from datetime import date

    from grader.calibrate.fitting import fit
    from grader.calibrate.record import Calibration
    from grader.calibrate.running import run_reference
    from grader.grading import environment

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=notes,
        disable=not notes.is_terminal or os.environ.get("TERM") == "dumb",
    )
    rows = {task.name: bar.add_task(escape(f"{assignment.id}: {task.name}"), total=seeds) for task in tasks}
    if bar.disable:
        notes.print(f"{assignment.id}: {len(tasks)} tasks, {seeds} runs each", highlight=False)
    with bar:
        runs = run_reference(
            course, assignment, tasks, seeds, jobs=jobs, progress=lambda task: bar.advance(rows[task.name])
        )
    versions = environment()
    return Calibration(
        assignment=assignment.id,
        made=date.today(),
        versions={name: versions[name] for name in ("kit", "torch", "numpy")},
        tasks={one.task.name: fit(one) for one in runs},
    )


def summary(calibration: "Calibration") -> "Table":
    """A column per task."""
    from rich.table import Table

    tasks = calibration.tasks.values()
    table = Table(title=f"{calibration.assignment}: thresholds")
    table.add_column("task")
    for name in calibration.tasks:
        table.add_column(escape(name), justify="right", overflow="fold")
    table.add_row("metric", *(escape(task.metric) for task in tasks), end_section=True)
    table.add_row("runs of the reference", *(str(len(task.values)) for task in tasks))
    table.add_row("mean", *(f"{task.mean:.3f}" for task in tasks))
    table.add_row("sd", *(f"{task.sd:.4f}" for task in tasks))
    table.add_row("lowest", *(f"{task.min:.3f}" for task in tasks), end_section=True)
    table.add_row("[bold]threshold", *(f"[bold]{task.threshold:.3f}" for task in tasks), end_section=True)
    table.add_row("control: bound", *(f"{task.control.bound:.3f}" for task in tasks))
    table.add_row("control: highest", *(f"{task.control.max:.3f}" for task in tasks))
    table.add_row("control: mean", *(f"{task.control.mean:.3f}" for task in tasks), end_section=True)
    table.add_row("CPU s, run and control", *(f"{task.cpu_seconds:.2f}" for task in tasks))
    return table


def promise(calibration: "Calibration") -> str:
    """How unlikely it is that a right program falls below a threshold."""
    first = next(iter(calibration.tasks.values())).false_fail
    return (
        "A right program falls below its threshold in one, two and three runs on end with a chance of at most "
        f"{_listed(first.with_tail)} if the tail is no heavier than that of Student's t with 3 degrees of freedom, "
        f"and of at most {_listed(first.any_distribution)} whatever the distribution. A check fails after three."
    )


def _listed(chances: list[float]) -> str:
    return ", ".join(f"{chance:.1e}" for chance in chances)


def _write(course: "Course", calibration: "Calibration", console: Console) -> None:
    from grader.calibrate.chart import svg
    from grader.calibrate.record import FILE_NAME
    from grader.store import write_atomically

    path = course.folder(calibration.assignment) / FILE_NAME
    write_atomically(path.with_suffix(".svg"), svg(calibration))
    write_atomically(path, calibration.to_json())
    for written in (path, path.with_suffix(".svg")):
        console.print(escape(str(written)), soft_wrap=True, highlight=False)
