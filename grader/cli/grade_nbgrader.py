"""`grader grade` on the folder of a course of nbgrader's."""

from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from grader.cli.grade import Display, report, wanted_of


def grade_nbgrader(
    folder: Path,
    out: Path | None,
    course: Path | None,
    assignment: str | None,
    student: str | None,
    jobs: int,
    seed: int | None,
    force: bool,
    level: str | None,
) -> None:
    """Grades submitted/ and writes gradebook and autograded/; exits with 1 when a score is stale."""
    from grader.batch import Options, allowed_level
    from grader.gradebook.nbgrader.folder import open_nbgrader_course

    out = None if out is None else out.resolve()
    notes = Console(stderr=True)
    with open_nbgrader_course(folder, None if course is None else course.resolve()) as opened:
        from grader.gradebook.nbgrader.course import find_submissions, grade_nbgrader_course
        from grader.gradebook.nbgrader.grades import LastGrades
        from grader.gradebook.nbgrader.settings import GraderKit

        kit = GraderKit(parent=opened.app)
        grades = LastGrades(out or kit.grades_folder(opened.coursedir.root))
        options = Options(
            level=allowed_level(opened.course, level or kit.level or None),
            jobs=max(jobs, kit.jobs),
            seed=seed,
            force=force,
            hidden=(opened.course.root / "solutions", Path(opened.coursedir.root), grades.folder.resolve()),
        )
        if assignment is not None:
            opened.course.assignment(assignment)  # a CourseError that names those there are
        found, others = find_submissions(opened)
        for sentence in others:
            notes.print(f"[yellow]Not graded:[/yellow] {escape(sentence)}", soft_wrap=True)
        try:
            with Display(notes) as display:
                outcome = grade_nbgrader_course(opened, wanted_of(found, assignment, student), grades, options, display)
        except KeyboardInterrupt:
            notes.print("\nStopped. What is finished is stored; the same command goes on from here.")
            raise typer.Exit(130) from None
        report(outcome.results, opened.course, grades.folder, outcome.stale)
        console = Console()
        for (name, of), reason in outcome.stale.items():
            console.print(f"[red]Stale:[/red] {escape(f'{name} {of}: {reason}')}", soft_wrap=True)
        total = len(outcome.results) - len(outcome.stale)
        console.print(
            f"nbgrader's gradebook: {outcome.written} submissions written, {total - outcome.written} as they were",
            highlight=False,
        )
    if outcome.stale:
        raise typer.Exit(1)
