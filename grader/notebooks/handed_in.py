"""The notebook in a submission: which one it is, and the modules that its cells hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from grader.course import Assignment
from grader.errors import SubmissionError

from .cells import Notebook, read_notebook
from .exercises import choose, modules, named_exercise

MOST_BYTES = 100_000_000
"""Of a notebook with its outputs, which do not count and may be many; nbgrader collects no more either."""


@dataclass(frozen=True)
class FromNotebook:
    """What a notebook adds to a submission.

    Attributes:
        notebook: its name in the submission; None when there is none.
        files: modules by file name that replace those beside the notebook.
        notes: sentences for the student.
    """

    notebook: str | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def from_notebook(
    readers: Mapping[str, Callable[[int], bytes]], files: Mapping[str, bytes], assignment: Assignment, room: int
) -> FromNotebook:
    """Finds the assignment's notebook, also under another name, and takes the exercises out of it.

    Args:
        readers: every file that was handed in, read when asked for.
        files: the modules that were handed in as files.
        room: the most bytes that the modules in it may have; its outputs are not counted.
    """
    notes: list[str] = []
    exercises = [exercise.id for exercise in assignment.exercises]
    found: dict[str, Notebook] = {}
    for name in sorted(name for name in readers if name.lower().endswith(".ipynb")):
        try:
            notebook = read_notebook(readers[name](MOST_BYTES), name)
        except SubmissionError as error:
            if _is_expected(name, assignment):
                notes.append(str(error))
            continue
        if any(named_exercise(cell.source) for cell in notebook.cells):
            found[name] = notebook
    if not found:
        return FromNotebook(notes=notes)
    solved = {name: modules(notebook.cells, exercises) for name, notebook in found.items()}
    best = max(found, key=lambda name: (_is_expected(name, assignment), len(solved[name]), -len(name)))
    if len(found) > 1:
        notes.append(f"of {len(found)} notebooks {best} was graded")
    elif not _is_expected(best, assignment):
        notes.append(f"{best} was taken for {assignment.notebook}")
    edition = found[best].edition
    if edition is not None and edition < assignment.edition:
        notes.append(
            f"{best} was made from edition {edition} of the assignment, which is now in edition {assignment.edition}; "
            "what changed is graded as it is now: see the new handout"
        )
    replaced: dict[str, bytes] = {}
    for exercise in assignment.exercises:
        beside = files.get(exercise.file)
        text = None if beside is None else beside.decode("utf-8", "replace")
        chosen = choose(exercise.id, solved[best].get(exercise.id), text)
        if chosen.note:
            notes.append(chosen.note)
        if chosen.place == "notebook" and chosen.source is not None:
            replaced[exercise.file] = chosen.source.encode("utf-8", "surrogatepass")
    if sum(map(len, replaced.values())) > room:
        return FromNotebook(best, {}, [*notes, f"the cells of {best} are too large"])
    return FromNotebook(best, replaced, notes)


def _is_expected(name: str, assignment: Assignment) -> bool:
    return name.rpartition("/")[2] == assignment.notebook
