"""`grader release`: what students are given."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from grader.cli.course_option import CourseOption, chosen_course


def release(
    out: Annotated[Path, typer.Argument(help="Folder for the students' edition.", metavar="OUT")],
    course: CourseOption = None,
    ungated: Annotated[
        bool, typer.Option("--ungated", help="Do not run the checks on reference and stubs first; for drafts.")
    ] = False,
) -> None:
    """Make the students' edition from solutions/: stubs, visible checks, handouts and the students' course.yml.

    Nothing is written when a stub scores anything, a stub cannot be imported, or the reference misses a point.

    Examples:

    - `grader release assignments`

    - `grader release /tmp/draft --ungated`
    """
    from grader.errors import AuthorError
    from grader.release import student_edition, write_release

    console, notes = Console(), Console(stderr=True)
    the_course = chosen_course(course)
    edition = student_edition(the_course)
    if not ungated:
        from grader.gate import objections
        from grader.sandbox.launcher import Zygote

        with notes.status("running the checks on references and stubs"), Zygote() as zygote:
            found = objections(the_course, edition, zygote)
        if found:
            raise AuthorError("\n".join(["nothing was released:", *found]))
    changed = write_release(edition, out)
    for name in changed:
        console.print(f"  {escape(name)}" + ("" if name in edition else " (removed)"), soft_wrap=True, highlight=False)
    console.print(f"{escape(str(out))}: {len(edition)} files, {len(changed)} changed", soft_wrap=True)
