"""A name for everything that an autograded notebook was made from, to see whether it must be made anew."""

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from grader import __version__, fingerprint
from grader.course import Limits
from grader.errors import SubmissionError
from grader.handed_in import open_tree
from grader.notebooks.handed_in import MOST_BYTES
from grader.results import Result

from .outputs import points
from .source import SourceNotebook


def stamp(folder: Path, result: Result, source: SourceNotebook, now: datetime) -> str:
    """SHA-256 over what was handed in, the grade, and what may be told of it."""
    files: dict[str, bytes] = {}
    with suppress(SubmissionError, OSError):
        for name, read in open_tree(folder, source.assignment.limits or Limits()).readers.items():
            with suppress(SubmissionError):
                files[name] = read(MOST_BYTES)
    return fingerprint.of_settings(
        [
            fingerprint.of_files(files),
            __version__,
            result.address,
            result.seed,
            result.problems,
            points(result, source),
            source.assignment.feedback_parts(now),
        ]
    )


def stamp_in(notebook: Path) -> str | None:
    """The stamp of an autograded notebook, if it has one."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        found: Any = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]["grader"]["stamp"]
        return found if isinstance(found, str) else None
    return None
