"""Student modules load however they import one another, and workspaces keep out of each other's way."""

import sys
from pathlib import Path

import pytest
import torch

from grader.sandbox.workspace import Workspace


def write(folder: Path, **modules: str) -> Workspace:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
    return Workspace(folder, ["regression", "assignments.regression"])


@pytest.mark.parametrize(
    "line",
    [
        "from table import f",
        "from .table import f",
        "from regression.table import f",
        "from assignments.regression.table import f",
        "import table; f = table.f",
        "from . import table; f = table.f",
        "import regression.table as t; f = t.f",
        "import assignments.regression.table; f = assignments.regression.table.f",
    ],
)
def test_every_way_of_importing_a_sibling_gives_the_same_object(tmp_path: Path, line: str) -> None:
    space = write(tmp_path, table="def f(): return 1", training=line)
    assert space.load("training").f is space.load("table").f


def test_relative_import_inside_a_function_works(tmp_path: Path) -> None:
    space = write(tmp_path, table="X = 3", training="def g():\n    from .table import X\n    return X")
    assert space.load("training").g() == 3


def test_two_workspaces_with_modules_of_the_same_name_stay_apart(tmp_path: Path) -> None:
    one = write(
        tmp_path / "one",
        metrics="X = 1",
        training="import metrics\ndef x():\n    from metrics import X\n    return X",
    )
    two = write(tmp_path / "two", metrics="X = 2")
    assert one.load("training").x() == 1
    assert two.load("metrics").X == 2
    module = one.load("metrics")
    assert module.X == 1
    assert one.load("training").x() == 1
    assert one.load("metrics") is module


def test_a_file_named_like_the_standard_library_or_torch_shadows_nothing(tmp_path: Path) -> None:
    space = write(
        tmp_path,
        random="X = 1",
        torch="X = 1",
        table="import random, torch\nR = random.random()\nT = torch.ones(1)",
    )
    assert space.load("table").T.item() == 1
    write(tmp_path / "other", table="X = 2").load("table")
    assert sys.modules["torch"] is torch


def test_missing_file_and_missing_import_are_told_apart(tmp_path: Path) -> None:
    space = write(tmp_path, table="import nothing_of_that_name")
    with pytest.raises(ModuleNotFoundError, match=r"training\.py is missing"):
        space.load("training")
    with pytest.raises(ModuleNotFoundError, match="nothing_of_that_name"):
        space.load("table")


def test_nothing_is_written_into_the_students_folder(tmp_path: Path) -> None:
    write(tmp_path, table="X = 1").load("table")
    assert [path.name for path in tmp_path.iterdir()] == ["table.py"]
