"""The result of grading one submission: the contract that `GRADES/results/<student>/<assignment>.json` follows.

`schema` counts up when a field changes its meaning or goes away; new optional fields leave it as it is.

A `status` says, of a check and of a submission as a whole:
    passed    everything asked for is there
    failed    points were lost
    blocked   (checks only) not run, because the check it builds on failed
    limit     a limit of time, memory, output or processes was hit
    error     the kit failed: there is no grade, and no points were lost
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from grader.course import IsolationLevel, Late
from grader.errors import BadInput

SCHEMA: Literal[1] = 1

Status = Literal["passed", "failed", "blocked", "limit", "error"]
Points = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class TestResult(_Model):
    """How one check came out.

    `message`, `hint` and `output` are for the student, as far as the feedback policy allows; `internal` says where the
    kit or the suite stumbled and is for the instructor alone.
    """

    __test__ = False  # not a test itself, whatever pytest thinks of its name

    id: str
    exercise: str
    title: str
    status: Status
    points: Points
    max_points: Points
    visibility: Literal["visible", "hidden"]
    message: str = ""
    hint: str = ""
    output: str = ""
    cpu_seconds: float = 0.0
    internal: str = ""


class ExerciseResult(_Model):
    """Points of one exercise."""

    id: str
    score: Points
    max_score: Points


class Result(_Model):
    """The grade of one submission, and everything that explains it.

    Attributes:
        score: points after the deduction for lateness; None when the kit failed and there is no grade.
        raw_score: points before it.
        problems: sentences about the submission as a whole, e.g. why an archive was refused.
        internal: for the instructor only, why the kit failed.
        official: whether it was graded at the isolation level that the course asks for, or above.
        suite, submission: SHA-256 of the checks and of the files that were graded.
        address: SHA-256 of everything that the grade depends on; equal addresses, equal grades.
        data: where each data set came from, e.g. `{"pathmnist": "phantom"}`.
    """

    schema_version: Literal[1] = Field(default=SCHEMA, alias="schema")
    student: str
    assignment: str
    score: Points | None
    raw_score: Points | None
    max_score: Points
    status: Status
    problems: list[str] = []
    internal: str = ""
    submitted_at: AwareDatetime | None = None
    late: Late = Late()
    isolation: IsolationLevel
    official: bool = True
    device: str = "cpu"
    seed: int
    suite: str
    submission: str
    address: str = ""
    environment: dict[str, str] = {}
    data: dict[str, str] = {}
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    exercises: list[ExerciseResult] = []
    tests: list[TestResult] = []

    @model_validator(mode="after")
    def _no_grade_only_by_the_kits_fault(self) -> "Result":
        if (self.score is None) != (self.raw_score is None):
            raise ValueError("score and raw_score must both be there, or both be missing")
        if self.score is None and self.status != "error":
            raise ValueError("score may be missing only when status is 'error'")
        return self

    @property
    def graded(self) -> bool:
        """Whether there is a grade: false when the kit failed."""
        return self.status != "error"

    def with_lateness(self, late: Late) -> "Result":
        """The same result with the deduction for `late` in place of the one it had."""
        score = None if self.raw_score is None else round(self.raw_score * (1 - late.penalty), 2)
        return self.model_copy(update={"late": late, "score": score})

    def to_json(self) -> str:
        """The text of a result file."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, where: str = "result") -> "Result":
        """Reads what `to_json` wrote.

        Raises:
            BadInput: it is damaged or of another version; the message starts with `where`.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            reason = f"{field}: {first['msg']}" if field else first["msg"]
            raise BadInput(f"{where}: is not a result of this kit ({reason}); remove it to grade again") from error
