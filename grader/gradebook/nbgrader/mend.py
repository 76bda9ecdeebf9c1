"""A submitted notebook with the cells that nbgrader keeps an eye on as the gradebook knows them.

Names that were copied, changed, removed or made up no longer matter: of each cell of the instructor's notebook there is
exactly one afterwards, check cells are the instructor's, and no other cell bears a name. What students wrote is kept.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from grader.notebooks.exercises import body, named_exercise, unwritten

from .kept import images, shown, text
from .source import CHECK, SourceCell, SourceNotebook

Entry = Mapping[str, Any]


def mended(entries: Sequence[Any], source: SourceNotebook) -> Any:
    """The notebook that is graded, in nbformat's form.

    Args:
        entries: the cells as they stand in the file, whatever they are.
    """
    listed = [entry for entry in entries if isinstance(entry, dict)]
    bearers = _bearers(listed, source)
    names = {place: name for name, place in bearers.items()}
    cells = [
        _trusted(source.cells[names[place]], entry) if place in names else _plain(entry)
        for place, entry in enumerate(listed)
    ]
    _add_missing(cells, source)
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    made = new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    made["nbformat_minor"] = 5
    return made


def _bearers(entries: Sequence[Entry], source: SourceNotebook) -> dict[str, int]:
    """Which of the submitted cells stands for which of the instructor's."""
    found: dict[str, int] = {}
    for exercise in source.assignment.exercises:
        places = [
            place
            for place, entry in enumerate(entries)
            if entry.get("cell_type") == "code" and named_exercise(text(entry.get("source"))) == exercise.id
        ]
        if places and exercise.id in source.cells:
            fewest = min(unwritten(body(text(entries[place].get("source")))) for place in places)
            found[exercise.id] = next(
                place for place in reversed(places) if unwritten(body(text(entries[place].get("source")))) == fewest
            )
    for cell in source.cells.values():
        taken = set(found.values())
        claims = [place for place, entry in enumerate(entries) if place not in taken and _claim(entry) == cell.name]
        if cell.name in found or not claims:
            continue
        if cell.locked or not cell.solution:
            found[cell.name] = claims[0]  # only its place matters: the text is the instructor's
            continue
        answered = [place for place in claims if text(entries[place].get("source")) != cell.source]
        found[cell.name] = (answered or claims)[-1]
    return found


def _claim(entry: Entry) -> str:
    metadata = entry.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return name if isinstance(name, str) else ""


def _trusted(cell: SourceCell, entry: Entry) -> Any:
    """A cell of the instructor's, with the student's text where students write."""
    if not cell.solution or cell.locked:
        return _new(cell.kind, cell.source, {}, cell.metadata)
    return _new(cell.kind, text(entry.get("source")), entry, cell.metadata)


def _plain(entry: Entry) -> Any:
    return _new(str(entry.get("cell_type")), text(entry.get("source")), entry, {})


def _new(kind: str, source: str, entry: Entry, metadata: dict[str, Any]) -> Any:
    if kind == "code":
        return new_code_cell(source, metadata=metadata, outputs=shown(entry.get("outputs")))
    if kind == "markdown":
        attachments = entry.get("attachments")
        kept = {name: images(data) for name, data in attachments.items()} if isinstance(attachments, dict) else {}
        kept = {text(name): data for name, data in kept.items() if data}
        return new_markdown_cell(source, metadata=metadata, **({"attachments": kept} if kept else {}))
    return new_raw_cell(source, metadata=metadata)


def _add_missing(cells: list[Any], source: SourceNotebook) -> None:
    """Puts cells with a score, and those that students write in, back: exercises in order, others at the end."""
    for exercise in source.assignment.exercises:
        for name, before in ((exercise.id, None), (f"{CHECK}{exercise.id}", exercise.id)):
            if name in source.cells and _place(cells, name) is None:
                after = None if before is None else _place(cells, before)
                cells.insert(
                    len(cells) if after is None else after + 1, _trusted(source.cells[name], _of(source, name))
                )
    for name, cell in source.cells.items():
        if (cell.points is not None or cell.solution) and _place(cells, name) is None:
            cells.append(_trusted(cell, _of(source, name)))


def _of(source: SourceNotebook, name: str) -> Entry:
    return {"source": source.cells[name].source}


def _place(cells: Sequence[Any], name: str) -> int | None:
    return next((place for place, cell in enumerate(cells) if _claim(cell) == name), None)
