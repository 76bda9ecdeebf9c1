"""`grader prove`: how often the grader is wrong."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from grader.cli.course_option import CourseOption, chosen_course

if TYPE_CHECKING:
    from grader.course import Course
    from grader.proof.evidence import Proof
    from grader.proof.options import Options


def prove(
    assignment: Annotated[
        str | None, typer.Argument(help="Assignment; all that have known programs when not given.")
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for proof.json, proof.html and remembered results.")
    ] = Path("proof"),
    course: CourseOption = None,
    jobs: Annotated[int, typer.Option(min=1, help="Programs at a time.")] = 1,
    module: Annotated[list[str] | None, typer.Option(help="Only this module; may be given several times.")] = None,
    keyword: Annotated[
        list[str] | None,
        typer.Option("-k", help="Only programs whose id, as mutant/table/id_kept, has this; repeatable."),
    ] = None,
    sample: Annotated[
        int | None, typer.Option(min=1, help="At most so many mutants, variants and rule-made mutants each.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Which ones --sample takes.")] = 0,
    operators: Annotated[bool, typer.Option(help="Make mutants by rule from the reference, too.")] = True,
    fast: Annotated[bool, typer.Option("--fast", help="Stop at the first check that notices; no matrix.")] = False,
    times: Annotated[int, typer.Option(min=0, help="Grade right programs so many times each, with other inputs.")] = 0,
    messages: Annotated[
        bool, typer.Option("--messages", help="Show each mistake beside the first message about it.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Grade again what is remembered.")] = False,
) -> None:
    """Prove a suite: grade programs known to be wrong or right, and say how often the grader errs.

    Wrong ones are the mutants of `solutions/<assignment>/mutants/` and those made by rule from the reference; right
    ones are the reference and `variants/`. docs/proof.md says how to write them, and what the numbers mean.

    Results are remembered in the folder of --out: after an interruption, or a change of one module's checks, the same
    command grades only what is new.

    Exit code: 0 when every wrong program is noticed and every right one accepted; 1 when one is not, or a mutant is not
    proven wrong; 2 for a mistake in the command or in a file of solutions/.

    Examples:

    - `grader prove regression --jobs 4`

    - `grader prove regression --module scaling --no-operators --messages`

    - `grader prove --sample 20 --seed 3 --fast`

    - `grader prove regression -k gradients -k seed --force`

    - `grader prove regression --no-operators --times 200`
    """
    from grader.errors import AuthorError
    from grader.proof.bank import has_bank
    from grader.proof.options import Options
    from grader.sandbox.isolation import best_level

    the_course = chosen_course(course)
    wanted = [the_course.assignment(assignment).id] if assignment else [a.id for a in the_course.assignments]
    found = [name for name in wanted if has_bank(the_course, name)]
    if not found:
        raise AuthorError(f"no known programs: write mutants/ and variants/ in solutions/{wanted[0]} (docs/proof.md)")
    options = Options(
        level=best_level(),
        jobs=jobs,
        store=out / "remembered",
        modules=tuple(module or ()),
        keywords=tuple(keyword or ()),
        sample=sample,
        seed=seed,
        operators=operators,
        first_failure=fast,
        times=times,
        force=force,
    )
    holds = [_prove(the_course, name, options, out, messages) for name in found]
    if all(hold is None for hold in holds):
        shown = " or ".join(map(repr, options.keywords))
        raise AuthorError(f"no known program of {', '.join(found)} has {shown} in its id, as mutant/table/id_kept")
    if False in holds:
        raise typer.Exit(1)


def _prove(course: "Course", assignment: str, options: "Options", out: Path, messages: bool) -> bool | None:
    """Whether the proof holds; None when no program was chosen by its id."""
    from grader.proof.page import page
    from grader.proof.prove import prove as run
    from grader.store import write_atomically

    console, notes = Console(), Console(stderr=True)
    try:
        with _Display(notes, assignment) as display:
            proof = run(course, assignment, options, display)
    except KeyboardInterrupt:
        notes.print("\nStopped. What is graded is remembered; the same command goes on from here.")
        raise typer.Exit(130) from None
    if options.keywords and not proof.programs:
        return None
    write_atomically(out / assignment / "proof.json", proof.model_dump_json(by_alias=True, indent=2) + "\n")
    write_atomically(out / assignment / "proof.html", page(proof))
    _show(console, proof, messages)
    console.print(f"Proof: {escape(str(out / assignment / 'proof.html'))}", soft_wrap=True)
    return proof.holds


def _show(console: Console, proof: "Proof", messages: bool) -> None:
    from grader.proof.terminal import findings, messages_table, rates_table, survivors_to_paste

    console.print(rates_table(proof))
    if messages:
        console.print(messages_table(proof.programs))
    for line in findings(proof):
        console.print(line, soft_wrap=True, highlight=False)
    text = survivors_to_paste(proof)
    if text:
        console.print("[bold]For survivors.yml[/bold], once each was looked at:")
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"{proof.cpu_seconds:.0f} s of students' processor time, {proof.wall_seconds:.0f} s on the clock. "
        + ("[green]The proof holds.[/green]" if proof.holds else f"[red]{len(proof.problems)} problems.[/red]")
    )


class _Display:
    """A progress bar on a terminal; elsewhere nothing."""

    def __init__(self, console: Console, assignment: str) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[at]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal or os.environ.get("TERM") == "dumb",
        )
        self._assignment = assignment
        self._task = self._bar.add_task(assignment, at="", total=None)

    def __enter__(self) -> "_Display":
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def stage(self, name: str, total: int) -> None:
        self._bar.reset(self._task, total=total, description=f"{self._assignment}: {name}", at="")

    def at(self, what: str) -> None:
        self._bar.update(self._task, at=escape(what))

    def advance(self) -> None:
        self._bar.advance(self._task)
