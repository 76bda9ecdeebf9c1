"""The canonical form of a trace. What is not known is kept as it is, so that the form of every network can be had."""

from grader.verdicts.equivalence import layers, pointwise, reductions, shaping
from grader.verdicts.equivalence.builder import Builder
from grader.verdicts.equivalence.evidence import Trace, Unreadable
from grader.verdicts.equivalence.network import Network

RULE_MODULES = (layers, pointwise, reductions, shaping)  # importing them registers their rules


def canonical(trace: Trace) -> Network:
    """The canonical network; `Unreadable` when operations have arguments that their names do not allow."""
    try:
        return Builder(trace).build()
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError, OverflowError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error
