"""Reads the cells of a notebook that anybody may have written: JupyterLab, VS Code, Colab, or a hand.

Nothing but JSON is read, nothing in it is run, and what is out of shape is skipped instead of raising, because one
odd cell must not cost a student the others.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from grader.errors import SubmissionError

MOST_CELLS = 5_000


@dataclass(frozen=True)
class Cell:
    """A cell's text, and what tools wrote beside it."""

    kind: str  # code, markdown or raw
    source: str
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def grade_id(self) -> str:
        """nbgrader's name of the cell, empty where it has none; a copied or split cell bears its original's."""
        found = self.metadata.get("nbgrader")
        name = found.get("grade_id") if isinstance(found, dict) else None
        return name if isinstance(name, str) else ""


@dataclass(frozen=True)
class Notebook:
    """The cells in their order.

    Attributes:
        edition: of the assignment that it was made from; None where nothing sensible says.
    """

    cells: list[Cell]
    edition: int | None = None


def read_notebook(content: bytes, name: str) -> Notebook:
    """What can be read of a notebook.

    Raises:
        SubmissionError: it is no notebook, or older than format 4, or has more than `MOST_CELLS` cells.
    """
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise SubmissionError(f"{name} is not a notebook that can be read: it is damaged or not JSON") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        if isinstance(notebook, dict) and "worksheets" in notebook:
            raise SubmissionError(f"{name} is in an old notebook format; open it in JupyterLab and save it again")
        raise SubmissionError(f"{name} is not a notebook: it holds no list of cells")
    if len(notebook["cells"]) > MOST_CELLS:
        raise SubmissionError(f"{name} was refused: it holds more than {MOST_CELLS} cells")
    return Notebook([_cell(entry) for entry in notebook["cells"] if isinstance(entry, dict)], _edition(notebook))


def _edition(notebook: dict[str, Any]) -> int | None:
    metadata = notebook.get("metadata")
    kit = metadata.get("grader") if isinstance(metadata, dict) else None
    edition = kit.get("edition") if isinstance(kit, dict) else None
    return edition if isinstance(edition, int) and not isinstance(edition, bool) else None


def _cell(entry: dict[str, Any]) -> Cell:
    metadata = entry.get("metadata")
    return Cell(
        str(entry.get("cell_type", "")), _text(entry.get("source")), metadata if isinstance(metadata, dict) else {}
    )


def _text(source: Any) -> str:
    """A source is a string, or a list of lines."""
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""
