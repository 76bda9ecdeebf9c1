"""The form saves what is chosen in quiz.py, at once, and destroys nothing; without widgets there are the cells."""

import sys
from pathlib import Path

import pytest
from notebooks.notebook_files import cell, notebook

from grader.errors import BadInput
from grader.notebooks.exercises import choose
from grader.notebooks.quiz import find_questions, quiz, save_answer, saved_answers
from grader.quiz.modules import answers_module
from grader.quiz.questions import Question, as_markdown

QUESTIONS = [
    Question("one", "choice", "Which?", {"a": "x", "b": "y"}),
    Question("some", "choices", "Which ones?", {"a": "x", "b": "y", "c": "z"}),
    Question("many", "number", "How many?", accuracy="it has to be exact"),
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "quiz.md").write_text("# Knowledge check\n\n" + "\n".join(map(as_markdown, QUESTIONS)))
    return tmp_path


def answers(folder: Path) -> dict:
    names: dict = {}
    exec((folder / "quiz.py").read_text(), names)
    return names["ANSWERS"]


def fields(folder):
    """The inputs of each question, and the line that says what was saved."""
    pytest.importorskip("ipywidgets")
    from grader.notebooks.quiz_form import form

    *blocks, status = form(folder, QUESTIONS).children
    return [block.children[1] for block in blocks], status


def test_questions_come_from_quiz_md_or_else_from_a_notebook(folder):
    assert find_questions(folder) == QUESTIONS
    (folder / "quiz.md").unlink()
    assert find_questions(folder) == []
    (folder / "a.ipynb").write_text("damaged")
    shown = [cell(as_markdown(question, level=3), "markdown") for question in QUESTIONS]
    (folder / "b.ipynb").write_bytes(notebook("import torch", cell("# Story", "markdown"), *shown, "%%exercise quiz"))
    assert find_questions(folder) == QUESTIONS


def test_every_change_is_saved_at_once(folder):
    (choice, choices, number), status = fields(folder)
    assert status.value == "0 of 3 answers saved in quiz.py."
    assert not (folder / "quiz.py").exists()
    choice.value = "b"
    assert answers(folder) == {"one": "b", "some": None, "many": None}
    boxes = choices.children[1:]
    assert [box.description for box in boxes] == ["a", "b", "c"]
    boxes[2].value = boxes[0].value = True
    number.value = " 2049 "
    assert answers(folder) == {"one": "b", "some": ["a", "c"], "many": 2049}
    assert status.value == "3 of 3 answers saved in quiz.py."
    boxes[0].value = boxes[2].value = False
    number.value = ""
    assert answers(folder) == {"one": "b", "some": None, "many": None}


def test_what_is_no_number_is_told_and_not_saved(folder):
    (_, _, number), status = fields(folder)
    number.value = "0.5"
    number.value = "a half"
    assert answers(folder)["many"] == 0.5
    assert status.value.startswith("Not saved: the answer to many is a text that is no number")


def test_the_form_begins_with_the_answers_that_are_there(folder):
    (folder / "quiz.py").write_text("ANSWERS = {'one': ' B', 'some': ('c', 'a'), 'many': 0.25, 'other': 3}\n")
    (choice, choices, number), status = fields(folder)
    assert (choice.value, [box.value for box in choices.children[1:]], number.value) == (
        "b",
        [True, False, True],
        "0.25",
    )
    assert status.value == "3 of 3 answers saved in quiz.py."


def test_answers_written_meanwhile_by_hand_are_kept(folder):
    (choice, *_), _ = fields(folder)
    (folder / "quiz.py").write_text("ANSWERS = {'many': 7}\n")
    choice.value = "a"
    assert answers(folder) == {"one": "a", "some": None, "many": 7}


@pytest.mark.parametrize(
    "source",
    [
        "import torch\nANSWERS = {}\n",
        "ANSWERS = {'one': open}\n",
        "ANSWERS = {}\nANSWERS['one'] = 'b'\n",
        "ANSWERS = {\n",
    ],
)
def test_a_module_with_more_than_answers_is_left_alone(folder, source):
    (folder / "quiz.py").write_text(source)
    (choice, *_), status = fields(folder)
    assert "holds more than a dictionary ANSWERS" in status.value
    choice.value = "a"
    assert status.value.startswith("Not saved: ")
    assert (folder / "quiz.py").read_text() == source
    with pytest.raises(BadInput, match=r"go on in quiz.py itself"):
        saved_answers(folder, QUESTIONS)


def test_the_stub_can_be_filled_in(folder):
    (folder / "quiz.py").write_text(answers_module(QUESTIONS, {}))
    assert save_answer(folder, QUESTIONS, {"one": "a"}) == 1
    assert (folder / "quiz.py").read_text() == answers_module(QUESTIONS, {"one": "a"})


def test_without_widgets_the_questions_are_printed(folder, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "grader.notebooks.quiz_form", None)
    quiz(folder=folder)
    printed = capsys.readouterr().out
    assert "Which ones?" in printed
    assert "Answer in the cell %%exercise quiz or in quiz.py." in printed


def test_where_there_are_no_questions_it_says_so(tmp_path, capsys):
    quiz(folder=tmp_path)
    assert "No questions here" in capsys.readouterr().out


def test_the_form_is_shown(folder, monkeypatch):
    pytest.importorskip("ipywidgets")
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    quiz(folder=folder)
    assert len(shown[0].children) == len(QUESTIONS) + 1


NOTHING = answers_module(QUESTIONS, {})
SOME = answers_module(QUESTIONS, {"one": "a"})


@pytest.mark.parametrize(
    ("in_cell", "in_file", "place"),
    [
        (NOTHING, SOME, "file"),
        (SOME, NOTHING, "notebook"),
        (NOTHING, NOTHING, "notebook"),
        (NOTHING, None, "notebook"),
        (None, SOME, "file"),
        ("ANSWERS = {}", SOME, "file"),
        (NOTHING + 'ANSWERS["one"] = "b"\n', SOME, "notebook"),
        (NOTHING + 'ANSWERS.update(one="b")\n', SOME, "notebook"),
        ("ANSWERS: dict = {'one': None}", SOME, "file"),
        ("ANSWERS = dict(one='a')", SOME, "notebook"),
        ("ANSWERS = {'one': 0}", SOME, "notebook"),
    ],
)
def test_a_cell_with_nothing_but_none_is_not_written_yet(in_cell, in_file, place):
    chosen = choose("quiz", in_cell, in_file)
    assert chosen.place == place
    both = place == "notebook" and in_file == SOME
    assert ("both the notebook and quiz.py hold a solution" in chosen.note) == both


def test_one_question_left_open_does_not_make_a_cell_unwritten():
    assert choose("quiz", SOME, answers_module(QUESTIONS, {"one": "b", "many": 3})).place == "notebook"


def test_none_elsewhere_is_no_answer():
    source = "x = {'one': None}\n\ndef f():\n    ANSWERS = {'one': None}\n    return None\n"
    assert choose("table", source, "def f():\n    return 1\n").place == "notebook"
