"""The students' edition: complete, free of anything hidden, the same every time, and refused when it would mislead."""

import re
from pathlib import Path

import pytest

from grader.course import Course, load_course
from grader.errors import AuthorError, BadInput
from grader.gate import objections
from grader.release import stale, student_edition, write_release

REPOSITORY = Path(__file__).parent.parent

COURSE = """\
schema: 1
course: {id: demo, title: A demo}
assignments:
  - id: doubling
    title: Doubling
    exercises: [{id: twice, points: 10}]
    checks:
      tests/test_twice.py::test_two: {limits: {cpu_seconds: 5}}
      hidden/test_twice.py::test_many: {limits: {cpu_seconds: 5}}
"""
FILES = {
    "README.md": "# Doubling\n",
    "quiz.md": "What is twice two?\n",
    "twice.py": 'def twice(x):\n    """Twice x."""\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n',
    "calibration.json": '{"secret": 1}\n',
    "notes.md": "secret\n",
    "tests/test_twice.py": "def test_two(student):\n    assert student.twice.twice(1) == 2, 'not twice'\n",
    "hidden/test_twice.py": (
        "import pytest\nfrom oracle import double\n\n"
        "@pytest.mark.points(2)\n@pytest.mark.parametrize('x', [3, 4])\ndef test_many(student, x):\n"
        "    assert student.twice.twice(x) == double(x), 'secret'\n"
    ),
    "hidden/oracle.py": "def double(x):\n    return x + x  # secret\n",
    "witnesses/test_twice.py": "secret = 1\n",
    "survivors.yml": "secret: 1\n",
    "mutants/twice.py": "secret = 1\n",
    "variants/twice.py": "secret = 1\n",
}


def course_with(folder: Path, changed: dict[str, str | None] | None = None) -> Course:
    (folder / "course.yml").write_text(COURSE)
    for name, text in {**FILES, **(changed or {})}.items():
        if text is not None:
            path = folder / "solutions" / "doubling" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return load_course(folder)


@pytest.fixture
def course(tmp_path):
    return course_with(tmp_path)


def test_pictures_are_released_as_they_are(course):
    picture = bytes(range(256))
    folder = course.folder("doubling") / "pictures"
    folder.mkdir()
    (folder / "two.png").write_bytes(picture)
    (folder / "source.svg").write_text("secret")
    edition = student_edition(course)
    assert edition["doubling/pictures/two.png"] == picture
    assert [name for name in edition if "pictures" in name] == ["doubling/pictures/two.png"]


def test_students_get_stubs_visible_checks_and_texts(course):
    edition = student_edition(course)
    names = [
        "course.yml",
        "doubling/README.md",
        "doubling/quiz.md",
        "doubling/tests/test_twice.py",
        "doubling/twice.py",
        "pytest.ini",
    ]
    assert list(edition) == names
    assert 'raise NotImplementedError("twice: not written yet")' in edition["doubling/twice.py"].decode()
    assert not [name for name, text in edition.items() if re.search(rb"secret|2 \* x|SOLUTION|test_many", text)]


def test_the_students_course_says_what_hidden_checks_hold(course, tmp_path):
    write_release(student_edition(course), tmp_path / "out")
    students = load_course(tmp_path / "out")
    assert students.edition == "student"
    hidden = students.assignment("doubling").exercise("twice").hidden
    assert (hidden.checks, hidden.weight, hidden.points) == (2, 4, 8)
    assert list(students.assignment("doubling").checks) == ["tests/test_twice.py::test_two"]


def test_the_same_sources_give_the_same_bytes(course):
    assert student_edition(course) == student_edition(load_course(course.path))


