"""feedback.md: visible checks in full, hidden ones as far as the policy allows at that time."""

from datetime import UTC, datetime, timedelta

import pytest
from courses import small_course

from grader.course import FeedbackPolicy, Late
from grader.report.feedback import feedback
from grader.results import Result, TestResult


def check(name: str, visibility: str, status: str, points: float = 0, **more: str) -> TestResult:
    return TestResult(
        id=f"{'tests' if visibility == 'visible' else 'hidden'}/test_table.py::{name}",
        exercise="table",
        title=f"Title of {name}.",
        status=status,
        points=points,
        max_points=4,
        visibility=visibility,
        **more,
    )


RESULT = Result(
    student="student-01",
    assignment="regression",
    score=5.4,
    raw_score=6,
    max_score=15,
    status="failed",
    problems=["scaling.py is missing"],
    internal="secret of the instructor",
    submitted_at=datetime(2027, 3, 1, 11, 0, tzinfo=UTC),
    late=Late(days=1, penalty=0.1),
    isolation="full",
    seed=1,
    suite="",
    submission="",
    tests=[
        check("shown", "visible", "failed", message="shown message", hint="shown hint", output="shown output"),
        check("good", "visible", "passed", 4, output="chatter"),
        check("half", "visible", "passed", 2, message="half of it"),
        check("dark", "hidden", "failed", message="dark message", hint="dark hint", output="dark output"),
        check("loop", "hidden", "limit", message="used more than 20 s of processor time"),
        check("kit", "hidden", "error", message="dark error", internal="Traceback of the kit"),
    ],
)


@pytest.fixture
def assignment(tmp_path):
    return small_course(tmp_path).assignment("regression")


def with_policy(assignment, **policy):
    return assignment.model_copy(update={"feedback": FeedbackPolicy(**policy)})


def test_scores_lateness_and_problems_are_told(assignment):
    text = feedback(RESULT, assignment, assignment.due)
    assert text.startswith("# Regression: 5.4 of 15 points\n")
    assert "Handed in 2027-03-01 11:00 UTC, 1 day late: 10% of 6 points taken off." in text
    assert "* scaling.py is missing" in text
    assert "## table.py: 6 of 10 points" in text


def test_visible_checks_are_told_in_full(assignment):
    text = feedback(RESULT, assignment, assignment.due)
    assert "* **failed**: Title of shown. [0 of 4]" in text
    for part in ("shown message", "Hint: shown hint", "shown output", "half of it"):
        assert part in text
    assert "* passed: Title of good. [4 of 4]" in text
    assert "* **partly passed**: Title of half. [2 of 4]" in text
    assert "chatter" not in text


@pytest.mark.parametrize(
    ("parts", "told", "untold"),
    [
        (["title"], ["Title of dark. (hidden)"], ["dark message", "dark hint", "dark output"]),
        (["title", "message", "hint"], ["Title of dark.", "dark message", "dark hint"], ["dark output"]),
        (["title", "output"], ["Title of dark.", "dark output"], ["dark message", "dark hint"]),
        ([], ["3 hidden checks, 0 passed: 0 of 12 points"], ["Title of dark", "dark message", "dark output"]),
        (["message"], ["3 hidden checks, 0 passed: 0 of 12 points"], ["Title of dark", "dark message"]),
    ],
)
def test_hidden_checks_are_told_as_the_policy_allows(assignment, parts, told, untold):
    before = with_policy(assignment, before_due=parts, after_due=[])
    after = with_policy(assignment, before_due=[], after_due=parts)
    moments = [(before, assignment.due), (after, assignment.due + timedelta(seconds=1))]
    for policy, now in moments:
        text = feedback(RESULT, policy, now)
        for part in told:
            assert part in text
        for part in untold:
            assert part not in text


def test_what_is_for_the_instructor_is_never_told(assignment):
    everything = with_policy(assignment, after_due=["title", "message", "hint", "output"])
    text = feedback(RESULT, everything, datetime(2030, 1, 1, tzinfo=UTC))
    for secret in ("secret of the instructor", "Traceback of the kit", "dark error"):
        assert secret not in text
    assert "**could not be checked**: Title of kit." in text


def test_a_failure_of_the_kit_is_said_to_cost_nothing(assignment):
    nothing = RESULT.model_copy(update={"score": None, "raw_score": None, "status": "error", "tests": []})
    text = feedback(nothing, assignment, assignment.due)
    assert "# Regression: – of 15 points" in text
    assert "This costs you nothing" in text


def test_what_students_print_is_fenced(assignment):
    sly = check("sly", "visible", "failed", output="```\n# not a heading\n````\n")
    text = feedback(RESULT.model_copy(update={"tests": [sly]}), assignment, assignment.due)
    assert "`````text" in text
    assert "\n# not a heading" not in text
