"""A proof as one HTML page that needs nothing else."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from grader.proof.evidence import Judged, ModuleRates, Proof
from grader.proof.matrix import dead_weight, noticed_by, thin_ice
from grader.proof.picture import interval, matrix
from grader.proof.rates import Rate, percent

_STYLE = Path(__file__).with_name("page.css")


def page(proof: Proof) -> str:
    """The page's HTML."""
    parts = [_summary(proof), _modules(proof), _list("What is wrong", proof.problems, "problem"), _matrices(proof)]
    if not proof.first_failure:
        parts += [_dead(proof), _thin(proof)]
    parts += [_messages(proof), _made(proof), _list("Remarks", proof.remarks, "remark"), _how_to_read(proof)]
    title = f"Proof of {proof.assignment}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{_STYLE.read_text(encoding='utf-8')}</style></head>\n<body><main>\n"
        f"<h1>{escape(title)}</h1>\n" + "\n".join(part for part in parts if part) + "\n</main></body></html>\n"
    )


def _summary(proof: Proof) -> str:
    verdict = "holds" if proof.holds else "does not hold"
    stability = proof.stability
    tiles = [
        _tile("wrong programs passed", proof.survived, "mutants, each with a witness", _blind(proof)),
        _tile("right programs failed", proof.rejected, "the reference and variants"),
        _tile("rule-made mutants passed", proof.made_survived, "without those judged equivalent"),
    ]
    if stability:
        bound = f"below {percent(stability.bound)} of gradings (95 %)"
        tiles.append(
            _box(f"{stability.failures}", f"points lost in {stability.gradings} gradings of right programs", bound)
        )
    part = "" if proof.complete else " of a part of the known programs"
    minutes = f"{proof.cpu_seconds:.0f} s of students' processor time, {proof.wall_seconds:.0f} s on the clock"
    return (
        f'<p class="verdict {"good" if proof.holds else "bad"}">The proof{part} {verdict}.</p>\n'
        f'<div class="tiles">{"".join(tiles)}</div>\n'
        f'<p class="quiet">{minutes}; isolation {escape(proof.isolation)}; kit {escape(proof.kit)}.</p>'
    )


def _tile(what: str, rate: Rate, of: str, more: str = "") -> str:
    if rate.low is None or rate.high is None:
        return _box("–", what, of)
    interval = f"95 %: {percent(rate.low)} to {percent(rate.high)}"
    return _box(f"{rate.count} / {rate.total}", what, f"{of}; {interval}{more}")


def _blind(proof: Proof) -> str:
    blind = proof.blind_survived
    return f"; written without having read the suite: {blind}" if blind.total else ""


def _box(figure: str, what: str, small: str) -> str:
    return f'<div class="tile"><b>{escape(figure)}</b><span>{escape(what)}</span><small>{escape(small)}</small></div>'


def _modules(proof: Proof) -> str:
    names = ("module", "mutants that pass", "right programs that fail", "rule-made mutants that pass")
    return _table("By module", names, map(_module, proof.modules))


def _module(row: ModuleRates) -> str:
    equivalent = f' <small class="quiet">+ {row.equivalent} equivalent</small>' if row.equivalent else ""
    cells = [_rate(row.survived), _rate(row.rejected), _rate(row.made_survived) + equivalent]
    return f"<tr><th>{escape(row.module)}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _rate(rate: Rate) -> str:
    if rate.low is None or rate.high is None:
        return "–"
    words = f"{rate.count} of {rate.total}, {percent(rate.low)} to {percent(rate.high)}"
    return f'<span class="rate">{interval(rate)}<span>{escape(words)}</span></span>'


