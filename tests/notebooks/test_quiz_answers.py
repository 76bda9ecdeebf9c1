"""Answers are taken as they are meant where that is plain, and nothing that somebody writes is an error."""

import numpy as np
import pytest

from grader.quiz.answers import read
from grader.quiz.questions import Question

OPTIONS = {"a": "1", "b": "2", "c": "3", "d": "4"}
CHOICE = Question("one", "choice", "Which?", OPTIONS)
CHOICES = Question("some", "choices", "Which ones?", OPTIONS)
NUMBER = Question("many", "number", "How many?")


@pytest.mark.parametrize(
    "value",
    ["b", "B", " b ", "b)", "(b)", "b.", "'b'", ["b"], ("B",), {"b"}, frozenset("b"), ["b", "B "], np.str_("b"),
     np.array(["b"]), np.array("b"), "b\n"],
)  # fmt: skip
def test_one_letter_in_any_dress(value):
    answer = read(value, CHOICE)
    assert (answer.state, answer.value) == ("given", "b")
    assert read(value, CHOICES).value == frozenset("b")


@pytest.mark.parametrize(
    "value",
    [["a", "c"], ("c", "a"), {"a", "c"}, "a, c", "a c", "ac", "CA", "a;c", "['a', 'c']", ["a, c"], ["A", " c", "a"],
     np.array(["c", "a"]), "a & c"],
)  # fmt: skip
def test_several_letters_in_any_dress(value):
    answer = read(value, CHOICES)
    assert (answer.state, answer.value) == ("given", frozenset("ac"))


@pytest.mark.parametrize(
    "value", [0.25, " 0.25 ", "2.5e-1", np.float32(0.25), np.float64(0.25), np.array(0.25), [0.25], "'0.25'"]
)
def test_a_number_in_any_dress(value):
    assert read(value, NUMBER).value == 0.25


def test_whole_numbers_are_numbers():
    for value in (2049, np.int64(2049), "2049", " 2049 ", 2049.0, np.array([2049])):
        assert read(value, NUMBER).value == 2049


@pytest.mark.parametrize("value", [None, "", "  ", [], (), set(), {}])
@pytest.mark.parametrize("question", [CHOICE, CHOICES, NUMBER])
def test_nothing_is_no_answer(value, question):
    assert read(value, question).state == "missing"


DEEP: list = []
for _ in range(5000):
    DEEP = [DEEP]

JUNK = [True, False, float("nan"), float("inf"), -float("inf"), "nan", 10**400, object(), lambda: "b", b"b",
        ["b"] * 10**6,
        "b" * 10**6, [["b"]], DEEP, {"b": True}, np.array(["b"] * 1000), np.array([[1.0, 2.0]]), [None], ["b", 3], 1j,
        Exception("b"), "e", "z", ["a", "q"], "none", ..., "1,024", np.nan, type("Odd", (str,), {})("zzz"), "??", [""],
        "{}", ["b", ["a"]]]  # fmt: skip


@pytest.mark.parametrize("value", JUNK, ids=lambda value: f"{type(value).__name__}-{str(type(value))[:5]}")
@pytest.mark.parametrize("question", [CHOICE, CHOICES, NUMBER], ids=lambda question: question.kind)
def test_junk_is_malformed_with_a_short_reason(value, question):
    answer = read(value, question)
    if answer.state == "given":
        assert question.kind == "choices"  # "ababab..." could name options; no junk here does
        pytest.fail(f"{type(value)} was taken for {answer.value}")
    assert answer.state == "malformed"
    assert 5 < len(answer.problem) < 120


def test_what_is_asked_for_is_told():
    assert read("e", CHOICE).problem == "names 'e', which is not one of the letters a to d"
    assert read(["a", "b"], CHOICE).problem == "names several letters, where one is asked for"
    assert read(3, CHOICES).problem == "is a number, where a list of letters is asked for"
    assert read("about five", NUMBER).problem == "is a text that is no number, where a number such as 0.25 is asked for"
    assert read(True, NUMBER).problem == "is True or False, where a number is asked for"
