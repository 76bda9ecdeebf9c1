"""Pictures of a proof, as SVG that follows the page's colours."""

from collections.abc import Sequence
from html import escape

from grader.proof.evidence import CheckRow, Judged
from grader.proof.matrix import noticed_by
from grader.proof.rates import Rate

_CELL = 15
_LETTER = 6.1
_WIDTH = 120


def matrix(mutants: Sequence[Judged], checks: Sequence[CheckRow]) -> str:
    """Mutants as rows, checks as columns, a filled cell where a check notices a mutant."""
    left = 14 + _LETTER * max(len(judged.name) for judged in mutants)
    top = 14 + _LETTER * 0.75 * max(len(_short(check)) for check in checks)
    right = top * 0.75
    width, height = left + _CELL * len(checks) + right, top + _CELL * len(mutants) + 4
    columns = "".join(_column(check, left + _CELL * i, top, len(mutants)) for i, check in enumerate(checks))
    rows = "".join(_row(judged, checks, left, top + _CELL * i) for i, judged in enumerate(mutants))
    return (
        f'<svg class="matrix" role="img" aria-label="mutants and the checks that notice them" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">{columns}{rows}</svg>'
    )


def interval(rate: Rate) -> str:
    """A share and its interval on a line from 0 to 1."""
    assert rate.low is not None
    assert rate.high is not None
    share = rate.count / rate.total
    low, high, at = (3 + (_WIDTH - 6) * value for value in (rate.low, rate.high, share))
    kind = "bad" if rate.count else "good"
    return (
        f'<svg class="interval {kind}" width="{_WIDTH}" height="14" viewBox="0 0 {_WIDTH} 14" aria-hidden="true">'
        f'<line class="axis" x1="3" y1="7" x2="{_WIDTH - 3}" y2="7"/>'
        f'<line class="range" x1="{low:.1f}" y1="7" x2="{high:.1f}" y2="7"/>'
        f'<circle cx="{at:.1f}" cy="7" r="3.5"/></svg>'
    )


def _column(check: CheckRow, x: float, top: float, rows: int) -> str:
    middle = x + _CELL / 2
    kind = "" if check.mutants else " idle"
    visible = " visible" if check.check.startswith("tests/") else ""
    return (
        f'<g class="column{kind}{visible}"><title>{escape(check.check)}: {escape(check.title)}</title>'
        f'<rect x="{x:.0f}" y="{top:.0f}" width="{_CELL}" height="{_CELL * rows}"/>'
        f'<text transform="translate({middle + 3:.0f} {top - 5:.0f}) rotate(-50)">{escape(_short(check))}</text></g>'
    )


def _row(judged: Judged, checks: Sequence[CheckRow], left: float, y: float) -> str:
    noticed = noticed_by(judged)
    kind = " passes" if judged.verdict == "passed" else " thin" if len(noticed) == 1 else ""
    cells = "".join(_cell(judged, check, left + _CELL * i, y, check.check in noticed) for i, check in enumerate(checks))
    name = f'<text x="{left - 6:.0f}" y="{y + 11:.0f}" text-anchor="end">{escape(judged.name)}</text>'
    return f'<g class="row{kind}"><title>{escape(judged.note)}</title>{name}</g>{cells}'


def _cell(judged: Judged, check: CheckRow, x: float, y: float, noticed: bool) -> str:
    expected = check.check.rpartition("::")[2] == judged.expected
    if not noticed and not expected:
        return ""
    kind = " ".join(word for word, holds in (("noticed", noticed), ("expected", expected)) if holds)
    tip = f"{judged.name}: {check.title}"
    return (
        f'<rect class="cell {kind}" x="{x + 2:.0f}" y="{y + 2:.0f}" width="{_CELL - 4}" height="{_CELL - 4}" rx="2">'
        f"<title>{escape(tip)}</title></rect>"
    )


def _short(check: CheckRow) -> str:
    return check.check.rpartition("::")[2].removeprefix("test_")
