"""What became of the mutants that were made by rule and that no check noticed.

`solutions/<assignment>/survivors.yml` lists them: `equivalent` ones, that keep the contract, with the reason; and a
`hole` for each that breaks it and is still to be noticed. A survivor that is not listed, or is a hole, counts against
the suite.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import yaml
from pydantic import ValidationError

from grader.course_errors import one_line_per_mistake
from grader.errors import AuthorError
from grader.proof.bank import Entry, Sentence

if TYPE_CHECKING:
    from grader.proof.operators.changes import Change

Judgement = Literal["equivalent", "hole"]
FILE = "survivors.yml"


class Survivor(Entry):
    """A change that was looked at.

    Attributes:
        module, function, rule, old, new, nth: which change, as `grader prove` prints it.
        judgement: `equivalent` when the contract allows the changed program, `hole` when it does not.
        reason: why.
    """

    module: Sentence
    function: str = ""
    rule: Sentence
    old: str
    new: str
    nth: int = 1
    judgement: Judgement
    reason: Sentence

    @property
    def key(self) -> tuple[str, ...]:
        return (self.module, self.function, self.rule, self.old, self.new, str(self.nth))


def read_survivors(folder: Path, modules: Sequence[str]) -> list[Survivor]:
    """The list of an assignment; empty when it has none.

    Raises:
        AuthorError: file, field and cure.
    """
    path = folder / FILE
    if not path.is_file():
        return []
    name = f"{folder.name}/{FILE}"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    except yaml.YAMLError as error:
        raise AuthorError(f"{name}: is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(data, list):
        raise AuthorError(f"{name}: must be a list of survivors, as `grader prove` prints them")
    found: list[Survivor] = []
    mistakes: list[str] = []
    for number, item in enumerate(data):
        try:
            survivor = Survivor.model_validate(item)
        except ValidationError as error:
            mistakes += one_line_per_mistake(f"{name}: [{number}]", error)
            continue
        if survivor.module not in modules:
            mistakes.append(f"{name}: [{number}].module: there is no exercise {survivor.module!r}")
        found.append(survivor)
    if mistakes:
        raise AuthorError("\n".join(mistakes))
    return found


def key_of(module: str, change: "Change") -> tuple[str, ...]:
    """What a listed survivor and a change have in common."""
    return (module, change.function, change.rule, change.old, change.new, str(change.nth))
