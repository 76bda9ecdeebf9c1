"""`grader doctor`: what this machine can do."""

import typer
from rich.console import Console
from rich.markup import escape

from grader.cli.course_option import CourseOption

_MARKS = {"good": "[green]good[/]", "note": "[yellow]note[/]", "bad": "[bold red]bad [/]"}


def doctor(course: CourseOption = None) -> None:
    """Look at this machine: versions, isolation, accelerator, memory, data. Say what to do about what is missing.

    Exit code: 0 when grading works here as course.yml asks for, 1 when something is bad.

    Examples:

    - `grader doctor`

    - `grader doctor --course ~/course`
    """
    from grader.course import find_course, load_course
    from grader.doctor import examine

    path = course or find_course(".")
    console = Console()
    bad = 0
    for finding in examine(load_course(path) if path is not None else None):
        bad += finding.state == "bad"
        console.print(
            f"{_MARKS[finding.state]}  {escape(finding.what)}: {escape(finding.detail)}",
            soft_wrap=True,
            highlight=False,
        )
        if finding.cure:
            console.print(f"      [bold]do:[/] {escape(finding.cure)}", soft_wrap=True, highlight=False)
    console.print("Something here will not work as it should." if bad else "All is well.")
    raise typer.Exit(1 if bad else 0)
