"""Which check notices which mutant."""

from collections.abc import Iterable, Sequence

from grader.proof.evidence import CheckRow, Judged
from grader.suite.checks import Check


def base(check_id: str) -> str:
    """A check's id without its parameters: `hidden/test_table.py::test_x[3]` is `hidden/test_table.py::test_x`."""
    return check_id.partition("[")[0]


def noticed_by(judged: Judged) -> list[str]:
    """The checks that a program does not pass, without parameters, each once."""
    return list(dict.fromkeys(base(noticed.check) for noticed in judged.noticed))


def check_rows(checks: Iterable[Check], programs: Sequence[Judged]) -> list[CheckRow]:
    """One row for each check, in the suite's order; programs that do not count are left out."""
    wrong = [judged for judged in programs if not judged.right and not judged.invalid]
    rows: dict[str, CheckRow] = {}
    for check in checks:
        row = CheckRow(check=base(check.id), module=check.exercise, title=check.title, mutants=[], made=[], alone=[])
        rows.setdefault(row.check, row)
    for judged in wrong:
        names = noticed_by(judged)
        for name in names:
            row = rows[name]
            (row.mutants if judged.kind == "mutant" else row.made).append(judged.id)
            if len(names) == 1:
                row.alone.append(judged.id)
    return list(rows.values())


def dead_weight(rows: Iterable[CheckRow]) -> list[CheckRow]:
    """Checks that notice no mutant of any kind."""
    return [row for row in rows if not row.mutants and not row.made]


def thin_ice(programs: Iterable[Judged]) -> list[Judged]:
    """Mutants that one check alone notices."""
    return [j for j in programs if j.kind == "mutant" and not j.invalid and len(noticed_by(j)) == 1]
