"""A gradebook in PostgreSQL, in a server made for the test."""

import getpass
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader_course import HALF, NAME, RIGHT, hand_in, released, small_course, solved
from typer.testing import CliRunner

pytest.importorskip("nbgrader")
pytest.importorskip("psycopg2", reason="psycopg2 is not installed: no PostgreSQL from Python")

from grader.cli import _app
from grader.gradebook.nbgrader.folder import open_nbgrader_course
from grader.gradebook.nbgrader.init import init


def _program(name: str) -> str | None:
    found = [shutil.which(name), *map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))]
    return next((path for path in found if path), None)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The address of an empty database."""
    initdb, server = _program("initdb"), _program("postgres")
    if initdb is None or server is None:
        pytest.skip("PostgreSQL is not installed")
    user = getpass.getuser()
    if os.geteuid() == 0:  # the server refuses to run as root
        user = next((name for name in ("postgres", "nobody") if name in {one.pw_name for one in pwd.getpwall()}), "")
        if not user:
            pytest.skip("PostgreSQL cannot run as root, and there is no other user")
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        place = Path(folder)
        if os.geteuid() == 0:
            shutil.chown(place, user)
        settings = {"user": user if os.geteuid() == 0 else None, "cwd": folder, "capture_output": True, "check": True}
        subprocess.run([initdb, "-D", f"{folder}/data", "-U", "grader", "--auth=trust", "--no-sync"], **settings)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = ["-D", f"{folder}/data", "-p", str(port), "-k", folder, "-h", "127.0.0.1", "-F"]
        running = subprocess.Popen(
            [server, *options], user=settings["user"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            for line in running.stderr:
                if b"ready to accept connections" in line:
                    break
            yield f"postgresql+psycopg2://grader@127.0.0.1:{port}/postgres"
        finally:
            running.terminate()
            running.communicate(timeout=60)


def test_scores_and_manual_grades_in_postgresql(database, tmp_path):
    from nbgrader.api import Gradebook

    folder = tmp_path / "course"
    init(folder, small_course(tmp_path / "kit"))
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.CourseDirectory.db_url = {database!r}\n")
    with open_nbgrader_course(folder, None) as opened:
        from nbgrader.converters import GenerateAssignment

        opened.coursedir.assignment_id = NAME
        GenerateAssignment(coursedir=opened.coursedir, parent=opened.app).start()
    hand_in(folder, "student-01", solved(released(folder), HALF), at="2027-03-02 10:00:00 UTC")
    done = CliRunner().invoke(_app(), ["grade", str(folder)])
    assert done.exit_code == 0, done.output
    with Gradebook(database, "demo") as gradebook:
        grade = gradebook.find_grade("check-twice", NAME, NAME, "student-01")
        assert grade.auto_score == 5
        grade.extra_credit = 1
        gradebook.db.commit()
    hand_in(folder, "student-01", solved(released(folder), RIGHT), at="2027-03-02 10:00:00 UTC")
    done = CliRunner().invoke(_app(), ["grade", str(folder)])
    assert done.exit_code == 0, done.output
    with Gradebook(database, "demo") as gradebook:
        submission = gradebook.find_submission(NAME, "student-01")
        assert submission.score == 11
        assert submission.notebooks[0].late_submission_penalty == pytest.approx(2.2)
    assert not (folder / "gradebook.db").exists()
