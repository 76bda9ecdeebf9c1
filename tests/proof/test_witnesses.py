"""Witnesses: shown in processes of their own, whatever the program does there."""

import pytest

from grader.proof import witnesses
from grader.proof.programs import Program
from grader.proof.witnesses import Showing, show, show_all

FILE = """
import torch


def doubles(program):
    assert program.twice.twice(2) == 4, f"twice(2) is {program.twice.twice(2)}"


def afresh(program):
    assert program.twice.calls == [], "the module was used before"
    assert program.helper.twice is program.twice, "modules are loaded twice"


def draws(program):
    raise ValueError(str(float(torch.rand(1))))
"""


@pytest.fixture
def shown(tmp_path):
    (tmp_path / "twice.py").write_text(FILE)

    def make(body: str, *names: str) -> Showing:
        source = f"calls = []\n\n\ndef twice(x):\n    calls.append(x)\n    {body}\n"
        files = {"twice.py": source.encode(), "helper.py": b"from . import twice\n"}
        return Showing(Program("mutant", "twice", "m", files, ("twice",)), tmp_path / "twice.py", names, ("doubling",))

    return make


def test_a_witness_passes_on_the_right_program_and_tells_what_a_wrong_one_does(shown):
    said = {
        showing.names: testimony for showing, testimony in show_all([shown("return 2 * x", "doubles", "afresh")], 2)
    }
    assert said == {("doubles", "afresh"): {"doubles": None, "afresh": None}}
    assert show(shown("return 3 * x", "doubles")) == {"doubles": "AssertionError: twice(2) is 6"}


def test_whatever_ends_the_program_is_a_testimony(shown):
    assert show(shown("raise KeyError('no')", "doubles")) == {"doubles": "KeyError: 'no'"}
    assert show(shown("import sys; sys.exit(0)", "doubles"))["doubles"].startswith("SystemExit")
    said = show(shown("import os; os._exit(3)", "doubles", "afresh"))
    assert said["doubles"] == "the process ended with exit code 3"
    assert said["afresh"].startswith("was not reached")


def test_a_program_that_never_ends_is_stopped(shown, monkeypatch):
    monkeypatch.setattr(witnesses, "PATIENCE", 4.0)
    assert show(shown("while True: pass", "doubles")) == {"doubles": "did not end within 4 s"}


def test_witnesses_draw_the_same_numbers_every_time(shown):
    first, second = show(shown("return 2 * x", "draws")), show(shown("return 2 * x", "doubles", "draws"))
    assert first["draws"] == second["draws"]
    assert first["draws"].startswith("ValueError: 0.")
