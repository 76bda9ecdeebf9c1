"""What grading a submission costs beyond its checks' own work: processor seconds, as a ratio within one run.

    python benchmarks/grading_cost.py [ASSIGNMENT] [--times N]

The peer is the same suite on the same (reference) submission in an already warm process, without any sandbox: the
local transport, second run. Graded means: a warm judge and zygote, one job, with worker and supervisor counted.
The goal is at most 1.15 times the peer plus 0.3 s.
"""

import argparse
import contextlib
import io
import os
import secrets
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import gc

import pytest

from grader.course import load_course
from grader.grading import package_names, worker_limits
from grader.sandbox.launcher import Zygote
from grader.suite.judge import run_suite
from grader.suite.remote import Session

ROOT = Path(__file__).parent.parent


def tree_cpu_seconds(root: int) -> float:
    """Processor seconds of a process and its living descendants."""
    ticks, parents = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
                ticks[int(entry.name)] = sum(map(int, fields[11:15]))

    def below(pid: int) -> int:
        return ticks[pid] + sum(below(child) for child, parent in parents.items() if parent == pid)

    return below(root) / os.sysconf("SC_CLK_TCK")


def warm_seconds(assignment: str) -> float:
    """The suite in this process, by the local transport."""
    folder = ROOT / "solutions" / assignment
    arguments = [
        str(folder / "tests"),
        str(folder / "hidden"),
        "-q",
        "-p",
        "no:cacheprovider",
        "--import-mode=importlib",
    ]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("oracle", "tests", "hidden")]:
        del sys.modules[name]  # of another assignment
    began = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        code = pytest.main([*arguments, "-o", f"pythonpath={folder / 'hidden'}"])
    assert code == 0, f"the reference of {assignment} fails its own checks locally"
    return time.process_time() - began


def graded_seconds(assignment: str, zygote: Zygote) -> float:
    """The suite through the sandbox: judge, worker and supervisor."""
    course = load_course(ROOT)
    described = course.assignment(assignment)
    folder = course.folder(assignment)
    files = {name: (folder / name).read_bytes() for name in described.files}
    before = tree_cpu_seconds(os.getpid())
    session = Session(zygote, files, worker_limits(described.limits_for()), package_names(described))
    outcomes = run_suite(
        folder,
        [exercise.id for exercise in described.exercises],
        session,
        lambda check: worker_limits(described.limits_for(check)),
        secrets.randbits(60),
    )
    spent = tree_cpu_seconds(os.getpid()) - before
    session.close()
    lost = [outcome.check.id for outcome in outcomes if outcome.status != "passed"]
    assert not lost, f"the reference of {assignment} loses {lost}"
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assignment", nargs="*", default=["regression", "classification"])
    parser.add_argument("--times", type=int, default=3)
    arguments = parser.parse_args()
    print(f"{'assignment':<16}{'warm, s':>9}{'graded, s':>11}{'ratio':>8}{'goal, s':>9}")
    for assignment in arguments.assignment:
        warm_seconds(assignment)
        warm = statistics.median(warm_seconds(assignment) for _ in range(arguments.times))
        with Zygote() as zygote:
            graded_seconds(assignment, zygote)
            gc.collect()
            gc.freeze()
            graded = statistics.median(graded_seconds(assignment, zygote) for _ in range(arguments.times))
        print(f"{assignment:<16}{warm:>9.2f}{graded:>11.2f}{graded / warm:>8.2f}{1.15 * warm + 0.3:>9.2f}")


if __name__ == "__main__":
    main()
