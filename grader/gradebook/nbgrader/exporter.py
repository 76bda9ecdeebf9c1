"""Reads a submitted notebook of the kit for nbgrader, whatever its state.

nbgrader stops at a notebook that is damaged, invalid or not there. The judge grades such a submission all the same (a
module beside it may hold the work), so nbgrader needs a notebook to put the scores in.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict

from grader.course import Assignment, Limits
from grader.errors import SubmissionError
from grader.handed_in import open_tree
from grader.notebooks.cells import read_notebook
from grader.notebooks.handed_in import MOST_BYTES, from_notebook

from .mend import mended
from .settings import converter_of
from .source import source_for


class SubmittedNotebookExporter(NotebookExporter):
    """nbconvert's exporter of notebooks, with submissions of the kit mended as they are read."""

    def from_filename(self, filename: str, resources: Any = None, **kw: Any) -> tuple[Any, Any]:
        source = source_for(self, resources)
        if source is None or not self._submitted(filename, resources):
            return super().from_filename(filename, resources=resources, **kw)
        path = Path(filename)
        resources["metadata"] = ResourcesDict(name=path.stem, path=str(path.parent))
        notebook = mended(submitted_cells(path.parent, source.assignment), source)
        return self.from_notebook_node(notebook, resources=resources, **kw)

    def _submitted(self, filename: str, resources: Any) -> bool:
        """Whether the file is a submission, and not what an earlier step made of it."""
        coursedir, at = converter_of(self).coursedir, resources["nbgrader"]
        folder = coursedir.format_path(coursedir.submitted_directory, at["student"], at["assignment"])
        return Path(filename).parent.resolve() == Path(folder).resolve()


def submitted_cells(folder: Path, assignment: Assignment) -> list[Any]:
    """The cells of the notebook that the judge grades, as they stand in the file; none when nothing can be read."""
    with suppress(SubmissionError, OSError):
        readers = open_tree(folder, assignment.limits or Limits()).readers
        name = from_notebook(readers, {}, assignment, MOST_BYTES).notebook or assignment.notebook
        if name in readers:
            content = readers[name](MOST_BYTES)
            read_notebook(content, name)  # refuses what is no notebook, or too much of one
            return list(json.loads(content.decode("utf-8-sig"))["cells"])
    return []
