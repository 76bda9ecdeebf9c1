"""Losses that are computed on something else than they expect."""

import math

from grader.verdicts.runs import Event, Evidence


def loss_on_probabilities(evidence: Evidence, name: str) -> str | None:
    """A loss that expects logits or log-probabilities and gets something else."""
    calls: dict[str, list[Event]] = {}
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


def loss_broadcasts(evidence: Evidence, name: str) -> str | None:
    """Predictions and targets of shapes that do not fit, so that each prediction meets every target."""
    for event in evidence["events"]:
        if event["kind"] != "difference":
            continue
        prediction, target = (tuple(event[which]) for which in ("prediction", "target"))
        sides = (math.prod(prediction), math.prod(target))
        if sides[0] == sides[1] > 1 and math.prod(event["result"]) > sides[0]:
            return (
                f"{name} compares predictions of shape {prediction} with targets of shape {target}: "
                f"that makes {math.prod(event['result'])} differences for {sides[0]} predictions"
            )
    return None
