"""A class of invented students, made from the reference solutions when it is asked for.

Wrong work is the reference with a small edit that a student might have made. An edit that does not fit any more,
because the reference has changed, is an error and never skipped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from grader import demo_styles
from grader.course import Assignment, Course
from grader.errors import AuthorError, BadInput
from grader.pack import pack
from grader.store import write_atomically, write_bytes_atomically
from grader.stub import stub
from grader.submissions import TIMESTAMP

Files = dict[str, str]


@dataclass(frozen=True)
class Student:
    """One student of the demo class.

    Attributes:
        story: what is right or wrong about the work.
        work: for each assignment, files by name.
        late: how long after the due date it was handed in.
        archive: whether it comes as an archive.
    """

    name: str
    story: str
    work: dict[str, Files]
    late: timedelta = timedelta(hours=-20)
    archive: bool = False


@dataclass
class _Class:
    course: Course
    students: list[Student] = field(default_factory=list)

    def add(self, story: str, work: dict[str, Files], late_hours: float = -20, archive: bool = False) -> None:
        name = f"student-{len(self.students) + 1:02}"
        self.students.append(Student(name, story, work, timedelta(hours=late_hours), archive))

    def reference(self, assignment_id: str) -> Files:
        """The reference modules, without solution markers."""
        assignment, folder = self.course.assignment(assignment_id), self.course.folder(assignment_id)
        return {name: _without_markers((folder / name).read_text(encoding="utf-8")) for name in assignment.files}

    def stubs(self, assignment_id: str) -> Files:
        """What students are given."""
        assignment, folder = self.course.assignment(assignment_id), self.course.folder(assignment_id)
        return {name: stub((folder / name).read_text(encoding="utf-8"), name) for name in assignment.files}

    def variant(self, assignment_id: str) -> Files:
        """The first of the assignment's known right variants; the reference where there is none."""
        files = self.reference(assignment_id)
        folders = sorted(path for path in (self.course.folder(assignment_id) / "variants").glob("*") if path.is_dir())
        for name in files:
            if folders and (folders[0] / name).is_file():
                files[name] = (folders[0] / name).read_text(encoding="utf-8")
        return files

    def wrong(self, assignment_id: str, *edits: tuple[str, str, str]) -> Files:
        """The reference with edits `(file, before, after)`."""
        files = self.reference(assignment_id)
        for name, before, after in edits:
            files[name] = edit(files[name], before, after, f"{assignment_id}/{name}")
        return files


def demo_class(course: Course) -> list[Student]:
    """All students of the demo class."""
    room = _Class(course)
    _right_ones(room)
    _wrong_regressions(room)
    _wrong_classifications(room)
    _broken_ones(room)
    return room.students


def write_class(out: Path, course: Course) -> list[Student]:
    """Writes every submission below `out`: `<student>/<assignment>/`, or an archive for those that come as one.

    Raises:
        BadInput: `out` is not empty, or the course is the students' edition.
        AuthorError: an edit does not fit the reference any more.
    """
    if course.edition != "instructor":
        raise BadInput(f"{course.path}: the demo class is made from solutions/, which students do not have")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(f"{out}: is not an empty folder; choose another one, or remove it")
    students = demo_class(course)
    for student in students:
        for assignment_id, files in student.work.items():
            folder = out / student.name / assignment_id
            for name, text in files.items():
                write_atomically(folder / name, text)
            if student.archive:
                _replace_by_archive(folder, out, student.name, course.assignment(assignment_id))
            else:
                write_atomically(
                    folder / TIMESTAMP,
                    f"{_handed_in(course.assignment(assignment_id), student):%Y-%m-%d %H:%M:%S} UTC\n",
                )
    return students


def edit(source: str, before: str, after: str, where: str) -> str:
    """Replaces the one place where `before` stands.

    Raises:
        AuthorError: there is no such place, or more than one.
    """
    if source.count(before) != 1:
        raise AuthorError(
            f"{where}: the demo class expects {before!r} once, and it is there {source.count(before)} times"
        )
    return source.replace(before, after)


def _right_ones(room: _Class) -> None:
    room.add(
        "everything right",
        {"regression": room.reference("regression"), "classification": room.reference("classification")},
    )
    room.add(
        "everything right, in a style of its own",
        {
            "regression": {**room.reference("regression"), **demo_styles.REGRESSION},
            "classification": {**room.reference("classification"), **demo_styles.CLASSIFICATION},
        },
    )
    room.add("right, handed in as an archive", {"regression": room.variant("regression")}, archive=True)
    room.add("right, but two days late", {"regression": room.reference("regression")}, late_hours=30)


