"""Known wrong and known right programs, as an author writes them down in solutions/<assignment>/.

    mutants/<module>/<name>.yml    an edit of the reference: one mistake
    mutants/<module>/<name>.py     a whole module with one mistake; the same keys in its docstring
    variants/<module>/<name>.py    a whole module, right, and unusual in the way its docstring says
    witnesses/<module>.py          functions that show, without the suite, what a program does

Each mistake in these files is an `AuthorError` that names file, field and cure.
"""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from grader.course import Assignment, Course
from grader.course_errors import one_line_per_mistake, unknown_key
from grader.errors import AuthorError
from grader.proof.programs import Program

Sentence = Annotated[str, Field(min_length=1)]
TOGETHER = "together"
"""The module of a variant that replaces several modules at once."""


class Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", str_strip_whitespace=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys_only(cls, data: Any) -> Any:
        for key in data if isinstance(data, dict) else ():
            if key not in cls.model_fields:
                raise unknown_key(key, list(cls.model_fields))
        return data


class Edit(Entry):
    """Text that stands exactly once in a module, and what replaces it."""

    old: Sentence
    new: str


class MutantEntry(Entry):
    """One realistic mistake.

    Attributes:
        mistake: what the student did.
        contract: the sentence of the handout that it breaks.
        check: the name of the check that should notice.
        witness: the function of witnesses/<module>.py that shows it.
        blind: whether its author had read the contract and not the suite.
        of: the variant that is edited; the reference when not given.
        replace: the edits, in order; not in a mutant that is a whole module.
    """

    mistake: Sentence
    contract: Sentence
    check: Sentence
    witness: Sentence
    blind: bool = False
    of: str | None = None
    replace: list[Edit] = []


@dataclass(frozen=True)
class Mutant:
    """A mutant as a program that can be graded."""

    entry: MutantEntry
    program: Program


@dataclass(frozen=True)
class Bank:
    """Every known program of one assignment.

    Attributes:
        variants: one for each file, and one for each name under several modules: those files together.
        witnesses: names of the witnesses by module, in the order of their file.
    """

    assignment: str
    folder: Path
    reference: Program
    variants: list[Program]
    mutants: list[Mutant]
    witnesses: dict[str, list[str]]

    def witness_file(self, module: str) -> Path:
        return self.folder / "witnesses" / f"{module}.py"


def read_bank(course: Course, assignment_id: str) -> Bank:
    """Reads what stands in `solutions/<assignment>/`.

    Raises:
        AuthorError: with a line for every mistake: file, field and cure.
    """
    assignment = course.assignment(assignment_id)
    folder = course.folder(assignment_id)
    reader = _Reader(folder, assignment)
    bank = reader.bank()
    if reader.mistakes:
        raise AuthorError("\n".join(reader.mistakes))
    return bank


def has_bank(course: Course, assignment_id: str) -> bool:
    """Whether an assignment has any known programs."""
    return any((course.folder(assignment_id) / name).is_dir() for name in ("mutants", "variants"))


