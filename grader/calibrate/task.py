"""A calibrated task: train with the submission's own functions on fresh data, and measure what was learned.

    @calibrated(metric="smallest recall of a class", steps=120, modules=["training"])
    def fit_finds_lesions(student, trial):
        \"\"\"fit on 240 images, then predict for 300 new ones\"\"\"
        images, labels = draw(trial.rng, 240)
        ... student.training.fit(model, loader(images, trial.targets(labels)), ...)
        return smallest_recall(labels_of_the_new_images, scores)

Data and metric are the judge's, and so are the labels that the metric looks at: they never reach the student's side.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from grader.errors import AuthorError
from grader.suite.recorder import derived_seed


@dataclass
class Trial:
    """One run of a task.

    Attributes:
        seed: where all of the run's random numbers come from.
        permuted: whether this is the control, in which there is nothing to be learned.
        rng: for the task's data.
    """

    seed: int
    permuted: bool = False
    rng: np.random.Generator = field(init=False)
    _mixed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def targets(self, values: Any) -> Any:
        """The targets to train on: those given or, in the control, the same in random order.

        Args:
            values: an array or a tensor with a row per sample. Whatever the student trains or validates on has to go
                through here.
        """
        self._mixed = True
        return values[self.rng.permutation(len(values))] if self.permuted else values


@dataclass(frozen=True)
class Task:
    """Something to be learned, and how well it was learned.

    Attributes:
        metric: what the number says, in words; higher is better, and no constant prediction may come near the top.
        steps: the budget in optimiser steps.
        modules: the exercises whose functions it uses; their reference is what it is calibrated on.
        measure: from the `student` handle and a trial to the metric.
    """

    metric: str
    steps: int
    modules: tuple[str, ...]
    measure: Callable[[Any, Trial], float]

    @property
    def name(self) -> str:
        """The function's name: the key in calibration.json."""
        return self.measure.__name__

    @property
    def what(self) -> str:
        """What is done, as the subject of a sentence: the first line of the function's docstring."""
        return (inspect.getdoc(self.measure) or self.name).splitlines()[0]

    @property
    def file(self) -> Path:
        """The assignment's hidden/calibrated.py."""
        return Path(self.measure.__code__.co_filename)

    @property
    def folder(self) -> Path:
        """The assignment in `solutions/`."""
        return self.file.parent.parent

    def run(self, student: Any, seed: int, *, permuted: bool = False) -> float:
        """The metric of one run: with targets as they are or, as a control, in random order.

        Raises:
            AuthorError: the task does not ask `trial.targets` for what it trains on.
            AssertionError, StudentFault: what the student's functions returned or raised is no use.
        """
        __tracebackhide__ = True
        trial = Trial(seed, permuted)
        student.worker("torch").manual_seed(derived_seed(seed, "worker"))  # it can be read there; the data's cannot
        value = float(self.measure(student, trial))
        if not trial._mixed:
            raise AuthorError(f"{self.file.name}: {self.name} never calls trial.targets, so it can have no control")
        return value


def calibrated(metric: str, steps: int, modules: Sequence[str]) -> Callable[[Callable[[Any, Trial], float]], Task]:
    """Makes a task of a function `(student, trial) -> metric`; see `Task`."""

    def make(measure: Callable[[Any, Trial], float]) -> Task:
        return Task(metric, steps, tuple(modules), measure)

    return make
