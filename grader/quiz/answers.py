"""The answers that a submission gives, in whichever form they are written: what was meant counts where it is plain.

`"b"`, `"B "`, `"(b)"`, `["b"]` and `{"b"}` are one answer; so are `["a", "c"]`, `"a, c"`, `"ac"` and `("C", "a")`.
A number may be an int, a float, one of NumPy's, or text such as `" 2049 "`.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .questions import Question

State = Literal["given", "missing", "malformed"]

MOST = 200  # characters of a text, elements of a list
_BETWEEN = re.compile(r"[\s,;+&/]+")
_BRACKETS = "()[]{}.:'\"`"


@dataclass(frozen=True)
class Answer:
    """What a student answered to a question.

    Attributes:
        value: a letter for a choice, a frozenset of letters for choices, a float for a number; None unless given.
        problem: what is wrong with its form; a phrase such as `is not one of the letters a to d`.
    """

    state: State
    value: Any = None
    problem: str = ""


def read(value: Any, question: Question) -> Answer:
    """The answer that a value stands for.

    Args:
        value: whatever a submission holds: plain data, or anything else.
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist() if value.size <= MOST else object()
    if value is None or (isinstance(value, str) and not value.strip()):
        return Answer("missing")
    if isinstance(value, list | tuple | set | frozenset | Mapping) and not value:
        return Answer("missing")
    if question.kind == "number":
        return _number(value)
    return _letters(value, question)


def _letters(value: Any, question: Question) -> Answer:
    letters = _split(value, question)
    if letters is None:
        return Answer("malformed", problem=f"is {_kind(value)}, where {_wanted(question)} is asked for")
    unknown = [letter for letter in letters if letter not in question.options]
    if unknown:
        first, *_, last = question.options
        return Answer("malformed", problem=f"names {unknown[0]!r}, which is not one of the letters {first} to {last}")
    if question.kind == "choices":
        return Answer("given", frozenset(letters))
    if len(set(letters)) > 1:
        return Answer("malformed", problem="names several letters, where one is asked for")
    return Answer("given", letters[0])


def _split(value: Any, question: Question) -> list[str] | None:
    """The letters in a text or a list of texts; None for anything else."""
    parts = [value] if isinstance(value, str) else value
    if not isinstance(parts, list | tuple | set | frozenset) or len(parts) > MOST:
        return None
    if not all(isinstance(part, str) and len(part) <= MOST for part in parts):
        return None
    words = [word.strip(_BRACKETS) for part in parts for word in _BETWEEN.split(part.strip().strip(_BRACKETS))]
    words = [word.lower() for word in words if word]
    if len(words) == 1 and question.kind == "choices" and set(words[0]) <= question.options.keys():
        return list(words[0])  # "ac"
    return [word if len(word) <= 10 else f"{word[:10]}..." for word in words] or None


def _number(value: Any) -> Answer:
    if isinstance(value, list | tuple | set | frozenset) and len(value) == 1:
        (value,) = value
    if isinstance(value, str) and len(value) <= MOST:
        try:
            value = float(value.strip().strip("'\"").strip())
        except ValueError:
            return Answer("malformed", problem="is a text that is no number, where a number such as 0.25 is asked for")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Answer("malformed", problem=f"is {_kind(value)}, where a number is asked for")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        return Answer("malformed", problem="is not a finite number")
    return Answer("given", number)


def _wanted(question: Question) -> str:
    return "one letter" if question.kind == "choice" else "a list of letters"


def _kind(value: Any) -> str:
    names = {bool: "True or False", list: "a list of something else", dict: "a dictionary", str: "a long text"}
    for kind, name in names.items():
        if isinstance(value, kind):
            return name
    return "a number" if isinstance(value, int | float) else f"a {type(value).__name__}"
