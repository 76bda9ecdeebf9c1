"""assignments/ from solutions/: what students are given, and nothing else.

    solutions/<assignment>/README.md, quiz.md    copied
    solutions/<assignment>/pictures/*.png        copied: what the texts show
    solutions/<assignment>/<exercise>.py         without the solution (stub.py)
    solutions/<assignment>/<assignment>.ipynb    without the solutions and outputs
    solutions/<assignment>/tests/*.py            copied: the visible checks
    pytest.ini                                   so that several assignments can be checked in one run
    course.yml                                   without hidden checks, with how many points they hold

Everything else in solutions/ (hidden/, mutants/, variants/, calibration.json, ...) stays there: a file that is not
named above is not released. The same sources always give the same bytes.
"""

import ast
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from grader.course import FILE_NAME, Assignment, Course
from grader.course_yaml import read_yaml
from grader.errors import AuthorError, BadInput
from grader.notebooks.released import students_notebook
from grader.quiz.modules import refuse_stale_files
from grader.store import write_bytes_atomically
from grader.stub import stub
from grader.suite.checks import Check
from grader.suite.collect import collect

TEXTS = ("README.md", "quiz.md")
_BY_PYTHON = {"__pycache__", ".pytest_cache", ".ipynb_checkpoints"}
_HEADER = (
    "# The course as students see it. Written by `grader release`; `hidden` says how many checks of an exercise run\n"
    "# only when you hand in, and what they are worth.\n"
)


PYTEST_INI = """[pytest]
# Assignments have test files of the same name; this import mode keeps them apart.
addopts = --import-mode=importlib
"""


def student_edition(course: Course) -> dict[str, bytes]:
    """Every file of the students' edition: content by path.

    Raises:
        AuthorError: solution markers that do not match, a file that is missing, a suite that cannot be collected, or a
            visible check that needs what students do not have.
    """
    if course.edition != "instructor":
        raise BadInput(f"{course.path}: is already the students' edition; release from the instructor's")
    files: dict[str, str | bytes] = {}
    checks: dict[str, list[Check]] = {}
    for assignment in course.assignments:
        folder = course.folder(assignment.id)
        if not folder.is_dir():
            raise AuthorError(f"{folder}: there is no such folder, but course.yml has an assignment {assignment.id!r}")
        checks[assignment.id] = collect(folder, [exercise.id for exercise in assignment.exercises])
        for name, content in _assignment_files(folder, assignment).items():
            files[f"{assignment.id}/{name}"] = content
    files[FILE_NAME] = _student_course(course, checks)
    files["pytest.ini"] = PYTEST_INI
    return {name: _bytes(files[name]) for name in sorted(files)}


def write_release(files: Mapping[str, bytes], out: Path) -> list[str]:
    """Makes a folder hold exactly `files`; the paths that changed, were added or removed.

    Raises:
        BadInput: `out` holds something that is no earlier release.
    """
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out}: is a file; a release needs a folder")
    if out.is_dir() and any(out.iterdir()) and not _is_release(out):
        raise BadInput(f"{out}: is not empty and not an earlier release; choose a new or empty folder")
    changed = stale(files, out)
    for name in changed:
        if name in files:
            write_bytes_atomically(out / name, files[name])
        else:
            (out / name).unlink()
    for folder in sorted((path for path in out.rglob("*") if path.is_dir()), reverse=True):
        if folder.name in _BY_PYTHON:
            shutil.rmtree(folder)
        elif not any(folder.iterdir()):
            folder.rmdir()
    return changed


def stale(files: Mapping[str, bytes], out: Path) -> list[str]:
    """Paths at which a folder differs from a release: changed, missing or superfluous ones, sorted."""
    there = {
        path.relative_to(out).as_posix(): path
        for path in out.rglob("*")
        if path.is_file() and _BY_PYTHON.isdisjoint(path.parts)
    }
    differing = {name for name, content in files.items() if name not in there or there[name].read_bytes() != content}
    return sorted(differing | (there.keys() - files.keys()))


def _assignment_files(folder: Path, assignment: Assignment) -> dict[str, str | bytes]:
    place = folder.name
    files: dict[str, str | bytes] = {name: _read(folder / name) for name in TEXTS if (folder / name).is_file()}
    if "README.md" not in files:
        raise AuthorError(f"{place}/README.md: is missing; students need a handout")
    refuse_stale_files(folder)
    for exercise in assignment.exercises:
        if not (folder / exercise.file).is_file():
            raise AuthorError(f"{place}/{exercise.file}: is missing; it is the reference of an exercise in course.yml")
        files[exercise.file] = stub(_read(folder / exercise.file), f"{place}/{exercise.file}")
    name = assignment.notebook
    if (folder / name).is_file():
        files[name] = students_notebook(_read(folder / name), f"{place}/{name}")
    elif (folder / "notebook.md").is_file():
        raise AuthorError(f"{place}/{name}: is missing; `grader notebooks {assignment.id}` makes it from notebook.md")
    for path in sorted((folder / "tests").glob("*.py")):
        text = _read(path)
        _refuse_instructors_modules(text, f"{place}/tests/{path.name}")
        files[f"tests/{path.name}"] = text
    for path in sorted((folder / "pictures").glob("*.png")):
        files[f"pictures/{path.name}"] = path.read_bytes()
    return files


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip() + "\n"
    except UnicodeDecodeError as error:
        raise AuthorError(f"{path}: is not UTF-8 text (byte {error.start})") from error


def _refuse_instructors_modules(source: str, file: str) -> None:
    """Visible checks run on students' machines, where there is no oracle and no hidden suite."""
    for node in ast.walk(ast.parse(source, file)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        for name in names:
            if name.partition(".")[0] in ("oracle", "hidden", "solutions"):
                raise AuthorError(f"{file}: line {node.lineno}: imports {name}, which students do not have")


def _student_course(course: Course, checks: Mapping[str, Sequence[Check]]) -> str:
    data = read_yaml(course.path)  # as the author wrote it, without what `load_course` handed down
    data = {"schema": data.pop("schema"), "edition": "student", **data}
    for assignment, entry in zip(course.assignments, data["assignments"], strict=True):
        entry["checks"] = {name: own for name, own in entry.get("checks", {}).items() if name.startswith("tests/")}
        if not entry["checks"]:
            del entry["checks"]
        for exercise in entry["exercises"]:
            own = [check for check in checks[assignment.id] if check.exercise == exercise["id"]]
            exercise["hidden"] = _hidden_part(own, exercise["points"], f"{assignment.id}/{exercise['id']}")
    return _HEADER + yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)


def _hidden_part(checks: Sequence[Check], points: float, where: str) -> dict[str, Any]:
    hidden = [check for check in checks if check.visibility == "hidden"]
    total = sum(check.weight for check in checks)
    if not total:
        raise AuthorError(f"{where}: has no checks, so nobody could earn its {points:g} points")
    weight = sum(check.weight for check in hidden)
    return {"checks": len(hidden), "weight": weight, "points": round(points * weight / total, 4)}


def _is_release(folder: Path) -> bool:
    try:
        data = yaml.safe_load((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError):
        return False
    return isinstance(data, dict) and data.get("edition") == "student"