def _wrong_regressions(room: _Class) -> None:
    wrong = room.wrong
    room.add(
        "scales with what only the test rows know",
        {
            "regression": wrong(
                "regression",
                ("training.py", "MinMax().fit(X_train), MinMax().fit(y_train)", "MinMax().fit(X), MinMax().fit(y)"),
                ("scaling.py", "        shifted = ", "        self.fit(x)\n        shifted = "),
            )
        },
    )
    room.add(
        "compares (N,) with (N, 1) by broadcasting, and ends the network with a ReLU",
        {
            "regression": wrong(
                "regression",
                ("metrics.py", "dtype=np.float64).reshape(-1)", "dtype=np.float64)"),
                ("network.py", "nn.Linear(in_features, 1))", "nn.Linear(in_features, 1), nn.ReLU())"),
            )
        },
    )


def _wrong_classifications(room: _Class) -> None:
    wrong = room.wrong
    room.add(
        "predicts in training mode, and averages batch means",
        {
            "classification": wrong(
                "classification",
                ("training.py", "    model.eval()\n", ""),
                ("training.py", "total += loss.item() * len(labels)", "total += loss.item()"),
                ("training.py", "samples += len(labels)", "samples += 1"),
            )
        },
    )
    room.add(
        "puts the ReLU before the addition, and pixels between 0 and 1",
        {
            "classification": wrong(
                "classification",
                ("resnet.py", "self.relu(out + self.shortcut(x))", "self.relu(out) + self.shortcut(x)"),
                ("loaders.py", "/ 127.5 - 1", "/ 255"),
            )
        },
    )
    room.add(
        "freezes the new head, too, and keeps the last epoch for the best",
        {
            "classification": wrong(
                "classification",
                ("training.py", "copy.deepcopy(model.state_dict())", "model.state_dict()"),
                (
                    "transfer.py",
                    "        freeze(model)\n    return replace_head(model, num_classes)",
                    "        freeze(replace_head(model, num_classes))\n        return model\n"
                    "    return replace_head(model, num_classes)",
                ),
            )
        },
    )
    room.add(
        "only the loaders are written",
        {
            "classification": {
                **room.stubs("classification"),
                "loaders.py": room.reference("classification")["loaders.py"],
            }
        },
    )


def _broken_ones(room: _Class) -> None:
    regression = room.reference("regression")
    room.add("two files of seven", {"regression": {name: regression[name] for name in ("table.py", "scaling.py")}})
    room.add(
        "a syntax error in network.py",
        {
            "regression": room.wrong(
                "regression", ("network.py", "class MLPRegressor(nn.Module):", "class MLPRegressor(nn.Module)")
            )
        },
    )
    room.add(
        "one function ends the process, one module cannot be imported",
        {
            "regression": room.wrong(
                "regression",
                (
                    "baselines.py",
                    '    if score == "f_regression":',
                    '    import os\n\n    os._exit(0)\n    if score == "f_regression":',
                ),
                (
                    "network.py",
                    "import torch\n",
                    "import torch\n\nif not torch.cuda.is_available():\n    raise RuntimeError('no GPU')\n",
                ),
            )
        },
    )
    room.add(
        "a loop that never ends",
        {
            "regression": room.wrong(
                "regression",
                (
                    "training.py",
                    "    weights = model.linear",
                    "    while True:\n        pass\n    weights = model.linear",
                ),
            )
        },
    )
    room.add(
        "nothing written, but files that attack the grader", {"classification": _hostile(room.stubs("classification"))}
    )


def _hostile(stubs: Mapping[str, str]) -> Files:
    pass_all = (
        "import pytest\n\n\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport(item, call):\n"
        "    report = (yield).get_result()\n    report.outcome = 'passed'\n"
    )
    spoof = "class AlwaysEqual:\n    def __eq__(self, other):\n        return True\n"
    return {
        **stubs,
        "loaders.py": spoof
        + "\n\ndef normalize(images):\n    return AlwaysEqual()\n\n\nmake_loader = lambda *a, **k: AlwaysEqual()\n",
        "conftest.py": pass_all,
        "sitecustomize.py": "import os\n\nos.environ['GRADE'] = '100'\n",
        "pytest.ini": "[pytest]\naddopts = --collect-only\n",
        "torch.py": "def __getattr__(name):\n    return lambda *a, **k: True\n",
    }


def _without_markers(source: str) -> str:
    return "".join(line for line in source.splitlines(keepends=True) if not line.strip().endswith(" SOLUTION"))


def _handed_in(assignment: Assignment, student: Student) -> datetime:
    return ((assignment.due or datetime(2027, 1, 1, tzinfo=UTC)) + student.late).astimezone(UTC)


def _replace_by_archive(folder: Path, out: Path, student: str, assignment: Assignment) -> None:
    content = pack(folder, assignment).content
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.parent.rmdir()
    write_bytes_atomically(out / f"{student}_{assignment.id}.zip", content)
