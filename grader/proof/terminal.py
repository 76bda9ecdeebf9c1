"""A proof on a terminal."""

import math
from collections import Counter
from collections.abc import Iterable

import yaml
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from grader.proof.evidence import Judged, Noticed, Proof
from grader.proof.matrix import dead_weight, noticed_by, thin_ice
from grader.proof.rates import Rate, percent


def rates_table(proof: Proof) -> Table:
    """Killed and survived, accepted and rejected, per module, with 95 % intervals."""
    title = f"{proof.assignment}: how often the grader is wrong"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 0, 0, 1))
    table.caption = "survive, rejected: the share that is wrongly judged, as a 95 % interval (Wilson)"
    table.caption_justify = "left"
    table.add_column("module", no_wrap=True)
    for name in ("mutants\nkilled", "survive", "right\naccepted", "rejected", "by rule\nkilled", "survive"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("equal", justify="right")
    for row in proof.modules:
        table.add_row(row.module, *_cells(row.survived, row.rejected, row.made_survived), str(row.equivalent or ""))
    table.add_section()
    equivalent = sum(row.equivalent for row in proof.modules)
    cells = _cells(proof.survived, proof.rejected, proof.made_survived)
    table.add_row("all", *cells, str(equivalent or ""), style="bold")
    return table


def messages_table(programs: Iterable[Judged]) -> Table:
    """Beside every mistake, the first message that its student would read."""
    table = Table(title="The mistake, and the first message about it", title_justify="left", show_lines=True)
    for name in ("mutant", "mistake", "message"):
        table.add_column(name, overflow="fold")
    for judged in programs:
        if judged.kind == "mutant":
            first = judged.noticed[0] if judged.noticed else None
            message = _told(first) if first else "-"
            table.add_row(f"{escape(judged.module)}\n{escape(judged.name)}", escape(judged.note), message)
    return table


def findings(proof: Proof) -> Iterable[str]:
    """Lines, with markup, about what is wrong, weak or superfluous."""
    for problem in proof.problems:
        yield f"[red]✗[/red] {escape(problem)}"
    for remark in proof.remarks:
        yield f"[yellow]![/yellow] {escape(remark)}"
    if proof.blind_survived.total:
        yield f"[bold]Blind[/bold]: of mutants whose author had not read the suite, {proof.blind_survived} survive."
    if not proof.first_failure:
        dead, thin = dead_weight(proof.checks), thin_ice(proof.programs)
        if dead and proof.complete:
            yield f"[bold]Dead weight[/bold]: {len(dead)} of {len(proof.checks)} checks notice no mutant."
            yield from (f"  {escape(row.check)}" for row in dead)
        if thin:
            yield f"[bold]Thin ice[/bold]: {len(thin)} mutants are noticed by one check alone."
            alone = Counter(noticed_by(judged)[0] for judged in thin)
            yield from (f"  {escape(check)}: {count}" for check, count in alone.most_common())
    stability = proof.stability
    if stability:
        yield (
            f"[bold]Stability[/bold]: {stability.gradings} gradings ({stability.programs} right programs, "
            f"{stability.times} times each, {stability.checks} checks): {stability.failures} lost; the share of "
            f"gradings that lose a point is below {percent(stability.bound)} (95 %)."
        )


def survivors_to_paste(proof: Proof) -> str:
    """Rule-made mutants that pass and that nobody judged, as lines of survivors.yml."""
    entries = []
    for judged in proof.programs:
        made = judged.made
        if made is None or made.judgement or judged.verdict != "passed":
            continue
        entry: dict[str, str | int] = {"module": judged.module, "function": made.function, "rule": made.rule}
        entry |= {"old": made.old, "new": made.new}
        if made.nth != 1:
            entry["nth"] = made.nth
        entries.append(entry | {"judgement": "TODO", "reason": "TODO"})
    return yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=120) if entries else ""


def _cells(*rates: Rate) -> Iterable[str]:
    """Two cells a rate: how many were judged rightly, and the interval of the share that were not."""
    for rate in rates:
        if rate.low is None or rate.high is None:
            yield from ("-", "")
        else:
            right = rate.total - rate.count
            colour = "red" if rate.count else "green"
            yield f"[{colour}]{right}/{rate.total}[/{colour}]"
            yield f"{math.floor(100 * rate.low)}-{math.ceil(100 * rate.high)} %"


def _told(noticed: Noticed) -> str:
    return f"{escape(noticed.message)}\n[dim]{escape(noticed.title)}\n{escape(noticed.check)}[/dim]"
