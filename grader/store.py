"""Grades on disk.

    GRADES/results/<student>/<assignment>.json    the contract (results.py)
    GRADES/feedback/<student>/<assignment>.md     what the student may read
    GRADES/gradebook.csv                          a row per submission

A file is written beside its place and then moved there, so that whoever reads it, and whatever interrupts the kit,
sees the old file or the new one and never half of one.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from grader import __version__, fingerprint
from grader.course import Assignment, Course
from grader.errors import BadInput
from grader.results import SCHEMA, Result
from grader.submissions import Submission

_WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.I)
_LONGEST_NAME = 120


class Grades:
    """The folder of grades.

    Args:
        folder: made when it is not there.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        if self.folder.exists() and not self.folder.is_dir():
            raise BadInput(f"{self.folder}: grades need a folder, and this is a file")

    @property
    def gradebook(self) -> Path:
        return self.folder / "gradebook.csv"

    def result_path(self, student: str, assignment: str) -> Path:
        return self.folder / "results" / path_part(student) / f"{path_part(assignment)}.json"

    def feedback_path(self, student: str, assignment: str) -> Path:
        return self.folder / "feedback" / path_part(student) / f"{path_part(assignment)}.md"

    def write(self, result: Result) -> Path:
        """Stores a result in place of an earlier one; its path."""
        path = self.result_path(result.student, result.assignment)
        write_atomically(path, result.to_json())
        return path

    def write_feedback(self, student: str, assignment: str, text: str) -> Path:
        """Stores what the student may read; its path."""
        path = self.feedback_path(student, assignment)
        write_atomically(path, text)
        return path

    def read(self, student: str, assignment: str) -> Result | None:
        """The stored result, or None when there is none.

        Raises:
            BadInput: the file is damaged; the message names it and says what to do.
        """
        path = self.result_path(student, assignment)
        try:
            return Result.from_json(path.read_bytes(), str(path))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadInput(f"{path}: cannot be read: {error.strerror}") from error

    def finished(self, student: str, assignment: str, address: str) -> Result | None:
        """The stored result if it is a grade of exactly this work, graded in exactly this way."""
        try:
            result = self.read(student, assignment)
        except BadInput:  # a damaged file is graded again
            return None
        return result if result is not None and result.graded and result.address == address else None

    def __iter__(self) -> Iterator[Result]:
        """All stored results that can be read, by student and assignment."""
        for path in sorted((self.folder / "results").glob("*/*.json")):
            with suppress(BadInput, OSError):
                yield Result.from_json(path.read_bytes(), str(path))


def address(submission: Submission, course: Course, level: str, seed: int | None = None) -> str:
    """SHA-256 of everything that the grade of a submission depends on, but for lateness, which is added afterwards.

    Args:
        level: the isolation level it is graded at.
        seed: when the user chose one; a seed drawn by the kit is no reason to grade again.
    """
    assignment = course.assignment(submission.assignment)
    return fingerprint.of_settings(
        {
            "schema": SCHEMA,
            "submission": submission.fingerprint,
            "suite": suite_fingerprint(course, assignment),
            "settings": assignment.model_dump(mode="json", exclude={"due", "late", "feedback", "title"}),
            "required_level": course.isolation,
            "level": level,
            "seed": seed,
            "kit": __version__,
        }
    )


def suite_fingerprint(course: Course, assignment: Assignment) -> str:
    """SHA-256 of the visible and hidden checks of an assignment, and of the questions that some of them are about."""
    folder = course.folder(assignment.id)
    quiz = {name: (folder / name).read_bytes() for name in ("quiz.yml", "quiz.md") if (folder / name).is_file()}
    checks = fingerprint.of_folders(folder, ("tests", "hidden"))
    return fingerprint.of_settings([checks, fingerprint.of_files(quiz)])


def path_part(name: str) -> str:
    """A name as one part of a path, safe on every system: no separators, no `..`, no reserved names.

    Different names give different parts.
    """
    last = len(name) - 1
    safe = "".join(
        letter
        if letter.isalnum() or letter in "_-@+=" or (letter in ". ,()'" and 0 < place < last)
        else _escaped(letter)
        for place, letter in enumerate(name)
    )
    if _WINDOWS_DEVICES.match(safe):
        safe = _escaped(safe[0]) + safe[1:]
    if len(safe.encode()) > _LONGEST_NAME:
        digest = fingerprint.of_settings(name)[:16]
        safe = safe.encode()[: _LONGEST_NAME - 17].decode(errors="ignore") + "~" + digest
    return safe or "%"


def _escaped(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogateescape"))


def write_atomically(path: Path, text: str) -> None:
    """Replaces a file's text in one step; parent folders are made."""
    write_bytes_atomically(path, text.encode("utf-8"))


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """Replaces a file's content in one step; parent folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
