"""Turns what pydantic found wrong with course.yml into one line per mistake that a teacher understands."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

_SHOULD_BE = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "finite_number": "a finite number",
}


def unknown_key(key: object, allowed: list[str]) -> PydanticCustomError:
    """The error for a key that a section does not have, with the likely intention."""
    close = get_close_matches(str(key), allowed, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return PydanticCustomError(
        "unknown_key",
        f"is not a known key{hint} (allowed: {', '.join(allowed)})",
        {"key": str(key)},
    )


def one_line_per_mistake(file: str, error: ValidationError) -> Iterable[str]:
    """`course.yml: assignments[0].exercises[1].points: must be positive, got -3 (allowed: a number above 0)`"""
    for detail in error.errors(include_url=False):
        place: list[int | str] = list(detail["loc"])
        if detail["type"] == "unknown_key":
            place.append(detail["ctx"]["key"])
        yield " ".join(f"{file}: {_path(place)}{_problem(detail)}".split())


def _path(place: list[int | str]) -> str:
    path = ""
    for part in place:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part.replace("-", "_").isidentifier():
            path += f".{part}"
        else:
            path += f"[{part!r}]"
    return f"{path.removeprefix('.')}: " if path else ""


def _problem(detail: ErrorDetails) -> str:
    kind, got, given = detail["type"], _short(detail["input"]), detail.get("ctx", {})
    match kind:
        case "missing":
            return "is missing"
        case "greater_than" if given["gt"] == 0:
            return f"must be positive, got {got} (allowed: a number above 0)"
        case "greater_than_equal" if given["ge"] == 0:
            return f"must not be negative, got {got} (allowed: a number from 0)"
        case "less_than_equal":
            return f"is too large, got {got} (allowed: a number up to {given['le']:g})"
        case "literal_error":
            return _not_among(detail["input"], given["expected"])
        case "too_short" | "string_too_short":
            return "must not be empty"
        case _ if kind in _SHOULD_BE:
            return f"must be {_SHOULD_BE[kind]}, got {got}"
    return detail["msg"]


def _not_among(got: Any, expected: str) -> str:
    allowed = expected.replace("'", "").replace(" or ", ", ").split(", ")
    close = get_close_matches(str(got), allowed, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"got {_short(got)}{hint} (allowed: {', '.join(allowed)})"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
