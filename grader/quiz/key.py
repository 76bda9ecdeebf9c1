"""quiz.yml: an author's questions with key, tolerance and reason. It stays on the judge's side.

    questions:
      - id: scaler-leak
        kind: choice                       # one option is right
        text: |
          A scaler was fitted on all rows before the split. What is wrong with the test error?
        options: {a: ..., b: ..., c: ...}
        key: b
        why: The test rows took part in ...
      - id: leaks
        kind: choices                      # one or more, but never all
        ...
        key: [a, d]
      - id: parameters
        kind: number
        text: How many ...?
        key: 2049
        tolerance: {absolute: 0}           # or {relative: 0.01}
        why: ...

Every mistake is one line such as
`regression/quiz.yml: questions[2] (leaks): key: names the option 'e', which there is none of (allowed: a, b, c, d)`.
"""

import math
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from grader.course_errors import one_line_per_mistake, unknown_key
from grader.course_yaml import read_yaml
from grader.errors import CourseError

from .questions import LETTERS, Question, as_markdown, read_markdown

FILE_NAME = "quiz.yml"

_MOST_QUESTIONS = 40


def _mistake(text: str) -> PydanticCustomError:
    return PydanticCustomError("quiz", text)  # type: ignore[arg-type]  # a template without parameters


def _id(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", value):
        raise _mistake(
            f"is not a valid name, got {value!r} (allowed: a to z, digits and -, at most 40, a letter first)"
        )
    return value


def _words(value: object) -> object:
    return " ".join(value.split()) if isinstance(value, str) else value


Id = Annotated[str, BeforeValidator(_id)]
Text = Annotated[str, Field(min_length=1)]
Line = Annotated[str, BeforeValidator(_words), Field(min_length=1)]


class _Section(BaseModel):
    """Strict: no unknown keys, no conversions, no infinities."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys_only(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for key in data:
                if key not in cls.model_fields:
                    raise unknown_key(key, list(cls.model_fields))
        return data


class Tolerance(_Section):
    """How far off a number may be: by an amount, or by a share of the key."""

    absolute: Annotated[float, Field(ge=0)] | None = None
    relative: Annotated[float, Field(gt=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "Tolerance":
        if (self.absolute is None) == (self.relative is None):
            raise _mistake("must hold one of the two (allowed: {absolute: 0.5} or {relative: 0.01})")
        return self

    def margin(self, key: float) -> float:
        """The largest difference to the key, in its units."""
        return self.absolute if self.absolute is not None else (self.relative or 0.0) * abs(key)

    def in_words(self) -> str:
        """For the student, e.g. `it may be off by 1 %`."""
        if self.relative is not None:
            return f"it may be off by {100 * self.relative:g} %"
        return f"it may be off by {self.absolute:g}" if self.absolute else "it has to be exact"


class Keyed(_Section):
    """A question with its answer."""

    id: Id
    kind: str
    text: Text
    why: Text

    def question(self) -> Question:
        """The question without the answer."""
        raise NotImplementedError

    def right(self, answer: Any) -> bool:
        """Whether an answer, as `answers.read` gives it, is right."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _can_be_read_from_its_text(self) -> "Keyed":
        if read_markdown(as_markdown(self.question())) != [self.question()]:
            raise _mistake("text: cannot be told from its surroundings; begin no line with # or with `- **a**: `")
        return self


class _WithOptions(Keyed):
    options: dict[str, Line]

    @field_validator("options")
    @classmethod
    def _lettered(cls, options: dict[str, str]) -> dict[str, str]:
        if len(options) < 2:
            raise _mistake("leave nothing to choose (allowed: 2 to 6 of them)")
        expected = list(LETTERS[: len(options)])
        if sorted(options) != expected:
            allowed = f"the letters a to {LETTERS[-1]} from the first on, each once, in any order"
            raise _mistake(f"are named {', '.join(map(str, options))} (allowed: {allowed})")
        ordered = {letter: options[letter] for letter in expected}
        for letter, text in ordered.items():
            twin = next(other for other in expected if ordered[other] == text)
            if twin != letter:
                raise _mistake(f"{twin} and {letter} say the same")
        return ordered

    def _known(self, letters: list[str]) -> None:
        for letter in letters:
            if letter not in self.options:
                raise _mistake(
                    f"key: names the option {letter!r}, which there is none of (allowed: {', '.join(self.options)})"
                )


class Choice(_WithOptions):
    """One option is right."""

    kind: Literal["choice"]
    key: str

    @model_validator(mode="after")
    def _key_is_an_option(self) -> "Choice":
        self._known([self.key])
        return self

    def question(self) -> Question:
        return Question(self.id, "choice", self.text.strip(), self.options)

    def right(self, answer: Any) -> bool:
        return bool(answer == self.key)


class Choices(_WithOptions):
    """One or more options are right, and exactly these earn the point; never all, for then marking all would."""

    kind: Literal["choices"]
    key: Annotated[list[str], Field(min_length=1)]

    @model_validator(mode="after")
    def _key_is_some_options(self) -> "Choices":
        self._known(self.key)
        if len(set(self.key)) < len(self.key):
            raise _mistake("key: names an option twice")
        if len(self.key) == len(self.options):
            raise _mistake("key: names every option, so that marking all would be right; add a wrong option")
        return self

    def question(self) -> Question:
        return Question(self.id, "choices", self.text.strip(), self.options)

    def right(self, answer: Any) -> bool:
        return bool(answer == frozenset(self.key))


class Number(Keyed):
    """A number, within a tolerance."""

    kind: Literal["number"]
    key: float
    tolerance: Tolerance

    @model_validator(mode="after")
    def _tolerance_means_something(self) -> "Number":
        if self.key == 0 and self.tolerance.relative is not None:
            raise _mistake("tolerance: a share of 0 is nothing (allowed: {absolute: 0.5} where the key is 0)")
        return self

    def question(self) -> Question:
        return Question(self.id, "number", self.text.strip(), accuracy=self.tolerance.in_words())

    def right(self, answer: Any) -> bool:
        margin = self.tolerance.margin(self.key)
        slack = 1e-12 * max(1.0, abs(self.key))  # 0.3 is within 0.1 of 0.2, whatever the binary digits say
        return math.isfinite(answer) and abs(answer - self.key) <= margin + slack


_KINDS: dict[str, type[Choice] | type[Choices] | type[Number]] = {
    "choice": Choice,
    "choices": Choices,
    "number": Number,
}


def load_quiz(path: Path) -> list[Keyed]:
    """Reads quiz.yml, given its path or its folder.

    Raises:
        CourseError: with one line for every mistake.
    """
    path = path / FILE_NAME if path.is_dir() else path
    name = f"{path.absolute().parent.name}/{path.name}"
    try:
        data = read_yaml(path)
    except CourseError as error:
        raise CourseError(str(error).replace(f"{path.name}: ", f"{name}: ", 1)) from error
    mistakes = [f"{name}: {key}: is not a known key (allowed: questions)" for key in data if key != "questions"]
    entries = data.get("questions")
    if not isinstance(entries, list) or not 1 <= len(entries) <= _MOST_QUESTIONS:
        raise CourseError(
            "\n".join([*mistakes, f"{name}: questions: must be a list of 1 to {_MOST_QUESTIONS} questions"])
        )
    quiz: list[Keyed] = []
    seen: dict[str, int] = {}
    for index, entry in enumerate(entries):
        where = f"{name}: questions[{index}]"
        if not isinstance(entry, dict):
            mistakes.append(f"{where}: must be keys and values such as `id: scaler-leak`, got {type(entry).__name__}")
            continue
        where += f" ({entry['id']})" if isinstance(entry.get("id"), str) else ""
        kind = entry.get("kind")
        if not isinstance(kind, str) or kind not in _KINDS:
            got = "is missing" if kind is None else f"got {kind!r}"
            mistakes.append(f"{where}: kind: {got} (allowed: {', '.join(_KINDS)})")
            continue
        try:
            question = _KINDS[kind].model_validate(entry)
        except ValidationError as error:
            mistakes += one_line_per_mistake(where, error)
            continue
        if question.id in seen:
            mistakes.append(f"{where}: id: is used twice, first in questions[{seen[question.id]}]")
        seen.setdefault(question.id, index)
        quiz.append(question)
    if mistakes:
        raise CourseError("\n".join(mistakes))
    return quiz


def guessed(quiz: list[Keyed]) -> float:
    """The share of right answers that somebody may expect who marks options at random and guesses no number.

    Of `choices`, every set of options but the empty one is taken to be equally likely.
    """
    chances = {
        question.id: 1 / len(question.options) if isinstance(question, Choice) else 1 / (2 ** len(question.options) - 1)
        for question in quiz
        if isinstance(question, _WithOptions)
    }
    return sum(chances.values()) / len(quiz)
