"""`grader doctor`: every finding that is bad says what to do about it."""

import shutil
from importlib.metadata import PackageNotFoundError

import pytest
from courses import small_course

from grader import doctor
from grader.sandbox import isolation


@pytest.fixture(scope="module")
def findings():
    return list(doctor.examine(None))


def test_everything_is_looked_at(findings):
    looked_at = {finding.what for finding in findings}
    expected = {
        "Python",
        "kit",
        "torch",
        "torch works",
        "torchvision imports",
        "threads",
        "accelerator",
        "memory",
        "disk",
    }
    expected |= {f"isolation {level}" for level in isolation.LEVELS}
    assert expected | {"course.yml", "data set breast-cancer", "data set pathmnist"} <= looked_at
    assert all(finding.detail for finding in findings)


def test_what_is_bad_comes_with_a_cure(findings, tmp_path, monkeypatch):
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", missing)
    nothing_here = [isolation.Finding(level, False, "no such thing", "buy one") for level in isolation.LEVELS]
    monkeypatch.setattr(isolation, "explain", lambda: nothing_here)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(1, 1, 0))
    bad = [finding for finding in doctor.examine(small_course(tmp_path)) if finding.state == "bad"]
    assert {"torch", "isolation full", "disk"} <= {finding.what for finding in bad}
    assert all(finding.cure for finding in bad)
    assert not any("isolation" in finding.what for finding in findings if finding.state == "bad" and finding.cure == "")


def test_a_level_that_is_not_needed_is_only_worth_a_note(tmp_path, monkeypatch):
    course = small_course(tmp_path).model_copy(update={"isolation": "landlock"})
    found = [
        isolation.Finding("full", False, "no user namespaces", "allow them"),
        isolation.Finding("landlock", True),
        isolation.Finding("none", True),
    ]
    monkeypatch.setattr(isolation, "explain", lambda: found)
    states = {finding.what: finding.state for finding in doctor._isolation(course)}
    assert states == {"isolation full": "note", "isolation landlock": "good", "isolation none": "good"}


def test_a_broken_installation_is_a_finding_and_not_a_crash():
    def broken() -> doctor.Finding:
        """torch works"""
        raise OSError("libtorch.so: cannot open shared object file")

    finding = doctor._safely(broken)
    assert (finding.what, finding.state) == ("torch works", "bad")
    assert "cannot open shared object file" in finding.detail
    assert finding.cure
