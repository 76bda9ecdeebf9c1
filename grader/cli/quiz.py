"""`grader quiz`: quiz.md and quiz.py from an assignment's quiz.yml."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from grader.cli.course_option import CourseOption, chosen_course


def quiz(
    assignment: Annotated[str | None, typer.Argument(help="One assignment; all of them without it.")] = None,
    course: CourseOption = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 where a file is stale.")] = False,
) -> None:
    """Write the questions (quiz.md) and the reference (quiz.py) that belong to solutions/ASSIGNMENT/quiz.yml.

    Examples:

    - `grader quiz regression`

    - `grader quiz --check`
    """
    from grader.errors import BadInput
    from grader.quiz.key import FILE_NAME, guessed, load_quiz
    from grader.quiz.modules import quiz_files, stale_files
    from grader.store import write_atomically

    console = Console()
    the_course = chosen_course(course)
    if the_course.edition != "instructor":
        raise BadInput(f"{the_course.path}: is the students' edition, in which there is no {FILE_NAME}")
    names = [assignment] if assignment else [one.id for one in the_course.assignments]
    differing = 0
    for name in names:
        folder = the_course.folder(name)
        if assignment is None and not (folder / FILE_NAME).is_file():
            continue
        questions, files, stale = load_quiz(folder), quiz_files(folder), stale_files(folder)
        differing += len(stale)
        if not check:
            for file in stale:
                write_atomically(folder / file, files[file])
        state = f"{', '.join(stale)} {'stale' if check else 'written'}" if stale else "up to date"
        line = f"{name}: {len(questions)} questions, {guessed(questions):.1%} by guessing; {state}"
        console.print(escape(line), soft_wrap=True, highlight=False)
    if check and differing:
        raise typer.Exit(1)
