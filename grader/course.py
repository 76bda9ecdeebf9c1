"""course.yml: what is taught, what it is worth, when it is due and what student code may use up.

`load_course` reads it into the models below. They are strict: an unknown key, a number where text belongs or a
date without a time zone is a `CourseError` with one line per mistake, such as
`course.yml: assignments[2].exercises[0].points: must be positive, got -3 (allowed: a number above 0)`.

There are two editions. The instructor's stands at the root of the repository, beside `solutions/`. The students'
is written by `grader release` to `assignments/course.yml`; in it every exercise also says how many checks are hidden.
"""

import math
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from grader.course_errors import one_line_per_mistake, unknown_key
from grader.course_yaml import read_yaml
from grader.data import entries
from grader.errors import CourseError

FILE_NAME = "course.yml"

IsolationLevel = Literal["full", "landlock", "none"]
DataSource = Literal["real", "phantom", "auto"]
FeedbackPart = Literal["title", "message", "hint", "output"]

_CHECK_ID = re.compile(r"(tests|hidden)/test_(?P<exercise>[a-z][a-z0-9_]*)\.py::test_\w+(\[.+\])?")


def _instant(value: object) -> datetime:
    """A date with time and zone from ISO 8601 text, e.g. `2027-02-28T23:59:00+01:00`."""
    allowed = "(allowed: date, time and zone, such as 2027-02-28T23:59:00+01:00)"
    moment = value if isinstance(value, datetime) else None
    if isinstance(value, str):
        with suppress(ValueError):
            moment = datetime.fromisoformat(value)
    if moment is None:
        raise PydanticCustomError("date", f"must be a date, got {value!r} {allowed}")
    if moment.tzinfo is None:
        raise PydanticCustomError("date", f"has no time zone, got {value!s} {allowed}")
    return moment