def _matrices(proof: Proof) -> str:
    drawn = []
    for row in proof.modules:
        mutants = [j for j in proof.programs if j.kind == "mutant" and j.module == row.module]
        checks = [check for check in proof.checks if check.module == row.module]
        if mutants and checks:
            drawn.append(f'<h3>{escape(row.module)}</h3><div class="wide">{matrix(mutants, checks)}</div>')
    if not drawn:
        return ""
    key = (
        '<p class="quiet"><span class="key noticed"></span> noticed '
        '<span class="key expected"></span> by the check that was expected to '
        '<span class="key missed"></span> expected, not noticed. A grey column notices no mutant here, and a coloured '
        "name is a mutant that passes (red) or that one check alone notices (amber).</p>"
    )
    return f"<h2>Which check notices what</h2>{key}{''.join(drawn)}"


def _dead(proof: Proof) -> str:
    if not proof.complete:
        return ""
    items = [f"{row.check}: {row.title}" for row in dead_weight(proof.checks)]
    return _list("Dead weight: checks that notice no mutant", items)


def _thin(proof: Proof) -> str:
    items = [f"{judged.module}/{judged.name}: {noticed_by(judged)[0]}" for judged in thin_ice(proof.programs)]
    return _list("Thin ice: mutants that one check alone notices", items)


def _messages(proof: Proof) -> str:
    mutants = [judged for judged in proof.programs if judged.kind == "mutant"]
    if not mutants:
        return ""
    names = ("mutant", "mistake", "first message")
    return _table("The mistake, and the first message about it", names, map(_message, mutants))


def _message(judged: Judged) -> str:
    first = judged.noticed[0] if judged.noticed else None
    told = "–"
    if first:
        told = f'{escape(first.message)}<br><small class="quiet">{escape(first.title)} ({escape(first.check)})</small>'
    why = f'{escape(judged.note)}<br><small class="quiet">breaks: {escape(judged.contract)}</small>'
    return f"<tr><td><code>{escape(judged.module)}/{escape(judged.name)}</code></td><td>{why}</td><td>{told}</td></tr>"


def _made(proof: Proof) -> str:
    passed = [j for j in proof.programs if j.made is not None and (j.verdict == "passed" or j.made.judgement)]
    if not passed:
        return ""
    rows = []
    for judged in passed:
        made = judged.made
        assert made is not None
        where = f"{judged.module}.{made.function}, line {made.line}"
        change = f"<code>{escape(made.old)}</code> → <code>{escape(made.new)}</code>"
        judgement = f"{made.judgement}: {made.reason}" if made.judgement else "nobody looked at it yet"
        rows.append(
            f"<tr><td>{escape(where)}</td><td>{escape(made.rule)}</td><td>{change}</td><td>{escape(judgement)}</td></tr>"
        )
    return _table("Rule-made mutants that pass", ("where", "rule", "change", "judgement"), rows)


def _table(title: str, names: Iterable[str], rows: Iterable[str]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    return f'<h2>{escape(title)}</h2><div class="scroll"><table><tr>{head}</tr>{"".join(rows)}</table></div>'


def _list(title: str, items: Sequence[str], kind: str = "") -> str:
    if not items:
        return ""
    return f'<h2>{escape(title)}</h2><ul class="{kind}">{"".join(_item(item) for item in items)}</ul>'


def _item(item: str) -> str:
    return f"<li>{escape(item)}</li>"


def _how_to_read(proof: Proof) -> str:
    paragraphs: Iterable[str] = (
        "A mutant is a program with one mistake that a student might make; a witness, which knows nothing of the "
        "hidden suite, shows that it breaks the contract. A variant is right, and unusual. Rule-made mutants come "
        "from changing the reference's syntax tree; those that keep the contract are judged equivalent, with a reason.",
        "The intervals are Wilson's, at 95 %. They say how far chance may have moved the shares if students' programs "
        "were drawn from the same source as these. They were written by people who try to think of mistakes: the "
        "shares are no measurement of a class.",
    )
    return f"<h2>How to read this</h2>{''.join(f'<p>{escape(text)}</p>' for text in paragraphs)}"