def test_writing_twice_changes_nothing_and_what_is_stale_is_named_and_mended(course, tmp_path):
    out = tmp_path / "out"
    edition = student_edition(course)
    assert write_release(edition, out) == sorted(edition)
    assert stale(edition, out) == write_release(edition, out) == []
    (out / "doubling" / "twice.py").write_text("edited")
    (out / "doubling" / "quiz.md").unlink()
    (out / "doubling" / "old").mkdir()
    (out / "doubling" / "old" / "old.py").write_text("")
    (out / "doubling" / "__pycache__").mkdir()
    (out / "doubling" / "__pycache__" / "twice.pyc").write_text("")
    differing = ["doubling/old/old.py", "doubling/quiz.md", "doubling/twice.py"]
    assert stale(edition, out) == differing
    assert write_release(edition, out) == differing
    assert stale(edition, out) == []
    assert not (out / "doubling" / "old").exists()


def test_a_folder_that_is_no_release_is_left_alone(course, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    with pytest.raises(BadInput, match="not empty and not an earlier release"):
        write_release(student_edition(course), precious)
    assert [path.name for path in precious.iterdir()] == ["thesis.txt"]
    with pytest.raises(BadInput, match="is a file"):
        write_release({}, precious / "thesis.txt")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"README.md": None}, "doubling/README.md: is missing"),
        ({"twice.py": None}, "doubling/twice.py: is missing"),
        ({"twice.py": "def twice(x):\n    return 2 * x\n"}, "doubling/twice.py: holds no `### BEGIN SOLUTION`"),
        (
            {"tests/test_twice.py": "import oracle\n\n\ndef test_two(student): ...\n"},
            "doubling/tests/test_twice.py: line 1: imports oracle, which students do not have",
        ),
        ({"tests/test_twice.py": "def test_two(:\n"}, "the suite cannot be collected:"),
        (
            {"tests/test_other.py": "def test_two(student): ...\n"},
            "test_other.py belongs to no exercise of course.yml",
        ),
    ],
)
def test_an_authors_mistake_stops_the_release(tmp_path, changed, message):
    course = course_with(tmp_path, changed)
    with pytest.raises(AuthorError) as caught:
        student_edition(course)
    assert message in str(caught.value)


def test_an_exercise_without_checks_stops_the_release(tmp_path):
    course = course_with(tmp_path)
    text = COURSE.replace("{id: twice, points: 10}", "{id: twice, points: 10}, {id: thrice, points: 1}")
    (tmp_path / "course.yml").write_text(text)
    (course.folder("doubling") / "thrice.py").write_text(FILES["twice.py"])
    with pytest.raises(AuthorError, match="doubling/thrice: has no checks"):
        student_edition(load_course(tmp_path))


def test_the_students_edition_cannot_be_released_again(course, tmp_path):
    write_release(student_edition(course), tmp_path / "out")
    with pytest.raises(BadInput, match="is already the students' edition"):
        student_edition(load_course(tmp_path / "out"))


def test_the_gate_lets_a_sound_assignment_through(course, warm_zygote):
    assert objections(course, student_edition(course), warm_zygote) == []


def test_the_gate_names_a_wrong_reference_a_broken_stub_and_a_check_that_stubs_pass(tmp_path, warm_zygote):
    reference = "### BEGIN SOLUTION\nimport math\n### END SOLUTION\n\n\ndef twice(x, unit=math.pi):\n    return 3 * x\n"
    vacuous = "\n\ndef test_always(student):\n    assert True, 'never'\n"
    changed = {"twice.py": reference, "tests/test_twice.py": FILES["tests/test_twice.py"] + vacuous}
    course = course_with(tmp_path, changed)
    found = "\n".join(objections(course, student_edition(course), warm_zygote))
    assert "doubling: the reference does not pass hidden/test_twice.py::test_many[3]: failed" in found
    assert "doubling: the stub twice.py cannot be imported: NameError" in found
    assert re.search(r"doubling: the stub scores [\d.]+ points in tests/test_twice.py::test_always", found)


@pytest.mark.skipif(not (REPOSITORY / "assignments" / "course.yml").exists(), reason="nothing has been released yet")
def test_the_released_assignments_are_up_to_date():
    differing = stale(student_edition(load_course(REPOSITORY)), REPOSITORY / "assignments")
    assert differing == [], "run `grader release assignments` and commit what it changed"