def _name(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[a-z][a-z0-9_-]*", value):
        allowed = "(allowed: a to z, digits, _ and -, starting with a letter)"
        raise PydanticCustomError("name", f"is not a valid name, got {value!r} {allowed}")
    return value


def _module_name(value: object) -> object:
    if isinstance(value, str):
        if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
            allowed = "(allowed: a to z, digits and _, starting with a letter)"
            raise PydanticCustomError("name", f"is not a valid module name, got {value!r} {allowed}")
        if value in sys.stdlib_module_names:
            raise PydanticCustomError("name", f"{value!r} would hide Python's own module; choose another name")
    return value


def _glob(value: object) -> object:
    if isinstance(value, str) and (not value or value.startswith(("/", "~")) or ".." in value or "\\" in value):
        allowed = "(allowed: a pattern inside the submission, such as 'figures/*.png')"
        raise PydanticCustomError("glob", f"leads out of the submission, got {value!r} {allowed}")
    return value


Name = Annotated[str, BeforeValidator(_name)]
ModuleName = Annotated[str, BeforeValidator(_module_name)]
Glob = Annotated[str, BeforeValidator(_glob)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Text = Annotated[str, Field(min_length=1)]
Positive = Annotated[float, Field(gt=0)]
PositiveCount = Annotated[int, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class _Section(BaseModel):
    """A part of course.yml: no unknown keys, no conversions, no infinities."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys_only(cls, data: Any) -> Any:
        if isinstance(data, dict):
            allowed = [field.alias or name for name, field in cls.model_fields.items()]
            for key in data:
                if key not in allowed:
                    raise unknown_key(key, allowed)
        return data

    def overridden_by(self, other: "_Section | None") -> Any:
        """A copy in which the keys that `other` was given replace this section's."""
        if other is None:
            return self.model_copy()
        return self.model_copy(update={key: getattr(other, key) for key in other.model_fields_set})


class CheckLimits(_Section):
    """What a single check may use up."""

    cpu_seconds: Positive = 20
    wall_seconds: Positive = 60
    output_kb: Positive = 64


class Limits(CheckLimits):
    """What one check (the first three) and one submission (the rest) may use up."""

    memory_mb: PositiveCount = 3000
    processes: PositiveCount = 64
    scratch_mb: PositiveCount = 256
    submission_cpu_seconds: Positive = 300
    files: PositiveCount = 200
    submission_mb: Positive = 20


class FeedbackPolicy(_Section):
    """What a student is shown of a hidden check, before and after the due date."""

    before_due: list[FeedbackPart] = ["title"]
    after_due: list[FeedbackPart] = ["title", "message", "hint"]


class LatePolicy(_Section):
    """How lateness lowers a score.

    `per_day` is the share of the score lost for every day begun, `at_most` the largest share lost that way; a
    submission later than `cutoff_days` counts nothing.
    """

    grace_minutes: Annotated[float, Field(ge=0)] = 0
    per_day: Fraction = 0
    at_most: Fraction = 1
    cutoff_days: Positive | None = None


class Late(BaseModel):
    """How late a submission was, in days begun, and the share of its score that this costs."""

    days: int = 0
    penalty: float = 0


class HiddenPart(_Section):
    """How much of an exercise the hidden checks hold (students' edition only)."""

    checks: Annotated[int, Field(ge=0)]
    weight: Annotated[float, Field(ge=0)]
    points: Annotated[float, Field(ge=0)]


class Exercise(_Section):
    """One module that students write, and what it is worth."""

    id: ModuleName
    points: Positive
    title: Text | None = None
    hidden: HiddenPart | None = None

    @property
    def file(self) -> str:
        """The file a student hands in for it, e.g. `table.py`."""
        return f"{self.id}.py"


class CheckSettings(_Section):
    """What one check has of its own."""

    limits: CheckLimits


class Assignment(_Section):
    """Exercises that are handed in together.

    `edition` is raised when the task itself changes. Notebooks bear it, so that an old one can be told.
    After `load_course`, `limits`, `feedback`, `late` and `data` hold the course's settings with the assignment's own
    on top.
    """

    id: Name
    title: Text
    edition: PositiveCount = 1
    due: Instant | None = None
    exercises: Annotated[list[Exercise], Field(min_length=1)]
    extra_files: list[Glob] = []
    limits: Limits | None = None
    feedback: FeedbackPolicy | None = None
    late: LatePolicy | None = None
    data: dict[str, DataSource] = {}
    checks: dict[str, CheckSettings] = {}

    @property
    def max_score(self) -> float:
        """The points of all its exercises."""
        return sum(exercise.points for exercise in self.exercises)

    @property
    def files(self) -> list[str]:
        """The files that a student is expected to hand in."""
        return [exercise.file for exercise in self.exercises]

    @property
    def notebook(self) -> str:
        """The notebook that holds the same exercises in cells."""
        return f"{self.id}.ipynb"

    def exercise(self, exercise_id: str) -> Exercise:
        """The exercise of that name; `CourseError` when there is none."""
        return _named(exercise_id, self.exercises, f"exercise in assignment {self.id!r}")

    def limits_for(self, check_id: str | None = None) -> Limits:
        """What the check `check_id` (`hidden/test_table.py::test_x`) may use up."""
        own = self.checks.get(check_id or "")
        return (self.limits or Limits()).overridden_by(own.limits if own else None)

    def lateness(self, submitted_at: datetime | None) -> Late:
        """How late something handed in at `submitted_at` is; nothing is late without a due date."""
        if self.due is None or submitted_at is None:
            return Late()
        return self.lateness_after(submitted_at - self.due)

    def lateness_after(self, delay: timedelta) -> Late:
        """How late something handed in that long after the due date is."""
        policy = self.late or LatePolicy()
        if delay <= timedelta(minutes=policy.grace_minutes):
            return Late()
        days = math.ceil(delay / timedelta(days=1))
        if policy.cutoff_days is not None and delay > timedelta(days=policy.cutoff_days):
            return Late(days=days, penalty=1)
        return Late(days=days, penalty=min(policy.at_most, round(policy.per_day * days, 10)))

    def late_penalty(self, submitted_at: datetime | None) -> float:
        """The share of the score, 0 to 1, that handing in at `submitted_at` costs."""
        return self.lateness(submitted_at).penalty

    def feedback_parts(self, now: datetime) -> list[FeedbackPart]:
        """What a student is shown of a hidden check at the time `now`."""
        policy = self.feedback or FeedbackPolicy()
        return policy.before_due if self.due is not None and now <= self.due else policy.after_due


class About(_Section):
    """The course's name."""

    id: Name
    title: Text


class Course(_Section):
    """The whole of course.yml."""

    schema_version: Literal[1] = Field(alias="schema")
    edition: Literal["instructor", "student"] = "instructor"
    about: About = Field(alias="course")
    isolation: IsolationLevel = "full"
    limits: Limits = Limits()
    feedback: FeedbackPolicy = FeedbackPolicy()
    late: LatePolicy = LatePolicy()
    data: dict[str, DataSource] = {}
    assignments: Annotated[list[Assignment], Field(min_length=1)]

    _path: Path = PrivateAttr(default=Path(FILE_NAME))

    @model_validator(mode="after")
    def _hand_down_settings(self) -> "Course":
        for assignment in self.assignments:
            assignment.limits = self.limits.overridden_by(assignment.limits)
            assignment.feedback = self.feedback.overridden_by(assignment.feedback)
            assignment.late = self.late.overridden_by(assignment.late)
            assignment.data = {**self.data, **assignment.data}
        return self

    @property
    def path(self) -> Path:
        """The file it was read from."""
        return self._path

    @property
    def root(self) -> Path:
        """The folder that holds course.yml."""
        return self._path.parent

    def assignment(self, assignment_id: str) -> Assignment:
        """The assignment of that name; `CourseError` when there is none."""
        return _named(assignment_id, self.assignments, "assignment")

    def folder(self, assignment_id: str) -> Path:
        """Where that assignment's files are: `solutions/<id>` for instructors, `<id>` for students."""
        parent = self.root / "solutions" if self.edition == "instructor" else self.root
        return parent / self.assignment(assignment_id).id

    def limits_for(self, assignment_id: str, check_id: str | None = None) -> Limits:
        """What a check may use up: the course's limits, then the assignment's, then the check's own."""
        return self.assignment(assignment_id).limits_for(check_id)


def load_course(path: Path | str) -> Course:
    """Reads `course.yml`, given its path or its folder.

    Raises:
        CourseError: with one line for every mistake.
    """
    path = Path(path)
    if path.is_dir():
        path = path / FILE_NAME
    data = read_yaml(path)
    try:
        course = Course.model_validate(data)
    except ValidationError as error:
        raise CourseError("\n".join(one_line_per_mistake(path.name, error))) from error
    course._path = path.resolve()
    mistakes = [f"{path.name}: {line}" for line in (*_duplicates(course), *_wrong_checks(course), *_wrong_data(course))]
    if mistakes:
        raise CourseError("\n".join(mistakes))
    return course


def find_course(start: Path | str) -> Path | None:
    """The nearest `course.yml` at or above `start`, or None."""
    start = Path(start).resolve()
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


def _named(wanted: str, items: list[Any], what: str) -> Any:
    for item in items:
        if item.id == wanted:
            return item
    raise CourseError(f"there is no {what} called {wanted!r} (allowed: {', '.join(item.id for item in items)})")


def _duplicates(course: Course) -> Iterable[str]:
    def among(items: list[Any], where: str) -> Iterable[str]:
        seen: dict[str, int] = {}
        for index, item in enumerate(items):
            if item.id in seen:
                yield f"{where}[{index}].id: {item.id!r} is used twice, first in {where}[{seen[item.id]}]"
            seen.setdefault(item.id, index)

    yield from among(course.assignments, "assignments")
    for index, assignment in enumerate(course.assignments):
        yield from among(assignment.exercises, f"assignments[{index}].exercises")


def _wrong_checks(course: Course) -> Iterable[str]:
    """Limits for checks that do not exist; whether they do is seen only where the suites are."""
    for index, assignment in enumerate(course.assignments):
        for check_id in assignment.checks:
            where = f"assignments[{index}].checks[{check_id!r}]"
            match = _CHECK_ID.fullmatch(check_id)
            if match is None:
                yield f"{where}: is not the name of a check (allowed: such as hidden/test_table.py::test_x)"
            elif match["exercise"] not in [exercise.id for exercise in assignment.exercises]:
                yield f"{where}: there is no exercise {match['exercise']!r} in assignment {assignment.id!r}"
            elif course.folder(assignment.id).is_dir() and not _defined(course.folder(assignment.id), check_id):
                yield f"{where}: there is no such check in {course.folder(assignment.id).name}/"


def _defined(folder: Path, check_id: str) -> bool:
    file, _, function = check_id.partition("::")
    path = folder / file
    name = re.escape(function.partition("[")[0])
    return path.is_file() and re.search(rf"^def {name}\(", path.read_text(encoding="utf-8"), re.M) is not None


def _wrong_data(course: Course) -> Iterable[str]:
    known = [entry.name for entry in entries()]
    places = [("data", course.data)]
    places += [(f"assignments[{index}].data", item.data) for index, item in enumerate(course.assignments)]
    reported = set()
    for where, data in places:
        for name in data:
            if name not in known and name not in reported:
                reported.add(name)
                close = get_close_matches(name, known, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                yield f"{where}.{name}: there is no such data set{hint} (allowed: {', '.join(known)})"
