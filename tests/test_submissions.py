"""One submission: which files count, when it was handed in, and the sentences a student reads when something is off."""

import hashlib
import json
import os
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from courses import small_course

from grader.submissions import Submission, may_never_count, parse_timestamp, read_submission


@pytest.fixture
def assignment(tmp_path):
    return small_course(tmp_path).assignment("regression")


def folder_with(path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


def zipped(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


GOOD = {"table.py": "x = 1\n", "scaling.py": "y = 2\n"}


def test_a_folder_is_read(tmp_path, assignment):
    submission = read_submission(folder_with(tmp_path / "s", GOOD), "student-01", assignment)
    assert submission.files == {"table.py": b"x = 1\n", "scaling.py": b"y = 2\n"}
    assert (submission.student, submission.assignment) == ("student-01", "regression")
    assert (submission.ignored, submission.problems) == ([], [])


@pytest.mark.parametrize("wrapper", ["", "regression/", "student-01_regression/regression/"])
def test_an_archive_and_a_wrapping_folder_change_nothing(tmp_path, assignment, wrapper):
    plain = read_submission(folder_with(tmp_path / "s", GOOD), "student-01", assignment)
    wrapped = {f"{wrapper}{name}": text for name, text in GOOD.items()}
    for path in (zipped(tmp_path / "s.zip", wrapped), folder_with(tmp_path / "t", wrapped)):
        submission = read_submission(path, "student-01", assignment)
        assert submission.files == plain.files
        assert submission.fingerprint == plain.fingerprint


def test_the_fingerprint_follows_names_and_contents(tmp_path, assignment):
    def fingerprint(name: str, files: dict[str, str]) -> str:
        return read_submission(folder_with(tmp_path / name, files), "student-01", assignment).fingerprint

    first = fingerprint("a", GOOD)
    assert fingerprint("b", {**GOOD, "README.md": "more"}) == first
    assert fingerprint("c", {**GOOD, "table.py": "x = 2\n"}) != first
    assert fingerprint("d", {"table.py": "y = 2\n", "scaling.py": "x = 1\n"}) != first
    assert fingerprint("e", {"table.py": "x = 1\n"}) != first


def test_only_expected_and_allowed_files_are_carried_along(tmp_path, assignment):
    extra = {"notes/a.txt": "a", "notes/deep/b.txt": "b", "helper.py": "h", "data.csv": "1", "tests/table.py": "no"}
    submission = read_submission(folder_with(tmp_path / "s", {**GOOD, **extra}), "student-01", assignment)
    assert set(submission.files) == {"table.py", "scaling.py", "notes/a.txt", "helper.py"}
    assert submission.ignored == ["data.csv", "notes/deep/b.txt", "tests/table.py"]


HOSTILE = ["conftest.py", "pytest.ini", "sitecustomize.py", "usercustomize.py", "x.pth", "torch.py", "torch/nn.py"]
HOSTILE += ["numpy/__init__.py", "json.py", "grader/sandbox/worker.py", "table.cpython-311-x86_64-linux-gnu.so"]


@pytest.mark.parametrize("pattern", ["*", "*/*", "*/*/*"])
def test_files_that_would_change_python_or_pytest_never_count(tmp_path, assignment, pattern):
    permissive = assignment.model_copy(update={"extra_files": [pattern]})
    files = {**GOOD, **dict.fromkeys(HOSTILE, "print('hello')")}
    submission = read_submission(folder_with(tmp_path / "s", files), "student-01", permissive)
    assert set(submission.files) == set(GOOD)
    assert set(submission.ignored) == set(HOSTILE)


def test_harmless_names_may_count():
    assert not any(may_never_count(name) for name in ("helper.py", "notes/a.txt", "torch.txt", "weights.safetensors"))


def test_a_missing_file_is_named_with_the_one_that_looks_like_it(tmp_path, assignment):
    files = {"Table (1).py": "x = 1\n", "scaling.py": "y = 2\n"}
    submission = read_submission(folder_with(tmp_path / "s", files), "student-01", assignment)
    assert submission.problems == ["table.py is missing; 'Table (1).py' looks like it and needs exactly this name"]
    alone = read_submission(folder_with(tmp_path / "t", {"scaling.py": ""}), "student-01", assignment)
    assert alone.problems == ["table.py is missing"]


def test_links_are_not_followed(tmp_path, assignment):
    secret = tmp_path / "secret.py"
    secret.write_text("answers")
    folder = folder_with(tmp_path / "s", {"scaling.py": "y = 2\n"})
    (folder / "table.py").symlink_to(secret)
    (folder / "notes").symlink_to(tmp_path)
    submission = read_submission(folder, "student-01", assignment)
    assert set(submission.files) == {"scaling.py"}
    assert "table.py is a link; hand in the file itself" in submission.problems
    assert "notes is a link; hand in the file itself" in submission.problems

    (tmp_path / "link").symlink_to(folder)
    whole = read_submission(tmp_path / "link", "student-01", assignment)
    assert whole.files == {}
    assert whole.problems == ["link is a link; hand in the files themselves"]


def test_a_link_that_a_virtual_environment_left_is_no_problem(tmp_path, assignment):
    folder = folder_with(tmp_path / "s", {**GOOD, ".venv/pyvenv.cfg": ""})
    (folder / ".venv" / "python").symlink_to("/usr/bin/python3")
    assert read_submission(folder, "student-01", assignment).problems == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes need a POSIX system")
def test_a_named_pipe_does_not_stop_the_reader(tmp_path, assignment):
    folder = folder_with(tmp_path / "s", {"scaling.py": "y = 2\n"})
    os.mkfifo(folder / "table.py")
    submission = read_submission(folder, "student-01", assignment)
    assert "table.py is not an ordinary file" in submission.problems
    assert set(submission.files) == {"scaling.py"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root can read every file")
def test_an_unreadable_file_is_reported(tmp_path, assignment):
    folder = folder_with(tmp_path / "s", GOOD)
    (folder / "table.py").chmod(0)
    submission = read_submission(folder, "student-01", assignment)
    assert set(submission.files) == {"scaling.py"}
    assert any(problem.startswith("table.py cannot be read: ") for problem in submission.problems)


def test_a_file_that_vanishes_meanwhile_is_reported(tmp_path, assignment, monkeypatch):
    folder = folder_with(tmp_path / "s", GOOD)
    opened = os.open

    def vanishing(path, *rest, **named):
        if Path(path).name == "table.py":
            raise FileNotFoundError(2, "No such file or directory")
        return opened(path, *rest, **named)

    monkeypatch.setattr(os, "open", vanishing)
    submission = read_submission(folder, "student-01", assignment)
    assert set(submission.files) == {"scaling.py"}
    assert "table.py cannot be read: No such file or directory" in submission.problems


def test_what_is_too_large_or_too_much_does_not_count(tmp_path, assignment):
    folder = folder_with(tmp_path / "s", {**GOOD, "scaling.py": "#" * 1_000_001})
    submission = read_submission(folder, "student-01", assignment)
    assert set(submission.files) == {"table.py"}
    assert "scaling.py is too large" in submission.problems

    many = {f"notes/{number}.txt": "" for number in range(9)}
    submission = read_submission(folder_with(tmp_path / "t", {**GOOD, **many}), "student-01", assignment)
    assert set(submission.files) == set(GOOD)
    assert "more than 5 files were handed in" in submission.problems


def test_a_refused_archive_is_a_submission_with_a_sentence(tmp_path, assignment):
    for path, sentence in (
        (zipped(tmp_path / "a.zip", {"../table.py": "x"}), "a.zip was refused: '../table.py' leads out of the archive"),
        (zipped(tmp_path / "b.zip", {}), "b.zip holds no files"),
        (tmp_path / "gone.zip", "gone.zip cannot be read: No such file or directory"),
    ):
        submission = read_submission(path, "student-01", assignment)
        assert submission == Submission(
            "student-01", "regression", {}, submission.submitted_at, submission.fingerprint, [], [sentence]
        )


def test_a_large_number_of_ignored_files_is_shortened(tmp_path, assignment):
    files = {**GOOD, **{f"data/{number:03}.csv": "" for number in range(60)}}
    submission = read_submission(folder_with(tmp_path / "s", files), "student-01", assignment)
    assert len(submission.ignored) == 51
    assert submission.ignored[-1] == "and 10 more"


# When it was handed in


def test_the_date_comes_from_the_timestamp_then_the_manifest_then_the_newest_file(tmp_path, assignment):
    manifest = json.dumps({"changed_at": "2027-02-01T10:00:00+00:00"})
    folder = folder_with(
        tmp_path / "s", {**GOOD, "manifest.json": manifest, "timestamp.txt": "2027-03-01 12:00:00 UTC"}
    )
    os.utime(folder / "table.py", (1_700_000_000, 1_700_000_000))
    os.utime(folder / "scaling.py", (1_700_000_600, 1_700_000_600))

    def date() -> datetime | None:
        submission = read_submission(folder, "student-01", assignment)
        assert submission.ignored == []
        return submission.submitted_at

    assert date() == datetime(2027, 3, 1, 12, tzinfo=UTC)
    (folder / "timestamp.txt").unlink()
    assert date() == datetime(2027, 2, 1, 10, tzinfo=UTC)
    (folder / "manifest.json").write_text("[not a manifest")
    assert date() == datetime.fromtimestamp(1_700_000_600, UTC)


def test_a_timestamp_inside_a_students_own_archive_is_not_believed(tmp_path, assignment):
    path = zipped(tmp_path / "a.zip", {**GOOD, "timestamp.txt": "1999-01-01 00:00:00 UTC"})
    os.utime(path, (1_900_000_000, 1_900_000_000))
    assert read_submission(path, "student-01", assignment).submitted_at == datetime.fromtimestamp(1_900_000_000, UTC)


def test_a_timestamp_without_a_date_is_a_problem_and_the_files_date_counts(tmp_path, assignment):
    folder = folder_with(tmp_path / "s", {**GOOD, "timestamp.txt": "yesterday"})
    submission = read_submission(folder, "student-01", assignment)
    assert submission.problems == ["timestamp.txt does not hold a date: 'yesterday'"]
    assert submission.submitted_at is not None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2015-02-02 15:58:23.948203 America/New_York\n", datetime(2015, 2, 2, 20, 58, 23, 948203, tzinfo=UTC)),
        ("2027-02-28 21:05:00.5 UTC", datetime(2027, 2, 28, 21, 5, 0, 500000, tzinfo=UTC)),
        ("2027-02-28 21:05:00", datetime(2027, 2, 28, 21, 5, tzinfo=UTC)),
        ("2027-02-28T21:05:00+01:00", datetime(2027, 2, 28, 20, 5, tzinfo=UTC)),
        ("2027-02-28T21:05:00Z", datetime(2027, 2, 28, 21, 5, tzinfo=UTC)),
    ],
)
def test_dates_as_nbgrader_and_iso_write_them(text, moment):
    assert parse_timestamp(text) - moment == timedelta(0)


@pytest.mark.parametrize("text", ["", "soon", "2027-02-28 21:05:00 Nowhere/Land", "2027-02-28 21:05:00 America", "12"])
def test_anything_else_is_no_date(text):
    with pytest.raises(ValueError):  # noqa: PT011  (that it is one is all that matters)
        parse_timestamp(text)


def test_files_changed_since_they_were_packed_are_mentioned(tmp_path, assignment):
    digest = hashlib.sha256(b"x = 1\n").hexdigest()
    manifest = json.dumps({"files": {"table.py": digest, "scaling.py": digest}})
    submission = read_submission(zipped(tmp_path / "a.zip", {**GOOD, "manifest.json": manifest}), "s", assignment)
    assert set(submission.files) == set(GOOD)
    assert submission.problems == ["scaling.py is not as `grader pack` recorded it; was it changed afterwards?"]
