"""`grader demo`: a class to try the grader on."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from grader.cli.course_option import CourseOption, chosen_course


def demo(
    out: Annotated[Path, typer.Argument(help="Folder for the submissions; must be new or empty.", metavar="OUT")],
    course: CourseOption = None,
) -> None:
    """Make a class of invented students: right in several styles, wrong in several ways, late, looping, cheating.

    Examples:

    - `grader demo demo/submissions`

    - `grader grade demo/submissions --out demo/grades --jobs 2` grades them
    """
    from grader.demo import write_class

    students = write_class(out, chosen_course(course))
    console = Console()
    for student in students:
        console.print(
            f"  {student.name} {', '.join(student.work)}: {escape(student.story)}", soft_wrap=True, highlight=False
        )
    console.print(f"{sum(len(student.work) for student in students)} submissions in {escape(str(out))}", soft_wrap=True)
