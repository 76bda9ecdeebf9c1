"""course.yml: what it accepts, and the one line it gives for every mistake."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grader.course import Course, find_course, load_course
from grader.errors import CourseError

REPOSITORY = Path(__file__).parent.parent

GOOD = """\
schema: 1
course: {id: demo, title: A demo}
limits: {cpu_seconds: 10, memory_mb: 1000}
late: {grace_minutes: 15, per_day: 0.1, at_most: 0.25}
feedback: {before_due: [title]}
data: {breast-cancer: real}
assignments:
  - id: regression
    title: Regression
    due: 2027-02-28T23:59:00+01:00
    limits: {cpu_seconds: 20}
    exercises:
      - {id: table, points: 10}
      - {id: scaling, points: 2.5}
    checks:
      hidden/test_table.py::test_slow: {limits: {cpu_seconds: 40}}
"""


def course_from(tmp_path: Path, text: str = GOOD) -> Course:
    (tmp_path / "course.yml").write_text(text, encoding="utf-8")
    return load_course(tmp_path)


def test_a_good_course_is_read(tmp_path):
    course = course_from(tmp_path)
    assert course.about.title == "A demo"
    assert course.isolation == "full"
    regression = course.assignment("regression")
    assert regression.files == ["table.py", "scaling.py"]
    assert regression.max_score == 12.5
    assert regression.due == datetime(2027, 2, 28, 22, 59, tzinfo=UTC)
    assert course.folder("regression") == tmp_path.resolve() / "solutions" / "regression"


def test_limits_of_a_check_come_before_those_of_its_assignment_and_of_the_course(tmp_path):
    course = course_from(tmp_path)
    usual = course.limits_for("regression", "tests/test_table.py::test_x")
    slow = course.limits_for("regression", "hidden/test_table.py::test_slow")
    assert (usual.cpu_seconds, slow.cpu_seconds) == (20, 40)
    assert usual.memory_mb == slow.memory_mb == 1000
    assert slow.processes == 64


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            ("id: table, points: 10", "id: table, points: -3"),
            "assignments[0].exercises[0].points: must be positive, got -3 (allowed: a number above 0)",
        ),
        (
            ("points: 10", "pionts: 10"),
            "assignments[0].exercises[0].pionts: is not a known key; did you mean 'points'? "
            "(allowed: id, points, title, hidden)",
        ),
        (("id: scaling", "id: table"), "assignments[0].exercises[1].id: 'table' is used twice"),
        (("+01:00", ""), "assignments[0].due: has no time zone, got 2027-02-28T23:59:00 (allowed: date, time"),
        (("2027-02-28T23:59:00+01:00", "soon"), "assignments[0].due: must be a date, got 'soon' (allowed:"),
        (("breast-cancer: real", "breast-cancr: real"), "data.breast-cancr: there is no such data set; did you mean"),
        (
            ("breast-cancer: real", "breast-cancer: fake"),
            "data.breast-cancer: got 'fake' (allowed: real, phantom, auto)",
        ),
        (
            ("limits: {cpu_seconds: 40}", "limits: {memory_mb: 40}"),
            "assignments[0].checks['hidden/test_table.py::test_slow'].limits.memory_mb: is not a known key (allowed: "
            "cpu_seconds, wall_seconds, output_kb)",
        ),
        (("hidden/test_table.py::test_slow", "test_slow"), "assignments[0].checks['test_slow']: is not the name of a"),
        (("hidden/test_table.py", "hidden/test_tabel.py"), "there is no exercise 'tabel' in assignment 'regression'"),
        (("schema: 1", "schema: 2"), "schema: got 2 (allowed: 1)"),
        (("schema: 1\n", ""), "schema: is missing"),
        (("per_day: 0.1", "per_day: 10"), "late.per_day: is too large, got 10 (allowed: a number up to 1)"),
        (("per_day: 0.1", "per_day: .nan"), "late.per_day: must be a finite number, got nan"),
        (("memory_mb: 1000", "memory_mb: 1.5"), "limits.memory_mb: must be a whole number, got 1.5"),
        (("memory_mb: 1000", "memory_mb: '1'"), "limits.memory_mb: must be a whole number, got '1'"),
        (("[title]", "[titel]"), "feedback.before_due[0]: got 'titel'; did you mean 'title'? (allowed: title, message"),
        (("id: scaling", "id: random"), "assignments[0].exercises[1].id: 'random' would hide Python's own module"),
        (("id: scaling", "id: ../up"), "assignments[0].exercises[1].id: is not a valid module name, got '../up'"),
        (("id: regression", "id: ../up"), "assignments[0].id: is not a valid name, got '../up'"),
        (("title: Regression", "title: 7"), "assignments[0].title: must be text, got 7"),
        (("title: Regression", "extra_files: ['../*']\n    title: R"), "assignments[0].extra_files[0]: leads out of"),
        (("schema: 1", "schema: 1\nisolation: ful"), "isolation: got 'ful'; did you mean 'full'? (allowed: full, land"),
    ],
)
def test_a_mistake_gives_one_line_that_names_the_field_and_what_is_allowed(tmp_path, change, line):
    before, after = change
    assert before in GOOD
    with pytest.raises(CourseError) as caught:
        course_from(tmp_path, GOOD.replace(before, after, 1))
    message = str(caught.value)
    assert message.startswith("course.yml: ")
    assert line in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("schema: 1\ncourse: {id: x\n", "course.yml: line 3: "),
        ("schema: 1\nschema: 1\n", "course.yml: line 2: 'schema' stands twice"),
        ("", "course.yml: must hold keys and values"),
        ("- 1\n", "course.yml: must hold keys and values"),
        ("a: !!python/object/apply:os.getcwd []\n", "course.yml: line 1: could not determine a constructor"),
        ("a: \x07\n", "course.yml: is not YAML: "),
    ],
)
def test_broken_yaml_gives_one_line(tmp_path, text, line):
    with pytest.raises(CourseError) as caught:
        course_from(tmp_path, text)
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def test_two_mistakes_give_two_lines(tmp_path):
    with pytest.raises(CourseError) as caught:
        course_from(tmp_path, GOOD.replace("points: 10", "points: 0").replace("schema: 1", "schema: 7"))
    assert len(str(caught.value).splitlines()) == 2


def test_limits_for_a_check_that_no_suite_has_are_a_mistake(tmp_path):
    hidden = tmp_path / "solutions" / "regression" / "hidden"
    hidden.mkdir(parents=True)
    (hidden / "test_table.py").write_text("def test_fast(student): ...\n")
    with pytest.raises(CourseError, match="there is no such check in regression/"):
        course_from(tmp_path)
    (hidden / "test_table.py").write_text("def test_slow(student): ...\n")
    course_from(tmp_path)


def test_a_missing_course_is_an_error_that_names_the_path(tmp_path):
    with pytest.raises(CourseError, match="there is no such file"):
        load_course(tmp_path)
    assert find_course(tmp_path) is None or tmp_path not in find_course(tmp_path).parents


def test_the_nearest_course_is_found_from_below(tmp_path):
    course_from(tmp_path)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_course(below) == tmp_path.resolve() / "course.yml"
    (tmp_path / "a" / "course.yml").write_text("schema: 1")
    assert find_course(below) == tmp_path.resolve() / "a" / "course.yml"


@pytest.mark.parametrize(
    ("delay", "days", "penalty"),
    [
        (timedelta(days=-1), 0, 0),
        (timedelta(0), 0, 0),
        (timedelta(minutes=15), 0, 0),
        (timedelta(minutes=16), 1, 0.1),
        (timedelta(days=1), 1, 0.1),
        (timedelta(days=1, seconds=1), 2, 0.2),
        (timedelta(days=9), 9, 0.25),
    ],
)
def test_lateness_counts_days_begun_after_the_grace_period(tmp_path, delay, days, penalty):
    regression = course_from(tmp_path).assignment("regression")
    late = regression.lateness(regression.due + delay)
    assert (late.days, late.penalty) == (days, penalty)


def test_after_the_cut_off_nothing_counts_and_without_a_due_date_nothing_is_late(tmp_path):
    text = GOOD.replace("per_day: 0.1", "per_day: 0.1, cutoff_days: 3")
    regression = course_from(tmp_path, text).assignment("regression")
    assert regression.late_penalty(regression.due + timedelta(days=3)) == 0.25
    assert regression.late_penalty(regression.due + timedelta(days=3, seconds=1)) == 1
    undated = course_from(tmp_path, GOOD.replace("    due: 2027-02-28T23:59:00+01:00\n", "")).assignment("regression")
    assert undated.late_penalty(datetime.now(UTC)) == 0


def test_feedback_on_hidden_checks_widens_after_the_due_date(tmp_path):
    regression = course_from(tmp_path).assignment("regression")
    assert regression.feedback_parts(regression.due) == ["title"]
    assert regression.feedback_parts(regression.due + timedelta(seconds=1)) == ["title", "message", "hint"]


def test_the_students_edition_says_how_much_is_hidden(tmp_path):
    text = GOOD.replace("schema: 1", "schema: 1\nedition: student")
    text = text.replace("id: table, points: 10", "id: table, points: 10, hidden: {checks: 3, weight: 4, points: 5}")
    course = course_from(tmp_path, text)
    assert course.assignment("regression").exercise("table").hidden.points == 5
    assert course.folder("regression") == tmp_path.resolve() / "regression"


def test_an_unknown_assignment_names_the_known_ones(tmp_path):
    with pytest.raises(CourseError, match=r"no assignment called 'x' \(allowed: regression\)"):
        course_from(tmp_path).assignment("x")


def test_the_courses_own_file_is_valid():
    course = load_course(REPOSITORY)
    names = ["regression", "classification", "augmentation", "segmentation"]
    assert [(item.id, item.max_score) for item in course.assignments] == [(name, 100) for name in names]
