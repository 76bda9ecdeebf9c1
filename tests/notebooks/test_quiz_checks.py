"""Answers are judged in the sandbox: right ones however written, wrong ones with the reason; the key stays outside."""

from pathlib import Path

import pytest

from grader.quiz.modules import quiz_files
from grader.sandbox.limits import Limits
from grader.suite.judge import run_suite
from grader.suite.remote import Session

LIMITS = Limits(cpu_seconds=3, wall_seconds=30)
REPOSITORY = Path(__file__).parents[2]

QUIZ = """\
questions:
  - {id: one, kind: choice, text: "Which?", options: {a: w, b: x, c: y, d: z}, key: b, why: so}
  - {id: some, kind: choices, text: "Which ones?", options: {a: w, b: x, c: y, d: z}, key: [a, c], why: so}
  - {id: many, kind: number, text: "How many?", key: 0.25, tolerance: {absolute: 0.01}, why: so}
"""


@pytest.fixture
def graded(tmp_path, warm_zygote):
    """`graded(source)`: outcomes by check; the hidden ones by question."""
    folder = tmp_path / "regression"
    for part in ("tests", "hidden"):
        (folder / part).mkdir(parents=True)
        text = (REPOSITORY / "solutions" / "regression" / part / "test_quiz.py").read_text()
        (folder / part / "test_quiz.py").write_text(text)
    (folder / "quiz.yml").write_text(QUIZ)
    for name, text in quiz_files(folder).items():
        (folder / name).write_text(text)

    def grade(source: str | None):
        files = {} if source is None else {"quiz.py": source.encode()}
        session = Session(warm_zygote, files, LIMITS, ["regression"])
        try:
            outcomes = run_suite(folder, ["quiz"], session, lambda check: LIMITS, 1)
        finally:
            session.close()
        assert [outcome for outcome in outcomes if outcome.status == "error"] == []
        return {outcome.check.id.rpartition("::")[2].removeprefix("test_question"): outcome for outcome in outcomes}

    grade.folder = folder
    return grade


def passed(outcomes):
    return sorted(name.strip("[]") for name, outcome in outcomes.items() if outcome.status == "passed")


VISIBLE = ["test_answers_have_the_form_that_is_asked_for", "test_every_question_is_answered"]
ALL = sorted(["one", "some", "many", *VISIBLE])


@pytest.mark.parametrize(
    "source",
    [
        "ANSWERS = {'one': 'b', 'some': ['a', 'c'], 'many': 0.25}",
        "ANSWERS = {'one': ' B ', 'some': {'c', 'a'}, 'many': '0.25 '}",
        "ANSWERS = {'one': ['b'], 'some': ('C', 'A'), 'many': [0.26]}",
        "ANSWERS = {'one': {'b'}, 'some': 'a, c', 'many': 0.2401}",
        "import numpy as np\nANSWERS = {'one': np.str_('b'), 'some': np.array(['c', 'a']), 'many': np.float32(0.25)}",
        "import torch\nANSWERS = {'one': 'b', 'some': 'ac', 'many': torch.tensor(0.25)}",
        "import numpy as np\nANSWERS = {'one': 'b)', 'some': [np.str_('a'), 'c'], 'many': np.array([0.25])}",
        "from types import MappingProxyType\nANSWERS = MappingProxyType({'one': 'b', 'some': 'a c', 'many': 0.25})",
    ],
)
def test_right_answers_count_however_they_are_written(graded, source):
    assert passed(graded(source)) == ALL


def test_the_reference_has_all_points_and_the_stub_none(graded):
    from grader.stub import stub

    reference = (graded.folder / "quiz.py").read_text()
    assert passed(graded(reference)) == ALL
    assert passed(graded(stub(reference, "quiz.py"))) == []
    assert passed(graded(None)) == []
    assert passed(graded("ANSWERS = 3")) == []
    assert passed(graded("answers = {'one': 'b'}")) == []


def test_wrong_and_missing_answers_and_those_of_a_wrong_form_are_told_apart(graded):
    outcomes = graded("ANSWERS = {'one': 'c', 'some': 'the first', 'many': None}")
    assert outcomes["[one]"].message == "quiz.py: the answer to 'one' is wrong"
    assert outcomes["[some]"].message.startswith("quiz.py: the answer to 'some' names 'the'")
    assert outcomes["[many]"].message == "quiz.py gives no answer to the question 'many'"
    assert outcomes["test_every_question_is_answered"].message == "quiz.py gives no answer to many"
    assert "the answer to 'some' names 'the'" in outcomes[VISIBLE[0]].message
    assert {outcome.check.title for name, outcome in outcomes.items() if name.startswith("[")} == {
        "A question of the knowledge check is answered rightly."
    }


def test_a_misspelt_question_is_named(graded):
    outcomes = graded("ANSWERS = {'one': 'b', 'some': ['a', 'c'], 'mny': 0.25}")
    assert passed(outcomes) == ["one", "some"]
    assert outcomes[VISIBLE[0]].message == "quiz.py: ANSWERS has 'mny', and there is no such question in quiz.md"


