"""What to prove, and how."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from grader.course import IsolationLevel
from grader.proof.programs import Program


@dataclass(frozen=True)
class Options:
    """What to prove, and how.

    Attributes:
        store: the folder of remembered results; None remembers nothing.
        modules: these exercises alone; all when empty.
        keywords: programs whose id (`mutant/table/id_kept`) contains one of them; all when empty.
        sample: at most so many mutants, as many variants, and as many mutants made by rule.
        reference: whether to grade the reference, too.
        operators: whether to make mutants by rule.
        first_failure: stop at the first check that notices a mutant; the matrix then says little.
        times: how often the right programs are graded for stability; 0 leaves it out.
    """

    level: IsolationLevel
    jobs: int = 1
    store: Path | None = None
    modules: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    sample: int | None = None
    seed: int = 0
    reference: bool = True
    operators: bool = True
    first_failure: bool = False
    times: int = 0
    force: bool = False

    @property
    def complete(self) -> bool:
        part = self.modules or self.keywords or self.sample is not None
        return not part and self.operators and self.reference

    def wants(self, program: Program) -> bool:
        """Whether a program is among the modules and has one of the keywords."""
        among = not self.modules or any(module in self.modules for module in program.exercises)
        return among and (not self.keywords or any(keyword in program.id for keyword in self.keywords))


class Watcher(Protocol):
    """Is told how a proof gets on."""

    def stage(self, name: str, total: int) -> None: ...
    def at(self, what: str) -> None: ...
    def advance(self) -> None: ...
