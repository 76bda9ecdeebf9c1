"""Which programs a proof is about: the reference, variants, mutants, and mutants made by rule."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader import fingerprint
from grader.errors import AuthorError
from grader.proof.bank import Bank, Mutant
from grader.proof.options import Options
from grader.proof.programs import Program
from grader.proof.sampling import spread
from grader.proof.triage import Survivor, key_of

if TYPE_CHECKING:
    from grader.proof.operators.changes import Change


@dataclass(frozen=True)
class Candidate:
    """A program with all that is known about it before it is graded."""

    program: Program
    mutant: Mutant | None = None
    change: "Change | None" = None
    listed: Survivor | None = None


def choose(bank: Bank, survivors: Sequence[Survivor], options: Options) -> tuple[list[Candidate], list[str]]:
    """The programs to grade, and sentences about listed survivors that no rule makes any more."""
    reference = bank.reference
    if options.modules:
        reference = replace(reference, exercises=options.modules)
    variants = [Candidate(program) for program in bank.variants]
    mutants = [Candidate(mutant.program, mutant=mutant) for mutant in bank.mutants]
    made, stale = _made(bank, survivors) if options.operators else ([], [])
    chosen = [Candidate(reference)] if options.reference and options.wants(reference) else []
    for group in (variants, mutants, made):
        wanted = [candidate for candidate in group if options.wants(candidate.program)]
        chosen += spread(wanted, lambda candidate: candidate.program.module, options.sample, options.seed)
    return chosen, stale


def _made(bank: Bank, survivors: Sequence[Survivor]) -> tuple[list[Candidate], list[str]]:
    listed = {survivor.key: survivor for survivor in survivors}
    changes = _rules()
    found = []
    for module in bank.reference.exercises:
        file = f"{module}.py"
        for change in changes(bank.reference.files[file].decode()):
            digest = fingerprint.of_settings(key_of(module, change))[:6]
            files = {**bank.reference.files, file: change.source.encode()}
            program = Program("operator", module, f"{change.rule}-{digest}", files, (module,), str(change))
            found.append(Candidate(program, change=change, listed=listed.pop(key_of(module, change), None)))
    stale = [
        f"survivors.yml: {key[0]}: {key[2]} in {key[1]} ({key[3]} -> {key[4]}) is made no more; remove it"
        for key in listed
    ]
    return found, stale


def _rules() -> "Callable[[str], list[Change]]":
    try:
        from grader.proof.operators import changes
    except ImportError as error:
        raise AuthorError(
            f"mutants made by rule need a package that is not installed ({error.name}): "
            "pip install 'biomed-grader[author]', or give --no-operators"
        ) from error
    return changes
