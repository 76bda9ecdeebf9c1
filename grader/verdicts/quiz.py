"""Checks of a knowledge check: the answers' form, which students may run, and their truth, which they may not.

Every message names the question and never the key. A question without an answer, an answer of the wrong form and a
wrong answer are told apart, because the cure is another one.
"""

from pathlib import Path
from typing import Any

from grader.errors import AuthorError
from grader.probes import answers as probe
from grader.quiz.answers import Answer, read
from grader.quiz.key import load_quiz
from grader.quiz.questions import Question, read_markdown

DICTIONARY = "ANSWERS"


def question_ids(quiz: Path) -> list[str]:
    """The questions of quiz.yml, for a check each."""
    return [entry.id for entry in load_quiz(quiz)]


def expect_right(student: Any, quiz: Path, question_id: str) -> None:
    """The question is answered as quiz.yml says."""
    __tracebackhide__ = True
    keyed = next(entry for entry in load_quiz(quiz) if entry.id == question_id)
    answer = answer_to(student, keyed.question())
    if answer.state == "missing":
        raise AssertionError(f"quiz.py gives no answer to the question {question_id!r}")
    if answer.state == "malformed":
        raise AssertionError(f"quiz.py: the answer to {question_id!r} {answer.problem}")
    if not keyed.right(answer.value):
        raise AssertionError(f"quiz.py: the answer to {question_id!r} is wrong")


def expect_all_answered(student: Any, questions: Path) -> None:
    """Every question of quiz.md has an answer, of whatever form."""
    __tracebackhide__ = True
    missing = [one.id for one in asked(questions) if answer_to(student, one).state == "missing"]
    if missing:
        raise AssertionError(f"quiz.py gives no answer to {', '.join(missing)}")


def expect_form(student: Any, questions: Path) -> None:
    """The answers that are there, one at least, have the form that their questions ask for."""
    __tracebackhide__ = True
    known = asked(questions)
    answers = {one.id: answer_to(student, one) for one in known}
    unknown = [name for name in student.run(probe.names, student.quiz, DICTIONARY) if name not in answers]
    if unknown:
        raise AssertionError(f"quiz.py: {DICTIONARY} has {unknown[0]!r}, and there is no such question in quiz.md")
    if all(answer.state == "missing" for answer in answers.values()):
        raise AssertionError("quiz.py gives no answer yet")
    wrong = [f"the answer to {name!r} {answer.problem}" for name, answer in answers.items() if answer.problem]
    if wrong:
        raise AssertionError(f"quiz.py: {'; '.join(wrong)}")


def asked(questions: Path) -> list[Question]:
    """The questions of quiz.md.

    Raises:
        AuthorError: there are none.
    """
    try:
        found = read_markdown(questions.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise AuthorError(f"{questions}: is missing; the questions are read from there") from error
    if not found:
        raise AuthorError(f"{questions}: holds no question")
    return found


def answer_to(student: Any, question: Question) -> Answer:
    """What a submission answers to a question."""
    __tracebackhide__ = True
    found = student.run(probe.entry, student.quiz, DICTIONARY, question.id)
    match found:
        case ("entry", value):
            return read(value, question)
        case ("odd", kind):
            wanted = {"choice": "one letter", "choices": "a list of letters", "number": "a number"}[question.kind]
            return Answer("malformed", problem=f"is {_short(kind)}, where {wanted} is asked for")
        case ("no dictionary", kind):
            got = "has none" if kind == "NoneType" else f"has a {_short(kind)}"
            raise AssertionError(f"quiz.py should hold a dictionary {DICTIONARY}, and {got}")
        case _:
            return Answer("missing")


def _short(kind: Any) -> str:
    return str(kind)[:60] if isinstance(kind, str) else "something else"
