"""quiz.yml: what it may hold, what its mistakes are called, and what is made from it."""

from pathlib import Path

import pytest
import yaml

from grader.errors import AuthorError, CourseError
from grader.quiz.key import guessed, load_quiz
from grader.quiz.modules import answers_module, quiz_files, refuse_stale_files, stale_files
from grader.quiz.questions import as_markdown, read_markdown
from grader.stub import stub

CHOICE = {"id": "one", "kind": "choice", "text": "Which?", "options": {"b": "no", "a": "yes"}, "key": "a", "why": "so"}
CHOICES = {
    "id": "some",
    "kind": "choices",
    "text": "Which ones?\n\n```python\n# no heading\n```\n\n* and\n* lists",
    "options": {"c": "x", "a": "y", "b": "z\n  z"},
    "key": ["c", "a"],
    "why": "so",
}
NUMBER = {"id": "many", "kind": "number", "text": "How?", "key": 2, "tolerance": {"absolute": 0.5}, "why": "so"}


def written(folder: Path, *questions: object, **top: object) -> Path:
    folder = folder / "regression"
    folder.mkdir(exist_ok=True)
    (folder / "quiz.yml").write_text(yaml.safe_dump({"questions": list(questions), **top}), encoding="utf-8")
    return folder


def test_options_may_stand_in_any_order_and_answers_too(tmp_path):
    choice, choices, number = load_quiz(written(tmp_path, CHOICE, CHOICES, NUMBER))
    assert list(choice.question().options) == ["a", "b"]
    assert choices.question().options == {"a": "y", "b": "z z", "c": "x"}
    assert choice.right("a")
    assert not choice.right("b")
    assert choices.right(frozenset("ac"))
    assert not any(choices.right(frozenset(marked)) for marked in ("a", "abc", "b", "c", ""))
    assert [number.right(value) for value in (1.4, 1.5, 2.5, 2.6, float("nan"))] == [False, True, True, False, False]


@pytest.mark.parametrize(
    ("tolerance", "key", "just", "off"),
    [
        ({"absolute": 0}, 36100, 36100, 36100.5),
        ({"absolute": 0.1}, 0.2, 0.3, 0.3001),
        ({"relative": 0.01}, -50, -50.5, -50.6),
        ({"relative": 0.01}, 2000, 1980, 1979),
    ],
)
def test_tolerance_is_an_amount_or_a_share(tmp_path, tolerance, key, just, off):
    (number,) = load_quiz(written(tmp_path, NUMBER | {"tolerance": tolerance, "key": key}))
    assert number.right(just)
    assert not number.right(off)


WITHOUT_WHY = {name: value for name, value in CHOICE.items() if name != "why"}


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (
            CHOICE | {"key": "e"},
            "questions[0] (one): key: names the option 'e', which there is none of (allowed: a, b)",
        ),
        (CHOICE | {"key": True}, "questions[0] (one): key: must be text, got True"),
        (WITHOUT_WHY, "questions[0] (one): why: is missing"),
        (CHOICE | {"answer": "a"}, "questions[0] (one): answer: is not a known key (allowed: "),
        (CHOICE | {"keys": "a"}, "questions[0] (one): keys: is not a known key; did you mean 'key'?"),
        (
            CHOICE | {"options": {"a": "x"}},
            "questions[0] (one): options: leave nothing to choose (allowed: 2 to 6 of them)",
        ),
        (CHOICE | {"options": {"a": "x", "c": "y"}}, "(one): options: are named a, c (allowed: the letters a to f"),
        (CHOICE | {"options": {"a": "x", "b": " x "}}, "(one): options: a and b say the same"),
        (CHOICE | {"options": {"a": 3, "b": "x"}}, "questions[0] (one): options.a: must be text, got 3"),
        (CHOICE | {"kind": "single"}, "questions[0] (one): kind: got 'single' (allowed: choice, choices, number)"),
        (CHOICE | {"id": "No 1"}, "(No 1): id: is not a valid name, got 'No 1' (allowed: a to z, digits and -"),
        (CHOICE | {"text": "# One\n"}, "(one): text: cannot be told from its surroundings; begin no line with #"),
        (CHOICE | {"text": "x\n- **a**: y"}, "(one): text: cannot be told from its surroundings"),
        (CHOICES | {"key": ["a", "b", "c"]}, "(some): key: names every option, so that marking all would be right"),
        (CHOICES | {"key": ["a", "a"]}, "(some): key: names an option twice"),
        (CHOICES | {"key": []}, "(some): key: must not be empty"),
        (NUMBER | {"key": "2"}, "(many): key: must be a number, got '2'"),
        (NUMBER | {"key": float("inf")}, "(many): key: must be a finite number, got inf"),
        (NUMBER | {"tolerance": {}}, "(many): tolerance: must hold one of the two (allowed: {absolute: 0.5} or"),
        (NUMBER | {"tolerance": {"absolute": -1}}, "(many): tolerance.absolute: must not be negative, got -1"),
        (NUMBER | {"tolerance": 1}, "(many): tolerance: must be keys and values, got 1"),
        (NUMBER | {"key": 0, "tolerance": {"relative": 0.1}}, "(many): tolerance: a share of 0 is nothing"),
        ("one", "questions[0]: must be keys and values such as `id: scaler-leak`, got str"),
    ],
)
def test_a_mistake_is_named_with_file_question_field_and_cure(tmp_path, question, message):
    with pytest.raises(CourseError) as caught:
        load_quiz(written(tmp_path, question))
    assert str(caught.value).startswith("regression/quiz.yml: ")
    assert message in str(caught.value)


