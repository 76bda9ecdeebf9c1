"""A program whose verdict is known beforehand."""

from dataclasses import dataclass
from typing import Literal

from grader import fingerprint

Kind = Literal["reference", "variant", "mutant", "operator"]


@dataclass(frozen=True)
class Program:
    """A whole submission, known to be right or wrong.

    Attributes:
        kind: `reference` and `variant` are right; `mutant` and `operator` (a mutant made by rule) are wrong.
        module: the exercise it is about.
        name: unique within its kind and module.
        files: every file of the submission.
        exercises: those whose checks it is graded with.
        note: one sentence: what is unusual about it, or the mistake.
    """

    kind: Kind
    module: str
    name: str
    files: dict[str, bytes]
    exercises: tuple[str, ...]
    note: str = ""

    @property
    def id(self) -> str:
        return f"{self.kind}/{self.module}/{self.name}"

    @property
    def right(self) -> bool:
        return self.kind in ("reference", "variant")

    @property
    def fingerprint(self) -> str:
        return fingerprint.of_files(self.files)
