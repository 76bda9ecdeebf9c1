"""Which parameters and statistics move, and which the optimiser holds."""

from collections.abc import Sequence

from grader.verdicts.runs import Evidence, read


def frozen_parameters_moved(evidence: Evidence, name: str) -> str | None:
    """Parameters that were frozen when the run began, and changed."""
    run = read(evidence)
    changed = {number for event in run.events for number in event.get("changed", [])}
    frozen = {number for number in changed if not evidence["parameters"][number]["trainable"]}
    if frozen:
        return f"{name} changes frozen parameters ({run.names(frozen)})"
    return None


def frozen_statistics_moved(evidence: Evidence, name: str) -> str | None:
    """Running statistics of frozen batch norm that changed."""
    run = read(evidence)
    changed = {number for event in run.events for number in event.get("buffers_changed", [])}
    moved = {number for number in changed if evidence["parameters"][number]["frozen_statistics"]}
    if moved:
        return (
            f"{name} lets the running statistics of frozen batch-norm layers drift ({run.names(moved)}): "
            "those layers work in training mode"
        )
    return None


def trainable_parameters_did_not_move(evidence: Evidence, name: str) -> str | None:
    """Parameters in the optimiser that no gradient reached."""
    run = read(evidence)
    steps = [step for step in run.steps if any(group.get("lr", 1) for group in step["groups"])]
    if not steps or not run.backwards:
        return None
    optimised = {number for step in steps for group in step["groups"] for number in group["parameters"]}
    reached = {number for step in steps for number in step["with_gradient"]}
    changed = {number for event in run.events for number in event.get("changed", [])}
    still = {
        number
        for number in optimised - reached - changed
        if evidence["parameters"][number]["trainable"] and evidence["parameters"][number]["model"] >= 0
    }
    if still and reached:
        return f"no gradient reaches some trainable parameters in {name} ({run.names(still)})"
    return None


def wrong_parameters_optimised(
    evidence: Evidence, name: str, names: Sequence[str] | None = None, frozen_allowed: bool = True
) -> str | None:
    """An optimiser over too few, too many or foreign parameters.

    Args:
        names: the parameters that should be trained; all trainable ones of the models that were trained by default.
        frozen_allowed: whether frozen parameters may be among the optimiser's.
    """
    run = read(evidence)
    if not run.steps or not run.trained:
        return None
    given = {number for step in run.steps for group in step["groups"] for number in group["parameters"]}
    own = set(run.parameters_of(run.trained_models()))
    by_hand = {number for move in run.moves if not move.is_step for number in move.parameters}
    wanted = {
        number
        for number in own
        if (run.name(number) in names if names is not None else evidence["parameters"][number]["trainable"])
    }
    missing = wanted - given - by_hand
    foreign = {number for number in given if evidence["parameters"][number]["model"] == -1}
    if missing and not given & own:
        return f"the optimiser of {name} holds the parameters of another model than the one that is trained"
    if missing and foreign:
        return (
            f"the optimiser of {name} holds parameters that are no longer part of the model and misses "
            f"{run.names(missing)}: it was built before a layer was replaced"
        )
    if missing:
        return f"the optimiser of {name} misses parameters that should be trained ({run.names(missing)})"
    extra = {number for number in given & own - wanted if names is not None or not frozen_allowed}
    if extra:
        return f"the optimiser of {name} holds parameters that should not be trained ({run.names(extra)})"
    return None
