"""nbgrader runs `alembic` from the PATH, where an environment that is not active does not put it."""

import shutil

import pytest

pytest.importorskip("nbgrader", reason="nbgrader is not installed")

from grader.gradebook.nbgrader.configure import find_alembic


def test_alembic_is_found_beside_the_interpreter(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("alembic") is None
    find_alembic()
    assert shutil.which("alembic") is not None
