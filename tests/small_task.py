"""A course with one calibrated task that takes no time: fitting a straight line."""

from pathlib import Path

from grader.course import Course, load_course

COURSE = """\
schema: 1
course: {id: demo, title: A demo}
isolation: none
assignments:
  - id: lines
    title: Lines
    exercises: [{id: line, points: 10}, {id: sibling, points: 5}]
"""
REFERENCE = '''\
from sibling import mean


def slope(x, y):
    """The slope of the line through the origin that fits best."""
    ### BEGIN SOLUTION
    return mean(x * y) / mean(x * x)
    ### END SOLUTION
'''
SIBLING = """\
def mean(values):
    ### BEGIN SOLUTION
    return values.mean()
    ### END SOLUTION
"""
TASKS = '''\
from grader.calibrate import calibrated
from grader.calibrate.metrics import r2


def draw(rng):
    x = rng.normal(size=2000)
    return x, 3 * x + 0.5 * rng.normal(size=2000)


@calibrated(metric="R²", steps=1, modules=["line"])
def slope_fits(student, trial):
    """slope of 2000 points, used for 2000 others"""
    x, y = draw(trial.rng)
    slope = student.line.slope(x, trial.targets(y))
    x, y = draw(trial.rng)
    return r2(y, slope * x)
'''
VISIBLE = '''\
import numpy as np


def test_slope(student):
    """The slope of y = 2x is 2."""
    assert student.line.slope(np.ones(2), np.full(2, 2.0)) == 2, "slope is not 2"
'''
SIBLINGS = '''\
import numpy as np


def test_mean(student):
    """The mean of two numbers."""
    assert student.sibling.mean(np.array([1.0, 2.0])) == 1.5, "not the mean"
'''
HIDDEN = '''\
import calibrated

from grader.verdicts.thresholds import expect_learned


def test_slope_fits(student, rng):
    """slope finds the line in noisy points."""
    expect_learned(student, rng, calibrated.slope_fits)
'''


def small_task(folder: Path) -> Course:
    """Writes the course; nothing in it is calibrated."""
    files = {
        "course.yml": COURSE,
        "solutions/lines/README.md": "# Lines\n",
        "solutions/lines/line.py": REFERENCE,
        "solutions/lines/sibling.py": SIBLING,
        "solutions/lines/tests/test_line.py": VISIBLE,
        "solutions/lines/tests/test_sibling.py": SIBLINGS,
        "solutions/lines/hidden/test_line.py": HIDDEN,
        "solutions/lines/hidden/calibrated.py": TASKS,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return load_course(folder)