def test_all_mistakes_are_told_at_once(tmp_path):
    folder = written(tmp_path, CHOICE, CHOICE | {"text": "Another?"}, NUMBER | {"key": None}, title="x")
    with pytest.raises(CourseError) as caught:
        load_quiz(folder)
    assert str(caught.value).splitlines() == [
        "regression/quiz.yml: title: is not a known key (allowed: questions)",
        "regression/quiz.yml: questions[1] (one): id: is used twice, first in questions[0]",
        "regression/quiz.yml: questions[2] (many): key: must be a number, got None",
    ]
    with pytest.raises(CourseError, match="must be a list of 1 to 40 questions"):
        load_quiz(written(tmp_path))
    (folder / "quiz.yml").write_text("questions:\n  - {id: one\n")
    with pytest.raises(CourseError, match=r"^regression/quiz.yml: line 3: "):
        load_quiz(folder)


def test_questions_are_read_back_from_their_text(tmp_path):
    questions = [entry.question() for entry in load_quiz(written(tmp_path, CHOICE, CHOICES, NUMBER))]
    notebook = (
        "# A notebook\n\ntext\n\n" + "\n\n".join(as_markdown(one, level=3) for one in questions) + "\n## more\n\nx"
    )
    assert read_markdown(notebook) == questions
    assert read_markdown(quiz_files(tmp_path / "regression")["quiz.md"]) == questions


def test_the_key_is_in_the_reference_and_nowhere_else(tmp_path):
    folder = written(tmp_path, CHOICE | {"why": "reason"}, CHOICES, NUMBER | {"key": 12345})
    files = quiz_files(folder)
    names: dict = {}
    exec(files["quiz.py"], names)
    assert names["ANSWERS"] == {"one": "a", "some": ["a", "c"], "many": 12345}
    given: dict = {}
    exec(stub(files["quiz.py"], "quiz.py"), given)
    assert given["ANSWERS"] == dict.fromkeys(["one", "some", "many"])
    assert "12345" not in files["quiz.md"] + stub(files["quiz.py"], "quiz.py")
    assert "reason" not in files["quiz.md"] + files["quiz.py"]


def test_another_key_leaves_what_students_get_as_it_is(tmp_path):
    """Nothing in the text or in the stub depends on the key, so nothing can be read from them."""
    seen = []
    for choice, some, number in (("a", ["a", "c"], 2), ("b", ["b"], -7.5)):
        keyed = CHOICE | {"key": choice}, CHOICES | {"key": some}, NUMBER | {"key": number}
        files = quiz_files(written(tmp_path, *keyed))
        seen.append((files["quiz.md"], stub(files["quiz.py"], "quiz.py")))
    assert seen[0] == seen[1]


def test_files_of_an_older_quiz_are_found(tmp_path):
    folder = written(tmp_path, CHOICE)
    assert stale_files(folder) == ["quiz.md", "quiz.py"]
    for name, text in quiz_files(folder).items():
        (folder / name).write_text(text, encoding="utf-8")
    refuse_stale_files(folder)
    written(tmp_path, CHOICE | {"key": "b"})
    assert stale_files(folder) == ["quiz.py"]
    with pytest.raises(AuthorError, match=r"regression/quiz.py: differs from quiz.yml; run `grader quiz regression`"):
        refuse_stale_files(folder)
    (folder / "quiz.yml").unlink()
    assert stale_files(folder) == []


def test_answers_are_written_as_they_were_given():
    questions = read_markdown(
        "## one\n\n*One answer.*\n\nx\n\n- **a**: b\n- **b**: c\n\n## n\n\n*A number; exactly.*\n\ny\n"
    )
    names: dict = {}
    exec(answers_module(questions, {"one": "b", "n": -0.5}), names)
    assert names["ANSWERS"] == {"one": "b", "n": -0.5}


def test_guessing(tmp_path):
    quiz = load_quiz(written(tmp_path, CHOICE, CHOICES, NUMBER))
    assert guessed(quiz) == pytest.approx((1 / 2 + 1 / 7 + 0) / 3)
