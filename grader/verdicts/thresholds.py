"""Whether a submission learns as well as the reference does, under the same budget, on data that nobody has seen.

    import calibrated
    from grader.verdicts.thresholds import expect_learned

    def test_fit_learns(student, rng):
        \"\"\"A network trained with fit recognises new images.\"\"\"
        expect_learned(student, rng, calibrated.fit_finds_lesions)

A check fails when `RUNS` independent runs all stay below the threshold, or when as many runs with permuted targets all
reach it. How unlikely that is for a right program stands in calibration.json.
"""

from typing import Any

import numpy as np

from grader.calibrate.freshness import fresh_record
from grader.calibrate.record import RUNS
from grader.calibrate.task import Task


def expect_learned(student: Any, rng: np.random.Generator, task: Task) -> None:
    """Runs a calibrated task on a submission, and its control.

    Raises:
        AssertionError: the submission does not learn, or seems to where nothing can be learned.
        AuthorError: there is no calibration of this very task, or it is stale.
    """
    __tracebackhide__ = True
    threshold = fresh_record(task).threshold
    reached = _runs(student, rng, task, threshold, permuted=False)
    if not any(value >= threshold for value in reached):
        raise AssertionError(
            f"{task.what}: {task.metric} is {_listed(reached)} in {len(reached)} runs on different data; "
            f"a right program reaches more than {threshold:.2f}"
        )
    reached = _runs(student, rng, task, threshold, permuted=True)
    if all(value >= threshold for value in reached):
        raise AssertionError(
            f"{task.what}: {task.metric} is {_listed(reached)} although the training targets were in random order, so "
            "that there was nothing to learn; where do the answers come from?"
        )


def _runs(student: Any, rng: np.random.Generator, task: Task, threshold: float, *, permuted: bool) -> list[float]:
    """The values of up to `RUNS` runs; the first on the right side of the threshold is the last. NaN is below it."""
    __tracebackhide__ = True
    values: list[float] = []
    while len(values) < RUNS:
        values.append(task.run(student, int(rng.integers(2**63)), permuted=permuted))
        if (values[-1] >= threshold) is not permuted:
            break
    return values


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)
