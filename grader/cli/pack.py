"""`grader pack`: the archive to hand in."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from grader.cli.course_option import CourseOption, students_course


def pack(
    assignment: Annotated[str, typer.Argument(help="The assignment to hand in.", metavar="ASSIGNMENT")],
    folder: Annotated[
        Path | None, typer.Option(help="Where your work is; by default the assignment's own folder.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Archive to write, or a folder for it; by default <assignment>.zip here.")
    ] = None,
    student: Annotated[
        str | None, typer.Option(help="Your name or number, for an archive named <student>_<assignment>.zip.")
    ] = None,
    course: CourseOption = None,
) -> None:
    """Make the archive to hand in: exactly the files that are expected, and their fingerprints.

    It says what is missing or not written yet, and packs all the same: an unfinished submission counts, too.

    Examples:

    - `grader pack regression`

    - `grader pack regression --student student-01 --out ~/Desktop`

    - `grader pack regression --folder my-work`
    """
    from grader.errors import BadInput
    from grader.pack import pack as pack_files
    from grader.store import write_bytes_atomically

    the_course = students_course(course)
    the_assignment = the_course.assignment(assignment)
    packed = pack_files(folder or the_course.folder(assignment), the_assignment)
    name = f"{student}_{assignment}.zip" if student else f"{assignment}.zip"
    if Path(name).name != name:
        raise BadInput(f"--student: must not hold a path, got {student!r}")
    target = Path(name) if out is None else out / name if out.is_dir() else out
    try:
        write_bytes_atomically(target, packed.content)
    except OSError as error:
        raise BadInput(f"{target}: cannot be written: {error.strerror}") from error
    console, notes = Console(), Console(stderr=True)
    for warning in packed.warnings:
        notes.print(f"[yellow]Note:[/yellow] {escape(warning)}", soft_wrap=True)
    for file, fingerprint in packed.files.items():
        console.print(f"  {escape(file)}  {fingerprint[:16]}", soft_wrap=True, highlight=False)
    console.print(f"Packed {len(packed.files)} files into {escape(str(target))}", soft_wrap=True)
