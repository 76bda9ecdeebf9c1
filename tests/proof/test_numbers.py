"""Shares, bounds, samples and the matrix."""

import math

import pytest

from grader.proof.evidence import Judged, Made, Noticed
from grader.proof.matrix import check_rows, dead_weight, thin_ice
from grader.proof.rates import Rate, percent, upper_bound
from grader.proof.sampling import spread
from grader.proof.shares import by_module, made_survived, rejected, survived
from grader.suite.checks import Check


def wilson(count: int, total: int) -> tuple[float, float]:
    """From the formula in Wilson's paper."""
    z, p = 1.959963984540054, count / total
    middle = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return middle - half, middle + half


@pytest.mark.parametrize(("count", "total"), [(0, 12), (1, 12), (28, 62), (62, 62)])
def test_intervals_are_wilsons(count, total):
    rate = Rate.of(count, total)
    assert (rate.low, rate.high) == pytest.approx(wilson(count, total), abs=1e-12)


def test_a_share_of_nothing_has_no_interval():
    assert Rate.of(0, 0) == Rate(count=0, total=0, low=None, high=None)


def test_the_bound_is_exact_and_near_the_rule_of_three():
    assert upper_bound(0, 200) == pytest.approx(1 - 0.05 ** (1 / 200))
    assert upper_bound(0, 200) == pytest.approx(3 / 200, rel=0.01)
    bound = upper_bound(2, 50)
    assert sum(math.comb(50, k) * bound**k * (1 - bound) ** (50 - k) for k in range(3)) == pytest.approx(0.05)
    assert upper_bound(0, 0) == upper_bound(3, 3) == 1.0


def test_percentages_keep_two_digits():
    assert [percent(share) for share in (0, 0.0149, 0.058, 0.334, 1)] == ["0 %", "1.5 %", "5.8 %", "33.4 %", "100 %"]


def test_a_sample_takes_from_every_module_and_stays_the_same():
    items = [f"{module}{number}" for module in "abc" for number in range(10)]
    chosen = spread(items, lambda item: item[0], 6, seed=1)
    assert sorted(item[0] for item in chosen) == list("aabbcc")
    assert chosen == spread(items, lambda item: item[0], 6, seed=1) != spread(items, lambda item: item[0], 6, seed=2)
    assert spread(items, lambda item: item[0], None, seed=1) == spread(items, lambda item: item[0], 99, seed=1) == items


def judged(name: str, *checks: str, kind="mutant", **more) -> Judged:
    noticed = [Noticed(check=check, title="", message="") for check in checks]
    return Judged(
        kind=kind, module="table", name=name, verdict="failed" if checks else "passed", noticed=noticed, **more
    )


def made(judgement=None) -> Made:
    return Made(rule="sign", function="f", line=1, old="-x", new="x", judgement=judgement)


CHECKS = [
    Check(f"hidden/test_table.py::test_{name}", "a", "table", name, "hidden", 1) for name in ("x[1]", "x[2]", "y", "z")
]
X, Y = "hidden/test_table.py::test_x", "hidden/test_table.py::test_y"
PROGRAMS = [
    judged("both", f"{X}[1]", f"{X}[2]", Y),
    judged("x_alone", f"{X}[2]"),
    judged("unproven", Y, invalid="its witness finds nothing broken"),
    judged("survives"),
    judged("made", Y, kind="operator", made=made()),
    judged("same", kind="operator", made=made("equivalent")),
    judged("wrongly_rejected", Y, kind="variant"),
    judged("right", kind="variant"),
]


def test_the_matrix_takes_parameters_together_and_leaves_out_what_does_not_count():
    rows = {row.check: row for row in check_rows(CHECKS, PROGRAMS)}
    assert list(rows) == [X, Y, "hidden/test_table.py::test_z"]
    assert rows[X].mutants == ["mutant/table/both", "mutant/table/x_alone"]
    assert rows[X].alone == ["mutant/table/x_alone"]
    assert (rows[Y].mutants, rows[Y].made) == (["mutant/table/both"], ["operator/table/made"])
    assert [row.check for row in dead_weight(rows.values())] == ["hidden/test_table.py::test_z"]
    assert [program.name for program in thin_ice(PROGRAMS)] == ["x_alone"]


def test_shares_count_what_counts():
    assert (survived(PROGRAMS).count, survived(PROGRAMS).total) == (1, 3)
    assert (rejected(PROGRAMS).count, rejected(PROGRAMS).total) == (1, 2)
    assert (made_survived(PROGRAMS).count, made_survived(PROGRAMS).total) == (0, 1)
    (row,) = by_module(["table", "scaling"], PROGRAMS)
    assert (row.survived, row.equivalent) == (survived(PROGRAMS), 1)


def test_what_is_as_it_should_be():
    wrong = [program.name for program in PROGRAMS if not program.as_it_should]
    assert wrong == ["unproven", "survives", "wrongly_rejected"]
