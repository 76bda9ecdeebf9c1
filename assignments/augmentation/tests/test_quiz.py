"""Visible checks of quiz.py: whether the answers are there and can be read, not whether they are right."""

from pathlib import Path

import pytest

from grader.verdicts.quiz import expect_all_answered, expect_form

QUESTIONS = Path(__file__).parents[1] / "quiz.md"


@pytest.mark.points(0.5)
def test_every_question_is_answered(student):
    """ANSWERS has an answer to every question of quiz.md."""
    expect_all_answered(student, QUESTIONS)


@pytest.mark.points(0.5)
def test_answers_have_the_form_that_is_asked_for(student):
    """Answers are letters of options, lists of them, or numbers, as each question asks for."""
    expect_form(student, QUESTIONS)
