"""One submission in, one result out."""

import platform
import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from grader import __version__
from grader.course import Assignment, Course, Limits
from grader.results import ExerciseResult, Result, Status, TestResult
from grader.sandbox.isolation import at_least
from grader.sandbox.launcher import Zygote
from grader.sandbox.limits import Limits as WorkerLimits
from grader.store import address, suite_fingerprint
from grader.submissions import Submission
from grader.suite.checks import Outcome
from grader.suite.collect import FOLDERS, files_of
from grader.suite.judge import run_suite
from grader.suite.points import points_per_weight
from grader.suite.remote import Session

REPORTED_VERSIONS = ("torch", "torchvision", "numpy", "pandas", "scikit-learn", "pytest")


def grade(
    submission: Submission,
    course: Course,
    zygote: Zygote,
    *,
    seed: int | None = None,
    progress: Callable[[Outcome], None] | None = None,
    exercises: Collection[str] | None = None,
    first_failure: bool = False,
) -> Result:
    """Grades one submission: starts a worker for it, runs the suite against it, totals the points.

    Args:
        zygote: where workers come from; its isolation level is written into the result.
        seed: where all inputs come from; None draws one that nobody knew before. It is written into the result.
        progress: called after each check.
        exercises: run the checks of these alone; the others count as not there.
        first_failure: stop at the first check that does not pass.

    Raises:
        KitError: no grade could be made; the student is not to blame.
        AuthorError: the assignment's suite cannot be run.
    """
    assignment = course.assignment(submission.assignment)
    drawn = secrets.randbits(63) if seed is None else seed
    started = time.monotonic()
    session = Session(zygote, submission.files, worker_limits(assignment.limits_for()), package_names(assignment))
    try:
        outcomes = run_suite(
            course.folder(assignment.id),
            [exercise.id for exercise in assignment.exercises],
            session,
            lambda check_id: worker_limits(assignment.limits_for(check_id)),
            drawn,
            folders=FOLDERS if exercises is None else files_of(exercises),
            first_failure=first_failure,
            progress=progress,
        )
    finally:
        session.close()
    result = total(outcomes, assignment)
    late = assignment.lateness(submission.submitted_at)
    return Result(
        **result,
        student=submission.student,
        assignment=assignment.id,
        problems=list(submission.problems),
        submitted_at=submission.submitted_at,
        isolation=zygote.level,
        official=at_least(zygote.level, course.isolation),
        seed=drawn,
        suite=suite_fingerprint(course, assignment),
        submission=submission.fingerprint,
        address=address(submission, course, zygote.level, seed),
        environment=environment(),
        data=dict(assignment.data),
        cpu_seconds=round(session.cpu_seconds, 2),
        wall_seconds=round(time.monotonic() - started, 2),
    ).with_lateness(late)


def total(outcomes: Sequence[Outcome], assignment: Assignment) -> dict[str, Any]:
    """Outcomes as the result's `tests`, `exercises`, `status` and points before any deduction.

    A submission with a check that the kit could not make has no score, rather than a score without it.
    """
    checks = [outcome.check for outcome in outcomes]
    unit = {exercise.id: points_per_weight(exercise, checks) for exercise in assignment.exercises}
    tests = [_test(outcome, unit) for outcome in outcomes]
    exercises = [
        ExerciseResult(
            id=exercise.id,
            score=round(
                sum(_points(outcome, unit) for outcome in outcomes if outcome.check.exercise == exercise.id), 2
            ),
            max_score=exercise.points,
        )
        for exercise in assignment.exercises
    ]
    status = overall(outcomes)
    score = None if status == "error" else round(sum(exercise.score for exercise in exercises), 2)
    return {
        "tests": tests,
        "exercises": exercises,
        "status": status,
        "score": score,
        "raw_score": score,
        "max_score": assignment.max_score,
    }


def overall(outcomes: Sequence[Outcome]) -> Status:
    """The submission's status: the kit's fault before a limit before any lost point."""
    found = {outcome.status for outcome in outcomes}
    if "error" in found or not outcomes:
        return "error"
    if "limit" in found:
        return "limit"
    whole = all(outcome.status == "passed" and outcome.fraction == 1 for outcome in outcomes)
    return "passed" if whole else "failed"


def worker_limits(limits: Limits) -> WorkerLimits:
    """The course's limits as the sandbox takes them."""
    return WorkerLimits(
        cpu_seconds=limits.cpu_seconds,
        wall_seconds=limits.wall_seconds,
        memory_mb=limits.memory_mb,
        processes=limits.processes,
        output_kb=int(limits.output_kb),
        scratch_mb=limits.scratch_mb,
        submission_cpu_seconds=limits.submission_cpu_seconds,
    )


def package_names(assignment: Assignment) -> list[str]:
    """Package names under which the modules of a submission may import one another."""
    return [assignment.id, f"assignments.{assignment.id}"]


def environment() -> dict[str, str]:
    """Versions that a grade may depend on."""
    found = {"kit": __version__, "python": platform.python_version(), "system": platform.system()}
    for name in REPORTED_VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _points(outcome: Outcome, unit: Mapping[str, float]) -> float:
    return unit[outcome.check.exercise] * outcome.check.weight * outcome.fraction


def _test(outcome: Outcome, unit: Mapping[str, float]) -> TestResult:
    check = outcome.check
    return TestResult(
        id=check.id,
        exercise=check.exercise,
        title=check.title,
        status=outcome.status,
        points=round(_points(outcome, unit), 4),
        max_points=round(unit[check.exercise] * check.weight, 4),
        visibility=check.visibility,
        message=outcome.message,
        hint=check.hint if outcome.status in ("failed", "limit") else "",
        output=outcome.output,
        cpu_seconds=outcome.cpu_seconds,
        internal=outcome.internal,
    )
