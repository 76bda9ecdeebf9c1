"""A course of nbgrader's on disk: its configuration as nbgrader reads it."""

import os
import warnings
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.course import Course
from grader.errors import BadInput

from .configure import INSTALL, configure

CONFIG = "nbgrader_config.py"


def is_nbgrader_course(folder: Path) -> bool:
    """Whether `grader grade` shall write an nbgrader gradebook for a folder.

    Its configuration is a program: a lone file of that name among submissions is not one to be run.
    """
    known = (folder / CONFIG).is_file() or (folder / "gradebook.db").is_file()
    return known and any((folder / name).is_dir() for name in ("source", "submitted"))


@dataclass(frozen=True)
class NbGraderCourse:
    """An open course.

    Attributes:
        app: nbgrader's application object, with the configuration; converters are made with it as their parent.
        coursedir: nbgrader's view of the folder: paths and the database's address.
        course: the kit's.
    """

    app: Any
    coursedir: Any
    course: Course


@contextmanager
def open_nbgrader_course(folder: Path, course: Path | None) -> Iterator[NbGraderCourse]:
    """Reads a course's configuration as `nbgrader` would when it is run there.

    Args:
        course: course.yml when the user named one; else the configuration says where it is.

    Raises:
        BadInput: nbgrader is not installed, or the configuration cannot be read or says nothing of the kit.
    """
    try:
        from nbgrader.apps.baseapp import NbGrader
    except ImportError as error:
        raise BadInput(f"{INSTALL} (or grade {folder / 'submitted'} with --out, without a gradebook)") from error
    from sqlalchemy.exc import SAWarning

    from .settings import GraderKit

    with chdir(folder.resolve()), warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own, on every new submission
        app = NbGrader(raise_config_file_errors=True)
        app.log_level = 50
        try:
            app.initialize([], root=os.getcwd())
        except Exception as error:  # the configuration is a program: whatever it raises is a mistake in it
            raise BadInput(f"{folder / CONFIG}: {type(error).__name__}: {error}") from error
        if course is not None or "course" not in app.config.GraderKit:
            configure(app.config, course if course is not None else _beside(folder))
        try:
            yield NbGraderCourse(app, app.coursedir, GraderKit(parent=app).load())
        finally:
            app.reset()


def _beside(folder: Path) -> Path:
    from grader.course import find_course

    found = find_course(Path.cwd())
    if found is None:
        raise BadInput(
            f"{folder / CONFIG}: does not name a course of the kit; run `grader nbgrader init {folder}`, or name "
            "course.yml with --course"
        )
    return found
