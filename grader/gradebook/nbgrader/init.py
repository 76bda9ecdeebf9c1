"""`grader nbgrader init`: a course of nbgrader's with the kit's assignments in it, or the kit in an existing one."""

from dataclasses import dataclass, field
from pathlib import Path

from grader.course import Course
from grader.errors import BadInput
from grader.release import student_edition
from grader.store import write_atomically, write_bytes_atomically

from .folder import CONFIG

BEGIN = "# >>> biomed-grader >>>"
END = "# <<< biomed-grader <<<"
_NEW = '''\
"""The configuration of this course of nbgrader's."""

c = get_config()  # noqa: F821  (nbgrader defines it)
c.CourseDirectory.course_id = {id!r}
'''
_BLOCK = """\
{begin}
# Written by `grader nbgrader init`; keep it at the end of the file. Notebooks of the kit are graded by its judge.
from grader.gradebook.nbgrader import configure

configure(c, course={course!r})
{end}
"""


@dataclass
class Made:
    """What `init` did.

    Attributes:
        written: files that are new or changed, below the course's folder.
        same: how many were there already, as they should be.
        kept: files of the instructor's that differ from the kit's and were left alone.
        without: assignments that have no notebook.
    """

    written: list[str] = field(default_factory=list)
    same: int = 0
    kept: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)


def init(folder: Path, course: Course, *, update: bool = False) -> Made:
    """Puts the kit's assignments and configuration into a folder.

    In source/<assignment>/ there is the instructor's notebook, and what students are given beside it: stub modules,
    visible checks, handout and pictures. Hidden checks, references and keys are nowhere in the folder.

    Args:
        update: replace files in source/ that differ; else they are kept.

    Raises:
        BadInput: `folder` is a file, or the course is the students' edition.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder}: is a file; a course of nbgrader's needs a folder")
    made = Made()
    files = student_edition(course)
    for assignment in course.assignments:
        notebook = course.folder(assignment.id) / assignment.notebook
        if not notebook.is_file():
            made.without.append(assignment.id)
            continue
        prefix = f"{assignment.id}/"
        wanted = {name: content for name, content in files.items() if name.startswith(prefix)}
        wanted[f"{prefix}{assignment.notebook}"] = notebook.read_bytes()
        wanted[f"{prefix}course.yml"] = files["course.yml"]
        for name, content in sorted(wanted.items()):
            _write(folder, f"source/{name}", content, update, made)
    _configure(folder, course, made)
    return made


def _write(folder: Path, name: str, content: bytes, update: bool, made: Made) -> None:
    path = folder / name
    if path.is_file() and path.read_bytes() == content:
        made.same += 1
    elif path.exists() and not update:
        made.kept.append(name)
    else:
        write_bytes_atomically(path, content)
        made.written.append(name)


def _configure(folder: Path, course: Course, made: Made) -> None:
    """Writes nbgrader_config.py, or the kit's block at its end; nothing else in it is touched."""
    path = folder / CONFIG
    before = path.read_text(encoding="utf-8") if path.is_file() else None
    block = _BLOCK.format(begin=BEGIN, end=END, course=str(course.path))
    if before is None:
        text = f"{_NEW.format(id=course.about.id)}\n{block}"
    else:
        head, begun, rest = before.partition(BEGIN)
        _, ended, tail = rest.partition(END)
        if begun and not ended:
            raise BadInput(f"{path}: holds {BEGIN!r} but no {END!r}; remove what is left of the block and try again")
        lead = head if begun else before
        if "get_config()" not in lead:
            block = block.replace("from grader", "c = get_config()  # noqa: F821\nfrom grader", 1)
        text = f"{lead.rstrip()}\n\n{block}{tail.lstrip()}" if lead.strip() else f"{block}{tail.lstrip()}"
    if text == before:
        made.same += 1
    else:
        write_atomically(path, text)
        made.written.append(CONFIG)
