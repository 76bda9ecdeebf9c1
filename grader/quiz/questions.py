"""Questions without their key, and the text from which students read them.

`quiz.md` and the notebook hold the questions in one form, so that the form in the kernel and the visible checks can
read them where there is no key:

    ## scaler-leak

    *One answer.*

    A scaler was fitted on all rows before the split. What is wrong with the test error?

    - **a**: Nothing.
    - **b**: ...
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["choice", "choices", "number"]

LETTERS = "abcdef"

_ASKED: dict[Kind, str] = {"choice": "One answer.", "choices": "Several answers may be right.", "number": "A number"}
_HEADING = re.compile(r"#{1,6} +(?P<name>.+?) *")
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_OPTION = re.compile(r"- \*\*(?P<letter>[a-f])\*\*: (?P<text>.*)")


@dataclass(frozen=True)
class Question:
    """What a student is asked.

    Attributes:
        id: e.g. `scaler-leak`; the answer's name in ANSWERS.
        text: markdown.
        options: by letter, in the order of the letters; empty for a number.
        accuracy: how close a number has to be, in words; empty for options.
    """

    id: str
    kind: Kind
    text: str
    options: dict[str, str] = field(default_factory=dict)
    accuracy: str = ""


def as_markdown(question: Question, level: int = 2) -> str:
    """The question as quiz.md and the notebook show it."""
    asked = _ASKED[question.kind]
    if question.kind == "number":
        asked = f"{asked}; {question.accuracy}."
    lines = [f"{'#' * level} {question.id}", "", f"*{asked}*", "", question.text.strip()]
    if question.options:
        lines += ["", *(f"- **{letter}**: {text}" for letter, text in question.options.items())]
    return "\n".join(lines) + "\n"


def read_markdown(text: str) -> list[Question]:
    """The questions in quiz.md or in a notebook's text; sections that are no question are passed over."""
    sections: list[tuple[str, list[str]]] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith("```")
        heading = None if fenced else _HEADING.fullmatch(line)
        if heading:
            sections.append((heading["name"], []))
        elif sections:
            sections[-1][1].append(line)
    found = [_question(name, lines) for name, lines in sections if _NAME.fullmatch(name)]
    return [question for question in found if question is not None]


def _question(name: str, lines: Sequence[str]) -> Question | None:
    lines = "\n".join(lines).strip().splitlines()
    asked = lines[0].strip() if lines else ""
    kind = next((kind for kind, words in _ASKED.items() if asked.startswith(f"*{words}")), None)
    if kind is None or not asked.endswith("*"):
        return None
    options: dict[str, str] = {}
    if kind != "number":
        options = {found["letter"]: found["text"] for found in map(_OPTION.fullmatch, lines) if found}
        lines = [line for line in lines if not _OPTION.fullmatch(line)]
    accuracy = asked.strip("*").removeprefix(_ASKED["number"]).strip("; ").removesuffix(".") if kind == "number" else ""
    return Question(name, kind, "\n".join(lines[1:]).strip(), options, accuracy)
