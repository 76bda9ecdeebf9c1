"""Released notebooks with the stubs that `grader release` writes.

nbgrader's own would put a `raise` where a module's solution stands outside of functions, so that the module could not
be imported even when every function in it is written.
"""

from typing import Any

from nbgrader.preprocessors import ClearSolutions

from grader.notebooks.exercises import body, named_exercise
from grader.stub import stub


class Stubs(ClearSolutions):
    """nbgrader's preprocessor, with the kit's stubs in exercise cells."""

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        name = named_exercise(cell.source) if cell.cell_type == "code" else ""
        if not name or "### BEGIN SOLUTION" not in cell.source:
            return super().preprocess_cell(cell, resources, cell_index)  # type: ignore[no-any-return]
        cell.source = f"%%exercise {name}\n{stub(body(cell.source), f'cell %%exercise {name}').rstrip()}"
        return cell, resources
