"""Is a file the one it claims to be?"""

import hashlib
from pathlib import Path

from ..errors import DataError


def md5(path: Path) -> str:
    """Hexadecimal MD5 of a file: what the publishers give; it finds damage, it is no protection against forgery."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def verify(path: Path, expected: str, cure: str) -> None:
    """Raises:
    DataError: the file is damaged or another one; the message ends with `cure`.
    """
    try:
        found = md5(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}. {cure}") from error
    if found != expected:
        raise DataError(f"{path}: damaged or not the right file: MD5 {found}, expected {expected}. {cure}")
