"""`grader data`: which data sets the course knows, fetching them, looking at them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from ..errors import BadInput, DataError

if TYPE_CHECKING:
    import pandas as pd

    from ..data import Entry

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="The course's data sets: list them, fetch them, look at them.",
)


class SourceOption(StrEnum):
    auto = "auto"
    real = "real"
    phantom = "phantom"


@contextmanager
def explained() -> Iterator[None]:
    """What the user got wrong becomes one red line and exit code 2."""
    try:
        yield
    except BadInput as error:
        Console(stderr=True).print(f"[red]Error:[/red] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(2) from error


@app.command("list")
def list_sets() -> None:
    """List every data set of the course and where it would come from on this machine.

    *real here*: whether the real set can be read without a download, and from which file if it is not the official one.
    *phantom*: whether a drawn stand-in exists. A wider terminal shows the titles too.

    Examples:

    - `grader data list`

    - `GRADER_DATA=~/data grader data list` looks for files in that folder too
    """
    from ..data import entries

    with explained():
        console = _console()
        wide = console.width >= 120
        table = Table(title="Data sets of the course")
        for heading in ("name", "shape", "classes", "real here", "phantom", "licence"):
            table.add_column(heading, overflow="fold", no_wrap=heading in ("name", "shape", "phantom"))
        if wide:
            table.add_column("assignments", overflow="fold")
            table.add_column("what", overflow="fold")
        for entry in entries():
            cells = [
                entry.name, "x".join(map(str, entry.shape)), str(len(entry.classes)), _availability(entry),
                "yes" if entry.phantom else "not yet", entry.licence,
            ]  # fmt: skip
            table.add_row(*cells, *((", ".join(entry.assignments), entry.title) if wide else ()))
        console.print(table)


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="Name of the data set, as `grader data list` shows it.")],
) -> None:
    """Download a real data set into the cache and check it against its checksum.

    What is already on this machine is checked and not downloaded again. The cache is the user's own, or the folder
    that `GRADER_CACHE` names.

    Examples:

    - `grader data fetch breastmnist`

    - `GRADER_CACHE=/srv/course-data grader data fetch pathmnist` for a whole class
    """
    from ..data import entry as find_entry
    from ..data.download import download
    from ..data.places import check, find

    console = _console()
    with explained():
        entry = find_entry(name)
        if entry.kind == "table":
            console.print(f"{entry.name}: nothing to fetch, {entry.package} ships it.")
            return
        found = find(entry)
        if found is not None and found.file.official:
            check(entry, found)
            console.print(f"{entry.name}: already here and undamaged: {found.path}", soft_wrap=True)
            return
        with _download_bar() as bar:
            task = bar.add_task(entry.name, total=None)
            path = download(entry, lambda done, total: bar.update(task, completed=done, total=total))
        console.print(f"{entry.name}: real data, checksum right: {path}", soft_wrap=True)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name of the data set, as `grader data list` shows it.")],
    out: Annotated[Path | None, typer.Option(help="File to write: .png for images, .csv for a table.")] = None,
    source: Annotated[SourceOption, typer.Option(help="Where the data come from.")] = SourceOption.auto,
    seed: Annotated[int, typer.Option(min=0, help="Seed of a phantom.")] = 0,
    split: Annotated[str, typer.Option(help="Which split to show: train, val or test.")] = "train",
    columns: Annotated[int, typer.Option(min=1, max=40, help="Examples in a row.")] = 12,
    augmented: Annotated[bool, typer.Option(help="Add rows with augmented versions of some pictures.")] = True,
) -> None:
    """Draw a contact sheet of a data set: a row of labelled examples for every class.

    Masks are shown in colours, with a legend, and laid over their pictures; the last rows are augmented versions
    (flips, rotation, crop, brightness, contrast) of a few pictures, and masks move with them.
    A table is shown as the mean of each measure for each class, and written whole with `--out FILE.csv`.

    Examples:

    - `grader data show pathmnist`

    - `grader data show breastmnist --source phantom --seed 7 --out ultrasound.png`

    - `grader data show skin --split test --columns 8 --no-augmented`

    - `grader data show breast-cancer --out table.csv`
    """
    from rich.status import Status

    from ..data import load
    from ..data.sheet import contact_sheet

    console = _console()
    with explained():
        with Status(f"{name}: loading", console=Console(stderr=True)):
            data = load(name, source=source.value, seed=seed)
        # `load` prints the notice itself where "auto" had to fall back to a phantom.
        if not (source is SourceOption.auto and data.source == "phantom"):
            console.print(data.notice, soft_wrap=True, markup=False)
        if data.table is not None:
            table = data.table
            console.print(_class_means(table))
            if out is not None:
                _write(lambda: table.to_csv(out, index=False), out)
                console.print(f"Wrote {out}", soft_wrap=True)
            return
        if split not in data.splits:
            raise DataError(f"--split: {name} has {', '.join(data.splits)}, got {split!r}")
        target = out or Path(f"{name}-{data.source}.png")
        picture = contact_sheet(data, split, columns, augmented)
        _write(lambda: picture.save(target), target)
        console.print(f"Wrote {target}", soft_wrap=True)


def _write(write: Callable[[], object], target: Path) -> None:
    try:
        write()
    except (OSError, ValueError) as error:  # PIL: ValueError for a suffix it does not know
        raise DataError(f"{target}: cannot be written: {error}") from error


def _availability(entry: "Entry") -> str:
    from ..data.places import find

    if entry.kind == "table":
        return f"yes: {entry.package}"
    found = find(entry)
    if found is not None:
        return "yes" if found.file.official else f"yes: {found.file.name}"
    return "after a download" if entry.downloadable else "no"


def _class_means(frame: "pd.DataFrame") -> Table:
    means = frame.groupby("diagnosis").mean(numeric_only=True).drop(columns="id")
    table = Table(title=f"{len(frame)} rows: mean of each measure")
    table.add_column("measure")
    for diagnosis in means.index:
        table.add_column(f"{diagnosis} ({(frame['diagnosis'] == diagnosis).sum()})", justify="right")
    for measure in means.columns:
        table.add_row(measure, *(f"{value:.4g}" for value in means[measure]))
    return table


def _download_bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip


def _console() -> Console:
    return Console()
