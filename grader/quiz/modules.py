"""What is made from quiz.yml: quiz.md for students to read, and the reference quiz.py."""

from pathlib import Path
from typing import Any

from grader.errors import AuthorError

from .key import FILE_NAME, Choice, Choices, Keyed, Number, load_quiz
from .questions import Question, as_markdown

TEXT, MODULE = "quiz.md", "quiz.py"

_HOW = """\
Answer in the dictionary `ANSWERS` of `quiz.py`, in the cell `%%exercise quiz` of the notebook, or in the form that
`quiz()` opens there. One letter answers a question with one right answer, `"b"`; a list one with several,
`["a", "c"]`; a number stands for itself. A question whose right options are not all marked, or with a wrong one
among them, earns nothing.
"""
_FORM = {"choice": "one letter", "choices": "a list of letters", "number": "a number"}


def quiz_files(folder: Path) -> dict[str, str]:
    """quiz.md and quiz.py of an assignment's folder, as they should be."""
    quiz = load_quiz(folder)
    return {TEXT: text(quiz), MODULE: reference(quiz)}


def stale_files(folder: Path) -> list[str]:
    """Those of the two that differ from what quiz.yml makes; none where there is no quiz.yml."""
    if not (folder / FILE_NAME).is_file():
        return []
    return [
        name
        for name, content in quiz_files(folder).items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != content
    ]


def refuse_stale_files(folder: Path) -> None:
    """Raises an AuthorError where quiz.md or quiz.py does not belong to quiz.yml."""
    stale = stale_files(folder)
    if stale:
        raise AuthorError(f"{folder.name}/{stale[0]}: differs from {FILE_NAME}; run `grader quiz {folder.name}`")


def text(quiz: list[Keyed]) -> str:
    """quiz.md: the questions without key."""
    return "\n".join(["# Knowledge check", "", _HOW, *(as_markdown(entry.question()) for entry in quiz)])


def reference(quiz: list[Keyed]) -> str:
    """quiz.py with the key between solution markers, so that its stub answers nothing."""
    keys = [f"        {quoted(entry.id)}: {_written(_key(entry))},\n" for entry in quiz]
    solution = "".join(["### BEGIN SOLUTION\nANSWERS.update(\n    {\n", *keys, "    }\n)\n### END SOLUTION\n"])
    return f"{answers_module([entry.question() for entry in quiz], {})}\n{solution}"


def answers_module(questions: list[Question], answers: dict[str, Any]) -> str:
    """quiz.py with some answers and None for the other questions.

    Args:
        answers: by question: a letter, a list of letters, or a number.
    """
    lines = [
        f"    {quoted(question.id)}: {_written(answers.get(question.id))},  # {_FORM[question.kind]}\n"
        for question in questions
    ]
    docstring = '"""Answers to the questions in quiz.md."""\n\n'
    return "".join([docstring, "ANSWERS = {\n", *lines, "}\n"])


def quoted(name: str) -> str:
    """A text as Python writes it, with double quotes."""
    return f'"{name}"'


def _written(answer: Any) -> str:
    if isinstance(answer, str):
        return quoted(answer)
    if isinstance(answer, list):
        return f"[{', '.join(map(quoted, answer))}]"
    return repr(answer)


def _key(entry: Keyed) -> Any:
    if isinstance(entry, Number):
        return int(entry.key) if entry.key.is_integer() and abs(entry.key) < 1e15 else entry.key
    if isinstance(entry, Choices):
        return sorted(entry.key)
    assert isinstance(entry, Choice)
    return entry.key
