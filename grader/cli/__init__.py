"""The `grader` command. One file per command; each imports what it needs only when it runs, so that help is fast."""

import sys
import traceback

VERBOSE = "--verbose"


def main() -> None:
    """Runs the command line and ends the process with its exit code.

    0 done; 1 the kit failed, or a submission has no grade; 2 something it was given is wrong.
    """
    from grader.errors import GraderError, KitError

    arguments = [argument for argument in sys.argv[1:] if argument != VERBOSE]
    try:
        _app()(args=arguments)
    except GraderError as error:
        if VERBOSE in sys.argv:
            traceback.print_exc()
        _complain(str(error))
        sys.exit(1 if isinstance(error, KitError) else 2)


def _complain(message: str) -> None:
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True).print(Text("Error: ", style="bold red") + Text(message, style="not bold"), soft_wrap=True)


def _app():  # type: ignore[no-untyped-def]  # typer is imported here, not with the package
    from typing import Annotated

    import typer

    from grader import __version__
    from grader.cli import calibrate, check, data, demo, doctor, grade, nbgrader, notebooks, pack, prove, quiz, release

    app = typer.Typer(
        name="grader",
        help="Graded PyTorch exercises for biomedical deep learning, and the grader behind them.",
        no_args_is_help=True,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        add_completion=False,
    )

    def show_version(wanted: bool) -> None:
        if wanted:
            typer.echo(f"biomed-grader {__version__}")
            raise typer.Exit

    @app.callback()
    def options(
        version: Annotated[
            bool, typer.Option("--version", help="Show the version.", callback=show_version, is_eager=True)
        ] = False,
        verbose: Annotated[bool, typer.Option(VERBOSE, help="Show the traceback of an error.")] = False,
    ) -> None:
        pass

    students, instructors, everyone = "For students", "For instructors", "For everyone"
    authors = "For authors"
    app.command("check", rich_help_panel=students)(check.check)
    app.command("pack", rich_help_panel=students)(pack.pack)
    app.command("grade", rich_help_panel=instructors)(grade.grade)
    app.command("release", rich_help_panel=instructors)(release.release)
    app.command("prove", rich_help_panel=authors)(prove.prove)
    app.command("calibrate", rich_help_panel=authors)(calibrate.calibrate)
    app.command("quiz", rich_help_panel=authors)(quiz.quiz)
    app.command("notebooks", rich_help_panel=authors)(notebooks.notebooks)
    app.command("demo", rich_help_panel=instructors)(demo.demo)
    app.add_typer(nbgrader.app, name="nbgrader", rich_help_panel=instructors)
    app.add_typer(data.app, name="data", rich_help_panel=everyone)
    app.command("doctor", rich_help_panel=everyone)(doctor.doctor)
    return app
