"""From what the reference reached to a threshold, or to the reason why there can be none."""

import statistics
from collections.abc import Sequence

from grader.calibrate.record import RUNS, Chances, Control, TaskRecord
from grader.calibrate.running import Runs
from grader.calibrate.tail import SHARE, left_spread, lower_bound, of_new_lows, upper_bound
from grader.errors import AuthorError

FEWEST = 40
"""Fewer runs say too little about a tail; docs/decisions/0002-calibration.md says why 240 are the default."""


def fit(runs: Runs) -> TaskRecord:
    """What goes into calibration.json.

    Raises:
        AuthorError: no threshold tells the reference from its control.
    """
    task, values, controls = runs.task, runs.values, runs.controls
    where = f"{task.file}: {task.name}"
    if not all(abs(value) < float("inf") for value in (*values, *controls)):
        raise AuthorError(f"{where}: {task.metric} is not finite in some runs")
    if left_spread(values) == 0:
        raise AuthorError(
            f"{where}: {task.metric} is {statistics.median(values):.3g} in half of the runs and never lower, so "
            "nothing can be said about its spread; take a metric with finer steps, or a harder task"
        )
    threshold, bound = lower_bound(values), upper_bound(controls)
    if bound >= threshold:
        raise AuthorError(
            f"{where}: no threshold tells the reference from its control: {task.metric} of the reference may fall to "
            f"{threshold:.3f} ({min(values):.3f} seen), and with permuted targets it may rise to {bound:.3f} "
            f"({max(controls):.3f} seen); make the task easier or its metric steadier"
        )
    return TaskRecord(
        metric=task.metric,
        steps=task.steps,
        seeds=runs.seeds,
        values=rounded(values),
        mean=round(statistics.fmean(values), 4),
        sd=round(statistics.stdev(values), 4),
        min=round(min(values), 4),
        threshold=round(threshold - 5e-5, 4),
        false_fail=chances(len(values)),
        control=Control(
            values=rounded(controls),
            mean=round(statistics.fmean(controls), 4),
            max=round(max(controls), 4),
            bound=round(bound, 4),
        ),
        cpu_seconds=runs.cpu_seconds,
        fingerprint=runs.fingerprint,
    )


def chances(count: int) -> Chances:
    """Of one, two and three low runs, after so many runs of the reference."""
    numbers = range(1, RUNS + 1)
    return Chances(
        with_tail=[float(f"{SHARE**new:.3g}") for new in numbers],
        any_distribution=[float(f"{of_new_lows(count, new):.3g}") for new in numbers],
    )


def rounded(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(value, 4) for value in values)
