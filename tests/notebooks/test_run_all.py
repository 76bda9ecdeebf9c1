"""Notebooks run from top to bottom: with the reference nothing fails, and with stubs only what is not written yet."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.course import load_course
from grader.notebooks.build import TEXT, build
from grader.release import student_edition, write_release

nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")
pytest.importorskip("matplotlib", reason="matplotlib is not installed")
pytest.importorskip("jupytext", reason="jupytext is not installed")

ROOT = Path(__file__).parent.parent.parent
COURSE = load_course(ROOT)
WITH_NOTEBOOK = [one.id for one in COURSE.assignments if (COURSE.folder(one.id) / TEXT).is_file()]
BY_PYTEST = re.compile(r"^  (\w+) +([\d.]+) of +([\d.]+) +\((\d+) of (\d+) checks\)", re.MULTILINE)
BY_CHECK = re.compile(r"^(\w+): ([\d.]+) of ([\d.]+) points in (\d+) visible checks$", re.MULTILINE)


@pytest.fixture(scope="module")
def edition() -> dict[str, bytes]:
    return student_edition(COURSE)


@pytest.fixture
def released(tmp_path: Path, edition: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The course as students have it, on a machine that has no data but what the kit brings along."""
    write_release(edition, tmp_path / "assignments")
    monkeypatch.delenv("GRADER_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "assignments"


def run(path: Path) -> Any:
    """The notebook after all its cells were run, whatever they raised."""
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    nbclient.NotebookClient(notebook, timeout=600, allow_errors=True, resources=resources).execute()
    return notebook


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def errors(cell: Any) -> list[str]:
    return [f"{out.ename}: {out.evalue}" for out in cell.outputs if out.output_type == "error"]


def printed(cell: Any, stream: str = "stdout") -> str:
    return "".join(out.text for out in cell.outputs if out.output_type == "stream" and out.name == stream)


def test_every_assignment_has_a_notebook():
    assert [one.id for one in COURSE.assignments] == WITH_NOTEBOOK


@pytest.mark.parametrize("name", WITH_NOTEBOOK)
def test_the_committed_notebook_agrees_with_its_text(name):
    assignment = COURSE.assignment(name)
    made = build(COURSE.folder(name), assignment)
    committed = (COURSE.folder(name) / assignment.notebook).read_text(encoding="utf-8")
    assert committed == made, f"run `grader notebooks {name}`"


@pytest.mark.parametrize("name", WITH_NOTEBOOK)
def test_with_the_reference_every_cell_runs_and_check_agrees_with_pytest(released, name):
    assignment = COURSE.assignment(name)
    notebook = released / name / assignment.notebook
    notebook.write_bytes((COURSE.folder(name) / assignment.notebook).read_bytes())
    cells = code_cells(run(notebook))
    assert {cell.id: errors(cell) for cell in cells if errors(cell)} == {}
    assert {cell.id: printed(cell, "stderr") for cell in cells if printed(cell, "stderr")} == {}
    checks = {cell.id.removeprefix("check-"): cell for cell in cells if cell.id.startswith("check-")}
    assert list(checks) == [exercise.id for exercise in assignment.exercises]

    for exercise in assignment.exercises:
        (released / name / exercise.file).write_bytes((COURSE.folder(name) / exercise.file).read_bytes())
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(released / name)]
    beside = subprocess.run(command, capture_output=True, text=True, check=False)
    assert beside.returncode == 0, beside.stdout[-2000:]
    by_pytest = {row[0]: row[1:] for row in BY_PYTEST.findall(beside.stdout)}
    assert list(by_pytest) == list(checks)
    for exercise, cell in checks.items():
        ((said, earned, visible, count),) = BY_CHECK.findall(printed(cell))
        assert said == exercise
        assert (f"{float(earned):.1f}", f"{float(visible):.1f}", count, count) == by_pytest[exercise]
        assert cell.outputs[-1].data["text/plain"] == earned == visible


@pytest.mark.parametrize("name", WITH_NOTEBOOK)
def test_with_stubs_only_fails_what_is_not_written_yet(released, name):
    assignment = COURSE.assignment(name)
    cells = code_cells(run(released / name / assignment.notebook))
    failed = {cell.id: errors(cell)[0] for cell in cells if errors(cell)}
    for exercise in assignment.exercises:
        assert exercise.id not in failed
        assert failed.pop(f"check-{exercise.id}").startswith("AssertionError: ")
    assert failed
    unwritten = re.compile(r"NotImplementedError: [\w.]+: not written yet")
    assert {cell: error for cell, error in failed.items() if not unwritten.fullmatch(error)} == {}
