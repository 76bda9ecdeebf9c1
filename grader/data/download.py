"""Fetch a data set's file into the cache: whole and checked, or not at all."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from urllib.request import Request, urlopen

from ..errors import DataError
from .catalogue import DataFile, Entry
from .places import cache_folder

CHUNK = 1 << 18
TIMEOUT = 30  # seconds without a byte

Progress = Callable[[int, int | None], None]  # bytes so far, bytes in all where the server says


def download(entry: Entry, progress: Progress = lambda done, total: None) -> Path:
    """The entry's official file, downloaded into the cache.

    The file appears under its own name only once it is complete and its checksum is right, so that an interrupted
    download leaves nothing behind and another process never reads half a file.

    Raises:
        DataError: it cannot be downloaded, or what came is not the right file.
    """
    file = entry.downloadable
    if file is None:
        raise DataError(f"{entry.name}: there is nothing to download; see {entry.source}. {cure(entry)}")
    folder = cache_folder()
    target = folder / file.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=folder)
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be written: {error.strerror or error}. Set GRADER_CACHE to a folder that can."
        ) from error
    try:
        with os.fdopen(handle, "wb") as out:
            found = _receive(entry, file, out.write, progress)
            out.flush()
            os.fsync(out.fileno())
        if found != file.md5:
            raise DataError(
                f"{entry.name}: the download from {file.url} is damaged: MD5 {found}, expected {file.md5}. "
                "Nothing was kept; try again."
            )
        os.replace(part, target)
    except OSError as error:
        raise DataError(f"{entry.name}: {target} cannot be written: {error.strerror or error}.") from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)
    return target


def cure(entry: Entry) -> str:
    """What someone without the real set can do."""
    ways = [f"put {entry.files[0].name} into a folder and name that folder in GRADER_DATA"] if entry.files else []
    ways += ["use source='phantom'"] if entry.phantom else []
    return f"You can {', or '.join(ways)}." if ways else "No phantom of it is drawn yet either."


def _receive(entry: Entry, file: DataFile, write: Callable[[bytes], object], progress: Progress) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    done = 0
    try:
        with urlopen(Request(str(file.url), headers={"User-Agent": "biomed-grader"}), timeout=TIMEOUT) as reply:
            length = reply.headers.get("Content-Length")
            total = int(length) if length and length.isdigit() else file.bytes
            while chunk := reply.read(CHUNK):
                digest.update(chunk)
                write(chunk)
                done += len(chunk)
                progress(done, total)
    except (OSError, HTTPException) as error:  # URLError and timeouts are OSErrors
        reason = getattr(error, "reason", None) or error
        raise DataError(f"{entry.name}: cannot be downloaded from {file.url}: {reason}. {cure(entry)}") from error
    return digest.hexdigest()
