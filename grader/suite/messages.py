"""From an exception that ended a check to its status and the sentence a student reads."""

import re

import pytest

from grader.errors import GraderError, LimitExceeded, StudentError, StudentFault, WorkerDied
from grader.suite.checks import Status
from grader.verdicts.torch_errors import explained

MAX_MESSAGE = 2000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_REPORTED_BY_PYTEST = re.compile(r"\n\s*assert .*", re.DOTALL)
_NOT_DEFINED = re.compile(r"module '([\w.]+)' has no attribute '(\w+)'.*", re.DOTALL)
_DID_NOT_RAISE = re.compile(r"DID NOT RAISE (?:<class '(?:\w+\.)*)?(\w+)")


def verdict(error: BaseException, frames: list[tuple[str, int, str]]) -> tuple[Status, str]:
    """Status and message for the exception that ended a check.

    Args:
        error: what was raised in the check.
        frames: the student's frames in its traceback, outermost first (empty where they live elsewhere).
    """
    if isinstance(error, LimitExceeded):
        return "limit", during(error, clean(str(error)))
    if isinstance(error, WorkerDied):
        return "failed", during(error, clean(str(error)))
    if isinstance(error, StudentError):
        return "failed", during(error, raised(error.type_name, error.message, error.frames))
    if isinstance(error, StudentFault):
        return "failed", during(error, clean(str(error)))
    if frames:
        return "failed", during(error, raised(type(error).__name__, str(error), frames))
    if isinstance(error, AssertionError):
        return "failed", assertion(error)
    if isinstance(error.__context__, AssertionError):
        return "failed", assertion(error.__context__)  # words for a failed assertion were looked for, and not found
    if isinstance(error, pytest.fail.Exception):
        return "failed", not_raised(str(error))
    if isinstance(error, GraderError | MemoryError | OSError | RecursionError | KeyboardInterrupt):
        return "error", "this check could not be made; it costs no points and your instructor sees why"
    return "failed", (
        "the check could not work with what your code returned "
        f"({clean(type(error).__name__ + ': ' + str(error), 300)})"
    )


def during(error: BaseException, sentence: str) -> str:
    """The sentence behind the circumstances that the check named (see `grader.verdicts.circumstances`)."""
    named = getattr(error, "circumstances", "")
    return clean(f"{named}: {sentence}") if named and not sentence.startswith("not written yet") else sentence


def raised(type_name: str, message: str, frames: list[tuple[str, int, str]]) -> str:
    """A sentence for an exception in student code."""
    if type_name == "NotImplementedError":
        return clean(f"not written yet ({message})" if message else "not written yet")
    if type_name == "Unusable":
        return clean(message)
    where = ""
    if frames:
        file, line, function = frames[-1]
        where = f" in {file}, line {line}" + ("" if function == "the module" else f" ({function})")
    if type_name in ("SyntaxError", "IndentationError", "TabError"):
        return clean(f"{type_name}{where}: {message}")
    if type_name == "ModuleNotFoundError" and message.endswith(".py is missing"):
        return clean(message)
    undefined = _NOT_DEFINED.fullmatch(message) if type_name == "AttributeError" and not frames else None
    if undefined is not None:
        return clean(f"{undefined[1].rpartition('.')[2]}.py does not define {undefined[2]}")
    return clean(f"your code raised {type_name}{where}" + (f": {explained(message)}" if message else ""))


def assertion(error: AssertionError) -> str:
    """The author's message, without pytest's own report of the expression."""
    text = str(error)
    if text.startswith("assert "):
        return clean(text)
    return clean(_REPORTED_BY_PYTEST.sub("", text))


def not_raised(text: str) -> str:
    """pytest's "DID NOT RAISE" as a sentence; anything else as it is."""
    found = _DID_NOT_RAISE.search(text)
    if found is None:
        return clean(text)
    return f"a {found[1]} was expected here, but nothing was raised"


def clean(text: str, limit: int = MAX_MESSAGE) -> str:
    """Text from outside made fit for a terminal and a report: no control characters, no endless lines."""
    text = _CONTROL.sub("�", text.replace("\r\n", "\n"))
    return text if len(text) <= limit else text[: limit - 1] + "…"
