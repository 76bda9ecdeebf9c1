"""Says in which circumstances student code raised an exception, or used up a limit.

    with during("mix of 4 items with augmented_fraction=0"):
        mixed = student.mixed.mix(base, transform, 0)

If the call fails, the message begins with these words. What the check itself asserts stays as it is.
"""

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def during(what: str) -> Iterator[None]:
    """A block in which whatever student code raises is told with these words; those of the innermost block count."""
    __tracebackhide__ = True
    try:
        yield
    except AssertionError:
        raise
    except Exception as error:
        if not hasattr(error, "circumstances"):
            error.circumstances = what  # type: ignore[attr-defined]  # read by grader.suite.messages
        raise
