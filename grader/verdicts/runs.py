"""Reads the evidence of `grader.probes.training.trace`: which passes trained, which evaluated, when weights moved."""

from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]


@dataclass
class Move:
    """A change of the weights, by an optimiser or by hand, and the backward passes that led to it.

    Attributes:
        event: the `step` or `update` event.
        backwards: the backward passes since the move before it.
    """

    event: Event
    backwards: list[Event]

    @property
    def parameters(self) -> set[int]:
        """The parameters that it is about."""
        if self.event["kind"] == "step":
            return {number for group in self.event["groups"] for number in group["parameters"]}
        return set(self.event["changed"])


@dataclass
class Run:
    """A trace, sorted.

    Attributes:
        trained: forward passes that a backward pass went through.
        evaluated: the other ones; of a run without any backward pass, those that had nothing to do with training.
        forgotten: forward passes on training data that should have had a backward pass.
        backwards: backward passes.
        moves: changes of the weights; weights loaded without a backward pass are none.
        pending: backward passes after the last move.
    """

    evidence: dict[str, Any]
    trained: list[Event] = field(default_factory=list)
    evaluated: list[Event] = field(default_factory=list)
    forgotten: list[Event] = field(default_factory=list)
    backwards: list[Event] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    pending: list[Event] = field(default_factory=list)

    @property
    def events(self) -> list[Event]:
        return self.evidence["events"]

    @property
    def steps(self) -> list[Event]:
        """The steps of optimisers."""
        return [event for event in self.events if event["kind"] == "step"]

    def forwards_of(self, backward: Event) -> list[Event]:
        return [self.events[position] for position in backward["forwards"]]

    def name(self, number: int) -> str:
        """A parameter's or buffer's name in its model."""
        return self.evidence["parameters"][number]["name"]

    def names(self, numbers: set[int] | list[int]) -> str:
        """Some of their names, as a phrase: `conv1.weight, bn1.weight and 3 more`."""
        names = sorted({self.name(number) for number in numbers}, key=str)
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return ", ".join(names[:3]) + more

    def trained_models(self) -> set[int]:
        return {event["model"] for event in self.trained}

    def epochs_of_evaluation(self, split: str | None = None) -> list[list[Event]]:
        """Evaluating forward passes, grouped by the training between them."""
        groups: list[list[Event]] = []
        fresh = False
        for event in self.events:
            if event["kind"] != "forward":
                continue
            if event["trained"]:
                fresh = True
            elif split is None or splits_in(event) == {split}:
                if fresh or not groups:
                    groups.append([])
                groups[-1].append(event)
                fresh = False
        return groups


def read(evidence: dict[str, Any]) -> Run:
    """Sorts a trace."""
    run = Run(evidence)
    open_backwards: list[Event] = []
    for event in run.events:
        if event["kind"] == "forward":
            _sort_forward(run, event)
        elif event["kind"] == "backward":
            run.backwards.append(event)
            open_backwards.append(event)
        elif event["kind"] == "step" or (event["kind"] == "update" and open_backwards):
            run.moves.append(Move(event, open_backwards))
            open_backwards = []
    run.pending = open_backwards
    if run.steps and not run.backwards:
        run.forgotten += [event for event in run.evaluated if event["attached"] and event["training"]]
        run.evaluated = [event for event in run.evaluated if event not in run.forgotten]
    return run


def splits_in(forward: Event) -> set[str]:
    """The splits that a pass took samples from, as far as they are known."""
    return {index[0] for index in forward["indices"] if index is not None}


def _sort_forward(run: Run, event: Event) -> None:
    if event["trained"]:
        run.trained.append(event)
    elif event["attached"] and event["training"] and splits_in(event) == {"train"}:
        run.forgotten.append(event)
    else:
        run.evaluated.append(event)
