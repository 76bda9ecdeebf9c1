"""Faults of a training run, each a sentence about the student's function; None when there is no such fault.

Every verdict takes the evidence of `grader.probes.training.trace` and the name of the function that was traced.
`training_faults` applies all that need to know nothing more. See docs/traces.md for the list with examples.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator

from grader.verdicts.runs import Evidence
from grader.verdicts.training.losses import loss_broadcasts, loss_on_probabilities
from grader.verdicts.training.modes import (
    evaluation_in_training_mode,
    gradients_during_evaluation,
    training_in_evaluation_mode,
)
from grader.verdicts.training.outcome import global_seeds_touched, not_the_best_epoch, state_carried
from grader.verdicts.training.parameters import (
    frozen_parameters_moved,
    frozen_statistics_moved,
    trainable_parameters_did_not_move,
    wrong_parameters_optimised,
)
from grader.verdicts.training.samples import wrong_evaluation_samples, wrong_samples
from grader.verdicts.training.settings import optimizer_rebuilt, scheduler_wrongly_stepped, wrong_hyper_parameters
from grader.verdicts.training.steps import (
    backward_missing,
    gradients_not_cleared,
    graph_kept_alive,
    step_missing,
    steps_miscounted,
)

__all__ = [
    "Evidence",
    "backward_missing",
    "evaluation_in_training_mode",
    "expect_no_fault",
    "expect_sound_training",
    "explained_by",
    "frozen_parameters_moved",
    "frozen_statistics_moved",
    "global_seeds_touched",
    "gradients_during_evaluation",
    "gradients_not_cleared",
    "graph_kept_alive",
    "loss_broadcasts",
    "loss_on_probabilities",
    "not_the_best_epoch",
    "optimizer_rebuilt",
    "scheduler_wrongly_stepped",
    "state_carried",
    "step_missing",
    "steps_miscounted",
    "trainable_parameters_did_not_move",
    "training_faults",
    "training_in_evaluation_mode",
    "wrong_evaluation_samples",
    "wrong_hyper_parameters",
    "wrong_parameters_optimised",
    "wrong_samples",
]


Verdict = Callable[[Evidence, str], str | None]


def training_faults(
    evidence: Evidence, name: str, one_step_per_batch: bool = True, leave_out: Collection[Verdict] = ()
) -> list[str]:
    """Every fault that can be seen without knowing what the exercise asked for.

    Args:
        evidence: of a run that trained.
        name: how the sentences call the function, e.g. `"fit"`.
        one_step_per_batch: whether each batch has to have a step of its own; False allows gradient accumulation.
        leave_out: verdicts on what the exercise allows.
    """
    verdicts: list[Verdict] = [
        backward_missing,
        lambda evidence, name: step_missing(evidence, name, one_step_per_batch),
        gradients_not_cleared,
        training_in_evaluation_mode,
        evaluation_in_training_mode,
        gradients_during_evaluation,
        frozen_parameters_moved,
        frozen_statistics_moved,
        wrong_parameters_optimised,
        trainable_parameters_did_not_move,
        loss_on_probabilities,
        loss_broadcasts,
        graph_kept_alive,
        global_seeds_touched,
    ]
    found = (verdict(evidence, name) for verdict in verdicts if verdict not in leave_out)
    return [fault for fault in found if fault is not None]


def expect_sound_training(evidence: Evidence, name: str, *more: str | None, one_step_per_batch: bool = True) -> None:
    """Fails with the first of `training_faults`, or else of `more`, which hold what other verdicts said."""
    __tracebackhide__ = True
    expect_no_fault(*training_faults(evidence, name, one_step_per_batch), *more)


def expect_no_fault(*faults: str | None) -> None:
    """Fails with the first fault that there is, e.g. `expect_no_fault(step_missing(e, "fit"), wrong_samples(...))`."""
    __tracebackhide__ = True
    for fault in faults:
        if fault is not None:
            raise AssertionError(fault)


@contextlib.contextmanager
def explained_by(faults: Iterable[str | None]) -> Iterator[None]:
    """If a comparison in the block fails, it does so with the first fault, where there is one.

    What a program does is said before what comes of it, and nobody is blamed for what does no harm.
    """
    __tracebackhide__ = True
    try:
        yield
    except AssertionError:
        expect_no_fault(*faults)
        raise
