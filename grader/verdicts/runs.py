"""Reads the evidence of `grader.probes.training.trace`: which passes trained, which evaluated, when weights moved."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]
Evidence = dict[str, Any]


@dataclass
class Move:
    """A change of the weights, by optimisers or by hand, and the backward passes that led to it.

    Attributes:
        events: the `step` events, several where each of several optimisers has its own parameters, or an `update`;
            one without changes when the program made new weights instead of changing the old ones, or when the
            step was left out because gradients overflowed.
        backwards: the backward passes since the move before it.
        repeats: whether it is a step that follows another one with no pass of a network in between.
    """

    events: list[Event]
    backwards: list[Event]
    repeats: bool = False

    @property
    def is_step(self) -> bool:
        return self.events[0]["kind"] == "step"

    @property
    def parameters(self) -> set[int]:
        """The parameters that it is about."""
        return {number for event in self.events for number in _parameters(event)}


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

    def parameters_of(self, models: set[int]) -> list[int]:
        """The parameters of some models."""
        entries = enumerate(self.evidence["parameters"])
        return [number for number, entry in entries if entry["kind"] == "parameter" and entry["model"] in models]

    def trained_models(self) -> set[int]:
        return {event["model"] for event in self.trained}

    def fed(self) -> list[Event]:
        """The passes on training data in order, those that went into one move and saw the same samples counted once."""
        groups = [*(move.backwards for move in self.moves), *([backward] for backward in self.pending)]
        passes = (_distinct(event for backward in group for event in self.forwards_of(backward)) for group in groups)
        order = {id(event): position for position, event in enumerate(self.events)}
        return sorted([*itertools.chain.from_iterable(passes), *self.forgotten], key=lambda event: order[id(event)])

    def assessed(self) -> list[Event]:
        """The evaluating passes in order, those between two epochs that saw the same samples counted once."""
        return list(itertools.chain.from_iterable(_distinct(group) for group in self.epochs_of_evaluation()))

    def epochs_of_evaluation(self, split: str | None = None) -> list[list[Event]]:
        """Evaluating forward passes, grouped by the training between them; those before any training left out."""
        evaluated = {id(event) for event in self.evaluated}
        training = {id(event) for event in [*self.trained, *self.forgotten]}
        groups: list[list[Event]] = []
        fresh, begun = True, not training
        for event in self.events:
            if id(event) in training:
                fresh = begun = True
            elif not begun:
                continue  # a look at the model before it is trained
            elif id(event) in evaluated and (split is None or splits_in(event) == {split}):
                if fresh:
                    groups.append([])
                groups[-1].append(event)
                fresh = False
        return groups


def read(evidence: dict[str, Any]) -> Run:
    """Sorts a trace."""
    run = Run(evidence)
    open_backwards: list[Event] = []
    for position, event in enumerate(run.events):
        if event["kind"] == "forward":
            _sort_forward(run, position)
        elif event["kind"] == "backward":
            if (
                open_backwards
                and not event["in_step"]
                and _weights_of(run, open_backwards[-1]) != _weights_of(run, event)
            ):
                run.moves.append(Move([{"kind": "update", "changed": []}], open_backwards))
                open_backwards = []
            run.backwards.append(event)
            open_backwards.append(event)
        elif event["kind"] == "step" and not open_backwards and _goes_with(event, run.moves):
            run.moves[-1].events.append(event)
        elif event["kind"] == "step" or (event["kind"] == "update" and open_backwards):
            repeats = event["kind"] == "step" and not open_backwards and _follows_a_step(run, position)
            run.moves.append(Move([event], open_backwards, repeats))
            open_backwards = []
        elif event["kind"] == "overflow":
            run.moves.append(Move([{"kind": "update", "changed": []}], open_backwards))
            open_backwards = []
    run.pending = open_backwards
    if run.steps and not run.backwards:
        run.forgotten += [event for event in run.evaluated if event["attached"] and event["training"]]
        run.evaluated = [event for event in run.evaluated if event not in run.forgotten]
    return run


def _distinct(forwards: Iterable[Event]) -> list[Event]:
    return list({tuple(event["samples"]): event for event in forwards}.values())


def listed(values: Sequence[Any]) -> str:
    """A few values as a phrase."""
    return ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values)


def splits_in(forward: Event) -> set[str]:
    """The splits that a pass took samples from, as far as they are known."""
    return {index[0] for index in forward["indices"] if index is not None}


def _sort_forward(run: Run, position: int) -> None:
    event = run.events[position]
    if event["trained"]:
        run.trained.append(event)
    elif _feeds_another_part(run, position):
        return
    elif event["attached"] and event["training"] and splits_in(event) == {"train"}:
        run.forgotten.append(event)
    else:
        run.evaluated.append(event)


def _feeds_another_part(run: Run, position: int) -> bool:
    """Whether the next thing is a trained pass of another module: a network called part by part, one part detached."""
    event, *later = run.events[position:]
    for following in later:
        if following["kind"] == "forward":
            return following["trained"] and following["model"] != event["model"] and event["training"]
        if following["kind"] != "loss":
            return False
    return False


def _weights_of(run: Run, backward: Event) -> set[tuple[int, str]]:
    """The weights that a backward pass is about; other ones than before were made from these, e.g. functionally."""
    return {(event["model"], event["weights"]) for event in run.forwards_of(backward)}


def _goes_with(step: Event, moves: list[Move]) -> bool:
    """Whether a step belongs to the move before it: another optimiser, for other parameters."""
    return bool(moves) and moves[-1].is_step and not moves[-1].parameters & set(_parameters(step))


def _follows_a_step(run: Run, position: int) -> bool:
    """Whether nothing but steps happened since a step."""
    return position > 0 and run.events[position - 1]["kind"] == "step"


def _parameters(event: Event) -> list[int]:
    if event["kind"] == "step":
        return [number for group in event["groups"] for number in group["parameters"]]
    return event["changed"]
