"""The form of a knowledge check, out of plain inputs: Tab moves between them, arrows and the space bar choose."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as widgets  # type: ignore[import-untyped]  # ships no types

from grader.errors import BadInput
from grader.quiz.answers import read
from grader.quiz.modules import MODULE
from grader.quiz.questions import Question, as_markdown

from .quiz import save_answer, saved_answers

Changed = Callable[[Any], None]


def form(folder: Path, questions: list[Question]) -> widgets.VBox:
    """One block per question, filled in as quiz.py says; what is changed goes there at once.

    Args:
        folder: where quiz.py is.
    """
    status = widgets.Label()
    try:
        held = saved_answers(folder, questions)
    except BadInput as error:
        held = {}
        status.value = str(error)
    else:
        status.value = _counted(len(held), questions)
    blocks = [_block(question, held.get(question.id), folder, questions, status) for question in questions]
    return widgets.VBox([*blocks, status])


def _block(
    question: Question, answer: Any, folder: Path, questions: list[Question], status: widgets.Label
) -> widgets.VBox:
    def save(value: Any) -> None:
        try:
            status.value = _counted(save_answer(folder, questions, {question.id: value}), questions)
        except (BadInput, OSError) as error:
            status.value = f"Not saved: {error}"

    def complain(text: str) -> None:
        status.value = f"Not saved: {text}"

    kinds = {"choice": _choice, "choices": _choices}
    fields = (
        kinds[question.kind](question, answer, save) if question.options else _number(question, answer, save, complain)
    )
    return widgets.VBox([_shown(question), fields])


def _shown(question: Question) -> widgets.Output:
    text = as_markdown(question, level=3)
    output = {"output_type": "display_data", "metadata": {}, "data": {"text/markdown": text, "text/plain": text}}
    return widgets.Output(outputs=(output,))


def _choice(question: Question, answer: Any, save: Changed) -> widgets.RadioButtons:
    field = widgets.RadioButtons(options=list(question.options), value=answer, description="Answer:")
    field.observe(lambda change: save(change["new"]), names="value")
    return field


def _choices(question: Question, answer: Any, save: Changed) -> widgets.HBox:
    boxes = [
        widgets.Checkbox(letter in (answer or []), description=letter, indent=False, layout={"width": "4em"})
        for letter in question.options
    ]
    for box in boxes:
        box.observe(lambda _: save([box.description for box in boxes if box.value]), names="value")
    return widgets.HBox([widgets.Label("Answers:"), *boxes])


def _number(question: Question, answer: Any, save: Changed, complain: Callable[[str], None]) -> widgets.Text:
    field = widgets.Text(
        "" if answer is None else f"{answer!r}", description="Answer:", placeholder="a number", continuous_update=False
    )

    def changed(change: dict[str, Any]) -> None:
        found = read(change["new"], question)
        if found.state == "malformed":
            complain(f"the answer to {question.id} {found.problem}")
        else:
            save(int(found.value) if found.value is not None and found.value.is_integer() else found.value)

    field.observe(changed, names="value")
    return field


def _counted(answered: int, questions: list[Question]) -> str:
    return f"{answered} of {len(questions)} answers saved in {MODULE}."
