"""A function leaves nothing behind beside its result."""

from collections.abc import Callable
from typing import Any

from grader.probes import surroundings
from grader.verdicts.circumstances import during


def expect_nothing_left_behind(
    student: Any, name: str, function: Callable[..., Any], *args: Any, looks_at: Any = None, **kwargs: Any
) -> None:
    """Global seeds, the recording of gradients, and the gradients of a model that is looked at stay as they are.

    Randomness may come from torch's generator alone.

    Args:
        name: how messages call the function.
        looks_at: the model, of a function that evaluates it.
    """
    __tracebackhide__ = True
    with during(name):
        found = student.run(surroundings.left_behind, function, *args, looks_at=looks_at, **kwargs)
    assert not found, f"{name} {found[0]}"
