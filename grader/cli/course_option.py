"""The course that a command works on: the nearest course.yml, or the one that `--course` names."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from grader.course import Course

CourseOption = Annotated[
    Path | None,
    typer.Option(
        "--course", help="course.yml or its folder; by default the nearest one here or above.", metavar="PATH"
    ),
]


def chosen_course(option: Path | None) -> "Course":
    """The course itself.

    Raises:
        CourseError: there is none, or it is wrong.
    """
    from grader.course import find_course, load_course
    from grader.errors import CourseError

    path = option or find_course(Path.cwd())
    if path is None:
        raise CourseError("there is no course.yml here or in a folder above; name it with --course")
    return load_course(path)


def students_course(option: Path | None) -> "Course":
    """The course as students see it: beside the instructor's course.yml, `assignments/` holds the one for students."""
    course = chosen_course(option)
    students = course.root / "assignments"
    if option is None and course.edition == "instructor" and (students / "course.yml").is_file():
        return chosen_course(students)
    return course
