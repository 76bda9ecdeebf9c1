"""What a run leaves behind: the weights it ends with, state carried over, seeds."""

import math
from collections.abc import Sequence
from typing import Any, Literal

from grader.verdicts.runs import Evidence, listed, read


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
        "parameters and batch-norm statistics alike"
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
        whose = listed([{"python": "Python's random module"}.get(library, library) for library in seeded])
        return f"{name} sets the global seed of {whose}: randomness of the caller is changed too"
    return None
