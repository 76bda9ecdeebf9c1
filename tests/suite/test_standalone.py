"""The sandbox without a course, as its documentation shows it."""

from pathlib import Path

import pytest

from grader.errors import LimitExceeded, StudentError
from grader.sandbox import Limits, Sandbox

SHAPES = b"def area(w, h): return w * h\ndef hang():\n    while True: pass\ndef fail(): return {}['side']"


def test_modules_are_used_as_if_they_were_here() -> None:
    with Sandbox({"shapes.py": SHAPES}, Limits(cpu_seconds=2)) as student:
        assert student.shapes.area(3, 4) == 12
        with pytest.raises(KeyError, match="side") as caught:
            student.shapes.fail()
        assert isinstance(caught.value, StudentError)
        assert caught.value.frames[-1][0] == "shapes.py"
        with pytest.raises(LimitExceeded):
            student.shapes.hang()


def test_a_folder_will_do_and_unknown_modules_are_named(tmp_path: Path) -> None:
    (tmp_path / "shapes.py").write_bytes(SHAPES)
    with Sandbox(tmp_path) as student:
        assert student.shapes.area(2, 2) == 4
        with pytest.raises(AttributeError, match="shapes"):
            student.circles.area(1)
