"""What a proof has to say: what is wrong, and what its author should know besides."""

from collections.abc import Iterable, Sequence

from grader.proof.bank import Bank
from grader.proof.evidence import Judged
from grader.proof.options import Options
from grader.suite.checks import Check

WANTED_MUTANTS, WANTED_VARIANTS = 12, 5
"""Below these numbers, a module's rates say little."""


def problems(programs: Iterable[Judged]) -> list[str]:
    """Everything that is not as it should be."""
    found = []
    for judged in programs:
        if judged.as_it_should:
            continue
        first = judged.noticed[0] if judged.noticed else None
        if judged.verdict == "error":
            last = (judged.internal.splitlines() or ["unknown"])[-1]
            found.append(f"{judged.id}: the kit could not grade it: {last}")
        elif judged.invalid:
            found.append(f"{judged.id}: does not count: {judged.invalid}")
        elif judged.equivalent and first:
            found.append(f"{judged.id}: is listed as equivalent, and {first.check} rejects it: {first.message}")
        elif judged.right and first:
            found.append(f"{judged.id}: is right, and {first.check} rejects it: {first.message}")
        elif judged.right:
            found.append(f"{judged.id}: is right, and loses points")
        elif judged.made and judged.made.judgement == "hole":
            found.append(f"{judged.id}: survives, a known hole: {judged.made.reason}")
        else:
            found.append(f"{judged.id}: survives: {judged.note}")
    return found


def remarks(programs: Sequence[Judged], checks: Sequence[Check], bank: Bank, options: Options) -> list[str]:
    names = {(check.exercise, check.name) for check in checks}
    found = []
    for judged in programs:
        if judged.kind != "mutant" or judged.invalid:
            continue
        seen = {noticed.check.rpartition("::")[2].partition("[")[0] for noticed in judged.noticed}
        if (judged.module, judged.expected) not in names:
            found.append(f"{judged.id}: there is no check {judged.expected!r}; name the one that notices it")
        elif seen and judged.expected not in seen and not options.first_failure:
            found.append(f"{judged.id}: noticed by {', '.join(sorted(seen))}, not by {judged.expected}")
    if options.complete:
        for module in bank.reference.exercises:
            mutants = sum(mutant.program.module == module for mutant in bank.mutants)
            variants = sum(program.module == module for program in bank.variants)
            if mutants < WANTED_MUTANTS or variants < WANTED_VARIANTS:
                found.append(
                    f"{module}: {mutants} mutants and {variants} variants; "
                    f"{WANTED_MUTANTS} and {WANTED_VARIANTS} are wanted"
                )
    return found
