"""The pool: whatever happens to one judge costs at most one submission."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_assignment import small_assignment

from grader import fingerprint
from grader.executors.local import Settings, grade_locally
from grader.results import Result
from grader.sandbox.isolation import best_level
from grader.submissions import Submission

RIGHT = "def twice(x):\n    return 2 * x\n"


def submission(student: str, text: str = RIGHT) -> Submission:
    files = {"twice.py": text.encode()}
    return Submission(student, "doubling", files, None, fingerprint.of_files(files))


def graded(tmp_path: Path, submissions: list[Submission], suite: str = "", jobs: int = 1) -> Iterator[Result]:
    course = small_assignment(tmp_path, suite)
    settings = Settings(course.path, best_level())
    return grade_locally([lambda item=item: item for item in submissions], course, settings, jobs)


def test_submissions_are_graded_side_by_side(tmp_path):
    texts = {"a": RIGHT, "b": "def twice(x):\n    return x\n", "c": "def twice(x:\n", "d": RIGHT}
    results = graded(tmp_path, [submission(*item) for item in texts.items()], jobs=2)
    assert {result.student: result.score for result in results} == {"a": 10, "b": 0, "c": 0, "d": 10}


# A judge runs the author's suite, so a suite can bring one down. Student code never can: it is in another process.
KILLS_ITS_JUDGE = """
def test_deadly(student):
    import os, pathlib, signal
    marker = pathlib.Path({folder!r}) / "attempts"
    if student.twice.twice(1) == 1:
        marker.write_text(marker.read_text() + "x" if marker.exists() else "x")
        if {always} or len(marker.read_text()) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs signals")
def test_a_lost_judge_costs_nothing_when_the_second_attempt_succeeds(tmp_path):
    suite = KILLS_ITS_JUDGE.format(folder=str(tmp_path), always=False)
    work = [submission("a", "def twice(x):\n    return x\n"), submission("b")]
    results = {result.student: result for result in graded(tmp_path, work, suite)}
    assert (tmp_path / "attempts").read_text() == "xx"
    assert results["a"].status == "failed"
    assert results["b"].score == 10


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs signals")
def test_a_judge_lost_twice_gives_no_grade_to_its_submission_and_one_to_the_others(tmp_path):
    suite = KILLS_ITS_JUDGE.format(folder=str(tmp_path), always=True)
    work = [submission("a", "def twice(x):\n    return x\n"), submission("b"), submission("c")]
    results = {result.student: result for result in graded(tmp_path, work, suite)}
    assert (tmp_path / "attempts").read_text() == "xx"
    assert (results["a"].status, results["a"].score, results["a"].graded) == ("error", None, False)
    assert "exit code -9" in results["a"].internal
    assert results["b"].score == results["c"].score == 10


def test_a_suite_that_cannot_be_collected_gives_no_grade_and_says_why(tmp_path):
    (result,) = graded(tmp_path, [submission("a")], "import nonsense_that_is_not_there\n")
    assert (result.status, result.score) == ("error", None)
    assert "nonsense_that_is_not_there" in result.internal


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_no_process_is_left_when_the_results_are_not_wanted_any_more(tmp_path):
    others = _children()  # zygotes that other tests keep
    results = graded(tmp_path, [submission("a"), submission("b"), submission("c")])
    next(results)
    judges = _children() - others
    assert judges
    results.close()
    assert not judges & _children()


def _children() -> set[int]:
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        if parent == os.getpid() and "resource_tracker" not in (path.parent / "cmdline").read_text():
            found.add(int(path.parent.name))
    return found