@pytest.mark.parametrize("marked", ["abcd", "", "abc", "a", "bd", "acd"])
def test_only_exactly_the_right_options_score(graded, marked):
    outcomes = graded(f"ANSWERS = {{'one': 'a', 'some': {list(marked)}, 'many': 3}}")
    assert outcomes["[some]"].status == "failed"


JUNK = [
    "float('nan')",
    "10**400",
    "10**5000",
    "['b'] * 10**6",
    "'b' * 10**7",
    "[[['b']]]",
    "nested()",
    "open",
    "lambda: 'b'",
    "AlwaysEqual()",
    "type('B', (str,), {'__eq__': lambda s, o: True, '__hash__': str.__hash__})('zz')",
    "__import__('numpy').full((1000, 1000), 0.25)",
    "__import__('numpy').array([['a', 'c']])",
    "__import__('numpy').array([{}, open], dtype=object)",
    "__import__('torch').full((300,), 0.25)",
    "__import__('torch').nn.Linear(2, 2)",
    "{'b': True}",
    "b'b'",
    "1j",
    "['b', open]",
    "range(10**9)",
    "iter('b')",
]


@pytest.mark.parametrize(
    "kind", ["options: {a: w, b: x}, kind: choice, key: b", "kind: number, key: 1, tolerance: {absolute: 0}"]
)
def test_junk_is_wrong_and_spoils_no_other_answer(graded, kind):
    asked = "".join(f'  - {{id: junk-{index}, text: "?", why: so, {kind}}}\n' for index in range(len(JUNK)))
    (graded.folder / "quiz.yml").write_text(QUIZ + asked)
    for name, text in quiz_files(graded.folder).items():
        (graded.folder / name).write_text(text)
    source = (
        "class AlwaysEqual:\n    __hash__ = object.__hash__\n    def __eq__(self, other):\n        return True\n\n"
        "def nested():\n    value = 'b'\n    for _ in range(10000):\n        value = [value]\n    return value\n\n"
        "ANSWERS = {'one': 'b', 'some': ['a', 'c'], 'many': 0.25}\n"
    )
    source += "".join(f"ANSWERS['junk-{index}'] = {junk}\n" for index, junk in enumerate(JUNK))
    outcomes = graded(source)
    assert passed(outcomes) == sorted(["one", "some", "many", "test_every_question_is_answered"])
    for index, junk in enumerate(JUNK):
        outcome = outcomes[f"[junk-{index}]"]
        assert outcome.status == "failed", junk
        assert outcome.message.startswith(f"quiz.py: the answer to 'junk-{index}' "), junk
        assert len(outcome.message) < 200, junk


def test_a_module_that_cannot_be_imported_is_told_as_any_other(graded):
    outcomes = graded("ANSWERS = {'one': 'b'")
    assert passed(outcomes) == []
    assert "SyntaxError" in outcomes["[one]"].message or "was never closed" in outcomes["[one]"].message


def test_the_key_cannot_be_found_by_a_submission(graded, warm_zygote):
    """It looks everywhere it may, for the file and for the modules that read it, and answers right if it finds any."""
    if warm_zygote.level == "none":
        pytest.skip("without isolation a submission can read what its user can")
    places = [str(graded.folder), str(REPOSITORY / "solutions"), str(REPOSITORY)]
    source = f"""
import importlib, os, sys

found = []
for place in {places!r}:
    for name in ("quiz.yml", "regression/quiz.yml", "hidden/test_quiz.py"):
        try:
            found.append(open(os.path.join(place, name)).read())
        except OSError:
            pass
for top in ("/work", "/home", "/root", "/tmp", "/opt", "/srv", os.getcwd(), *sys.path):
    for folder, folders, names in os.walk(top):
        folders[:] = [one for one in folders if one not in ("torch", "numpy", "scipy", "sklearn", "pandas")]
        found += [os.path.join(folder, name) for name in names if name in ("quiz.yml", "test_quiz.py", "quiz.md")]
for name in ("grader.quiz.key", "grader.verdicts.quiz", "grader.notebooks.quiz"):
    try:
        importlib.import_module(name)
        found.append(name)
    except ImportError:
        pass
ANSWERS = {{"one": "b", "some": ["a", "c"], "many": 0.25 if found else 1000}}
"""
    outcomes = graded(source)
    assert outcomes["[one]"].status == "passed"
    assert outcomes["[many]"].message == "quiz.py: the answer to 'many' is wrong"


def test_messages_never_hold_a_key(graded):
    """For every wrong answer the message is the same, whatever was right."""
    sources = [f"ANSWERS = {{'one': '{one}', 'some': ['d'], 'many': {one!r}}}" for one in "acd"]
    assert {graded(source)["[one]"].message for source in sources} == {"quiz.py: the answer to 'one' is wrong"}
