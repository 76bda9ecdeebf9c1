"""What a network answered when it was run with other weights, checked: it comes from beside student code."""

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from grader.verdicts.equivalence.evidence import Unreadable, table

MOST_TEXT = 1000


@dataclass(frozen=True)
class Draw:
    """Random numbers drawn.

    Args:
        path: in which module.
        line: which line led to it.
        dropout: whether it is torch's own dropout, whose chance can be taken out.
    """

    path: str
    line: str
    dropout: bool


@dataclass(frozen=True)
class Run:
    """The answer to one pass; statistics and gradients by tensor number."""

    outputs: list[Tensor]
    statistics: dict[int, Tensor] = field(default_factory=dict)
    gradients: dict[int, list[float]] = field(default_factory=dict)
    random: list[Draw] = field(default_factory=list)


@dataclass(frozen=True)
class Runs:
    """The answers to some passes.

    Args:
        precision: the floating type that the network worked in.
        passes: one answer per pass, unless there was an error.
        error: the exception that ended it.
        failed: the number of the pass that it ended.
        planted: whether the network could be given the weights at all.
    """

    precision: str = ""
    passes: list[Run] = field(default_factory=list)
    error: str = ""
    failed: int = 0
    planted: bool = True


def read_runs(claim: Any, count: int) -> Runs:
    """The answer of `grader.probes.structure.run_with` to `count` passes, which may be anything at all."""
    try:
        if "error" in table(claim):
            failed = min(max(int(claim["pass"]), 0), count - 1)
            return Runs(error=str(claim["error"])[:MOST_TEXT], failed=failed, planted=bool(claim["planted"]))
        passes = [_run(entry) for entry in claim["passes"]]
        if len(passes) != count or claim["precision"] not in ("float64", "float32"):
            raise ValueError("answers are missing")
        return Runs(claim["precision"], passes)
    except (Unreadable, KeyError, TypeError, ValueError, AttributeError, OverflowError, RuntimeError) as error:
        return Runs(error=f"its answer could not be read ({type(error).__name__})", planted=False)


def _run(entry: Any) -> Run:
    outputs = list(table(entry)["outputs"])
    statistics = table(entry.get("statistics", {}))
    if not all(isinstance(value, Tensor) and not value.is_complex() for value in (*outputs, *statistics.values())):
        raise TypeError("tensors of real numbers were expected")
    gradients = {key: _three_numbers(value) for key, value in table(entry.get("gradients", {})).items()}
    draws = [table(draw) for draw in list(entry.get("random", []))]
    random = [Draw(str(draw["path"])[:200], str(draw["line"])[:200], draw["dropout"] is True) for draw in draws]
    return Run([output.detach() for output in outputs], statistics, gradients, random)


def _three_numbers(value: Any) -> list[float]:
    if not isinstance(value, list | tuple) or len(value) != 3 or not all(isinstance(x, int | float) for x in value):
        raise ValueError("three numbers were expected")
    return [float(x) for x in value]
