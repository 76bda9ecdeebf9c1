"""A course with one tiny assignment and a real suite, for tests that grade something."""

from pathlib import Path

from grader.course import Course, load_course

COURSE = """\
schema: 1
course: {id: demo, title: A demo}
isolation: none
late: {grace_minutes: 15, per_day: 0.1, at_most: 0.5}
assignments:
  - id: doubling
    title: Doubling
    due: 2027-02-28T23:59:00+01:00
    exercises: [{id: twice, points: 10}]
"""
VISIBLE = '''\
import pytest


@pytest.mark.hint("Multiply by two.")
def test_two(student):
    """Twice one is two."""
    assert student.twice.twice(1) == 2, "twice(1) must be 2"
'''
HIDDEN = '''\
def test_any(student, rng):
    """Twice any number is that number added to itself."""
    x = int(rng.integers(3, 1000))
    assert student.twice.twice(x) == x + x, "a secret message"
'''
REFERENCE = 'def twice(x):\n    """Twice x."""\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n'


def small_assignment(folder: Path, more_hidden: str = "") -> Course:
    """Writes the course; `more_hidden` is added to its hidden suite."""
    place = folder / "solutions" / "doubling"
    for name in ("tests", "hidden"):
        (place / name).mkdir(parents=True, exist_ok=True)
    (folder / "course.yml").write_text(COURSE)
    (place / "README.md").write_text("# Doubling\n")
    (place / "twice.py").write_text(REFERENCE)
    (place / "tests" / "test_twice.py").write_text(VISIBLE)
    (place / "hidden" / "test_twice.py").write_text(HIDDEN + more_hidden)
    return load_course(folder)
