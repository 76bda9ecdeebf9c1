"""`pytest regression` in a student's folder, as a student runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COURSE = """
schema: 1
edition: student
course: {id: toy, title: Toy}
assignments:
  - id: regression
    title: Regression
    exercises:
      - {id: table, points: 10, hidden: {checks: 2, weight: 5, points: 5}}
      - {id: metrics, points: 4}
  - id: other
    title: Other
    exercises: [{id: table, points: 2}]
"""
TESTS = '''
import pytest

@pytest.mark.points(3)
def test_add(student):
    """add adds two numbers."""
    assert student.table.add(1, 2) == 3, "add(1, 2) should be 3"

@pytest.mark.points(2)
def test_halve(student):
    """halve halves."""
    assert student.table.halve(4) == 2, "halve(4) should be 2"
'''


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "course.yml").write_text(COURSE)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")
    for name in ("regression", "other"):
        (tmp_path / name / "tests").mkdir(parents=True)
        (tmp_path / name / "tests" / "test_table.py").write_text(TESTS)
    (tmp_path / "regression" / "table.py").write_text(
        "def add(a, b):\n    return a + b\ndef halve(x):\n    return [][x]\n"
    )
    (tmp_path / "other" / "table.py").write_text("def add(a, b): return 0\ndef halve(x): return x / 2\n")
    return tmp_path


def run(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "PY_COLORS": "0", "COLUMNS": "120"}
    environment.pop("PYTEST_DISABLE_PLUGIN_AUTOLOAD", None)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.stdout + done.stderr


def test_points_per_exercise_and_what_hidden_checks_hold_are_shown(course: Path) -> None:
    text = run(course, "regression")
    assert "1 failed, 1 passed" in text
    assert "table             3.0 of   5.0   (1 of 2 checks), 5.0 more points in hidden checks" in text
    assert "Hidden checks hold 5.0 more points" in text
    assert "IndexError" in text
    assert "Warning" not in text


def test_two_assignments_with_modules_of_the_same_name_run_together(course: Path) -> None:
    text = run(course)
    assert "2 failed, 2 passed" in text
    assert "table             0.8 of   2.0   (1 of 2 checks)" in text


def test_a_single_check_counts_with_its_own_points(course: Path) -> None:
    text = run(course, "regression/tests/test_table.py", "-k", "add")
    assert "1 passed, 1 deselected" in text
    assert "3.0 of" in text


def test_the_plugin_stays_out_of_other_projects(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text(
        "import sys\ndef test_own(request):\n"
        "    assert 'grader.suite.selfcheck' not in sys.modules and 'torch' not in sys.modules\n"
        "    assert not request.config.pluginmanager.has_plugin('biomed-grader-selfcheck')\n"
    )
    (tmp_path / "course.yml").write_text("name: some other program's\n")
    text = run(tmp_path)
    assert "1 passed" in text
    assert "points" not in run(tmp_path, "--markers")
    assert "\nstudent" not in run(tmp_path, "--fixtures")
