"""Suites of several assignments in one process."""

import sys
from pathlib import Path

from grader.course import load_course
from grader.suite.collect import collect

ROOT = Path(__file__).parents[2]


def test_modules_beside_the_hidden_checks_are_those_of_the_assignment() -> None:
    course = load_course(ROOT)
    for name in ("segmentation", "augmentation", "segmentation"):
        assert collect(course.folder(name), [exercise.id for exercise in course.assignment(name).exercises])
        for helper in ("oracle", "wrong_training"):
            assert Path(str(sys.modules[helper].__file__)).parent == course.folder(name) / "hidden"