class _Reader:
    def __init__(self, folder: Path, assignment: Assignment) -> None:
        self.folder = folder
        self.modules = [exercise.id for exercise in assignment.exercises]
        self.reference = {name: (folder / name).read_bytes() for name in assignment.files if (folder / name).is_file()}
        missing = [name for name in assignment.files if name not in self.reference]
        self.mistakes = [f"{folder.name}/{name}: is missing; it is the reference of an exercise" for name in missing]
        self.witnesses: dict[str, list[str]] = {}

    def bank(self) -> Bank:
        for file in self._files("witnesses", ".py", depth=1):
            if self._known_module(file, file.stem):
                self.witnesses[file.stem] = _public_functions(self._parsed(file))
        single = [self._variant(file) for file in self._files("variants", ".py") if self._known_module(file)]
        mutants = [self._mutant(file) for file in self._files("mutants", ".yml", ".py") if self._known_module(file)]
        found = [mutant for mutant in mutants if mutant is not None]
        self._refuse_twice("mutants", [mutant.program for mutant in found])
        return Bank(
            assignment=self.folder.name,
            folder=self.folder,
            reference=Program("reference", "all", "reference", self.reference, tuple(self.modules), "the reference"),
            variants=[*single, *self._together(single)],
            mutants=found,
            witnesses=self.witnesses,
        )

    def _files(self, kind: str, *suffixes: str, depth: int = 2) -> Iterable[Path]:
        place = self.folder / kind
        for path in sorted(place.rglob("*")) if place.is_dir() else ():
            if path.is_dir() or "__pycache__" in path.parts:
                continue
            if path.suffix not in suffixes or len(path.relative_to(place).parts) != depth:
                wanted = "<module>/<name>" if depth == 2 else "<module>"
                self._complain(path, "", f"is not {' or '.join(f'{kind}/{wanted}{s}' for s in suffixes)}; move it")
            else:
                yield path

    def _known_module(self, file: Path, module: str | None = None) -> bool:
        module = module or file.parent.name
        if module in self.modules:
            return True
        self._complain(file, "", f"there is no exercise {module!r} (allowed: {', '.join(self.modules)})")
        return False

    def _variant(self, file: Path) -> Program:
        note = ast.get_docstring(self._parsed(file)) or ""
        if not note:
            self._complain(file, "", "has no docstring; say in its first line what is unusual about it")
        module = file.parent.name
        files = {**self.reference, f"{module}.py": file.read_bytes()}
        return Program("variant", module, file.stem, files, (module,), note.partition("\n")[0])

    def _together(self, single: list[Program]) -> list[Program]:
        """The variants of one name under several modules are one student's: also graded as one submission."""
        by_name: dict[str, list[Program]] = {}
        for program in single:
            by_name.setdefault(program.name, []).append(program)
        found = []
        for name, parts in by_name.items():
            if len(parts) > 1:
                files = dict(self.reference)
                for part in parts:
                    files[f"{part.module}.py"] = part.files[f"{part.module}.py"]
                exercises = tuple(module for module in self.modules if module in {part.module for part in parts})
                note = f"{', '.join(exercises)} of this name in one submission"
                found.append(Program("variant", TOGETHER, name, files, exercises, note))
        return found

    def _mutant(self, file: Path) -> Mutant | None:
        data = self._entry_data(file)
        if data is None:
            return None
        try:
            entry = MutantEntry.model_validate(data)
        except ValidationError as error:
            self.mistakes += one_line_per_mistake(self._name(file), error)
            return None
        module = file.parent.name
        source = self._mutated(file, module, entry)
        self._known_witness(file, module, entry)
        if source is None:
            return None
        files = {**self.reference, f"{module}.py": source.encode()}
        return Mutant(entry, Program("mutant", module, file.stem, files, (module,), entry.mistake))

    def _entry_data(self, file: Path) -> Any:
        text = file.read_text(encoding="utf-8") if file.suffix == ".yml" else ast.get_docstring(self._parsed(file))
        try:
            data = yaml.safe_load(text or "")
        except yaml.YAMLError as error:
            self._complain(file, "", f"is not YAML: {' '.join(str(error).split())}")
            return None
        if not isinstance(data, dict):
            where = "" if file.suffix == ".yml" else "docstring"
            self._complain(file, where, f"must hold the keys {', '.join(MutantEntry.model_fields)}")
            return None
        return data

    def _mutated(self, file: Path, module: str, entry: MutantEntry) -> str | None:
        """The mutant's source, or None when it is no mutant."""
        if file.suffix == ".py":
            if entry.replace or entry.of:
                self._complain(file, "replace" if entry.replace else "of", "belongs into a .yml mutant; remove it")
            return file.read_text(encoding="utf-8")
        if not entry.replace:
            self._complain(file, "replace", "is missing; name the text to replace, or write the module as a .py file")
            return None
        base = self._base(file, module, entry)
        if base is None:
            return None
        source = base
        for number, edit in enumerate(entry.replace):
            times = source.count(edit.old)
            if times != 1:
                which = f"variants/{module}/{entry.of}.py" if entry.of else f"{module}.py"
                cure = "copy more of the lines around it" if times else "copy it from there again"
                self._complain(file, f"replace[{number}].old", f"stands {times} times in {which}, not once; {cure}")
                return None
            source = source.replace(edit.old, edit.new)
        try:
            ast.parse(source)
        except SyntaxError as error:
            self._complain(file, "replace", f"leaves a module that is not Python: line {error.lineno}: {error.msg}")
            return None
        if source == base:
            self._complain(file, "replace", "changes nothing; old and new are the same")
            return None
        return source

    def _base(self, file: Path, module: str, entry: MutantEntry) -> str | None:
        if entry.of is None:
            return self.reference[f"{module}.py"].decode()
        variant = self.folder / "variants" / module / f"{entry.of}.py"
        if not variant.is_file():
            names = sorted(path.stem for path in variant.parent.glob("*.py"))
            self._complain(file, "of", f"{module} has no variant {entry.of!r} (allowed: {', '.join(names) or 'none'})")
            return None
        return variant.read_text(encoding="utf-8")

    def _known_witness(self, file: Path, module: str, entry: MutantEntry) -> None:
        names = self.witnesses.get(module, [])
        if entry.witness not in names:
            close = get_close_matches(entry.witness, names, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            self._complain(
                file, "witness", f"witnesses/{module}.py has no function {entry.witness!r}{hint}; write it there"
            )

    def _parsed(self, file: Path) -> ast.Module:
        try:
            return ast.parse(file.read_text(encoding="utf-8"), str(file))
        except SyntaxError as error:
            self._complain(file, "", f"is not Python: line {error.lineno}: {error.msg}")
            return ast.Module([], [])

    def _refuse_twice(self, kind: str, programs: Iterable[Program]) -> None:
        seen: Mapping[str, Program] = {}
        for program in programs:
            same = seen.get(f"{program.module}/{program.name}")
            if same:
                self.mistakes.append(f"{self.folder.name}/{kind}/{program.module}/{program.name}: is there twice")
            seen = {**seen, f"{program.module}/{program.name}": program}

    def _complain(self, file: Path, field: str, problem: str) -> None:
        self.mistakes.append(": ".join(part for part in (self._name(file), field, problem) if part))

    def _name(self, file: Path) -> str:
        return file.relative_to(self.folder.parent).as_posix()


def _public_functions(tree: ast.Module) -> list[str]:
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
