"""Partial functions and closures; gradients from autograd.grad on a functional call."""

import numpy as np


def _double(x):
    return np.array(x, dtype=np.float64)


def _maps(x):
    """The two maps, to [0, 1] and back, as closures over the fitted data."""
    low, high = x.min(axis=0), x.max(axis=0)
    span = high - low
    scale = np.divide(1.0, span, out=np.zeros_like(span), where=span != 0) if span.ndim else (1.0 / span if span != 0 else 0.0)
    return lambda v: (v - low) * scale, lambda v: v * span + low


def _unfitted(_):
    raise RuntimeError("fit has not been called")


class MinMax:
    def __init__(self):
        self._there, self._back = _unfitted, _unfitted

    def fit(self, x):
        self._there, self._back = _maps(_double(x))
        return self

    def transform(self, x):
        return self._there(_double(x))

    def inverse(self, x):
        return self._back(_double(x))
