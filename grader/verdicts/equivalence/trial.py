"""Runs both networks with the same weights, as a pairing says, and finds where they part."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from grader.errors import AuthorError
from grader.probes import structure
from grader.verdicts.equivalence.differences import EXACT, Difference, first_difference, relative_error
from grader.verdicts.equivalence.evidence import Trace, Unreadable, read, table
from grader.verdicts.equivalence.inputs import Pass
from grader.verdicts.equivalence.pairing import Pairing
from grader.verdicts.equivalence.parting import PRECISION, Place, first_parting
from grader.verdicts.equivalence.runs import Runs, read_runs

ROUNDINGS = 10  # how many times the reference's own rounding error in float32 counts as rounding
PLAIN = 1e-3  # larger errors are no rounding
CHANCES = 24  # passes after which even a single value that is dropped or not has been both

_SMALL = {"float32", "float16", "bfloat16"}

Runner = Callable[..., Any]


class Trial:
    """One comparison's networks and inputs.

    Args:
        reference: a module in this process.
        candidate: a module, or what `run` understands.
        run: calls a probe beside the candidate.
        passes: what both are run on.
        seed: from which weights are drawn.
    """

    def __init__(self, reference: nn.Module, candidate: Any, run: Runner, passes: Sequence[Pass], seed: int) -> None:
        self.passes = list(passes)
        self._reference, self._candidate, self._run, self._seed = reference, candidate, run, seed
        self._expected: dict[str, Runs] = {}

    def difference(self, pairing: Pairing, likely: Pass | None = None) -> tuple[Difference | None, float]:
        """The first difference under a pairing, and the largest error of outputs that agree.

        Args:
            likely: a pass to try on its own before the others.
        """
        difference, error = None, 0.0
        if likely is not None:
            difference, error = self._difference(pairing, [likely])
        if difference is None:
            difference, error = self._difference(pairing, self.passes)
        if difference is None:
            difference = self._dropped(pairing)
        elif difference.what == "randomness" and not self._decides_randomness(pairing, difference):
            difference = replace(difference, what="chance")
        elif difference.what == "error" and difference.planted and self.fails_on(difference.where) is None:
            difference = replace(difference, what="values")
        return difference, error

    def place(self, pairing: Pairing, where: Pass) -> Place | None:
        """Where in the candidate's modules the two first part in a pass."""
        claims = [
            self._answer(operator.call, self._reference, pairing, pairing.reference, [where], measured=True),
            self._answer(self._run, self._candidate, pairing, pairing.candidate, [where], measured=True),
        ]
        traces = [_measured(claim) for claim in claims]
        if traces[0] is None or traces[1] is None:
            return None
        return first_parting(traces[0], traces[1], PRECISION if claims[1]["precision"] == "float64" else 1e-3)

    def fails_on(self, where: Pass) -> str | None:
        """The error that the candidate raises with its own weights on an image like any other, if any."""
        images = where.input
        if images.is_floating_point():
            images = torch.rand(images.shape, generator=torch.Generator().manual_seed(self._seed % 2**63))
        plain = [replace(where, input=images).plain()]
        runs = read_runs(self._run(structure.run_with, self._candidate, self._seed, [], [], plain), 1)
        return runs.error or None

    def _dropped(self, pairing: Pairing) -> Difference | None:
        """Whether they differ in what dropout drops, where the reference has any."""
        random = [
            replace(where, chance="drawn")
            for where, run in zip(self.passes, self._reference_runs(pairing, self.passes).passes, strict=True)
            if run.random
        ]
        if not random:
            return None
        difference, _ = self._difference(pairing, random)
        return None if difference is None else replace(difference, what="chance")

    def _decides_randomness(self, pairing: Pairing, difference: Difference) -> bool:
        """Whether chance changes the candidate's outputs if it draws random numbers, or does not if it draws none."""
        where = replace(difference.where, chance="free")
        answer = self._answer(self._run, self._candidate, pairing, pairing.candidate, [where] * CHANCES)
        runs = read_runs(answer, CHANCES).passes
        if not runs:
            return False
        first, *others = runs
        pairs = [pair for run in others for pair in zip(first.outputs, run.outputs, strict=False)]
        return any(relative_error(one, other) > PLAIN for one, other in pairs) == bool(first.random)

    def _difference(self, pairing: Pairing, passes: Sequence[Pass]) -> tuple[Difference | None, float]:
        expected = self._reference_runs(pairing, passes)
        actual = read_runs(self._answer(self._run, self._candidate, pairing, pairing.candidate, passes), len(passes))
        difference = None
        if actual.precision != "float32":
            difference, error = first_difference(expected, actual, passes, EXACT, pairing)
            if difference is None or difference.what not in ("outputs", "statistics") or difference.size > PLAIN:
                return difference, error
        rounded, error = first_difference(expected, actual, passes, self._rounding(pairing, passes), pairing)
        if rounded is None and difference is not None:
            if not self._works_in_single_precision(pairing, difference.where):
                return difference, error
            return replace(difference, what="precision"), error
        return rounded, error

    def _works_in_single_precision(self, pairing: Pairing, where: Pass) -> bool:
        """Whether the candidate casts to a smaller floating type inside."""
        answer = self._answer(self._run, self._candidate, pairing, pairing.candidate, [where], measured=True)
        trace = _measured(answer)
        return trace is None or any(not _SMALL.isdisjoint(operation.dtypes) for operation in trace.operations)

    def _reference_runs(self, pairing: Pairing, passes: Sequence[Pass], precision: str = "float64") -> Runs:
        told = [(id(each.input), each.training, each.chance) for each in passes]
        key = repr((precision, told, pairing.sources, pairing.reference))
        if key not in self._expected:
            options = {"precisions": (precision,)}
            answer = self._answer(operator.call, self._reference, pairing, pairing.reference, passes, **options)
            runs = read_runs(answer, len(passes))
            if runs.error:
                raise AuthorError(f"the reference network fails {passes[runs.failed]}: {runs.error}")
            if any(not bool(output.isfinite().all()) for run in runs.passes for output in run.outputs):
                raise AuthorError("the reference network gives NaN or infinity with random weights")
            self._expected[key] = runs
        return self._expected[key]

    def _rounding(self, pairing: Pairing, passes: Sequence[Pass]) -> float:
        """What counts as rounding in float32, from how much the reference itself is off."""
        exact, rounded = (self._reference_runs(pairing, passes, name) for name in ("float64", "float32"))
        mine = replace(pairing, candidate=pairing.reference, tensors={})
        _, error = first_difference(exact, rounded, passes, float("inf"), mine)
        return ROUNDINGS * error

    def _answer(
        self,
        run: Runner,
        model: Any,
        pairing: Pairing,
        assignment: list[dict[str, Any]],
        passes: Sequence[Pass],
        **options: Any,
    ) -> Any:
        plain = [each.plain() for each in passes]
        return run(structure.run_with, model, self._seed, pairing.sources, assignment, plain, **options)


def _measured(claim: Any) -> Trace | None:
    try:
        told = table(claim)
        return read(table(told["passes"][0])["trace"]) if told["precision"] in ("float64", "float32") else None
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError, Unreadable):
        return None
