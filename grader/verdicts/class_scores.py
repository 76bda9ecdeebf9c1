"""What wrong accuracies and class probabilities are mistaken for: the `mistakes` of `expect_close`."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

Known = Callable[[], list[tuple[str, Any]]]


def mistaken_accuracy(scores: Any, labels: Any, batch_size: int | None = None) -> Known:
    """What other formulas give for scores `(N, C)` and labels `(N,)`, by what is said of a number that equals theirs.

    Args:
        batch_size: of the batches in which they came, if they did.
    """

    def known() -> list[tuple[str, float]]:
        s, t = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=np.int64).reshape(-1)
        n, classes = s.shape
        first = s.argmax(1)
        hits = first == t
        pairs = first[:, None] == t
        found = [
            ("this number is the count of the right ones, not their share", hits.sum()),
            ("this number is a percentage", 100 * hits.mean()),
            ("this number is the share of the wrong ones", 1 - hits.mean()),
            ("each prediction is compared with every label, N x N pairs", pairs.mean()),
            ("each prediction is compared with every label, N x N pairs", pairs.sum() / n),
            ("each prediction is compared with every label, N x N pairs", pairs.sum()),
            (
                "this number counts rows whose score at the label exceeds 0.5",
                (s[np.arange(n), t % classes] > 0.5).mean(),
            ),
            (
                "this comes of arithmetic in the labels' type, which cannot hold so many classes times classes",
                _by_table(first, labels, classes),
            ),
            ("the smallest score of a row counts as its prediction", (s.argmin(1) == t).mean()),
            ("predictions are counted from 1, labels from 0", (first + 1 == t).mean()),
            ("a row counts as right if its label has one of the two largest scores", _top(s, t, 2)),
            ("a row counts as right if its label has one of the three largest scores", _top(s, t, 3)),
            ("this number is the mean of the classes' accuracies, whatever their sizes", _balanced(hits, t)),
            ("this number is the largest score's mean, not the share of right predictions", s.max(1).mean()),
            ("this number is the mean score at the label", s[np.arange(n), t % classes].mean()),
            ("the largest scores are looked for within each class, not within each row", _of_columns(s, t)),
        ]
        if classes == 2:
            second = (s[:, 1] > 0.5) == t
            found.append(
                ("this number counts a row as the second class if its second score exceeds 0.5", second.mean())
            )
        found += _of_batches(hits.astype(np.float64), batch_size) if batch_size else []
        return found + [
            (f"this number is rounded to {digits} decimals", round(hits.mean(), digits)) for digits in (3, 2)
        ]

    return known


def mistaken_mean(values: Any, batch_size: int) -> Known:
    """What else is made of one value per sample than their mean."""

    def known() -> list[tuple[str, float]]:
        return _of_batches(np.asarray(values, dtype=np.float64), batch_size)

    return known


def mistaken_probabilities(logits: Tensor, batch_size: int, in_training: Tensor | None = None) -> Known:
    """What may be returned in place of the class probabilities of logits `(N, C)`.

    Args:
        in_training: the logits of the same images in training mode.
    """

    def known() -> list[tuple[str, np.ndarray]]:
        found = []
        for when, x in (("", logits), ("the network is in training mode; ", in_training)):
            if x is None:
                continue
            x = x.detach().double()
            right = x.softmax(1)
            parts = x.split(batch_size)
            each: Sequence[tuple[str, Tensor]] = (
                ("", right),
                ("these are the logits", x),
                ("these are the logarithms of the probabilities", x.log_softmax(1)),
                ("these are sigmoids of the single logits", x.sigmoid()),
                ("the softmax is taken over the images of a batch, not over the classes", _joined(parts, 0)),
                ("the softmax is taken over all images, not over the classes", x.softmax(0)),
                ("the softmax is taken twice", right.softmax(1)),
                ("these are 1 at the largest probability and 0 elsewhere", torch.eye(x.shape[1]).double()[x.argmax(1)]),
                ("these are the predicted classes", x.argmax(1)),
                ("these are the predicted classes", x.argmax(1, keepdim=True)),
                ("these are the largest probabilities alone", right.max(1).values),
                ("these are those of the first batch alone", right[:batch_size]),
                ("these are those of the last batch alone", parts[-1].softmax(1)),
                ("the logits are divided by their sum, without a softmax", x / x.sum(1, keepdim=True)),
                ("the softmax is that of the logits with the opposite sign", (-x).softmax(1)),
                ("the images come in the opposite order", right.flip(0)),
                ("these are numbers of a softmax that is rounded", (right * 100).round() / 100),
            )
            found += [((when + told).removesuffix("; "), value.numpy()) for told, value in each if when or told]
        return found

    return known


def _joined(parts: Sequence[Tensor], dim: int) -> Tensor:
    return torch.cat([part.softmax(dim) for part in parts])


def _by_table(first: np.ndarray, labels: Any, classes: int) -> float:
    """The share on the diagonal of a table whose cells are numbered in the labels' own type."""
    narrow = np.asarray(labels).reshape(-1)
    with np.errstate(over="ignore"):
        cells = (narrow * narrow.dtype.type(classes)).astype(np.int64) + first
    if cells.min() < 0 or cells.max() >= classes**2:
        return math.nan
    return float(np.trace(np.bincount(cells, minlength=classes**2).reshape(classes, classes)) / len(first))


def _top(scores: np.ndarray, labels: np.ndarray, count: int) -> float:
    best = np.argsort(-scores, axis=1)[:, :count]
    return float((best == labels[:, None]).any(1).mean()) if count < scores.shape[1] else np.nan


def _balanced(hits: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean([hits[labels == number].mean() for number in np.unique(labels)]))


def _of_columns(scores: np.ndarray, labels: np.ndarray) -> float:
    rows, classes = scores.shape
    return float((scores.argmax(0) == labels).mean()) if rows == classes else np.nan


def _of_batches(values: np.ndarray, size: int) -> list[tuple[str, float]]:
    parts = [values[start : start + size] for start in range(0, len(values), size)]
    means, count = np.array([part.mean() for part in parts]), len(values)
    return [
        ("this number is the mean of the batches' means, whatever their sizes", means.mean()),
        ("this number is that of the last batch alone", means[-1]),
        ("this number is that of the first batch alone", means[0]),
        ("this number is the sum of the batches' means", means.sum()),
        ("this number is a sum over all samples, not a mean", values.sum()),
        ("this number is a sum over all samples, divided by the number of batches", values.sum() / len(parts)),
        ("this number is the sum of the batches' means, divided by the number of samples", means.sum() / count),
        ("the batches' means are added up with the first batch's size for all", means.sum() * len(parts[0]) / count),
        ("the last, smaller batch is left out of this number", values[: count - count % size].mean()),
    ]
