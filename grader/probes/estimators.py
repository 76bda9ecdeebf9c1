"""Estimators that keep a record: who was fitted on which rows, and asked about which."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch

from grader.probes.logs import Log
from grader.probes.plain import outside_transforms, plain
from grader.probes.watching import records_gradients


class EstimatorWorkshop:
    """Makes scikit-learn-like estimators and remembers what happened to each.

    The first column of every `X` must hold row numbers. A model predicts `answers[row]`, whatever it was fitted on.

    Args:
        answers: a prediction for each row number, `(N,)`.
    """

    def __init__(self, answers: np.ndarray) -> None:
        self._answers = np.asarray(answers, dtype=np.float64)
        self._made: list[_RecordingEstimator] = []

    @property
    def make(self) -> "Callable[[], _RecordingEstimator]":
        """Makes a fresh estimator; a callable without a name, as many are."""
        return functools.partial(self._make)

    def _make(self) -> "_RecordingEstimator":
        model = _RecordingEstimator(self._answers)
        self._made.append(model)
        return model

    def evidence(self) -> list[dict[str, Any]]:
        """For each estimator made, in order: `fits` [(rows, y)], `predicts` [rows], `asked_early` (before any fit)."""
        return [
            {"fits": model.fits, "predicts": model.predicts, "asked_early": model.asked_early} for model in self._made
        ]


class _RecordingEstimator:
    def __init__(self, answers: np.ndarray) -> None:
        self._answers = answers
        self.fits: list[tuple[np.ndarray, np.ndarray]] = []
        self.predicts: list[np.ndarray] = []
        self.asked_early = False

    def fit(self, X: Any, y: Any) -> "_RecordingEstimator":
        self.fits.append((_rows(X), np.array(y, dtype=np.float64).reshape(-1)))
        return self

    def predict(self, X: Any) -> np.ndarray:
        self.asked_early |= not self.fits
        rows = _rows(X)
        self.predicts.append(rows)
        known = (rows >= 0) & (rows < len(self._answers))
        return np.where(known, self._answers[np.where(known, rows, 0)], np.nan)


def _rows(X: Any) -> np.ndarray:
    """The row numbers in the first column; -1 where it holds something else."""
    values = X.to_numpy() if isinstance(X, pd.DataFrame) else np.asarray(X)
    first = np.asarray(values[:, 0], dtype=np.float64)
    whole = np.isfinite(first) & (first == np.round(first))
    return np.where(whole, first, -1).astype(np.int64)


class NetworkWorkshop:
    """Makes linear networks with known initial weights and remembers the inputs of each.

    Args:
        weight: initial weights `(1, F)`, bias: initial bias `(1,)`.
    """

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor) -> None:
        self._weight, self._bias = weight, bias
        self._made: list[RecordingLinear] = []

    @property
    def make(self) -> "Callable[[], RecordingLinear]":
        """Makes a fresh network; a callable without a name, as many are."""
        return functools.partial(self._make)

    def _make(self) -> "RecordingLinear":
        model = RecordingLinear(self._weight, self._bias)
        self._made.append(model)
        return model

    def evidence(self) -> list[list[dict[str, Any]]]:
        """For each network made, its forward passes: `inputs`, `training`, `grad`."""
        return [model.passes for model in self._made]


class RecordingLinear(torch.nn.Module):
    """A linear layer `(N, F)` to `(N, 1)` that keeps inputs, mode and grad mode of every forward pass."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(weight.detach().clone())
        self.bias = torch.nn.Parameter(bias.detach().clone())
        self.passes: list[dict[str, Any]] = Log()  # copies of the network are this network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with outside_transforms():
            inputs = plain(x).detach().cpu().clone()
        self.passes.append({"inputs": inputs, "training": self.training, "grad": records_gradients(self)})
        return torch.nn.functional.linear(x, self.weight, self.bias)


def linear_arguments(weight: torch.Tensor, bias: torch.Tensor, *data: Any) -> tuple[Any, ...]:
    """A fresh `RecordingLinear`, and data: the arguments for a call of `grader.probes.devices.two_pass`."""
    return RecordingLinear(weight, bias), *data
