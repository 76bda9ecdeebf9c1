"""Runs both networks with the same weights, as a pairing says, and finds where they part."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from grader.errors import AuthorError
from grader.probes import structure
from grader.verdicts.equivalence.differences import EXACT, Difference, as_rounding, first_difference
from grader.verdicts.equivalence.evidence import Trace, Unreadable, read
from grader.verdicts.equivalence.inputs import Pass
from grader.verdicts.equivalence.pairing import Pairing
from grader.verdicts.equivalence.parting import Place, first_parting
from grader.verdicts.equivalence.runs import Runs, read_runs

ROUNDINGS = 10  # how many times the reference's own rounding error in float32 counts as rounding
PLAIN = 1e-3  # larger errors are no rounding

Runner = Callable[..., Any]


def directly(probe: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Runs a probe in this process."""
    return probe(*args, **kwargs)


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
        if likely is not None:
            difference, error = self._difference(pairing, [likely])
            if difference is not None:
                return difference, error
        return self._difference(pairing, self.passes)

    def place(self, pairing: Pairing, where: Pass) -> Place | None:
        """Where in the candidate's modules the two first part in a pass."""
        claims = [
            self._answer(directly, self._reference, pairing, pairing.reference, [where], measured=True),
            self._answer(self._run, self._candidate, pairing, pairing.candidate, [where], measured=True),
        ]
        traces = [_measured(claim) for claim in claims]
        if traces[0] is None or traces[1] is None:
            return None
        return first_parting(traces[0], traces[1], 1e-7 if claims[1].get("precision") == "float64" else 1e-3)

    def fails_on(self, example: Tensor) -> str | None:
        """The error that the candidate raises with its own weights, if any."""
        plain = [Pass(example, training=False).plain()]
        runs = read_runs(self._run(structure.run_with, self._candidate, self._seed, [], [], plain), 1)
        return runs.error or None

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
            return as_rounding(difference), error  # a cast to float32 inside, most likely
        return rounded, error

    def _reference_runs(self, pairing: Pairing, passes: Sequence[Pass], precision: str = "float64") -> Runs:
        key = repr((precision, [self.passes.index(each) for each in passes], pairing.sources, pairing.reference))
        if key not in self._expected:
            options = {"precisions": (precision,)}
            answer = self._answer(directly, self._reference, pairing, pairing.reference, passes, **options)
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
        return read(claim["passes"][0]["trace"])
    except (KeyError, IndexError, TypeError, Unreadable):
        return None
