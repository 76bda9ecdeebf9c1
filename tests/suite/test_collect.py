"""Suites of several assignments in one process."""

import sys
from pathlib import Path

from grader.suite.collect import collect

SOLUTIONS = Path(__file__).parents[2] / "solutions"


def test_modules_beside_the_hidden_checks_are_those_of_the_assignment() -> None:
    for assignment, exercise in (
        ("segmentation", "training"),
        ("augmentation", "compare"),
        ("segmentation", "training"),
    ):
        assert collect(SOLUTIONS / assignment, [exercise])
        for name in ("oracle", "wrong_training"):
            assert Path(str(sys.modules[name].__file__)).parent == SOLUTIONS / assignment / "hidden"
