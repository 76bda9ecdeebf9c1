"""`configure(c)`: what an nbgrader_config.py calls to have notebooks of the kit graded by its judge.

Only nbgrader's own hooks are used: its lists of preprocessors, its exporter, its late plugin and the hook that it runs
before a submission. What the configuration said before stays, wherever it does not run student code.
"""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from grader.course import Course, load_course
from grader.errors import BadInput, GraderError

_HERE = __package__
INSTALL = "nbgrader is not installed here: pip install 'biomed-grader[notebooks]'"


def configure(
    c: Any, course: Path | str, *, grades: Path | str = "grades", jobs: int = 1, level: str | None = None
) -> None:
    """Puts the kit's parts into nbgrader's configuration. Call it at the end of nbgrader_config.py.

    Args:
        c: the configuration.
        course: course.yml or its folder; assignments that it does not name are left to nbgrader.
        grades: the folder for results, below the folder of nbgrader's course unless absolute.
        jobs: submissions graded at a time by `nbgrader autograde`.
        level: isolation level, as in `grader grade --level`; None for the best that the machine gives.

    Raises:
        BadInput: nbgrader is not installed.
    """
    try:
        from nbgrader.converters import Autograde, GenerateAssignment
    except ImportError as error:
        raise BadInput(INSTALL) from error
    find_alembic()
    place = Path(course).expanduser().resolve()
    c.GraderKit.course = str(place)
    c.GraderKit.grades = str(grades)
    c.GraderKit.jobs = jobs
    c.GraderKit.level = level or ""
    # No course.yml is needed so far: were an error raised here, nbgrader would go on with its own Execute.
    known: Course | None = None
    with suppress(GraderError):
        known = load_course(place)

    _replace(c.Autograde, Autograde, "autograde_preprocessors", "Execute", f"{_HERE}.judge.Judge")
    _replace(c.Autograde, Autograde, "sanitize_preprocessors", "ClearOutput", f"{_HERE}.kept.ClearOutput")
    _replace(c.GenerateAssignment, GenerateAssignment, "preprocessors", "ClearSolutions", f"{_HERE}.generate.Stubs")
    c.Autograde.exporter_class = f"{_HERE}.exporter.SubmittedNotebookExporter"
    c.Autograde.pre_convert_hook = _graded_under_its_name(place, _given(c, "pre_convert_hook"))
    if "plugin_class" not in c.AssignLatePenalties and "penalty_method" not in c.LateSubmissionPlugin:
        c.AssignLatePenalties.plugin_class = f"{_HERE}.late.CourseLatePenalty"
    if "valid_ext" not in c.FileNameCollectorPlugin:  # `nbgrader zip_collect` takes notebooks alone
        c.FileNameCollectorPlugin.valid_ext = [".ipynb", ".py"]
    if known is not None:  # modules that students handed in stay as they are beside the graded notebook
        kept = {one.id: list(one.files) for one in known.assignments}
        given = c.Autograde.exclude_overwriting if "exclude_overwriting" in c.Autograde else {}
        c.Autograde.exclude_overwriting = {**kept, **dict(given)}


def find_alembic() -> None:
    """Lets nbgrader find the `alembic` command, which it looks for on the PATH, also where no environment is active."""
    beside = Path(sys.executable).parent
    if shutil.which("alembic") is None and (beside / "alembic").exists():
        os.environ["PATH"] = os.pathsep.join(filter(None, [str(beside), os.environ.get("PATH", "")]))


def _replace(section: Any, converter: type, name: str, old: str, new: str) -> None:
    """Puts `new` where `old` stands in a list of preprocessors, or at its beginning when it stands nowhere."""
    default = list(converter.class_traits()[name].default())  # type: ignore[attr-defined]  # a HasTraits class
    given = section.get(name, default)
    if hasattr(given, "get_value"):  # the configuration said `.append(...)` and the like
        given = given.get_value(default)
    names = [one if isinstance(one, str) else one.__name__ for one in given]
    found: Sequence[Any] = [
        new if said.rpartition(".")[2] == old else one for said, one in zip(names, given, strict=True)
    ]
    section[name] = [*([] if new in found else [new]), *found]


def _given(c: Any, name: str) -> Any:
    return next((section[name] for section in (c.Autograde, c.BaseConverter) if name in section), None)


def _graded_under_its_name(course: Path, then: Any) -> Callable[..., None]:
    """A hook that has the assignment's notebook graded although it was handed in under another name.

    nbgrader skips notebooks that it does not know. The kit's exporter finds the one that was meant.
    """

    def hook(assignment: str, student: str, notebooks: list[str]) -> None:
        with suppress(GraderError):
            expected = load_course(course).assignment(assignment).notebook
            if notebooks and all(Path(notebook).name != expected for notebook in notebooks):
                notebooks.append(str(Path(notebooks[0]).with_name(expected)))
        if then is not None:
            _callable(then)(assignment=assignment, student=student, notebooks=notebooks)

    return hook


def _callable(hook: Any) -> Callable[..., None]:
    if isinstance(hook, str):
        from traitlets.utils.importstring import import_item

        return import_item(hook)  # type: ignore[no-any-return]
    return hook  # type: ignore[no-any-return]
