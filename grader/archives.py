"""Reads zip and tar archives that nobody should trust.

An archive is never extracted by a library that follows its paths. Its entries are read one by one; whatever is not an
ordinary file with an ordinary relative name is a fault, and sizes are counted while reading, not believed.
"""

import gzip
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from unicodedata import normalize

from grader.errors import SubmissionError

SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip")
MOST_ENTRIES = 20_000
MOST_EXPANSION = 200
"""How many times larger than the archive its content may be, once that is more than `FREE_EXPANSION` bytes."""
FREE_EXPANSION = 10_000_000

_MACHINE_FOLDERS = {
    *("__MACOSX", "__pycache__", ".git", ".hg", ".svn", ".venv", "venv", "node_modules", ".idea", ".vscode"),
    *(".ipynb_checkpoints", ".pytest_cache", ".mypy_cache", ".ruff_cache"),
}
_MACHINE_FILES = {".DS_Store", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Entry:
    """One entry of an archive; folders are left out.

    Attributes:
        name: its path inside the archive, with `/`.
        fault: why it must not be used, or empty.
        read: its content, at most so many bytes; to be called before the next entry is asked for.
    """

    name: str
    fault: str
    read: Callable[[int], bytes]


def is_archive(name: str) -> bool:
    """Whether a file name is one of an archive that the kit reads."""
    return name.lower().endswith(SUFFIXES)


def stem(name: str) -> str:
    """The file name without the archive's suffix: `student-01_regression` of `student-01_regression.tar.gz`."""
    suffix = next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), "")
    return name[: len(name) - len(suffix)]


def is_machine_made(name: str) -> bool:
    """Whether a path is one that operating systems, editors and version control leave behind."""
    *folders, file = name.split("/")
    return not _MACHINE_FOLDERS.isdisjoint((*folders, file)) or file in _MACHINE_FILES or file.startswith("._")


def unpack(path: Path, most_files: int, most_bytes: int) -> dict[str, bytes]:
    """All files of a submission's archive by name, but for machine-made ones.

    Raises:
        SubmissionError: the archive is damaged, unsafe or too large; the message says which entry is at fault.
    """
    files: dict[str, bytes] = {}
    room = most_bytes
    for entry in entries(path, most_bytes=max(FREE_EXPANSION, 10 * most_bytes)):
        if is_machine_made(entry.name):
            continue
        if entry.fault:
            raise SubmissionError(f"{path.name} was refused: {entry.name!r} {entry.fault}")
        if len(files) == most_files:
            raise SubmissionError(f"{path.name} was refused: it holds more than {most_files} files")
        content = entry.read(room)
        if len(content) > room:
            raise SubmissionError(f"{path.name} was refused: it unpacks to more than {most_bytes / 1e6:g} MB")
        room -= len(content)
        files[entry.name] = content
    return files


