"""Finds submissions, however a learning platform lays them out.

SUBMISSIONS/<student>/<assignment>/table.py ...       folders, with or without nbgrader's timestamp.txt
SUBMISSIONS/<student>/<assignment>.zip                an archive for each, also .tar.gz, .tgz and .tar
SUBMISSIONS/<student>_<assignment>.zip                the same in one folder, as `grader pack` names them
SUBMISSIONS/submitted/<student>/<assignment>/         nbgrader's tree; the folder above it may be given, too
SUBMISSIONS.zip, SUBMISSIONS/anything.zip             an archive of any of those
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

from grader.archives import entries, is_archive, is_machine_made, stem
from grader.course import Course
from grader.errors import BadInput, SubmissionError
from grader.submissions import Submission, read_submission

_LAYOUT = "expected <student>/<assignment>/ or <student>_<assignment>.zip; `grader grade --help` has more"
_CLASS_BYTES = 4_000_000_000
_CLASS_ENTRIES = 200_000


@dataclass(frozen=True)
class Found:
    """Where a submission is.

    Attributes:
        faults: what was refused while unpacking an archive of the class.
        older: names of earlier submissions of the same student for the same assignment.
    """

    student: str
    assignment: str
    path: Path
    faults: tuple[str, ...] = ()
    older: tuple[str, ...] = ()

    def read(self, course: Course) -> Submission:
        """The submission itself."""
        return read_submission(self.path, self.student, course.assignment(self.assignment), self.faults, self.older)


@dataclass
class Inbox:
    """All that was found.

    Attributes:
        found: submissions, sorted by student and assignment.
        unrecognised: sentences about files and folders that are no submission.
    """

    found: list[Found] = field(default_factory=list)
    unrecognised: list[str] = field(default_factory=list)


@contextmanager
def open_inbox(folder: Path | str, course: Course) -> Iterator[Inbox]:
    """Finds the submissions below a folder, or in an archive; what was unpacked is removed at the end.

    Raises:
        BadInput: there is no such folder, or it holds no submission.
    """
    folder = Path(folder)
    if not folder.exists():
        raise BadInput(f"{folder}: there is no such folder or archive")
    if folder.is_file() and not is_archive(folder.name):
        raise BadInput(f"{folder}: is neither a folder nor an archive (.zip, .tar, .tar.gz, .tgz)")
    with ExitStack() as stack:
        search = _Search(course, stack)
        if folder.is_file() and not search.is_one_submission(folder):
            search.class_archive(folder)
        elif folder.is_file():
            search.archive(folder)
        else:
            search.folder(folder)
        inbox = search.inbox()
        if not inbox.found:
            raise BadInput("\n".join([f"{folder}: holds no submissions ({_LAYOUT})", *inbox.unrecognised]))
        yield inbox


class _Search:
    def __init__(self, course: Course, stack: ExitStack) -> None:
        self._assignments = [assignment.id for assignment in course.assignments]
        self._most_bytes = int(max((item.limits or course.limits).submission_mb for item in course.assignments) * 1e6)
        self._stack = stack
        self._found: dict[tuple[str, str], Found] = {}
        self._unrecognised: list[str] = []

    def inbox(self) -> Inbox:
        return Inbox([self._found[key] for key in sorted(self._found)], self._unrecognised)

    def folder(self, folder: Path, faults: dict[str, str] | None = None) -> None:
        """Students' folders and archives in one folder.

        Args:
            faults: when it was unpacked, what was refused, by path below `folder`.
        """
        faults = faults or {}
        for path in sorted((self._class_folder(folder) or folder).iterdir()):
            if path.name.startswith(".") or is_machine_made(path.name):
                continue
            if path.is_symlink() and not path.exists():
                self._unrecognised.append(f"{path.name}: a link that leads nowhere")
            elif path.is_dir():
                self._student(path)
            elif is_archive(path.name) and self.is_one_submission(path):
                self.archive(path)
            elif is_archive(path.name):
                try:
                    self.class_archive(path)
                except (SubmissionError, OSError) as error:
                    self._unrecognised.append(str(error))
            else:
                self._unrecognised.append(f"{path.name}: not a student's folder, and not an archive")
        self._hand_out(faults, folder)

    def is_one_submission(self, path: Path) -> bool:
        """Whether an archive's name is `<student>_<assignment>`."""
        return self._student_and_assignment(path) is not None

    def archive(self, path: Path) -> None:
        """One submission in an archive."""
        named = self._student_and_assignment(path)
        assert named is not None
        self._add(Found(*named, path))

    def class_archive(self, path: Path) -> None:
        """An archive of several submissions: unpacked to a folder of our own, then searched like any other."""
        target = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="grader-inbox-")))
        self.folder(target, unpack_class(path, target, self._most_bytes))

    def _student(self, folder: Path) -> None:
        recognised = False
        for path in sorted(folder.iterdir()) if not folder.is_symlink() else []:
            if assignment := self._assignment_of(folder, path):
                recognised = True
                self._add(Found(_printable(folder.name), assignment, path))
            elif path.is_dir() and not path.name.startswith(".") and not is_machine_made(path.name):
                recognised = True
                close = get_close_matches(path.name, self._assignments, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                where = f"{_printable(folder.name)}/{_printable(path.name)}"
                self._unrecognised.append(f"{where}: there is no such assignment in course.yml{hint}")
        if not recognised:
            reason = "a link, not a folder" if folder.is_symlink() else "holds no folder or archive of an assignment"
            self._unrecognised.append(f"{_printable(folder.name)}: {reason}")

    def _add(self, found: Found) -> None:
        """Of several submissions of one student for one assignment the newest counts."""
        key = (found.student, found.assignment)
        other = self._found.get(key)
        if other is not None:
            found, other = (found, other) if _age(found.path) <= _age(other.path) else (other, found)
            found = replace(found, older=(*found.older, *other.older, f"{other.path.name} (an older submission)"))
        self._found[key] = found

    def _hand_out(self, faults: dict[str, str], folder: Path) -> None:
        """Attributes what was refused while unpacking to the submissions it belongs to."""
        for name, fault in faults.items():
            for key, found in self._found.items():
                if found.path.is_relative_to(folder):
                    place = found.path.relative_to(folder).as_posix()
                    if name.startswith(f"{place}/") or name == place:
                        self._found[key] = replace(found, faults=(*found.faults, fault))
                        break
            else:
                self._unrecognised.append(fault)

    def _class_folder(self, folder: Path, depth: int = 3) -> Path | None:
        """The folder that holds the students': this one, nbgrader's `submitted/`, or one inside a wrapping folder."""
        inside = [path for path in folder.iterdir() if not path.name.startswith(".") and not is_machine_made(path.name)]
        folders = [path for path in inside if path.is_dir() and not path.is_symlink()]
        submitted = folder / "submitted"
        if submitted in folders and not self._is_students(submitted):
            return submitted
        if any(self._is_students(path) for path in folders):
            return folder
        return self._class_folder(folders[0], depth - 1) if depth and len(inside) == len(folders) == 1 else None

    def _is_students(self, folder: Path) -> bool:
        """Whether a folder is one student's: it holds a folder or an archive of an assignment."""
        return any(self._assignment_of(folder, path) for path in folder.iterdir())

    def _assignment_of(self, student: Path, path: Path) -> str | None:
        """The assignment that something in a student's folder is handed in for."""
        if path.is_dir() or path.is_symlink():
            name = path.name
        elif is_archive(path.name):
            name = stem(path.name)
        else:
            return None
        name = name.removeprefix(f"{student.name}_")
        return name if name in self._assignments else None

    def _student_and_assignment(self, path: Path) -> tuple[str, str] | None:
        name = stem(path.name)
        for assignment in sorted(self._assignments, key=len, reverse=True):
            student = name.removesuffix(f"_{assignment}")
            if student and student != name:
                return _printable(student), assignment
        return None


def unpack_class(path: Path, target: Path, most_bytes: int) -> dict[str, str]:
    """Writes an archive's ordinary files below `target`.

    Args:
        most_bytes: the largest size of one file.

    Returns:
        What was refused, by name of the entry.

    Raises:
        SubmissionError: the archive as a whole is damaged or too large.
    """
    faults: dict[str, str] = {}
    room = _CLASS_BYTES
    for entry in entries(path, most_bytes=_CLASS_BYTES, most_entries=_CLASS_ENTRIES):
        if is_machine_made(entry.name):
            continue
        content = b"" if entry.fault else entry.read(most_bytes)
        fault = entry.fault or (len(content) > most_bytes and f"is larger than {most_bytes / 1e6:g} MB")
        room -= len(content)
        if room < 0:
            raise SubmissionError(f"{path.name} was refused: it unpacks to more than {_CLASS_BYTES / 1e9:g} GB")
        if not fault:
            place = target / entry.name
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
            except (FileExistsError, NotADirectoryError, IsADirectoryError):
                fault = "is both a file and a folder"
        if fault:
            faults[entry.name] = f"{entry.name} was refused: it {fault}"
    return faults


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _age(path: Path) -> float:
    """Seconds before the newest thing; smaller is newer."""
    try:
        return -path.lstat().st_mtime
    except OSError:
        return float("inf")
