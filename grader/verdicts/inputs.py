"""Whether a network is given the rows of a table as they are."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from grader.verdicts.likeness import likeness


def changed_inputs(passes: Sequence[dict[str, Any]], X: Any, name: str) -> str | None:
    """A network that is trained on other numbers than those of X; in what order the rows come does not matter.

    Args:
        passes: of a `grader.probes.estimators.RecordingLinear`: `inputs`, `grad`.
        name: how the sentence calls the function.
    """
    X = np.asarray(X, dtype=np.float64)
    given = [p["inputs"].double().numpy() for p in passes if p["grad"]]
    if not given:
        return f"{name} never calls the model with gradients"
    first = given[0]
    if first.shape != X.shape:
        return f"{name} gives the model inputs of shape {first.shape} at first, where X has shape {X.shape}"
    if np.allclose(_in_order(first), _in_order(X), rtol=1e-4, atol=1e-5):
        return None
    known = likeness(first, X, lambda: list(_changes(X)))
    return f"{name} gives the model other numbers than those of X" + (f": {known}" if known else "")


def order_of_inputs(passes: Sequence[dict[str, Any]], X: Any) -> str:
    """The end of a sentence on a network that is given the rows of X in another order; empty when it is not."""
    X = np.asarray(X, dtype=np.float64)
    given = [p["inputs"].double().numpy() for p in passes if p["grad"]]
    if not given or given[0].shape != X.shape or np.allclose(given[0], X, rtol=1e-4, atol=1e-5):
        return ""
    same = np.allclose(_in_order(given[0]), _in_order(X), rtol=1e-4, atol=1e-5)
    return "; the model is given the rows in another order than that of X" if same else ""


def _in_order(rows: np.ndarray) -> np.ndarray:
    return rows[np.lexsort(rows.round(3).T)]


def _changes(X: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    low, high = X.min(axis=0), X.max(axis=0)
    for freedom in (0, 1):
        yield "each column is standardised", (X - X.mean(axis=0)) / X.std(axis=0, ddof=freedom)
        yield "they are standardised as a whole", (X - X.mean()) / X.std(ddof=freedom)
    yield "each column is scaled to [0, 1]", (X - low) / (high - low)
    yield "each column has its mean taken away", X - X.mean(axis=0)
    yield "each column is divided by its largest value", X / high
    yield "each row is divided by its length", X / np.linalg.norm(X, axis=1, keepdims=True)
    yield "they are whole numbers", np.trunc(X)
