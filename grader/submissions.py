"""Reads one submission: which of its files count, when it was handed in, and what is wrong with it.

Only the files that an assignment expects, and those that its `extra_files` allow, are carried along; everything else
is listed as ignored. A submission that cannot be read is a submission all the same, with a sentence in `problems` and
no files, so that it never stops the grading of others. `grader/inbox.py` finds submissions.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from grader import fingerprint
from grader.course import Assignment, Limits
from grader.errors import SubmissionError
from grader.handed_in import Tree, changed, open_tree
from grader.notebooks.handed_in import from_notebook

MANIFEST = "manifest.json"
TIMESTAMP = "timestamp.txt"

_NEVER = {"conftest.py", "pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml", "sitecustomize.py", "usercustomize.py"}
_NEVER_SUFFIXES = (".pth", ".pyc", ".pyo", ".so", ".pyd", ".dll", ".dylib")
_NEVER_SHADOWED = sys.stdlib_module_names | {
    *("torch", "torchvision", "numpy", "pandas", "scipy", "sklearn", "PIL", "imageio", "medmnist", "safetensors"),
    *("skimage", "pydicom", "matplotlib", "tensorboard", "timm", "pytest", "_pytest", "grader", "yaml", "pydantic"),
}
_MOST_LISTED = 50


@dataclass(frozen=True)
class Submission:
    """What one student handed in for one assignment.

    Attributes:
        files: content by name; only expected files and allowed extra ones.
        fingerprint: SHA-256 of `files`, or of the archive that was refused.
        submitted_at: from timestamp.txt, else from the manifest of `grader pack`, else the newest file's date.
        ignored: names of files that were handed in and do not count.
        problems: sentences for the student; when there are no files, why.
    """

    student: str
    assignment: str
    files: dict[str, bytes]
    submitted_at: datetime | None
    fingerprint: str
    ignored: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_submission(
    path: Path, student: str, assignment: Assignment, faults: tuple[str, ...] = (), older: tuple[str, ...] = ()
) -> Submission:
    """Reads a submission's folder or archive; never fails for anything that a student put there.

    Args:
        faults: problems found on the way here, e.g. while unpacking an archive of the whole class.
        older: other submissions by the same student, which this one replaces.
    """
    limits = assignment.limits or Limits()
    try:
        tree = open_tree(path, limits)
    except SubmissionError as error:
        return Submission(student, assignment.id, {}, changed(path), _of_refused(path), list(older), [str(error)])
    except OSError as error:
        problem = f"{path.name} cannot be read: {error.strerror}"
        return Submission(student, assignment.id, {}, None, _of_refused(path), list(older), [problem])
    return _read(tree, student, assignment, [*faults, *tree.faults], list(older))


def _read(tree: Tree, student: str, assignment: Assignment, problems: list[str], ignored: list[str]) -> Submission:
    wrapper = _wrapper(tree.readers, assignment)
    carried = {
        name.removeprefix(wrapper): name
        for name in sorted(tree.readers)
        if name.startswith(wrapper) and counts(name.removeprefix(wrapper), assignment)
    }
    files: dict[str, bytes] = {}
    room = (assignment.limits or Limits()).submission_mb * 1e6
    for short, name in carried.items():
        try:
            content = tree.readers[name](int(room))
        except SubmissionError as error:
            problems.append(str(error))
            continue
        room -= len(content)
        files[short] = content
    cells = from_notebook(tree.readers, files, assignment, int(room))
    files |= cells.files
    problems += cells.notes
    if cells.notebook is not None:
        carried[assignment.notebook] = cells.notebook
    if len(files) > (assignment.limits or Limits()).files:
        problems.append(f"more than {(assignment.limits or Limits()).files} files were handed in")
        files = {name: files[name] for name in assignment.files if name in files}

    metadata = {f"{folder}{file}" for folder in ("", wrapper) for file in (MANIFEST, TIMESTAMP)}
    others = sorted(name for name in tree.readers if name not in {*carried.values(), *metadata})
    problems += _missing(files, others, assignment)
    manifest = _manifest(tree, wrapper)
    problems += _changed_since_packed(manifest, files)
    submitted_at, problem = _submitted_at(tree, manifest, carried.values())
    return Submission(
        student=student,
        assignment=assignment.id,
        files=files,
        submitted_at=submitted_at,
        fingerprint=fingerprint.of_files(files),
        ignored=[*ignored, *_shortened(others)],
        problems=[*problems, *problem],
    )


def counts(name: str, assignment: Assignment) -> bool:
    """Whether a file of that name is carried along: expected, or allowed and harmless."""
    if name in assignment.files:
        return True
    allowed = any(_matches(name, pattern) for pattern in assignment.extra_files)
    return allowed and not may_never_count(name)


def may_never_count(name: str) -> bool:
    """Whether a file could change how Python or pytest behave instead of being work of the student."""
    top, *rest = name.split("/")
    module = top if rest else top.partition(".")[0]
    file = (rest or [top])[-1]
    shadows = module in _NEVER_SHADOWED and (bool(rest) or file.endswith(".py"))
    return shadows or file in _NEVER or file.lower().endswith(_NEVER_SUFFIXES)


def _matches(name: str, pattern: str) -> bool:
    parts, patterns = name.split("/"), pattern.split("/")
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))


def _wrapper(names: Mapping[str, Any], assignment: Assignment) -> str:
    """The folder, with `/`, that a student wrapped the work in (`regression/`), or nothing."""
    expected = {*assignment.files, assignment.notebook}
    found: dict[str, int] = {}
    for name in names:
        folder, _, file = name.rpartition("/")
        if file in expected:
            found[folder] = found.get(folder, 0) + 1
    if not found or "" in found:
        return ""
    best = min(found, key=lambda folder: (-found[folder], folder.count("/"), folder))
    return f"{best}/"


def _missing(files: Mapping[str, bytes], others: list[str], assignment: Assignment) -> list[str]:
    problems = []
    for expected in assignment.files:
        if expected in files:
            continue
        alike = [name for name in (*files, *others) if name not in assignment.files and _alike(name, expected)]
        hint = f"; {alike[0]!r} looks like it and needs exactly this name" if alike else ""
        problems.append(f"{expected} is missing{hint}")
    return problems


def _alike(name: str, expected: str) -> bool:
    return _plain(name.rpartition("/")[2]) == _plain(expected)


def _plain(file: str) -> str:
    """A file name without what browsers and file managers add: `Table (1).py` becomes `table.py`."""
    stem, dot, suffix = file.casefold().rpartition(".")
    return re.sub(r"[\s_-]*(\(\d+\)|copy|\d+)$", "", stem) + dot + suffix


def _shortened(names: list[str]) -> list[str]:
    rest = len(names) - _MOST_LISTED
    return names if rest <= 0 else [*names[:_MOST_LISTED], f"and {rest} more"]


def _submitted_at(tree: Tree, manifest: dict[str, Any], carried: Iterable[str]) -> tuple[datetime | None, list[str]]:
    problems = []
    if TIMESTAMP in tree.readers and tree.timestamp_counts:
        text = tree.text(TIMESTAMP)
        try:
            return parse_timestamp(text), []
        except ValueError:
            problems.append(f"{TIMESTAMP} does not hold a date: {text.strip()[:60]!r}")
    try:
        return parse_timestamp(str(manifest["changed_at"])), problems
    except (KeyError, ValueError):
        return tree.newest(carried), problems


def parse_timestamp(text: str) -> datetime:
    """A date as nbgrader writes it (`2027-02-28 21:05:00.123456 UTC`, also with Europe/Berlin), or in ISO 8601.

    A date without a zone is taken as UTC, as nbgrader does. Raises ValueError for anything else.
    """
    words = text.strip()
    date, _, zone = words.rpartition(" ")
    try:
        if date and re.fullmatch(r"[A-Za-z]+(/[A-Za-z_+\-0-9]+)*", zone):
            return datetime.fromisoformat(date.strip()).replace(tzinfo=ZoneInfo(zone))
        moment = datetime.fromisoformat(words)
    except (KeyError, OSError, OverflowError) as error:  # no such zone, or one that is no file
        raise ValueError(f"not a date: {words[:60]!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _manifest(tree: Tree, wrapper: str) -> dict[str, Any]:
    """What `grader pack` wrote into the archive: claims by the student, used for the date and to find damage."""
    for name in (MANIFEST, f"{wrapper}{MANIFEST}"):
        if name in tree.readers:
            try:
                manifest = json.loads(tree.text(name))
            except (ValueError, RecursionError):
                continue
            if isinstance(manifest, dict):
                return manifest
    return {}


def _changed_since_packed(manifest: dict[str, Any], files: Mapping[str, bytes]) -> list[str]:
    recorded = manifest.get("files")
    if not isinstance(recorded, dict):
        return []
    return [
        f"{name} is not as `grader pack` recorded it; was it changed afterwards?"
        for name, content in files.items()
        if name in recorded and recorded[name] != hashlib.sha256(content).hexdigest()
    ]


def _of_refused(path: Path) -> str:
    """A fingerprint for what could not be read, so that it is not tried again until it changes."""
    try:
        details = path.lstat()
        content = [path.name, details.st_size, details.st_mtime_ns]
    except OSError:
        content = [path.name]
    return fingerprint.of_settings(content)
