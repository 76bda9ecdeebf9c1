"""Every error the kit raises on purpose.

GraderError
├── BadInput            the user's: a file, a field or an option is wrong; the message names it and the cure
│   ├── CourseError     course.yml
│   ├── SubmissionError a submission that cannot be read (unsafe archive, too many files, ...)
│   └── DataError       a data set that is missing, damaged or unknown
├── AuthorError         the exercise author's: a suite, a stub or a reference is wrong
├── KitError            the kit's own: a grade could not be made; never costs a student points
│   └── SandboxError    the sandbox could not be started or was lost
└── StudentFault        the student's verdict
    ├── StudentError    an exception in student code (also derives from the builtin of the same name)
    ├── Unusable        what student code returned is of a kind that a probe cannot work with
    ├── LimitExceeded   a time, memory, output or process limit
    └── WorkerDied      the student's process ended by itself
"""

import builtins
from collections.abc import Sequence
from typing import Literal


class GraderError(Exception):
    """Base of everything below."""


class BadInput(GraderError):
    """Something the user gave is wrong; the message says where and what to do."""


class CourseError(BadInput):
    """course.yml is wrong."""


class SubmissionError(BadInput):
    """A submission cannot be read or is not safe to unpack."""


class DataError(BadInput):
    """A data set is missing, damaged or unknown."""


class AuthorError(GraderError):
    """An exercise is wrong: a suite that cannot be collected, a stub that scores, a reference that does not."""


class KitError(GraderError):
    """The kit failed; a submission that meets it has no grade, not a bad one."""


class SandboxError(KitError):
    """The sandbox could not be started, or was lost."""


class StudentFault(GraderError):
    """Student code did not do what was asked of it."""


class StudentError(StudentFault):
    """An exception raised by student code.

    Args:
        type_name: name of the exception's class, e.g. `"KeyError"`.
        message: its text.
        frames: the student's own frames as `(file, line, function)`, outermost first.
    """

    def __init__(self, type_name: str, message: str, frames: Sequence[tuple[str, int, str]] = ()) -> None:
        super().__init__(type_name, message)
        self.type_name = type_name
        self.message = message
        self.frames = [(file, line, function) for file, line, function in frames]

    def __str__(self) -> str:
        text = f"{self.type_name}: {self.message}" if self.message else self.type_name
        if self.frames:
            file, line, function = self.frames[-1]
            text += f" ({file}, line {line}, in {function})"
        return text


class Unusable(StudentFault, TypeError):
    """Raised by probes: student code returned what cannot be looked at any further; the message is a sentence on it."""


class LimitExceeded(StudentFault):
    """Student code used up what it was given.

    Args:
        resource: which limit.
        limit: its value, in the unit that `unit` names.
    """

    def __init__(self, resource: Literal["cpu", "wall", "memory", "output", "processes"], limit: float) -> None:
        super().__init__(resource, limit)
        self.resource = resource
        self.limit = limit

    def __str__(self) -> str:
        return {
            "cpu": f"used more than {self.limit:g} s of processor time; is there a loop that never ends?",
            "wall": f"took longer than {self.limit:g} s; is there a loop that never ends, or something waiting?",
            "memory": f"used more than {self.limit:g} MB of memory",
            "output": f"printed more than {self.limit:g} kB",
            "processes": f"started more than {self.limit:g} processes",
        }[self.resource]


class WorkerDied(StudentFault):
    """The student's process ended by itself, e.g. through `os._exit` or a crash in native code.

    Args:
        how: a phrase such as `"exit code 0"` or `"signal 11 (segmentation fault)"`.
    """

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how

    def __str__(self) -> str:
        return f"the program ended in the middle of this check ({self.how})"


def student_error(
    type_name: str, bases: Sequence[str], message: str, frames: Sequence[tuple[str, int, str]] = ()
) -> StudentError:
    """A `StudentError` that `pytest.raises(KeyError)` also recognises.

    Args:
        type_name: class name of the exception in student code.
        bases: names of its classes from the most to the least derived; the first builtin one counts.
    """
    for name in bases:
        builtin = getattr(builtins, name, None)
        if isinstance(builtin, type) and issubclass(builtin, Exception) and builtin is not Exception:
            kind = type(f"Student{name}", (StudentError, builtin), {})
            try:
                return kind(type_name, message, frames)
            except TypeError:  # SyntaxError, UnicodeDecodeError: built from more than a message; try their base
                continue
    return StudentError(type_name, message, frames)
