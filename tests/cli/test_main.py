"""The command line as a whole: help, exit codes, and errors that a user can read."""

import os
import subprocess
import sys

import pytest

from grader import __version__

COMMANDS = ["check", "pack", "grade", "release", "demo", "doctor"]


def test_help_names_every_command(command):
    ended = command("--help")
    assert ended.code == 0
    for name in [*COMMANDS, "data"]:
        assert f" {name} " in ended.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(command, name):
    ended = command(name, "--help")
    assert ended.code == 0
    assert "Examples" in ended.out
    assert f"grader {name}" in ended.out


def test_help_is_fast_because_nothing_heavy_is_imported():
    code = (
        "import sys; sys.argv = ['grader', '--help']\nfrom grader.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n"
        "    print(sorted({'torch', 'numpy', 'pandas', 'pytest', 'pydantic', 'sklearn'} & sys.modules.keys()))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_the_version_is_told(command):
    assert command("--version").out == f"biomed-grader {__version__}\n"


def test_bad_input_ends_with_2_and_one_line(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = command("grade", "gone", "--out", "grades")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Error: there is no course.yml here or in a folder above; name it with --course")
    assert "Traceback" not in ended.err


def test_verbose_shows_the_traceback_wherever_it_stands(command, tmp_path):
    for arguments in (("--verbose", "grade", "x"), ("grade", "x", "--verbose")):
        ended = command(*arguments, "--out", "y", "--course", tmp_path / "gone.yml")
        assert ended.code == 2
        assert "Traceback" in ended.err
        assert "Error: " in ended.err.splitlines()[-1]


def test_a_mistake_in_the_course_is_told_line_by_line(command, tmp_path):
    (tmp_path / "course.yml").write_text("schema: 1\ncourse: {id: x, title: X}\nasignments: []\n")
    ended = command("release", tmp_path / "out", "--course", tmp_path)
    assert ended.code == 2
    assert "Error: course.yml: asignments: is not a known key; did you mean 'assignments'?" in ended.err


@pytest.mark.parametrize(
    "arguments", [("grade",), ("grade", "x"), ("nonsense",), ("grade", "x", "--out", "y", "--jobs", "0")]
)
def test_bad_usage_ends_with_2(command, arguments):
    ended = command(*arguments)
    assert ended.code == 2
    assert "Usage" in ended.err


def test_text_from_outside_is_not_taken_for_markup(command, tmp_path):
    ended = command("grade", "x", "--out", "y", "--course", tmp_path / "[red]gone[/red].yml")
    assert "[red]gone[/red].yml" in ended.err


@pytest.mark.parametrize(("wish", "coloured"), [({}, False), ({"FORCE_COLOR": "1"}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_survive_a_pipe_only_when_asked_for(tmp_path, wish, coloured):
    plain = {
        name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE")
    }
    arguments = [sys.executable, "-c", "from grader.cli import main; main()", "grade", "x", "--out", "y"]
    run = subprocess.run(arguments, cwd=tmp_path, env=plain | wish, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert ("\x1b[" in run.stderr) == coloured
