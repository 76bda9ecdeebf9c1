"""The data sets the course knows, as `catalogue.yml` beside this file lists them."""

from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import Annotated, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    StringConstraints,
    ValidationError,
    model_validator,
)

from ..errors import DataError

SplitName = Literal["train", "val", "test"]
MD5 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataFile(Model):
    """One file that holds a set, or a part of it, and the checksum it must have."""

    name: Text
    md5: MD5
    official: bool = True  # the publisher's own file with the publisher's own checksum
    url: Text | None = None  # absent: the file cannot be downloaded, only put into a folder
    bytes: PositiveInt | None = None
    splits: dict[SplitName, PositiveInt]
    note: Text | None = None  # what a reader of the notice has to know about this file

    @model_validator(mode="after")
    def is_a_plain_name(self) -> Self:
        if PurePath(self.name).name != self.name:
            raise ValueError(f"{self.name!r} must be a file name without a folder")
        return self


class Phantom(Model):
    """How large a phantom is when nobody says."""

    sizes: dict[SplitName, PositiveInt] = {}
    rows: PositiveInt | None = None
    note: Text | None = None


class Entry(Model):
    """One data set."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Text
    assignments: list[Text] = Field(min_length=1)
    kind: Literal["images", "masks", "table", "dicom"]
    task: Literal["classification", "multi-label", "segmentation", "regression"]
    shape: list[PositiveInt] = Field(min_length=2, max_length=3)  # of one image; of the whole, for a table
    dtype: Text
    classes: list[Text] = Field(min_length=2)
    codes: list[int] | None = None  # grey code of each class in a mask file
    splits: dict[SplitName, PositiveInt] = {}
    source: Text
    package: Text | None = None  # the package that ships it, or that knows where to download it
    licence: Text
    files: list[DataFile] = []
    phantom: Phantom | None = None  # absent: there is none yet

    @property
    def downloadable(self) -> DataFile | None:
        """The file that `grader data fetch` can get, if any."""
        return next((file for file in self.files if file.url), None)

    @model_validator(mode="after")
    def fits_together(self) -> Self:
        if self.kind == "masks" and len(self.codes or ()) != len(self.classes):
            raise ValueError("codes: a set of masks needs one grey code for each class")
        if self.phantom and self.kind == "table" and self.phantom.rows is None:
            raise ValueError("phantom: rows: a table needs a number of rows")
        if self.phantom and self.kind != "table" and set(self.phantom.sizes) != {"train", "val", "test"}:
            raise ValueError("phantom: sizes: numbers of train, val and test images are needed")
        return self


class Catalogue(Model):
    version: Literal[1] = Field(alias="schema")
    sets: list[Entry]

    @model_validator(mode="after")
    def names_are_unique(self) -> Self:
        names = [item.name for item in self.sets]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"sets: named twice: {', '.join(twice)}")
        return self


def parse(text: str, where: str = "catalogue.yml") -> Catalogue:
    """The catalogue in a YAML text.

    Raises:
        DataError: naming the field, what is wrong with it and what was found.
    """
    try:
        raw = yaml.safe_load(text)
        return Catalogue.model_validate(raw)
    except yaml.YAMLError as error:
        raise DataError(f"{where}: not valid YAML: {error}") from error
    except ValidationError as error:
        raise DataError("\n".join(f"{where}: {line}" for line in _problems(error, raw))) from error


def _problems(error: ValidationError, raw: object) -> list[str]:
    lines = []
    for problem in error.errors():
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"]).lstrip(".")
        match raw, problem["loc"]:
            case {"sets": list(sets)}, ("sets", int(index), *_) if isinstance(sets[index], dict):
                path += f" ({sets[index].get('name', 'no name')})"
        found = "" if isinstance(problem["input"], dict | list) else f", got {problem['input']!r}"
        lines.append(f"{path or 'top level'}: {problem['msg'][0].lower()}{problem['msg'][1:]}{found}")
    return lines


@cache
def entries() -> tuple[Entry, ...]:
    """Every data set of the course, in the order of the assignments."""
    text = (files(__package__) / "catalogue.yml").read_text(encoding="utf-8")
    return tuple(parse(text).sets)


def entry(name: str) -> Entry:
    """The data set called `name`.

    Raises:
        DataError: there is none; the message lists the names.
    """
    known = {item.name: item for item in entries()}
    if name in known:
        return known[name]
    close = get_close_matches(str(name).lower().replace("_", "-"), known, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise DataError(f"no data set is called {name!r}; {hint}Known: {', '.join(known)}")
