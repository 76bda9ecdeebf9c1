"""Where a submission's files come from: a folder, or an archive that is unpacked in memory."""

import errno
import os
import stat
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from grader.archives import is_machine_made, unpack
from grader.course import Limits
from grader.errors import SubmissionError

_MOST_WALKED = 20_000


def open_tree(path: Path, limits: Limits) -> "Tree":
    """The files of a submission's folder or archive.

    Raises:
        SubmissionError: it is a link, or an archive that is unsafe, damaged or too large.
        OSError: it cannot be read.
    """
    if path.is_symlink():
        raise SubmissionError(f"{path.name} is a link; hand in the files themselves")
    return _Folder(path) if path.is_dir() else _Archive(path, limits)


def changed(path: Path) -> datetime | None:
    """When a file was last changed, if it is there."""
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return None


class Tree:
    """Files by name, read only when asked for.

    Attributes:
        readers: by name, a function from the most bytes to the content; `SubmissionError` when it cannot be had.
        faults: sentences about files that will not be read.
        timestamp_counts: whether a timestamp.txt was put there by the course, not by the student.
    """

    readers: dict[str, Callable[[int], bytes]]
    faults: list[str]
    timestamp_counts: bool

    def newest(self, names: Iterable[str]) -> datetime | None:
        raise NotImplementedError

    def text(self, name: str) -> str:
        try:
            return self.readers[name](100_000).decode("utf-8", "replace")
        except SubmissionError:
            return ""


class _Archive(Tree):
    """A submission in an archive, unpacked in memory."""

    timestamp_counts = False

    def __init__(self, path: Path, limits: Limits) -> None:
        if path.stat().st_size > limits.submission_mb * 1e6:
            raise SubmissionError(f"{path.name} was refused: it is larger than {limits.submission_mb:g} MB")
        contents = unpack(path, limits.files, int(limits.submission_mb * 1e6))
        if not contents:
            raise SubmissionError(f"{path.name} holds no files")
        self.readers = {name: _constant(content) for name, content in contents.items()}
        self.faults = []
        self._path = path

    def newest(self, names: Iterable[str]) -> datetime | None:
        return changed(self._path)


def _constant(content: bytes) -> Callable[[int], bytes]:
    return lambda _: content


class _Folder(Tree):
    """A submission in a folder; links are not followed, and nothing but ordinary files is opened."""

    timestamp_counts = True

    def __init__(self, path: Path) -> None:
        self.readers = {}
        self.faults = []
        self._path = path
        self._walk()

    def _walk(self) -> None:
        waiting = deque([""])  # breadth first, so that a huge sub-folder does not hide the files beside it
        seen = 0
        while waiting:
            folder = waiting.popleft()
            try:
                found = sorted(os.scandir(self._path / folder), key=lambda entry: entry.name)
            except OSError as error:
                self.faults.append(f"the folder {_printable(folder) or '.'} cannot be read: {error.strerror}")
                continue
            for entry in found:
                name = f"{folder}{entry.name}"
                seen += 1
                if is_machine_made(name) or seen > _MOST_WALKED:
                    continue
                if entry.is_symlink():
                    self.faults.append(f"{_printable(name)} is a link; hand in the file itself")
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{name}/")
                elif entry.is_file(follow_symlinks=False):
                    self.readers[_printable(name)] = _file_reader(self._path / name, _printable(name))
                else:
                    self.faults.append(f"{_printable(name)} is not an ordinary file")

    def newest(self, names: Iterable[str]) -> datetime | None:
        dates = [changed(self._path / name) for name in names]
        return max((date for date in dates if date is not None), default=None)


def _file_reader(path: Path, name: str) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            with open(os.open(path, flags), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise OSError(errno.EINVAL, "it is not an ordinary file")
                content = file.read(limit + 1)
        except OSError as error:
            raise SubmissionError(f"{name} cannot be read: {error.strerror}") from error
        if len(content) > limit:
            raise SubmissionError(f"{name} is too large")
        return content

    return read


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
