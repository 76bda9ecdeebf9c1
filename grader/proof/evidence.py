"""What a proof found: the contract of `proof.json`.

`schema` counts up when a field changes its meaning or goes away.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from grader.proof.programs import Kind
from grader.proof.rates import Rate
from grader.proof.triage import Judgement

SCHEMA: Literal[1] = 1


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Noticed(_Model):
    """A check that a program did not pass, and what a student would have read."""

    check: str
    title: str
    message: str
    hint: str = ""


class Made(_Model):
    """How a mutant made by rule differs from the reference, and what an author found when looking at it."""

    rule: str
    function: str
    line: int
    old: str
    new: str
    nth: int = 1
    judgement: Judgement | None = None
    reason: str = ""


class Judged(_Model):
    """A program and its verdict.

    Attributes:
        note: the mistake, or what is unusual.
        contract, expected, witness: of a mutant: the sentence it breaks, the check that should notice, its witness.
        blind, base: of a mutant: whether its author had not read the suite; the variant it is an edit of.
        testimony: what the witness found broken; None when it found nothing, or was not asked.
        verdict: `passed` when no point was lost; `error` when the kit could not tell.
        invalid: why the program does not count, in a sentence; empty when it does.
        noticed: the checks that it did not pass, in the suite's order.
    """

    kind: Kind
    module: str
    name: str
    note: str = ""
    contract: str = ""
    expected: str = ""
    witness: str = ""
    blind: bool = False
    base: str = ""
    testimony: str | None = None
    made: Made | None = None
    verdict: Literal["passed", "failed", "error"]
    invalid: str = ""
    noticed: list[Noticed] = []
    internal: str = ""
    seed: int = 0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0

    @property
    def id(self) -> str:
        return f"{self.kind}/{self.module}/{self.name}"

    @property
    def equivalent(self) -> bool:
        return self.made is not None and self.made.judgement == "equivalent"

    @property
    def right(self) -> bool:
        """Whether it must pass."""
        return self.kind in ("reference", "variant") or self.equivalent

    @property
    def as_it_should(self) -> bool:
        return not self.invalid and self.verdict == ("passed" if self.right else "failed")


class ModuleRates(_Model):
    """The rates of one module.

    Attributes:
        survived: mutants that no check noticed.
        rejected: the reference and the variants, those that lost a point.
        made_survived: mutants made by rule that no check noticed, without those judged equivalent.
        equivalent: how many of the mutants made by rule were judged so.
    """

    module: str
    survived: Rate
    rejected: Rate
    made_survived: Rate
    equivalent: int


class CheckRow(_Model):
    """What one check notices, its parameters taken together.

    Attributes:
        mutants, made: ids of the mutants, and of those made by rule, that it does not let pass.
        alone: those among them that no other check notices.
    """

    check: str
    module: str
    title: str
    mutants: list[str]
    made: list[str]
    alone: list[str]


class Stability(_Model):
    """The right programs, graded again and again with other inputs.

    Attributes:
        lost: `program: check: message` for every point that was lost.
        bound: the share of gradings that lose a point is below this, with 95 % confidence (Clopper-Pearson).
    """

    programs: int
    times: int
    gradings: int
    checks: int
    failures: int
    lost: list[str]
    bound: float


class Proof(_Model):
    """The rates of one assignment's suite, and all that they rest on.

    Attributes:
        blind_survived: the mutants among those whose author had not read the suite.
        problems: why the proof does not hold, a sentence each; empty when it does.
        remarks: what an author should know besides.
        cpu_seconds: of the programs that were graded, remembered ones included.
    """

    schema_version: Literal[1] = Field(default=SCHEMA, alias="schema")
    assignment: str
    kit: str
    isolation: str
    sample: int | None
    sample_seed: int
    complete: bool
    first_failure: bool
    survived: Rate
    blind_survived: Rate
    rejected: Rate
    made_survived: Rate
    modules: list[ModuleRates]
    checks: list[CheckRow]
    stability: Stability | None = None
    problems: list[str]
    remarks: list[str]
    cpu_seconds: float
    wall_seconds: float
    programs: list[Judged]

    @property
    def holds(self) -> bool:
        return not self.problems
