"""Submissions are found in every layout that the manual names, and one bad one never hides the others."""

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from courses import small_course

from grader.errors import BadInput
from grader.inbox import open_inbox

GOOD = {"table.py": "x = 1\n", "scaling.py": "y = 2\n"}


@pytest.fixture
def course(tmp_path):
    return small_course(tmp_path)


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def zip_bytes(files: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def found(path: Path, course) -> dict[tuple[str, str], set[str]]:
    with open_inbox(path, course) as inbox:
        return {(item.student, item.assignment): set(item.read(course).files) for item in inbox.found}


TREE = {f"student-01/regression/{name}": text for name, text in GOOD.items()} | {"student-02/head_ct/metadata.py": ""}
EXPECTED = {("student-01", "regression"): set(GOOD), ("student-02", "head_ct"): {"metadata.py"}}


@pytest.mark.parametrize("wrapper", ["", "class/", "submitted/", "course/submitted/", "a/b/"])
def test_a_tree_is_found_as_folder_and_as_archive(tmp_path, course, wrapper):
    tree = {f"{wrapper}{name}": text for name, text in TREE.items()}
    assert found(write(tmp_path / "in", tree), course) == EXPECTED
    (tmp_path / "class.zip").write_bytes(zip_bytes(tree))
    assert found(tmp_path / "class.zip", course) == EXPECTED
    with tarfile.open(tmp_path / "class.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "in", "in")
    assert found(tmp_path / "class.tar.gz", course) == EXPECTED
    write(tmp_path / "inbox", {"all.zip": zip_bytes(tree)})
    assert found(tmp_path / "inbox", course) == EXPECTED


def test_nbgraders_other_folders_are_left_alone(tmp_path, course):
    nbgrader = {f"submitted/{name}": text for name, text in TREE.items()}
    nbgrader |= {"source/regression/table.py": "reference", "release/regression/table.py": "", "gradebook.db": ""}
    assert found(write(tmp_path / "in", nbgrader), course) == EXPECTED


def test_one_archive_for_each_submission_is_found(tmp_path, course):
    files = {"student-01_regression.zip": zip_bytes(GOOD), "student_2_head_ct.zip": zip_bytes({"metadata.py": ""})}
    files |= {"student-03/regression.zip": zip_bytes(GOOD), "student-04/student-04_regression.zip": zip_bytes(GOOD)}
    expected = {("student-01", "regression"), ("student_2", "head_ct"), ("student-03", "regression")}
    assert set(found(write(tmp_path / "in", files), course)) == expected | {("student-04", "regression")}
    (tmp_path / "class.zip").write_bytes(zip_bytes({f"downloads/{name}": content for name, content in files.items()}))
    assert found(tmp_path / "class.zip", course)["student-01", "regression"] == set(GOOD)
    assert found(tmp_path / "in" / "student-01_regression.zip", course) == {("student-01", "regression"): set(GOOD)}


def test_what_is_no_submission_is_reported_and_nothing_else_is_lost(tmp_path, course):
    files = {**TREE, "notes.txt": "", "student-03/regresion/table.py": "", "student-04/table.py": "", ".hidden/x": ""}
    files |= {"broken.zip": b"PK\x03\x04 no archive"}
    with open_inbox(write(tmp_path / "in", files), course) as inbox:
        assert {(item.student, item.assignment) for item in inbox.found} == set(EXPECTED)
        reported = "\n".join(inbox.unrecognised)
    assert "notes.txt: not a student's folder, and not an archive" in reported
    assert "student-03/regresion: there is no such assignment in course.yml; did you mean 'regression'?" in reported
    assert "student-04: holds no folder or archive of an assignment" in reported
    assert "broken.zip cannot be unpacked: the archive is damaged" in reported
    assert ".hidden" not in reported


def test_links_to_folders_of_students_and_assignments_are_refused(tmp_path, course):
    folder = write(tmp_path / "in", TREE)
    (folder / "student-03").symlink_to(folder / "student-01")
    (folder / "student-02" / "regression").symlink_to(folder / "student-01" / "regression")
    with open_inbox(folder, course) as inbox:
        assert "student-03: a link, not a folder" in inbox.unrecognised
        read = {(item.student, item.assignment): item.read(course) for item in inbox.found}
    assert read["student-02", "regression"].files == {}
    assert read["student-02", "regression"].problems == ["regression is a link; hand in the files themselves"]
    assert set(read["student-01", "regression"].files) == set(GOOD)


def test_the_newest_of_two_submissions_counts(tmp_path, course):
    folder = write(tmp_path / "in", {"student-01/regression.zip": zip_bytes({**GOOD, "table.py": "new"})})
    write(folder, {"student-01_regression.zip": zip_bytes(GOOD)})
    os.utime(folder / "student-01_regression.zip", (1_700_000_000, 1_700_000_000))
    with open_inbox(folder, course) as inbox:
        (item,) = inbox.found
        submission = item.read(course)
    assert submission.files["table.py"] == b"new"
    assert submission.ignored == ["student-01_regression.zip (an older submission)"]


def test_a_hostile_entry_in_a_class_archive_costs_only_its_own_submission(tmp_path, course):
    with tarfile.open(tmp_path / "class.tar.gz", "w:gz") as archive:
        for name, text in {**TREE, "student-09/regression/scaling.py": "y = 2\n"}.items():
            info = tarfile.TarInfo(f"class/{name}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("class/student-09/regression/table.py")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        escape = tarfile.TarInfo("class/student-09/regression/../../../../outside.py")
        escape.size = 1
        archive.addfile(escape, io.BytesIO(b"x"))
        twice = tarfile.TarInfo("class/student-09/regression/SCALING.py")
        archive.addfile(twice)
        huge = tarfile.TarInfo("class/student-09/regression/notes/a.txt")
        huge.size = 1_000_001
        archive.addfile(huge, io.BytesIO(b"x" * 1_000_001))
    with open_inbox(tmp_path / "class.tar.gz", course) as inbox:
        read = {item.student: item.read(course) for item in inbox.found}
        unpacked = inbox.found[0].path
    assert set(read["student-01"].files) == set(GOOD)
    assert read["student-01"].problems == []
    bad = read["student-09"]
    assert set(bad.files) == {"scaling.py"}
    for text in (
        "table.py was refused: it is a link",
        "leads out of the archive",
        "is there twice",
        "larger than 1 MB",
    ):
        assert any(text in problem for problem in bad.problems), text
    assert not list(tmp_path.rglob("outside.py"))
    assert not unpacked.exists()


def test_a_refused_archive_is_found_all_the_same(tmp_path, course):
    write(tmp_path / "in", {"student-01_regression.zip": zip_bytes({"../x": ""}), **TREE})
    with open_inbox(tmp_path / "in", course) as inbox:
        assert len(inbox.found) == 2
    write(tmp_path / "alone", {"student-01_regression.zip": b"PK\x03\x04"})
    with open_inbox(tmp_path / "alone", course) as inbox:
        assert "damaged" in inbox.found[0].read(course).problems[0]


@pytest.mark.parametrize("files", [{}, {"readme.txt": ""}, {"student-01/unknown/table.py": ""}])
def test_an_inbox_without_submissions_is_bad_input_that_says_what_is_expected(tmp_path, course, files):
    (tmp_path / "in").mkdir()
    with (
        pytest.raises(BadInput, match=r"holds no submissions \(expected <student>/<assignment>/"),
        open_inbox(write(tmp_path / "in", files), course),
    ):
        pass


def test_what_is_neither_folder_nor_archive_is_bad_input(tmp_path, course):
    with pytest.raises(BadInput, match="no such folder"), open_inbox(tmp_path / "gone", course):
        pass
    (tmp_path / "x.rar").write_bytes(b"Rar!")
    with pytest.raises(BadInput, match="neither a folder nor an archive"), open_inbox(tmp_path / "x.rar", course):
        pass
