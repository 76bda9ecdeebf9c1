"""The kit beside other graders on one small assignment: processor seconds per submission, and the scores.

    python benchmarks/peers.py ANSWERS.json [--nbgrader COURSE] [--only s01,s02]

ANSWERS.json holds submissions as `{"pyt": {name: {"what": ..., "q1": ..., "q2": ..., "q3": ...}}}`, the code of three
functions. With `--nbgrader`, the same submissions as notebooks (`COURSE/submitted/NAME/hw1/hw1.ipynb`) are graded by
`nbgrader autograde` in the same run, all by one command, as the kit grades them. Linux only.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
IMPORTS = "import torch\nfrom torch import nn\nimport torchvision\nfrom sklearn.datasets import load_breast_cancer\n"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}


def processor_seconds(command: list[str], folder: Path, log: Path) -> float:
    """Of a command and all its descendants, also those in another namespace or killed, which nobody waits for.

    Each is looked at twenty times a second; what it does after the last look is lost.
    """
    spent: dict[tuple[int, str], int] = {}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, **ONE_THREAD}, stdout=output, stderr=output)
        while process.poll() is None:
            spent.update(_ticks(process.pid))
            time.sleep(0.05)
    return sum(spent.values()) / os.sysconf("SC_CLK_TCK")


def _ticks(root: int) -> dict[tuple[int, str], int]:
    """Processor time of each process under `root`, named by its number and its start."""
    found, children = {}, dict[int, list[int]]()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()
            pid = int(entry.parent.name)
            found[pid] = (fields[19], int(fields[11]) + int(fields[12]))
            children.setdefault(int(fields[1]), []).append(pid)
    tree, ours = [root], {}
    for pid in tree:
        tree += children.get(pid, [])
        if pid in found:
            ours[pid, found[pid][0]] = found[pid][1]
    return ours


def with_the_kit(answers: dict[str, dict[str, str]], work: Path) -> tuple[float, dict[str, float | None]]:
    """Processor seconds for all, and their scores."""
    for name, answer in answers.items():
        folder = work / "submissions" / name / "hw1"
        folder.mkdir(parents=True)
        for exercise in ("q1", "q2", "q3"):
            (folder / f"{exercise}.py").write_text(IMPORTS + answer[exercise], encoding="utf-8")
    grader = shutil.which("grader", path=Path(sys.executable).parent)
    assert grader, "install the kit into this environment first"
    command = [grader, "grade", "submissions", "--out", "grades", "--course", str(HERE / "peers"), "--jobs", "1"]
    spent = processor_seconds(command, work, work / "kit.log")
    results = {name: work / "grades" / "results" / name / "hw1.json" for name in answers}
    scores = {name: json.loads(path.read_text())["score"] for name, path in results.items() if path.exists()}
    return spent, {name: scores.get(name) for name in answers}


def with_nbgrader(names: list[str], course: Path, work: Path) -> tuple[float, dict[str, float | None]]:
    """The same by `nbgrader autograde` on a copy of the course that holds these submissions alone."""
    from nbgrader.api import Gradebook

    copy = work / "nbgrader"
    shutil.copytree(course, copy, ignore=shutil.ignore_patterns("submitted", "autograded", "feedback", "gradebook.db"))
    for name in names:
        shutil.copytree(course / "submitted" / name, copy / "submitted" / name)
    nbgrader = str(Path(sys.executable).parent / "nbgrader")
    subprocess.run([nbgrader, "generate_assignment", "hw1", "--force"], cwd=copy, capture_output=True, check=True)
    spent = processor_seconds([nbgrader, "autograde", "hw1"], copy, work / "nbgrader.log")
    scores: dict[str, float | None] = {}
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        for name in names:
            try:
                scores[name] = gradebook.find_submission("hw1", name).score
            except Exception:
                scores[name] = None
    return spent, scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--nbgrader", type=Path, metavar="COURSE")
    parser.add_argument("--only", default="", help="names of submissions, with commas")
    options = parser.parse_args()
    answers = json.loads(options.answers.read_text(encoding="utf-8"))["pyt"]
    wanted = options.only.split(",") if options.only else list(answers)
    answers = {name: answers[name] for name in wanted}
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        kit, scores = with_the_kit(answers, work)
        others, peer_scores = 0.0, dict[str, float | None]()
        if options.nbgrader:
            others, peer_scores = with_nbgrader(list(answers), options.nbgrader.resolve(), work)
        for name, answer in answers.items():
            beside = f"  nbgrader {peer_scores[name]}" if peer_scores else ""
            print(f"{name:5} kit {scores[name]}{beside}  {answer['what']}")
        print(f"kit: {kit / len(answers):.2f} CPU s per submission, everything included")
        if others:
            each, ratio = others / len(answers), others / kit
            print(f"nbgrader autograde: {each:.2f} CPU s per submission, {ratio:.1f} times as much")


if __name__ == "__main__":
    main()
