"""Where files of data sets are looked for: the folder `GRADER_DATA`, then the cache."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ..errors import DataError
from .catalogue import DataFile, Entry
from .checksum import verify


@dataclass(frozen=True)
class Found:
    """A file on disk and what the catalogue says of it."""

    path: Path
    file: DataFile


def data_folder() -> Path | None:
    """The folder that `GRADER_DATA` names, None where it is not set.

    Raises:
        DataError: it names something that is not a folder.
    """
    named = os.environ.get("GRADER_DATA")
    if not named:
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise DataError(f"GRADER_DATA: {folder} is not a folder; correct the environment variable or unset it")
    return folder


def cache_folder() -> Path:
    """Where downloads are kept: `GRADER_CACHE`, else the user's cache; it may not exist yet."""
    named = os.environ.get("GRADER_CACHE")
    return Path(named).expanduser() if named else platformdirs.user_cache_path("biomed-grader") / "data"


def find(entry: Entry) -> Found | None:
    """The first of the entry's files that is on this machine, not yet checked."""
    for folder in (data_folder(), cache_folder()):
        for file in entry.files:
            if folder is not None and (folder / file.name).is_file():
                return Found(folder / file.name, file)
    return None


def check(entry: Entry, found: Found) -> None:
    """Raises:
    DataError: the file does not have the checksum of the catalogue.
    """
    fetch = f", then run `grader data fetch {entry.name}`" if found.file.url else " or replace it by a good copy"
    verify(found.path, found.file.md5, f"Delete it{fetch}.")
