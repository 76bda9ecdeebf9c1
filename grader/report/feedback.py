"""feedback.md: what one student may read about one submission."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from grader.course import Assignment, FeedbackPart
from grader.results import Result, Status, TestResult

EVERYTHING: tuple[FeedbackPart, ...] = ("title", "message", "hint", "output")

_WORDS: dict[Status, str] = {
    "passed": "passed",
    "failed": "failed",
    "blocked": "not run",
    "limit": "stopped",
    "error": "could not be checked",
}


def feedback(result: Result, assignment: Assignment, now: datetime) -> str:
    """The text of feedback.md.

    Visible checks are told in full. Of hidden ones, the feedback policy of `assignment` at the time `now` says what
    may be told; when that is not even the title, only their number is.
    """
    parts = assignment.feedback_parts(now)
    lines = [f"# {assignment.title}: {_points(result.score)} of {_points(result.max_score)} points", ""]
    lines += _about_the_whole(result)
    for exercise in assignment.exercises:
        tests = [test for test in result.tests if test.exercise == exercise.id]
        if tests:
            score = sum(test.points for test in tests)
            heading = f" · {exercise.title}" if exercise.title else ""
            lines += [f"## {exercise.file}{heading}: {_points(score)} of {_points(exercise.points)} points", ""]
            lines += _about_tests(tests, parts)
    return "\n".join(lines).rstrip() + "\n"


def exercise_feedback(result: Result, assignment: Assignment, exercise_id: str, now: datetime) -> str:
    """What feedback.md says of one exercise, for a place that has no Markdown."""
    exercise = assignment.exercise(exercise_id)
    tests = [test for test in result.tests if test.exercise == exercise_id]
    score = sum(test.points for test in tests)
    lines = [f"{exercise_id}: {_points(score)} of {_points(exercise.points)} points"]
    lines += [
        line.replace("**", "") if line.startswith("* ") else line
        for line in _about_tests(tests, assignment.feedback_parts(now))
    ]
    return "\n".join(lines).rstrip() + "\n"


def _about_the_whole(result: Result) -> list[str]:
    lines = []
    if result.submitted_at is not None:
        handed_in = f"Handed in {result.submitted_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        if result.late.days:
            days = "1 day" if result.late.days == 1 else f"{result.late.days} days"
            handed_in += f", {days} late: {result.late.penalty:.0%} of {_points(result.raw_score)} points taken off"
        lines += [f"{handed_in}.", ""]
    if result.score is None:
        lines += ["The grader failed on this submission. This costs you nothing; your instructor knows of it.", ""]
    if result.problems:
        lines += ["What was noticed about the submission as a whole:", ""]
        lines += [f"* {_one_line(problem)}" for problem in result.problems]
        lines += [""]
    return lines


def _about_tests(tests: Sequence[TestResult], hidden_parts: Sequence[FeedbackPart]) -> list[str]:
    told: dict[tuple[str, ...], int] = {}
    untold = []
    for test in sorted(tests, key=_whole):  # what needs work first
        parts = EVERYTHING if test.visibility == "visible" else hidden_parts
        if "title" in parts:
            text = tuple(_about_test(test, parts))
            told[text] = told.get(text, 0) + 1
        else:
            untold.append(test)
    lines: list[str] = []
    for (first, *rest), times in told.items():  # one check with several inputs is told once
        lines += [first if times == 1 else f"{first} × {times}", *rest]
    if untold:
        passed = sum(test.status == "passed" for test in untold)
        points = f"{_points(sum(test.points for test in untold))} of {_points(sum(test.max_points for test in untold))}"
        lines += [f"* {len(untold)} hidden checks, {passed} passed: {points} points"]
    return [*lines, ""]


def _about_test(test: TestResult, parts: Sequence[FeedbackPart]) -> list[str]:
    whole = _whole(test)
    state = (
        _WORDS[test.status] if whole else f"**{_WORDS[test.status] if test.status != 'passed' else 'partly passed'}**"
    )
    hidden = " (hidden)" if test.visibility == "hidden" else ""
    lines = [f"* {state}: {_one_line(test.title)}{hidden} [{_points(test.points)} of {_points(test.max_points)}]"]
    if test.message and "message" in parts and test.status != "error":
        lines += _block(test.message)
    if test.hint and "hint" in parts and not whole:
        lines += [f"  Hint: {_one_line(test.hint)}"]
    if test.output.strip() and "output" in parts and not whole:
        lines += ["  What your code printed:", *_block(test.output.rstrip())]
    return lines


def _whole(test: TestResult) -> bool:
    return test.status == "passed" and test.points == test.max_points


def _block(text: str) -> list[str]:
    """Text as it is, fenced so that nothing in it is taken for Markdown."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return ["", f"  {fence}text", *(f"  {line}" for line in text.splitlines()), f"  {fence}", ""]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _points(points: float | None) -> str:
    return "–" if points is None else f"{points:.2f}".rstrip("0").rstrip(".")
