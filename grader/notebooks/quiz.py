"""The knowledge check in a notebook: its cells, for authors, and `quiz()`, the form that students fill in.

The form knows the questions from quiz.md or from the notebook's own text, and never a key. It writes quiz.py beside
the notebook at every change; the cell `%%exercise quiz` counts as unwritten as long as it holds nothing but None.
"""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.errors import BadInput, SubmissionError
from grader.quiz.answers import read
from grader.quiz.modules import MODULE, TEXT, answers_module
from grader.quiz.questions import Question, as_markdown, read_markdown

from .cells import read_notebook

EXERCISE = "quiz"

_HOW = """\
Fill in the form, which saves every answer in `quiz.py`, or write your answers into the cell `%%exercise quiz` below the
questions: `"b"` where one answer is asked for, a list such as `["a", "c"]` where several may be right, a number as it
is. A question with a wrong option among the marked ones, or a right one left out, earns nothing."""


def cells(folder: Path) -> list[Any]:
    """The knowledge check of an assignment as notebook cells: the form, the questions, the answers, their check.

    Args:
        folder: the assignment's folder in `solutions/`, with quiz.yml and quiz.py.

    Raises:
        AuthorError: quiz.py or quiz.md does not belong to quiz.yml.
        BadInput: quiz.yml is wrong, or course.yml has no exercise `quiz` there.
    """
    from nbformat.v4 import new_code_cell, new_markdown_cell

    from grader.course import find_course, load_course
    from grader.quiz.key import load_quiz
    from grader.quiz.modules import refuse_stale_files

    from .build import check_cell, exercise_cell

    path = find_course(folder)
    if path is None:
        raise BadInput(f"{folder}: there is no course.yml above it, which says what the questions are worth")
    points = load_course(path).assignment(folder.resolve().name).exercise(EXERCISE).points
    refuse_stale_files(folder)
    return [
        new_markdown_cell(_HOW),
        new_code_cell("quiz()  # opens the form"),
        *(new_markdown_cell(as_markdown(entry.question(), level=3).rstrip()) for entry in load_quiz(folder)),
        exercise_cell(EXERCISE, (folder / MODULE).read_text(encoding="utf-8")),
        check_cell(EXERCISE, points),
    ]


def quiz(*, folder: Path | None = None) -> None:
    """Shows the knowledge check as a form; without ipywidgets, as text.

    Args:
        folder: where quiz.md or the notebook is and quiz.py goes; the notebook's own by default.
    """
    folder = (folder or Path.cwd()).resolve()
    questions = find_questions(folder)
    if not questions:
        print(f"No questions here: neither {TEXT} nor a notebook in {folder} holds any.")
        return
    try:
        from .quiz_form import form
    except ImportError:
        print("\n".join(as_markdown(question) for question in questions))
        print(
            f"Answer in the cell %%exercise {EXERCISE} or in {MODULE}. With ipywidgets installed, quiz() shows a form."
        )
        return
    from IPython.display import display  # type: ignore[import-not-found]  # there where ipywidgets is

    display(form(folder, questions))


def find_questions(folder: Path) -> list[Question]:
    """The questions in quiz.md, or in the text of a notebook of this folder where there is no quiz.md."""
    if (folder / TEXT).is_file():
        return read_markdown((folder / TEXT).read_text(encoding="utf-8", errors="replace"))
    for path in sorted(folder.glob("*.ipynb")):
        try:
            found = read_notebook(path.read_bytes(), path.name).cells
        except (OSError, SubmissionError):
            continue
        questions = read_markdown("\n\n".join(cell.source for cell in found if cell.kind == "markdown"))
        if questions:
            return questions
    return []


def saved_answers(folder: Path, questions: list[Question]) -> dict[str, Any]:
    """The answers in quiz.py that can be read: a letter, a list of letters, or a number for each question.

    Raises:
        BadInput: quiz.py holds more than a plain dictionary ANSWERS, so that a form would destroy something.
    """
    path = folder / MODULE
    if not path.is_file():
        return {}
    held = _plain_answers(path.read_text(encoding="utf-8", errors="replace"))
    if held is None:
        raise BadInput(f"{MODULE} holds more than a dictionary ANSWERS of plain answers; go on in {MODULE} itself")
    known = {question.id: read(held.get(question.id), question) for question in questions}
    return {
        name: sorted(answer.value) if isinstance(answer.value, frozenset) else _whole(answer.value)
        for name, answer in known.items()
        if answer.state == "given"
    }


def save_answer(folder: Path, questions: list[Question], changed: Mapping[str, Any]) -> int:
    """Writes some answers into quiz.py, the others as they are there; how many questions have an answer now."""
    from grader.store import write_atomically

    answers = {**saved_answers(folder, questions), **changed}
    answers = {name: answer for name, answer in answers.items() if answer not in (None, "", [])}
    write_atomically(folder / MODULE, answers_module(questions, answers))
    return len(answers)


def _plain_answers(source: str) -> dict[Any, Any] | None:
    try:
        match ast.parse(source).body:
            case [*docstring, ast.Assign([ast.Name("ANSWERS")], ast.Dict() as given)] if all(map(_is_text, docstring)):
                held = ast.literal_eval(given)
                return held if isinstance(held, dict) else None
            case body if all(map(_is_text, body)):
                return {}
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        pass
    return None


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _whole(answer: Any) -> Any:
    return int(answer) if isinstance(answer, float) and answer.is_integer() and abs(answer) < 1e15 else answer
