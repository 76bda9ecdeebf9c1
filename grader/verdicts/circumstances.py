"""Says in which circumstances a check failed, and what was seen instead of what was expected.

    with during("mix of 4 items with augmented_fraction=0"):
        mixed = student.mixed.mix(base, transform, 0)

If student code raises an exception in the block, or uses up a limit, the message begins with these words. What the
check itself asserts stays as it is.

    with told_by(flipped_how, result, image, what="RandomHorizontalFlip(p=1)"):
        expect_close(result, image.flip(-1))

If the comparison fails, `flipped_how(result, image)` is asked what it sees. Where it has no words for it ("") the
message is that of the comparison.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any


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


@contextlib.contextmanager
def told_by(describe: Callable[..., str], *args: Any, what: str) -> Iterator[None]:
    """A block whose failed assertion is told as `what`, followed by what `describe(*args)` says."""
    __tracebackhide__ = True
    try:
        yield
    except AssertionError:
        words = describe(*args)
        if words:
            raise AssertionError(f"{what} {words}") from None
        raise
