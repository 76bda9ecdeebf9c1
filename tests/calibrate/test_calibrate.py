"""From a task to a threshold and to the check that uses it: `grader calibrate` on a tiny course, in a real sandbox."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from small_task import REFERENCE, TASKS, small_task

from grader.calibrate import Trial
from grader.calibrate.chart import svg
from grader.calibrate.fitting import fit
from grader.calibrate.freshness import fresh_record
from grader.calibrate.loading import tasks_of
from grader.calibrate.record import Calibration, read_calibration
from grader.calibrate.running import Runs
from grader.calibrate.sources import bare, fingerprint_of
from grader.errors import AuthorError
from grader.grading import grade
from grader.release import student_edition
from grader.submissions import Submission
from grader.suite.student import LocalStudent

ENTRY = [sys.executable, "-c", "from grader.cli import main; main()"]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*ENTRY, *map(str, arguments)], capture_output=True, text=True, timeout=600)


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def calibrated_course(tmp_path_factory):
    """The course after `grader calibrate`, and how that ended."""
    course = small_task(tmp_path_factory.mktemp("course"))
    return course, run("calibrate", "--course", course.root, "--seeds", 40, "--jobs", 2)


@pytest.fixture
def fresh(calibrated_course, tmp_path):
    """A calibrated course of its own, to be spoilt."""
    course = small_task(tmp_path)
    text = (calibrated_course[0].folder("lines") / "calibration.json").read_text(encoding="utf-8")
    (course.folder("lines") / "calibration.json").write_text(text, encoding="utf-8")
    return course


def test_calibrate_writes_what_it_found(calibrated_course):
    course, ended = calibrated_course
    assert (ended.returncode, ended.stderr) == (0, "lines: 1 tasks, 40 runs each\n")
    folder = course.folder("lines")
    task = read_calibration(folder).tasks["slope_fits"]
    assert len(task.values) == len(set(task.seeds)) == len(task.control.values) == 40
    assert task.threshold < task.min <= task.mean <= 1
    assert task.control.max <= task.control.bound < task.threshold
    assert task.mean == pytest.approx(np.mean(task.values), abs=1e-4)
    assert task.sd == pytest.approx(np.std(task.values, ddof=1), abs=1e-4)
    assert task.false_fail.with_tail == [1e-3, 1e-6, 1e-9]
    assert task.false_fail.any_distribution == pytest.approx([1 / 41, 2 / (41 * 42), 6 / (41 * 42 * 43)], rel=1e-2)
    assert task.cpu_seconds > 0
    assert "slope_fits" in ended.stdout
    assert f"{task.threshold:.3f}" in ended.stdout
    assert not list(folder.glob(".*unfinished"))


def test_the_picture_has_a_dot_for_every_run(calibrated_course):
    folder = calibrated_course[0].folder("lines")
    root = ElementTree.fromstring((folder / "calibration.svg").read_text(encoding="utf-8"))
    assert len(root.findall(".//{*}circle")) == 80
    assert "threshold" in "".join(root.itertext())
    assert svg(read_calibration(folder)) == (folder / "calibration.svg").read_text(encoding="utf-8")


def test_the_file_survives_a_round_trip(calibrated_course):
    text = (calibrated_course[0].folder("lines") / "calibration.json").read_text(encoding="utf-8")
    assert Calibration.model_validate_json(text).to_json() == text
    assert json.loads(text)["schema"] == 1


def test_nothing_of_it_reaches_students(calibrated_course):
    names = set(student_edition(calibrated_course[0]))
    assert not {name for name in names if "calibrat" in name or "hidden" in name}


# The check


def graded(course, zygote, source):
    files = {"line.py": source.encode(), "sibling.py": (course.folder("lines") / "sibling.py").read_bytes()}
    result = grade(Submission("student-01", "lines", files, None, "x"), course, zygote)
    return next(test for test in result.tests if test.id.startswith("hidden"))


def test_the_reference_passes(fresh, warm_zygote):
    assert graded(fresh, warm_zygote, REFERENCE).status == "passed"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return 0.5 * mean(x * y) / mean(x * x)", "in 3 runs on different data; a right program reaches more than"),
        ("return float('nan')", "R² is nan, nan, nan in 3 runs"),
        ("return 3.0", "although the training targets were in random order"),
    ],
)
def test_wrong_programs_fail_with_a_sentence(fresh, warm_zygote, body, message):
    check = graded(fresh, warm_zygote, REFERENCE.replace("return mean(x * y) / mean(x * x)", body))
    assert check.status == "failed"
    assert check.message.startswith("slope of 2000 points, used for 2000 others: R² is ")
    assert message in check.message


@pytest.mark.parametrize("damage", ["missing", "stale", "another schema"])
def test_a_calibration_of_no_use_costs_no_points(fresh, warm_zygote, damage):
    path = fresh.folder("lines") / "calibration.json"
    if damage == "missing":
        path.unlink()
    elif damage == "stale":
        changed(fresh.folder("lines") / "sibling.py", "values.mean()", "values.sum()")
    else:
        changed(path, '"schema": 1', '"schema": 99')
    check = graded(fresh, warm_zygote, REFERENCE)
    assert check.status == "error"
    assert "run `grader calibrate lines`" in check.internal


# What makes it stale


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("line.py", "mean(x * y)", "mean(y * x)"),
        ("sibling.py", "values.mean()", "values.sum()"),
        ("hidden/calibrated.py", "size=2000", "size=2001"),
        ("hidden/calibrated.py", "steps=1", "steps=2"),
    ],
)
def test_what_counts_makes_it_stale(fresh, file, old, new):
    folder = fresh.folder("lines")
    fresh_record(*tasks_of(folder))
    changed(folder / file, old, new)
    with pytest.raises(AuthorError, match=r"is stale: .*; run `grader calibrate lines`"):
        fresh_record(*tasks_of(folder))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("line.py", "The slope of the line", "The best slope of the line"),
        ("line.py", "from sibling import mean\n", "# why\n\nfrom sibling import mean  # where\n"),
        ("hidden/test_line.py", "finds the line", "finds any line"),
    ],
)
def test_words_do_not(fresh, file, old, new):
    folder = fresh.folder("lines")
    changed(folder / file, old, new)
    fresh_record(*tasks_of(folder))


def test_torchs_major_version_counts_and_its_minor_does_not(fresh):
    (task,) = tasks_of(fresh.folder("lines"))
    assert fingerprint_of(task, "2.13.0+cpu") == fingerprint_of(task, "2.14.1") != fingerprint_of(task, "3.0.0")


def test_a_task_that_is_not_in_the_file_is_asked_for(fresh):
    folder = fresh.folder("lines")
    changed(folder / "hidden/calibrated.py", "slope_fits", "slope_fits_well")
    with pytest.raises(AuthorError, match=r"does not know the task slope_fits_well; run `grader calibrate lines`"):
        fresh_record(*tasks_of(folder))


def test_bare_text_keeps_hashes_in_strings_and_functions_with_a_docstring_alone(tmp_path):
    (tmp_path / "a.py").write_text('"""Doc."""\n\n# c\ndef f(): "doc"\n\nx = "# no comment"  # one\n')
    assert bare(tmp_path / "a.py") == 'def f(): "doc"\nx = "# no comment"\n'


# What the command refuses


def test_check_tells_fresh_from_stale(fresh):
    ended = run("calibrate", "lines", "--check", "--course", fresh.root)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("lines: slope_fits: fresh, threshold 0.")
    (fresh.folder("lines") / "calibration.json").unlink()
    ended = run("calibrate", "lines", "--check", "--course", fresh.root)
    assert ended.returncode == 2
    assert "calibration.json: is missing; run `grader calibrate lines`" in ended.stderr


def test_a_course_without_tasks_and_an_unknown_assignment_are_bad_usage(tmp_path):
    course = small_task(tmp_path)
    (course.folder("lines") / "hidden" / "calibrated.py").unlink()
    ended = run("calibrate", "lines", "--course", tmp_path)
    assert (ended.returncode, "there are no tasks to calibrate" in ended.stderr) == (2, True)
    ended = run("calibrate", "circles", "--course", tmp_path)
    assert (ended.returncode, "circles" in ended.stderr) == (2, True)


def test_a_reference_that_fails_is_the_authors_fault_and_nothing_is_written(tmp_path):
    course = small_task(tmp_path)
    folder = course.folder("lines")
    changed(folder / "hidden/calibrated.py", "student.line.slope(", "student.line.slant(")
    ended = run("calibrate", "lines", "--seeds", 40, "--course", tmp_path)
    assert (ended.returncode, "the reference does not get through slope_fits" in ended.stderr) == (2, True)
    assert not list(folder.glob("calibration.*"))


def test_a_task_that_could_have_no_control_is_the_authors_fault(tmp_path):
    folder = small_task(tmp_path).folder("lines")
    changed(folder / "hidden/calibrated.py", "trial.targets(y)", "y")
    (task,) = tasks_of(folder)
    student = LocalStudent(folder, ["line", "sibling"])
    with pytest.raises(AuthorError, match=r"slope_fits never calls trial\.targets"):
        task.run(student, 1)


def test_a_file_that_defines_no_task_says_so(tmp_path):
    folder = small_task(tmp_path).folder("lines")
    (folder / "hidden" / "calibrated.py").write_text("x = 1\n")
    with pytest.raises(AuthorError, match="defines no task"):
        tasks_of(folder)
    (folder / "hidden" / "calibrated.py").write_text("import nowhere_to_be_found\n")
    with pytest.raises(AuthorError, match="cannot be imported: ModuleNotFoundError"):
        tasks_of(folder)


# Fitting


@pytest.fixture
def runs(tmp_path):
    (task,) = tasks_of(small_task(tmp_path).folder("lines"))
    rng = np.random.default_rng(4)
    return Runs(task, tuple(range(60)), tuple(rng.normal(0.9, 0.01, 60)), tuple(rng.normal(0, 0.01, 60)), 0.1, "f")


def test_a_control_too_near_the_reference_gives_no_threshold(runs):
    assert fit(runs).threshold > 0.5
    near = tuple(value + 0.75 for value in runs.controls)
    with pytest.raises(AuthorError, match="no threshold tells the reference from its control"):
        fit(replace(runs, controls=near))


def test_a_metric_that_never_varies_or_is_not_finite_gives_no_threshold(runs):
    with pytest.raises(AuthorError, match=r"is 1 in half of the runs and never lower"):
        fit(replace(runs, values=(1.0,) * 60))
    with pytest.raises(AuthorError, match="is not finite"):
        fit(replace(runs, values=(*runs.values[1:], float("nan"))))


# Trials


def test_the_seed_of_the_data_cannot_be_read_beside_student_code(tmp_path):
    folder = small_task(tmp_path).folder("lines")
    (task,) = tasks_of(folder)
    task.run(LocalStudent(folder, ["line", "sibling"]), 12345)
    assert torch.initial_seed() != 12345


def test_controls_mix_the_targets_and_trials_do_not():
    targets = np.arange(50)
    assert np.array_equal(Trial(3).targets(targets), targets)
    mixed = Trial(3, permuted=True).targets(targets)
    assert not np.array_equal(mixed, targets)
    assert np.array_equal(np.sort(mixed), targets)


def test_tasks_of_other_assignments_do_not_get_in_the_way(tmp_path):
    one, other = small_task(tmp_path / "one").folder("lines"), small_task(tmp_path / "other").folder("lines")
    (other / "hidden" / "calibrated.py").write_text(TASKS.replace("slope_fits", "another"))
    assert [task.name for folder in (one, other, one) for task in tasks_of(folder)] == [
        "slope_fits",
        "another",
        "slope_fits",
    ]
