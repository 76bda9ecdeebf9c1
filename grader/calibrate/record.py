"""calibration.json: what the reference reached in an assignment's calibrated tasks, and the thresholds that follow.

It lies in `solutions/<assignment>/`, is written by `grader calibrate` and read by the hidden checks. `schema` counts up
when a field changes its meaning or goes away.
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.errors import AuthorError

SCHEMA: Literal[1] = 1
FILE_NAME = "calibration.json"
RUNS = 3
"""How many independent runs of a submission must all fall below the threshold before a check fails."""

Number = Annotated[float, Field(allow_inf_nan=False)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Chances(_Model):
    """Bounds for the chance that a right program falls below the threshold in one, two and three independent runs.

    Attributes:
        with_tail: with 99 % confidence, if the tail is no heavier than that of Student's t with 3 degrees of freedom.
        any_distribution: before the calibration is drawn, whatever the distribution.
    """

    with_tail: Annotated[list[Number], Field(min_length=RUNS, max_length=RUNS)]
    any_distribution: Annotated[list[Number], Field(min_length=RUNS, max_length=RUNS)]


class Control(_Model):
    """The same runs with permuted targets.

    Attributes:
        bound: how high such a run may rise, as `threshold` is how low a right one may fall.
    """

    values: tuple[Number, ...]
    mean: Number
    max: Number
    bound: Number


class TaskRecord(_Model):
    """What is known about one task.

    Attributes:
        steps: the budget in optimiser steps.
        seeds, values: one per run of the reference.
        sd: the spread of the values, divided by n - 1.
        false_fail: of a right program at `threshold`.
        cpu_seconds: of the worker for one run and one control, on average.
        fingerprint: SHA-256 of what the values depend on (sources.py).
    """

    metric: str
    steps: int
    seeds: tuple[int, ...]
    values: tuple[Number, ...]
    mean: Number
    sd: Number
    min: Number
    threshold: Number
    false_fail: Chances
    control: Control
    cpu_seconds: Number
    fingerprint: str


class Calibration(_Model):
    """The file.

    Attributes:
        versions: of the kit, torch and numpy it was made with.
        tasks: by name.
    """

    schema_version: Literal[1] = Field(default=SCHEMA, alias="schema")
    assignment: str
    made: date
    versions: dict[str, str]
    tasks: dict[str, TaskRecord]

    def to_json(self) -> str:
        """The text of the file."""
        return self.model_dump_json(by_alias=True, indent=1) + "\n"


def read_calibration(folder: Path) -> Calibration:
    """The calibration of an assignment in `solutions/`.

    Raises:
        AuthorError: it is missing, damaged or of another schema; the message names the command to run.
    """
    path = folder / FILE_NAME
    try:
        return Calibration.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise AuthorError(f"{path}: is missing; {cure(folder)}") from None
    except OSError as error:
        raise AuthorError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = f"{where}: {first['msg']}" if where else first["msg"]
        raise AuthorError(f"{path}: is no calibration of this kit ({reason}); {cure(folder)}") from error


def cure(folder: Path) -> str:
    """What to do about a calibration that is of no use."""
    return f"run `grader calibrate {folder.name}`"
