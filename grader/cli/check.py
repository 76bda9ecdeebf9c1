"""`grader check`: the visible checks on your own work."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from grader.cli.course_option import CourseOption, students_course

if TYPE_CHECKING:
    import pytest

    from grader.suite.selfcheck import SelfCheck


def check(
    assignment: Annotated[
        str | None, typer.Argument(help="The assignment; by default all of them.", metavar="[ASSIGNMENT]")
    ] = None,
    course: CourseOption = None,
) -> None:
    """Run the visible checks on your work and sum up the points, those in hidden checks included.

    The checks run in this process, as with `pytest assignments/regression`. Exit code: 0 when all of them passed.

    Examples:

    - `grader check regression`

    - `grader check` for every assignment
    """
    import pytest

    from grader.errors import AuthorError, BadInput

    the_course = students_course(course)
    chosen = [the_course.assignment(assignment)] if assignment else the_course.assignments
    folders = [the_course.folder(item.id) / "tests" for item in chosen]
    there = [folder for folder in folders if folder.is_dir()]
    if not there:
        raise BadInput(f"{folders[0]}: there is no such folder; is this the course that you were given?")
    listener = _Listener()
    arguments = ["-p", "no:terminal", "-p", "no:cacheprovider", f"--rootdir={the_course.root}", *map(str, there)]
    code = pytest.main(arguments, plugins=[listener])
    if listener.self_check is None or code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise AuthorError("\n".join(["the checks could not be run:", *listener.broken]))
    _report(listener.self_check)
    raise typer.Exit(int(code))


class _Listener:
    """Picks up what the kit's pytest plugin found."""

    def __init__(self) -> None:
        self.self_check: SelfCheck | None = None
        self.broken: list[str] = []

    def pytest_collectreport(self, report: "pytest.CollectReport") -> None:
        if report.failed:
            self.broken.append(report.longreprtext)

    def pytest_sessionfinish(self, session: "pytest.Session") -> None:
        self.self_check = session.config.pluginmanager.get_plugin("biomed-grader-selfcheck")


def _report(self_check: "SelfCheck") -> None:
    console = Console()
    for outcome in self_check.outcomes.values():
        if outcome.status != "passed" or outcome.fraction < 1:
            state = outcome.status if outcome.status != "passed" else f"{outcome.fraction:.0%}"
            heading = f"[bold red]{state}[/] {escape(outcome.check.exercise)}: {escape(outcome.check.title)}"
            console.print(heading, soft_wrap=True, highlight=False)
            for line in outcome.message.splitlines():
                console.print(f"    {escape(line)}", soft_wrap=True, highlight=False)
            if outcome.check.hint:
                console.print(f"    Hint: {escape(outcome.check.hint)}", soft_wrap=True, highlight=False)
    for assignment, rows in self_check.tallies().items():
        table = Table(title=assignment, title_justify="left")
        table.add_column("exercise")
        for heading in ("checks passed", "points", "points in hidden checks"):
            table.add_column(heading, justify="right")
        for row in rows:
            table.add_row(
                escape(row.exercise),
                f"{row.checks_passed} of {row.checks}",
                f"{row.earned:.1f} of {row.visible:.1f}",
                f"{row.hidden:.1f}",
            )
        earned, visible, hidden = (sum(getattr(row, name) for row in rows) for name in ("earned", "visible", "hidden"))
        table.add_section()
        table.add_row("together", "", f"{earned:.1f} of {visible:.1f}", f"{hidden:.1f}", style="bold")
        console.print(table)
    console.print("Hidden checks run when you hand in: `grader pack` makes the archive.")
