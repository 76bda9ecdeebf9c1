"""`grader nbgrader init` and `configure`."""

import sys
from pathlib import Path

import pytest
from nbgrader_course import NAME, small_course
from traitlets.config import Config
from typer.testing import CliRunner

pytest.importorskip("nbgrader")

from nbgrader.preprocessors import Execute, SaveAutoGrades

from grader.cli import _app
from grader.errors import BadInput
from grader.gradebook.nbgrader import configure
from grader.gradebook.nbgrader.folder import is_nbgrader_course, open_nbgrader_course
from grader.gradebook.nbgrader.init import BEGIN, init


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    return small_course(tmp_path_factory.mktemp("kit"))


def test_a_new_course_holds_what_students_need_and_nothing_hidden(tmp_path, kit):
    folder = tmp_path / "course"
    made = init(folder, kit)
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert files == sorted(made.written)
    assert files == [
        "nbgrader_config.py",
        f"source/{NAME}/README.md",
        f"source/{NAME}/course.yml",
        f"source/{NAME}/{NAME}.ipynb",
        f"source/{NAME}/tests/test_twice.py",
        f"source/{NAME}/twice.py",
    ]
    assert "NotImplementedError" in (folder / "source" / NAME / "twice.py").read_text()
    assert "BEGIN SOLUTION" in (folder / "source" / NAME / f"{NAME}.ipynb").read_text()
    again = init(folder, kit)
    assert (again.written, again.same) == ([], len(files))


def test_files_of_the_instructors_are_kept_unless_asked(tmp_path, kit):
    init(tmp_path, kit)
    handout = tmp_path / "source" / NAME / "README.md"
    handout.write_text("my own words")
    assert init(tmp_path, kit).kept == [f"source/{NAME}/README.md"]
    assert handout.read_text() == "my own words"
    assert init(tmp_path, kit, update=True).written == [f"source/{NAME}/README.md"]


@pytest.mark.parametrize(
    "own", ["c = get_config()\nc.CourseDirectory.course_id = 'mine'\n", "# nothing but a comment", ""]
)
def test_an_existing_configuration_is_extended_and_renewed(tmp_path, kit, own):
    config = tmp_path / "nbgrader_config.py"
    config.write_text(own)
    init(tmp_path, kit)
    assert config.read_text().startswith(own.rstrip())
    assert config.read_text().count(BEGIN) == 1
    config.write_text(config.read_text().replace(str(kit.path), "/elsewhere/course.yml") + "# below\n")
    init(tmp_path, kit)
    text = config.read_text()
    assert (text.count(BEGIN), text.count(str(kit.path)), text.count("get_config")) == (1, 1, 1)
    assert text.endswith("# below\n")
    c = Config()
    exec(compile(text, str(config), "exec"), {"get_config": lambda: c, "c": c})
    assert c.GraderKit.course == str(kit.path)


def test_a_block_without_an_end_is_refused(tmp_path, kit):
    (tmp_path / "nbgrader_config.py").write_text(f"{BEGIN}\n")
    with pytest.raises(BadInput, match="remove what is left of the block"):
        init(tmp_path, kit)


def test_the_command_says_what_it_wrote(tmp_path, kit):
    done = CliRunner().invoke(_app(), ["nbgrader", "init", str(tmp_path / "new"), "--course", str(kit.path)])
    assert done.exit_code == 0, done.output
    assert f"written: source/{NAME}/{NAME}.ipynb" in done.output


def names(listed: list) -> list[str]:
    return [one.rpartition(".")[2] if isinstance(one, str) else one.__name__ for one in listed]


def test_the_judge_stands_where_execute_stood(kit):
    c = Config()
    configure(c, kit.path)
    assert names(c.Autograde.autograde_preprocessors)[0] == "Judge"
    assert "Execute" not in names(c.Autograde.autograde_preprocessors)
    assert names(c.Autograde.sanitize_preprocessors)[0] == "ClearOutput"
    assert "Stubs" in names(c.GenerateAssignment.preprocessors)


def test_what_the_instructor_configured_stays(kit):
    class Mine(SaveAutoGrades):
        pass

    called = []
    c = Config()
    c.Autograde.autograde_preprocessors = [Mine, Execute, "nbgrader.preprocessors.SaveAutoGrades"]
    c.Autograde.exclude_overwriting = {"other": ["a.py"]}
    c.Autograde.pre_convert_hook = lambda **given: called.append(given)
    c.AssignLatePenalties.plugin_class = "mine.Plugin"
    configure(c, kit.path)
    assert names(c.Autograde.autograde_preprocessors) == ["Mine", "Judge", "SaveAutoGrades"]
    assert c.Autograde.exclude_overwriting == {NAME: ["twice.py"], "other": ["a.py"]}
    assert c.AssignLatePenalties.plugin_class == "mine.Plugin"
    notebooks = ["submitted/s/doubling/Untitled.ipynb"]
    c.Autograde.pre_convert_hook(assignment=NAME, student="s", notebooks=notebooks)
    assert called
    assert notebooks[-1] == str(Path("submitted/s/doubling/doubling.ipynb"))


def test_a_missing_course_stops_grading_and_not_the_configuration(tmp_path):
    """Were configure to raise, nbgrader would log it, go on, and run student code in its own kernel."""
    c = Config()
    configure(c, tmp_path / "nowhere" / "course.yml")
    assert names(c.Autograde.autograde_preprocessors)[0] == "Judge"


def test_appended_preprocessors_are_understood(kit):
    c = Config()
    c.Autograde.autograde_preprocessors.append("mine.Last")
    configure(c, kit.path)
    assert names(c.Autograde.autograde_preprocessors)[0] == "Judge"
    assert names(c.Autograde.autograde_preprocessors)[-1] == "Last"


def test_without_nbgrader_the_message_says_what_to_install(tmp_path, kit, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbgrader.converters", None)
    monkeypatch.setitem(sys.modules, "nbgrader.apps.baseapp", None)
    with pytest.raises(BadInput, match=r"pip install 'biomed-grader\[notebooks\]'"):
        configure(Config(), kit.path)
    (tmp_path / "nbgrader_config.py").write_text("")
    with (
        pytest.raises(BadInput, match=r"pip install 'biomed-grader\[notebooks\]'"),
        open_nbgrader_course(tmp_path, None),
    ):
        pass
    assert init(tmp_path / "new", kit).written  # makes the folder all the same


def test_a_course_is_known_by_its_configuration_or_gradebook_and_its_folders(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("raise SystemExit")
    assert not is_nbgrader_course(tmp_path)  # it may be a student's
    (tmp_path / "submitted").mkdir()
    assert is_nbgrader_course(tmp_path)
    (tmp_path / "nbgrader_config.py").rename(tmp_path / "gradebook.db")
    assert is_nbgrader_course(tmp_path)
