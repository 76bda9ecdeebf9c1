"""Runs the command line in this process."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from grader.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(capsys, monkeypatch) -> Callable[..., Ended]:
    """`command("grade", folder, "--out", other)`: exit code, standard output and standard error."""

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["grader", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return run
