"""One short name for a set of files or settings: equal content, equal name."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def of_files(files: Mapping[str, bytes]) -> str:
    """SHA-256 over names and contents, whatever their order in the mapping."""
    digest = hashlib.sha256()
    for name in sorted(files):
        for part in (name.encode("utf-8", "surrogateescape"), files[name]):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def of_folders(root: Path, folders: Iterable[str], suffixes: tuple[str, ...] = (".py", ".json", ".yml")) -> str:
    """SHA-256 over the files with these suffixes below some folders of `root`; folders that are not there are empty."""
    paths = [path for folder in folders for path in (root / folder).rglob("*") if path.suffix in suffixes]
    return of_files({path.relative_to(root).as_posix(): path.read_bytes() for path in paths if path.is_file()})


def of_settings(settings: Any) -> str:
    """SHA-256 over anything that JSON can hold."""
    text = json.dumps(settings, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
