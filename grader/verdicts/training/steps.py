"""Forward, backward, step: gradients that are missing, stale or lost, and steps at the wrong moment."""

from grader.verdicts.runs import Event, Evidence, Move, Run, read


def backward_missing(evidence: Evidence, name: str) -> str | None:
    """Optimiser steps without, or with too few, backward passes."""
    run = read(evidence)
    if run.steps and not run.backwards:
        return f"{name} makes optimiser steps but never computes gradients: there is no backward pass"
    if run.forgotten:
        return (
            f"{name} runs the model on {len(run.forgotten)} training batches without a backward pass: "
            "nothing is learned from them"
        )
    return None


def step_missing(evidence: Evidence, name: str, one_step_per_batch: bool = True) -> str | None:
    """Weights that never move, or move at the wrong moment."""
    run = read(evidence)
    if not run.backwards:
        return None
    if not run.moves and not _weights_differ(run):
        return f"{name} computes gradients but never changes the weights: no step follows"
    if not run.moves:
        return None  # new weights by other means, e.g. a functional call
    if any(move.is_step and not move.backwards and not move.repeats for move in run.moves):
        return f"{name} makes an optimiser step before the gradients of the batch are there"
    if any(move.repeats for move in run.moves):
        return f"{name} makes more than one optimiser step for one batch"
    about = set(run.parameters_of(run.trained_models()))
    if any(
        move.is_step and move.parameters & about and not any(step["nonzero"] for step in move.events)
        for move in run.moves
    ):
        return (
            f"{name} makes steps on gradients that are all zero: "
            "they are cleared after the backward pass and before the step"
        )
    batches = [_batches_of(run, move.backwards) for move in run.moves]
    if one_step_per_batch and max(batches) > 1:
        return f"{name} makes one optimiser step for {max(batches)} batches instead of one for each"
    if one_step_per_batch and run.pending:
        return f"{name} makes no optimiser step after the last backward pass"
    return None


def gradients_not_cleared(evidence: Evidence, name: str) -> str | None:
    """Gradients of the step before, or from before the run, that are still there when the next ones are computed."""
    run = read(evidence)
    for earlier, move in zip(run.moves, run.moves[1:], strict=False):
        if _stale(move, earlier.parameters):
            return f"{name} lets gradients add up: every batch's gradient is added to those of the batches before it"
    if run.moves and _stale(run.moves[0], run.moves[0].parameters):
        return f"{name} adds the gradient of its first batch to gradients that were there before it began"
    return None


def graph_kept_alive(evidence: Evidence, name: str) -> str | None:
    """Losses kept with their graphs, so that memory grows with every batch."""
    run = read(evidence)
    earlier = len(run.backwards) - 1
    if earlier >= 3 and run.backwards[-1]["alive"] >= max(3, 0.6 * earlier):
        return f"{name} keeps the computation graph of earlier batches in memory, more with every batch"
    return None


def _stale(move: Move, parameters: set[int]) -> bool:
    """Whether some of the parameters hold a gradient when the first gradients of a move are added."""
    first = next((backward for backward in move.backwards if backward["accumulates"]), None)
    return first is not None and bool(set(first["dirty"]) & move.parameters & parameters)


def steps_miscounted(evidence: Evidence, name: str, steps: int) -> str | None:
    """Another number of steps than asked for."""
    made = sum(bool(move.backwards) for move in read(evidence).moves)
    return f"{name} makes {made} steps instead of {steps}" if made != steps else None


def _weights_differ(run: Run) -> bool:
    return any(
        len({event["weights"] for event in run.trained if event["model"] == model}) > 1
        for model in run.trained_models()
    )


def _batches_of(run: Run, backwards: list[Event]) -> int:
    """How many different batches led to one move; an optimiser that asks for several passes itself is not blamed.

    One loss may be computed from several passes (two views of a batch, say), which are one batch unless all of them
    saw samples that are known to be different.
    """
    own = [run.forwards_of(backward) for backward in backwards if not backward["in_step"]]
    between = len({tuple(forwards[0]["samples"]) for forwards in own})
    within = (
        len({tuple(forward["samples"]) for forward in forwards})
        for forwards in own
        if all(None not in forward["indices"] for forward in forwards)
    )
    return max([between, *within])