def entries(path: Path, most_bytes: int, most_entries: int = MOST_ENTRIES) -> Iterator[Entry]:
    """The entries of a zip or tar archive (recognised by content, not by suffix), in order.

    Args:
        most_bytes: how much a compressed tar may expand to in all, skipped entries included.

    Raises:
        SubmissionError: it is damaged, holds too many entries or expands too much.
    """
    raw = _zip_entries(path, most_entries) if _is_zip(path) else _tar_entries(path, most_bytes)
    room = max(FREE_EXPANSION, MOST_EXPANSION * path.stat().st_size)
    seen: set[str] = set()
    count = 0

    def counted(read: Callable[[int], bytes]) -> Callable[[int], bytes]:
        def read_and_count(limit: int) -> bytes:
            nonlocal room
            with _blaming(path):
                content = read(min(limit, room) + 1)
            room -= len(content)
            if room < 0:
                raise SubmissionError(f"{path.name} was refused: it expands more than {MOST_EXPANSION}-fold")
            return content

        return read_and_count

    with _blaming(path):
        for raw_entry in raw:
            count += 1
            if count > most_entries:
                raise SubmissionError(f"{path.name} was refused: it holds more than {most_entries} entries")
            if raw_entry is None:
                continue
            name, fault = _checked_name(raw_entry.name)
            key = _collision_key(name)
            if not fault and key in seen:
                fault = "is there twice"
            seen.add(key)
            yield Entry(name, fault or raw_entry.fault, counted(raw_entry.read))


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    """Whatever a parser makes of hostile bytes is the archive's fault, not the kit's."""
    try:
        yield
    except SubmissionError:
        raise
    except Exception as error:
        raise SubmissionError(f"{path.name} cannot be unpacked: the archive is damaged") from error


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def _zip_entries(path: Path, most_entries: int) -> Iterator[Entry | None]:
    """Entries as the archive has them; None stands for a folder."""
    if _zip_count(path) > most_entries:  # asked before zipfile builds an object for each
        raise SubmissionError(f"{path.name} was refused: it holds more than {most_entries} entries")
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.is_dir():
                yield None
                continue
            kind = stat.S_IFMT(info.external_attr >> 16)
            fault = ""
            if info.flag_bits & 0x1:
                fault = "is encrypted"
            elif stat.S_ISLNK(kind):
                fault = "is a link"
            elif kind not in (0, stat.S_IFREG):
                fault = "is not an ordinary file"
            elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                fault = "is packed by an unusual method"
            yield Entry(info.orig_filename, fault, _zip_reader(archive, info))


def _zip_reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        with archive.open(info) as file:
            return file.read(limit)

    return read


def _zip_count(path: Path) -> int:
    """The number of entries that the end of a zip file claims; at least 65,535 when it does not fit there."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 65_557))
        tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    return int.from_bytes(tail[place + 10 : place + 12], "little") if place >= 0 else 0


def _tar_entries(path: Path, most_bytes: int) -> Iterator[Entry | None]:
    """Entries as the archive has them; None stands for a folder."""
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        source: IO[bytes] = gzip.GzipFile(fileobj=file) if compressed else file  # type: ignore[assignment]
        metered = _Metered(source, most_bytes, path.name)
        with tarfile.open(fileobj=metered, mode="r|", encoding="utf-8") as archive:  # type: ignore[call-overload]
            for info in archive:
                if info.isdir():
                    yield None
                    continue
                fault = ""
                if info.issym() or info.islnk():
                    fault = "is a link"
                elif not info.isreg() or info.issparse():
                    fault = "is not an ordinary file"
                yield Entry(info.name, fault, _tar_reader(archive, info))


def _tar_reader(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        file = archive.extractfile(info)
        return file.read(limit) if file is not None else b""

    return read


class _Metered:
    """A stream that stops a tar from expanding without end, also inside its own headers."""

    def __init__(self, source: IO[bytes], most_bytes: int, name: str) -> None:
        self._source = source
        self._room = most_bytes
        self._name = name

    def read(self, size: int = -1) -> bytes:
        content = self._source.read(min(size, self._room + 1) if size >= 0 else self._room + 1)
        self._room -= len(content)
        if self._room < 0:
            raise SubmissionError(f"{self._name} was refused: it unpacks to far more than is allowed")
        return content


def _checked_name(raw: str) -> tuple[str, str]:
    """An entry's name in plain form, and what is wrong with it."""
    name = raw.replace("\\", "/").encode("utf-8", "backslashreplace").decode().replace("\\", "%")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    plain = "/".join(parts)
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return name, "has an absolute path"
    if ".." in parts:
        return name, "leads out of the archive"
    if not parts or len(name) > 1000 or any(len(part.encode()) > 240 for part in parts):
        return name[:80], "has a name that is empty or too long"
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
        return name, "has a name with control characters"
    return plain, ""


def _collision_key(name: str) -> str:
    """Equal for names that some file system takes for the same file."""
    return "/".join(part.rstrip(". ") for part in normalize("NFKC", name).casefold().split("/"))
