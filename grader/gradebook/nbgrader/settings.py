"""What the configuration tells the kit's parts: the section `c.GraderKit`, written by `configure`."""

from pathlib import Path
from typing import Any

from traitlets import Integer, Unicode
from traitlets.config import LoggingConfigurable

from grader.course import Course, load_course
from grader.errors import CourseError


class GraderKit(LoggingConfigurable):
    """The kit's own settings."""

    course = Unicode("", help="course.yml, or its folder.").tag(config=True)
    grades = Unicode("grades", help="Folder for results, below the folder of nbgrader's course.").tag(config=True)
    jobs = Integer(1, min=1, help="Submissions graded at a time.").tag(config=True)
    level = Unicode("", help="Isolation level; empty for the best that this machine gives.").tag(config=True)

    def load(self) -> Course:
        """The course.

        Raises:
            CourseError: there is none, or it is wrong.
        """
        if not self.course:
            raise CourseError("nbgrader_config.py does not say where course.yml is: configure(c, course=...)")
        return load_course(self.course)

    def grades_folder(self, root: str) -> Path:
        return Path(root) / self.grades


def converter_of(part: Any) -> Any:
    """The converter (Autograde, GenerateAssignment) that a preprocessor, exporter or plugin works for."""
    while part is not None and not hasattr(part, "coursedir"):
        part = part.parent
    return part
