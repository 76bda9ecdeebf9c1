"""What a submission costs in a course of nbgrader's: stock `nbgrader autograde` beside `grader grade`, as a ratio.

    python benchmarks/nbgrader_cost.py [ASSIGNMENT] [--students N] [--jobs N]

A class of correct notebooks (the reference solutions, told apart by a comment) is graded three times, each time from
the same gradebook: by nbgrader alone, which runs each notebook in a kernel; by nbgrader configured by the kit; and by
`grader grade`. Processor seconds are of the whole process tree, orphans included, so other load on the machine hardly
matters. The goal is a quarter of nbgrader's seconds at most, and the same scores on both of the kit's roads.
"""

import argparse
import ctypes
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from grader.course import load_course
from grader.gradebook.nbgrader.init import init
from grader.notebooks.exercises import named_exercise

ROOT = Path(__file__).parent.parent
BARE = "c = get_config()\nc.ExecutePreprocessor.timeout = 900\nc.Execute.timeout = 900\n"
PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assignment", nargs="?", default="regression")
    parser.add_argument("--students", type=int, default=6)
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # orphans become ours to wait for
    name = arguments.assignment
    nbgrader = [sys.executable, "-m", "nbgrader", "autograde", name]
    with tempfile.TemporaryDirectory(prefix="nbgrader-cost-") as scratch:
        folder = Path(scratch) / "course"
        make_class(folder, name, arguments.students)
        places = {road: Path(scratch) / road for road in ("bare", "configured", "kit")}
        for place in places.values():
            shutil.copytree(folder, place)
        (places["bare"] / "nbgrader_config.py").write_text(BARE)
        grade = [sys.executable, "-m", "grader", "grade", ".", "--jobs", str(arguments.jobs)]
        spent = {
            "nbgrader autograde": spend(nbgrader, places["bare"]),
            "nbgrader autograde, configured": spend(nbgrader, places["configured"]),
            "grader grade": spend(grade, places["kit"]),
        }
        found = {road: scores(place, name) for road, place in places.items()}
    assert found["configured"] == found["kit"], f"the roads disagree: {found}"
    print(f"{name}, {arguments.students} correct submissions")
    print(f"{'':<32}{'CPU s each':>12}{'of nbgrader':>13}{'wall s each':>13}   scores")
    most = spent["nbgrader autograde"][0]
    for (road, (cpu, wall)), given in zip(spent.items(), found.values(), strict=True):
        each = [seconds / arguments.students for seconds in (cpu, wall)]
        print(f"{road:<32}{each[0]:>12.2f}{cpu / most:>13.2f}{each[1]:>13.2f}   {sorted(set(given.values()))}")
    print(f"nbgrader spends {most / spent['grader grade'][0]:.1f} times what grader grade does (goal: at least 4)")


def make_class(folder: Path, name: str, students: int) -> None:
    """A course with one generated assignment, and a submission of each student."""
    import json

    course = load_course(ROOT)
    init(folder, course)
    run([sys.executable, "-m", "nbgrader", "generate_assignment", name], folder)
    solutions = json.loads((course.folder(name) / f"{name}.ipynb").read_text())
    released = json.loads((folder / "release" / name / f"{name}.ipynb").read_text())
    for number in range(1, students + 1):
        for cell, solved in zip(released["cells"], solutions["cells"], strict=True):
            if named_exercise("".join(solved["source"])):
                cell["source"] = "".join(solved["source"]) + f"\n# student-{number:02}\n"
        place = folder / "submitted" / f"student-{number:02}" / name
        shutil.copytree(folder / "release" / name, place)
        (place / f"{name}.ipynb").write_text(json.dumps(released))


def spend(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Seconds of processor and of the clock that a command takes."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run(command, folder)
    wall = time.monotonic() - began
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


def scores(folder: Path, name: str) -> dict[str, float]:
    """The score of every student in the gradebook."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        return {one.student.id: round(one.score, 2) for one in gradebook.assignment_submissions(name)}


if __name__ == "__main__":
    main()
