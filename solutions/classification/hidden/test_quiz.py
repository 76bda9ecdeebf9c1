"""Hidden checks of quiz.py: one for every question of quiz.yml."""

from pathlib import Path

import pytest

from grader.verdicts.quiz import expect_right, question_ids

QUIZ = Path(__file__).parents[1] / "quiz.yml"


@pytest.mark.points(3)
@pytest.mark.parametrize("question", question_ids(QUIZ))
def test_question(student, question):
    """A question of the knowledge check is answered rightly."""
    expect_right(student, QUIZ, question)
