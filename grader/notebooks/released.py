"""The students' notebook: the instructor's without solutions and outputs."""

import json
from typing import Any

from grader.errors import AuthorError
from grader.stub import stub

from .exercises import body, named_exercise


def students_notebook(content: str, file: str) -> str:
    """A notebook whose exercise cells hold the stubs that the modules beside it hold.

    Args:
        content: the instructor's notebook.
        file: its name, for messages.

    Raises:
        AuthorError: it cannot be read, or a solution has no markers.
    """
    try:
        notebook = json.loads(content)
        cells = notebook["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise AuthorError(f"{file}: is not a notebook; `grader notebooks` makes it anew") from error
    for cell in cells:
        source = "".join(cell["source"])
        name = named_exercise(source) if cell["cell_type"] == "code" else ""
        if name:
            source = f"%%exercise {name}\n{stub(body(source), f'{file}, cell %%exercise {name}').rstrip()}"
            cell["source"] = source.splitlines(keepends=True)
        elif "### BEGIN SOLUTION" in source:
            raise AuthorError(f"{file}, cell {cell.get('id')}: only a cell %%exercise NAME may hold a solution")
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    return as_text(notebook)


def as_text(notebook: dict[str, Any]) -> str:
    """The bytes that nbformat would write, so that opening and saving a notebook changes nothing."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True, separators=(",", ": ")) + "\n"
