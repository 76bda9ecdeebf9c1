"""`grader nbgrader`: the kit in a course of nbgrader's."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from grader.cli.course_option import CourseOption, chosen_course

app = typer.Typer(help="Use the kit in a course of nbgrader's.", no_args_is_help=True, rich_markup_mode="markdown")


@app.callback()
def nbgrader() -> None:
    """Use the kit in a course of nbgrader's."""


@app.command("init")
def init(
    folder: Annotated[Path, typer.Argument(help="The course's folder; made when it is not there.", metavar="FOLDER")],
    course: CourseOption = None,
    update: Annotated[
        bool, typer.Option("--update", help="Replace files in source/ that differ from the kit's.")
    ] = False,
) -> None:
    """Make a course of nbgrader's with the kit's assignments, or add them to an existing one.

    Writes FOLDER/source/ASSIGNMENT/ (notebook, stub modules, visible checks, handout; nothing hidden) and
    FOLDER/nbgrader_config.py. A configuration that is there already keeps every line of its own and gets a marked block
    at its end; running the command again renews the block.

    Exit code: 0 when all is in place; 2 for a mistake in the command, in course.yml or in an assignment.

    Examples:

    - `grader nbgrader init my-course`

    - `grader nbgrader init my-course --course ~/biomed-dl/course.yml`

    - then, in my-course: `nbgrader generate_assignment regression`, `nbgrader release_assignment regression`, and when
      all is handed in `grader grade .` (fast) or `nbgrader autograde regression`
    """
    from grader.gradebook.nbgrader.init import init as make

    made = make(folder, chosen_course(course), update=update)
    console = Console()
    for name in made.written:
        console.print(f"written: {escape(name)}", highlight=False, soft_wrap=True)
    if made.same:
        console.print(f"as it should be: {made.same} files", highlight=False)
    for name in made.kept:
        console.print(
            f"[yellow]kept:[/yellow] {escape(name)} differs from the kit's (--update replaces it)",
            highlight=False,
            soft_wrap=True,
        )
    for name in made.without:
        console.print(f"[yellow]no notebook:[/yellow] {escape(name)}", highlight=False, soft_wrap=True)
