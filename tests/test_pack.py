"""`grader pack`: exactly the expected files, the same bytes every time, and a warning for what was forgotten."""

import hashlib
import io
import json
import os
import zipfile

import pytest
from courses import small_course

from grader.errors import BadInput
from grader.inbox import open_inbox
from grader.pack import pack


@pytest.fixture
def course(tmp_path):
    return small_course(tmp_path)


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "regression"
    folder.mkdir()
    for name, text in {"table.py": "x = 1\n", "scaling.py": "y = 2\n", "README.md": "", "conftest.py": ""}.items():
        (folder / name).write_text(text)
        os.utime(folder / name, (1_800_000_000, 1_800_000_000))
    return folder


def test_the_archive_holds_what_is_expected_and_a_manifest(course, work):
    packed = pack(work, course.assignment("regression"))
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.namelist() == ["manifest.json", "scaling.py", "table.py"]
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["assignment"] == "regression"
    assert manifest["files"] == packed.files
    assert manifest["files"]["table.py"] == hashlib.sha256(b"x = 1\n").hexdigest()
    assert manifest["changed_at"] == "2027-01-15T08:00:00+00:00"
    assert packed.warnings == []


def test_the_same_files_give_the_same_archive(course, work):
    first = pack(work, course.assignment("regression")).content
    (work / "README.md").write_text("changed")
    assert pack(work, course.assignment("regression")).content == first
    (work / "table.py").write_text("x = 2\n")
    assert pack(work, course.assignment("regression")).content != first


def test_what_is_packed_is_what_is_graded(course, work, tmp_path):
    (tmp_path / "in").mkdir()
    packed = pack(work, course.assignment("regression"))
    (tmp_path / "in" / "student-01_regression.zip").write_bytes(packed.content)
    with open_inbox(tmp_path / "in", course) as inbox:
        (submission,) = [item.read(course) for item in inbox.found]
    assert (submission.student, submission.assignment) == ("student-01", "regression")
    assert submission.files == {"table.py": b"x = 1\n", "scaling.py": b"y = 2\n"}
    assert (submission.problems, submission.ignored) == ([], [])
    assert submission.submitted_at.isoformat() == "2027-01-15T08:00:00+00:00"


def test_missing_and_unfinished_work_is_mentioned(course, work):
    (work / "scaling.py").unlink()
    (work / "table.py").write_text(
        "def f():\n    '''Doc.'''\n    raise NotImplementedError('f: not written yet')\n\n\n"
        "class A:\n    def g(self):\n        raise NotImplementedError\n\n\ndef done():\n    raise ValueError\n"
    )
    warnings = pack(work, course.assignment("regression")).warnings
    assert warnings == ["scaling.py: is missing", "table.py: not written yet: f, A.g"]
    (work / "table.py").write_text("def f(:\n")
    assert (
        "table.py: line 1: is not valid Python (invalid syntax)" in pack(work, course.assignment("regression")).warnings
    )


def test_links_are_not_packed(course, work, tmp_path):
    (work / "scaling.py").unlink()
    (work / "scaling.py").symlink_to(tmp_path / "course.yml")
    packed = pack(work, course.assignment("regression"))
    assert list(packed.files) == ["table.py"]
    assert "scaling.py is a link; hand in the file itself" in packed.warnings


def test_nothing_to_hand_in_is_bad_input(course, tmp_path):
    with pytest.raises(BadInput, match="there is no such folder; name it with --folder"):
        pack(tmp_path / "gone", course.assignment("regression"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=r"holds none of the files to hand in \(table.py, scaling.py\)"):
        pack(tmp_path / "empty", course.assignment("regression"))
