"""Imports point one way, and nothing that only Linux has is needed to import the kit."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
UNTRUSTED = ["probes", "sandbox/wire.py", "sandbox/codec.py", "sandbox/worker.py", "sandbox/workspace.py"]
UNTRUSTED += ["sandbox/zygote.py", "sandbox/supervisor.py", "sandbox/policy.py", "sandbox/confine.py"]
SEEN_IN_THE_SANDBOX = ("grader.errors", "grader.torchvision_shim", "grader.sandbox", "grader.probes")


def imported(file: Path) -> set[str]:
    """Every module that a file imports, at any depth of its code."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return names


def files_of(place: str) -> list[Path]:
    path = ROOT / "grader" / place
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


@pytest.mark.parametrize("place", UNTRUSTED)
def test_what_runs_beside_student_code_imports_nothing_of_the_judge(place: str) -> None:
    for file in files_of(place):
        ours = {name for name in imported(file) if name.startswith("grader.")}
        assert {name for name in ours if not name.startswith(SEEN_IN_THE_SANDBOX)} == set(), file


def test_the_suite_package_knows_nothing_of_grading_or_the_command_line() -> None:
    for place in ("suite", "verdicts"):
        for file in files_of(place):
            above = {n for n in imported(file) if n.startswith(("grader.grading", "grader.cli", "grader.store"))}
            assert above == set(), file


MODULES = ["grader", "grader.suite.plugin", "grader.suite.selfcheck", "grader.cli", "grader.data", "grader.grading"]


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_the_kit_can_be_imported_elsewhere_than_on_linux(system: str) -> None:
    missing = ["landlockpy", "seccompy"] + (["fcntl", "resource", "pwd", "grp", "termios"] if system == "win32" else [])
    code = (
        "import sys, asyncio, torch, pandas, pytest, sklearn.model_selection\n"
        "import typer, rich.console, pydantic, torchvision\n"
        f"sys.platform = {system!r}\n"
        f"sys.modules.update(dict.fromkeys({missing!r}))\n"
        f"for name in {MODULES!r}: __import__(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
