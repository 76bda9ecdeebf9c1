"""`grader notebooks`: the instructors' notebooks, from their texts and the reference modules."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from grader.cli.course_option import CourseOption, chosen_course


def notebooks(
    assignment: Annotated[str | None, typer.Argument(help="Only this assignment.", metavar="ASSIGNMENT")] = None,
    course: CourseOption = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; say which notebooks are stale.")] = False,
) -> None:
    """Make solutions/ASSIGNMENT/ASSIGNMENT.ipynb from the notebook.md beside it and the reference modules.

    Run it after a change of either. Solutions stand in the cells with their markers; `grader release` takes them out.

    Exit code: 0 when all is well; 2 when a text is wrong (with `--check`: when a notebook is stale).

    Examples:

    - `grader notebooks`

    - `grader notebooks regression`

    - `grader notebooks --check` before a commit
    """
    from grader.errors import AuthorError, BadInput
    from grader.notebooks.build import TEXT, build
    from grader.store import write_bytes_atomically

    console, the_course = Console(), chosen_course(course)
    if the_course.edition != "instructor":
        raise BadInput(f"{the_course.path}: is the students' edition; notebooks are made in the instructor's")
    chosen = [the_course.assignment(assignment)] if assignment else the_course.assignments
    chosen = [one for one in chosen if (the_course.folder(one.id) / TEXT).is_file()]
    if not chosen:
        raise BadInput(f"{assignment or the_course.path}: has no {TEXT}, from which a notebook is made")
    stale = []
    for one in chosen:
        path = the_course.folder(one.id) / one.notebook
        made = build(the_course.folder(one.id), one).encode()
        if path.is_file() and path.read_bytes() == made:
            state = "as before"
        elif check:
            state = "stale"
            stale.append(one.id)
        else:
            write_bytes_atomically(path, made)
            state = "written"
        console.print(f"{escape(one.id)}/{escape(one.notebook)}: {state}", highlight=False, soft_wrap=True)
    if stale:
        raise AuthorError(f"run `grader notebooks {' '.join(stale) if len(stale) == 1 else ''}".rstrip() + "`")
