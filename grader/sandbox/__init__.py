"""Student code in a process of its own, where it can reach nothing (docs/decisions/0001-sandbox.md).

`from grader.sandbox import Limits, Sandbox` is all that is needed to use it without a course.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.sandbox.limits import Limits as Limits
    from grader.suite.standalone import Sandbox as Sandbox


def __getattr__(name: str) -> Any:  # late, because the worker imports this package and must see nothing else
    if name == "Sandbox":
        from grader.suite.standalone import Sandbox

        return Sandbox
    if name == "Limits":
        from grader.sandbox.limits import Limits

        return Limits
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
