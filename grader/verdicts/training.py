"""Faults of a training run, each a sentence about the student's function; None when there is no such fault.

Every function takes the evidence of `grader.probes.training.trace` and the name of the function that was traced.
`training_faults` applies all that need to know nothing more. See docs/traces.md for the list with examples.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from grader.verdicts.runs import Run, read, splits_in

Evidence = dict[str, Any]


def training_faults(evidence: Evidence, name: str, one_step_per_batch: bool = True) -> list[str]:
    """Every fault that can be seen without knowing what the exercise asked for.

    Args:
        evidence: of a run that trained.
        name: how the sentences call the function, e.g. `"fit"`.
        one_step_per_batch: whether each batch has to have a step of its own; False allows gradient accumulation.
    """
    found = [
        backward_missing(evidence, name),
        step_missing(evidence, name, one_step_per_batch),
        gradients_not_cleared(evidence, name),
        training_in_evaluation_mode(evidence, name),
        evaluation_in_training_mode(evidence, name),
        gradients_during_evaluation(evidence, name),
        frozen_parameters_moved(evidence, name),
        frozen_statistics_moved(evidence, name),
        wrong_parameters_optimised(evidence, name),
        trainable_parameters_did_not_move(evidence, name),
        loss_on_probabilities(evidence, name),
        graph_kept_alive(evidence, name),
        global_seeds_touched(evidence, name),
    ]
    return [fault for fault in found if fault is not None]


def expect_sound_training(evidence: Evidence, name: str, one_step_per_batch: bool = True) -> None:
    """Fails with the first of `training_faults`."""
    __tracebackhide__ = True
    faults = training_faults(evidence, name, one_step_per_batch)
    if faults:
        raise AssertionError(faults[0])


# --- Forward, backward, step ---


def backward_missing(evidence: Evidence, name: str) -> str | None:
    """Optimiser steps without, or with too few, backward passes."""
    run = read(evidence)
    if run.steps and not run.backwards:
        return f"{name} makes optimiser steps but never computes gradients: is loss.backward() missing?"
    if run.forgotten:
        return (
            f"{name} runs the model on {len(run.forgotten)} training batches without a backward pass: "
            "loss.backward() belongs into the loop over the batches"
        )
    return None


def step_missing(evidence: Evidence, name: str, one_step_per_batch: bool = True) -> str | None:
    """Weights that never move, or move at the wrong moment."""
    run = read(evidence)
    if not run.backwards:
        return None
    if not run.moves and not _weights_differ(run):
        return f"{name} computes gradients but never changes the weights: is optimizer.step() missing?"
    if not run.moves:
        return None  # new weights by other means, e.g. a functional call
    if any(move.is_step and not move.backwards for move in run.moves):
        return (
            f"{name} makes an optimiser step before the gradients of the batch are there: "
            "the order is forward, loss, backward, step"
        )
    if any(move.is_step and not any(step["nonzero"] for step in move.events) for move in run.moves):
        return f"{name} makes steps on gradients that are all zero: they are cleared between backward() and step()"
    batches = [_batches_of(run, move.backwards) for move in run.moves]
    if one_step_per_batch and max(batches) > 1:
        return (
            f"{name} makes one optimiser step for {max(batches)} batches: "
            "optimizer.step() belongs into the loop over the batches"
        )
    if one_step_per_batch and run.pending:
        return f"{name} makes no optimiser step after the last backward pass"
    return None


def gradients_not_cleared(evidence: Evidence, name: str) -> str | None:
    """Gradients of the step before that are still there when the next ones are computed."""
    run = read(evidence)
    for earlier, move in zip(run.moves, run.moves[1:], strict=False):
        first = next((backward for backward in move.backwards if backward["accumulates"]), None)
        if first is None:
            continue
        left = set(first["dirty"]) & move.parameters & earlier.parameters
        if left:
            return (
                f"{name} does not clear the gradients before the backward pass: every batch's gradient is added to "
                "those of the batches before it (optimizer.zero_grad())"
            )
    return None


def graph_kept_alive(evidence: Evidence, name: str) -> str | None:
    """Losses kept with their graphs, so that memory grows with every batch."""
    run = read(evidence)
    earlier = len(run.backwards) - 1
    if earlier >= 3 and run.backwards[-1]["alive"] >= max(3, 0.6 * earlier):
        return (
            f"{name} keeps the computation graph of earlier batches in memory: "
            "add up loss.item() or loss.detach(), not the loss itself"
        )
    return None


def loss_on_probabilities(evidence: Evidence, name: str) -> str | None:
    """A loss that expects logits or log-probabilities and gets something else."""
    calls: dict[str, list[dict[str, Any]]] = {}
    for event in evidence["events"]:
        if event["kind"] == "loss" and event["minimum"] is not None:
            calls.setdefault(event["function"], []).append(event)
    for function, made in calls.items():
        rows = [call for call in made if call["row_sum"] is not None]
        between = all(call["minimum"] >= 0 and call["maximum"] <= 1 for call in made)
        if function == "cross_entropy" and rows and between and all(call["row_sum"] < 1e-4 for call in rows):
            return (
                f"{name} hands probabilities to the cross-entropy loss, which expects logits and takes a softmax itself"
            )
        if function == "nll_loss" and rows and all(call["row_logsumexp"] > 1e-3 for call in rows):
            return f"{name} hands something else than log-probabilities to the negative log-likelihood loss"
        enough = sum(call["count"] for call in made) >= 32
        if function == "binary_cross_entropy_with_logits" and between and enough:
            return (
                f"{name} hands probabilities to a binary cross-entropy that expects logits and takes a sigmoid itself"
            )
    return None


# --- Modes ---


def training_in_evaluation_mode(evidence: Evidence, name: str) -> str | None:
    """Dropout or batch norm in evaluation mode during training; frozen batch norm may be."""
    run = read(evidence)
    wrong = [
        any(not mode and part not in event["fixed_norms"] for part, mode in event["modes"].items())
        for event in run.trained
    ]
    if not any(wrong):
        return None
    if wrong[0]:
        return f"{name} trains with the model in evaluation mode: call model.train() before every epoch"
    return (
        f"{name} starts in training mode but goes on in evaluation mode: after an evaluation, "
        "the next epoch has to set training mode again"
    )


def evaluation_in_training_mode(evidence: Evidence, name: str) -> str | None:
    """Dropout or batch norm in training mode during evaluation."""
    wrong = [event for event in read(evidence).evaluated if any(event["modes"].values())]
    if not wrong:
        return None
    if any(event["buffers_changed"] for event in wrong):
        return (
            f"{name} evaluates with the model still in training mode: batch-norm statistics change while you measure "
            "(model.eval())"
        )
    return f"{name} evaluates with the model still in training mode: dropout is active while you measure (model.eval())"


def gradients_during_evaluation(evidence: Evidence, name: str) -> str | None:
    """Graphs recorded in evaluation."""
    if any(event["attached"] for event in read(evidence).evaluated):
        return f"{name} records gradients while it evaluates: wrap the evaluation in torch.no_grad()"
    return None


# --- Parameters ---


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
            "those layers have to be in evaluation mode during training"
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
        return f"no gradient reaches some trainable parameters in {name} ({run.names(still)}): is something detached?"
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
    models = run.trained_models()
    own = {
        number
        for number, entry in enumerate(evidence["parameters"])
        if entry["kind"] == "parameter" and entry["model"] in models
    }
    by_hand = {number for move in run.moves if not move.is_step for number in move.parameters}
    wanted = {
        number
        for number in own
        if (run.name(number) in names if names is not None else evidence["parameters"][number]["trainable"])
    }
    missing = wanted - given - by_hand
    foreign = {number for number in given if evidence["parameters"][number]["model"] == -1}
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


# --- Optimiser and scheduler ---


def wrong_hyper_parameters(
    evidence: Evidence, name: str, expected: Mapping[str, Any], optimizer: str | None = None
) -> str | None:
    """Settings of the optimiser that differ from those asked for.

    Args:
        expected: values by name, e.g. `{"lr": 0.001, "momentum": 0.9}`; leave `lr` out where a scheduler changes it.
        optimizer: class name, e.g. `"SGD"`.
    """
    run = read(evidence)
    for step in run.steps:
        kind = evidence["optimizers"][step["optimizer"]]
        if optimizer is not None and kind != optimizer:
            return f"{name} trains with {kind} instead of {optimizer}"
        for group in step["groups"]:
            for setting, value in expected.items():
                found = group.get(setting, 0)
                if not _equal(found, value):
                    return f"{name} trains with {setting}={found:g} instead of {value:g}"
    return None


def optimizer_rebuilt(evidence: Evidence, name: str) -> str | None:
    """A new optimiser in the middle of the run, which forgets momentum and the like."""
    seen: dict[int, int] = {}
    for step in read(evidence).steps:
        for group in step["groups"]:
            for number in group["parameters"]:
                if seen.setdefault(number, step["optimizer"]) != step["optimizer"]:
                    return (
                        f"{name} builds a new optimiser during training, which forgets momentum: one serves all epochs"
                    )
    return None


def scheduler_wrongly_stepped(
    evidence: Evidence, name: str, rates: Sequence[float], steps_per_epoch: int
) -> str | None:
    """Learning rates that do not follow the schedule.

    Args:
        rates: learning rate of each epoch; the first two have to differ.
        steps_per_epoch: number of optimiser steps in each epoch.
    """
    found = [step["groups"][0]["lr"] for step in read(evidence).steps]
    wanted = [rate for rate in rates for _ in range(steps_per_epoch)]
    if len(found) != len(wanted) or all(_equal(a, b) for a, b in zip(found, wanted, strict=True)):
        return None
    if all(_equal(rate, rates[0]) for rate in found):
        return f"{name} never steps the scheduler: the learning rate stays at {found[0]:g}"
    if not _equal(found[0], rates[0]):
        return (
            f"{name} steps the scheduler before the first epoch's training: "
            f"it starts with learning rate {found[0]:g} instead of {rates[0]:g}"
        )
    epochs = [found[start : start + steps_per_epoch] for start in range(0, len(found), steps_per_epoch)]
    if any(not _equal(rate, epoch[0]) for epoch in epochs for rate in epoch):
        return f"{name} steps the scheduler within an epoch: once after each epoch is right, not after each batch"
    return f"{name} trains with learning rates {_listed([epoch[0] for epoch in epochs])} instead of {_listed(rates)}"


# --- Data ---


def wrong_samples(
    evidence: Evidence, name: str, epochs: int = 1, batch_size: int | None = None, split: str = "train"
) -> str | None:
    """Training samples that were skipped, repeated, or taken from another split.

    Args:
        epochs: how often every sample of `split` should have been seen.
        batch_size: of the loader; with it, a dropped last batch gets a sentence of its own.
        split: the name under which `trace` was given the training inputs.
    """
    run = read(evidence)
    fed = run.fed()
    others = {other for event in fed for other in splits_in(event)} - {split}
    if others:
        return f"{name} trains on the {_listed(sorted(others))} data"
    return _coverage(fed, evidence["splits"][split], f"{name} trains on", epochs, batch_size, "training")


def wrong_evaluation_samples(
    evidence: Evidence, name: str, epochs: int = 1, batch_size: int | None = None, split: str = "val"
) -> str | None:
    """The same for evaluation: every sample of `split` once per epoch, in evaluating passes."""
    run = read(evidence)
    evaluated = [event for event in run.assessed() if splits_in(event)]
    if evaluated and not any(split in splits_in(event) for event in evaluated):
        return f"{name} evaluates on the {_listed(sorted(splits_in(evaluated[0])))} data instead of the {split} data"
    own = [event for event in evaluated if splits_in(event) == {split}]
    return _coverage(own, evidence["splits"][split], f"{name} evaluates on", epochs, batch_size, split)


def _coverage(
    forwards: list[dict[str, Any]], size: int, verb: str, epochs: int, batch_size: int | None, what: str
) -> str | None:
    flat = [index for event in forwards for index in event["indices"]]
    seen = [index[1] for index in flat if index is not None]
    if not seen and flat:
        return None  # other inputs than those given, e.g. augmented ones: nothing can be said
    times, wanted = Counter(seen), size * epochs
    left = size % batch_size if batch_size else 0
    if left and len(seen) == wanted - left * epochs and max(times.values(), default=0) <= epochs:
        return f"{verb} {len(seen) // epochs} of {size} {what} samples: the last, smaller batch is dropped"
    if len(seen) < wanted:
        each = f" in each of {epochs} epochs" if epochs > 1 else ""
        return f"{verb} {what} data but skips some: {size} samples{each} make {wanted}, not {len(seen)}"
    if len(seen) > wanted:
        return f"{verb} some {what} samples more than once per epoch"
    if any(len(set(seen[start : start + size])) < size for start in range(0, wanted, size)):
        return f"{verb} some {what} samples twice in one epoch and leaves others out"
    return None


# --- What is left behind ---


def not_the_best_epoch(
    evidence: Evidence,
    name: str,
    scores: Sequence[float],
    mode: Literal["max", "min"] = "max",
    split: str | None = None,
) -> str | None:
    """Final weights that are not those of the epoch with the best score; the earliest of equals, never NaN.

    Args:
        scores: one per epoch, as the function reported them; there is one evaluation after each epoch's training.
        split: of the evaluation; any by default.
    """
    run = read(evidence)
    groups = run.epochs_of_evaluation(split)
    if len(groups) < len(scores) or not scores:
        return None
    groups = groups[-len(scores) :]
    sign = 1 if mode == "max" else -1
    best = max(range(len(scores)), key=lambda i: (-math.inf if math.isnan(scores[i]) else sign * scores[i], -i))
    evaluated, trained = groups[0][0]["model"], run.trained_models()
    is_copy = evaluated not in trained and any(entry["model"] == evaluated for entry in evidence["parameters"])
    model = trained.pop() if is_copy and len(trained) == 1 else evaluated
    final = evidence["models"][model]["state"]
    states = [group[0]["state"] for group in groups]
    if final == states[best] or all(math.isnan(score) for score in scores):
        return None
    word = f"epoch {best + 1}, which was the best"
    if final == states[-1]:
        return f"{name} ends with the weights of the last epoch instead of those of {word}"
    if final in states:
        return f"{name} ends with the weights of epoch {states.index(final) + 1} instead of those of {word}"
    return (
        f"{name} ends with weights that no epoch had: those of {word}, are expected, "
        "parameters and batch-norm statistics alike (were they copied, or only referred to?)"
    )


def state_carried(first: Evidence, second: Evidence, name: str) -> str | None:
    """Two calls with equal arguments and random states that went differently: something survived the first."""

    def course(evidence: Evidence) -> list[tuple[Any, ...]]:
        run = read(evidence)
        values = [("loss", backward["value"]) for backward in run.backwards]
        rates = [("lr", *(group.get("lr") for group in step["groups"])) for step in run.steps]
        return [*values, *rates, *(("state", model["state"]) for model in evidence["models"])]

    if course(first) != course(second):
        return (
            f"{name} goes differently when it is called a second time: it carries state over from one call to the next"
        )
    return None


def global_seeds_touched(evidence: Evidence, name: str) -> str | None:
    """A global random generator that was seeded and not put back."""
    seeded = [library for library, use in evidence["random"].items() if use["seeded"]]
    if seeded:
        whose = _listed([{"python": "Python's random module"}.get(library, library) for library in seeded])
        return f"{name} sets the global seed of {whose}: randomness of the caller is changed too"
    return None


def _weights_differ(run: Run) -> bool:
    return any(
        len({event["weights"] for event in run.trained if event["model"] == model}) > 1
        for model in run.trained_models()
    )


def _batches_of(run: Run, backwards: list[dict[str, Any]]) -> int:
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


def _equal(found: Any, wanted: Any) -> bool:
    return math.isclose(float(found), float(wanted), rel_tol=1e-6, abs_tol=1e-12)


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values)
