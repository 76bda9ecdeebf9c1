"""What metrics.py must do, shown without the suite."""

import warnings

import numpy as np
import pandas as pd
import torch

_NAMES = ("mae", "mse", "rmse", "r2")


def _expected(prediction, target):
    """The four metrics from plain floats."""
    pairs = [(float(p), float(t)) for p, t in zip(prediction, target, strict=True)]
    mean = sum(t for _, t in pairs) / len(pairs)
    squares = sum((p - t) ** 2 for p, t in pairs)
    mse = squares / len(pairs)
    r2 = 1 - squares / sum((t - mean) ** 2 for _, t in pairs)
    return {"mae": sum(abs(p - t) for p, t in pairs) / len(pairs), "mse": mse, "rmse": mse**0.5, "r2": r2}


def _compare(program, prediction, target, expected, what):
    for name, value in expected.items():
        result = getattr(program.metrics, name)(prediction, target)
        assert abs(result - value) <= 1e-4 * max(1, abs(value)), f"{name} of {what}: {result}, expected {value}"


def values(program):
    """The four metrics of small examples; r2 may be negative."""
    for prediction, target in (([2.5, 0.0, 2.0, 8.0], [3.0, -0.5, 2.0, 7.0]), ([1.0, 1.0, 9.0], [0.0, 2.0, 1.0])):
        _compare(program, prediction, target, _expected(prediction, target), "lists")
    prediction, target = [2e-4, 5e-4, 1e-4], [1e-4, 4e-4, 3e-4]
    for name, value in _expected(prediction, target).items():
        result = getattr(program.metrics, name)(prediction, target)
        assert abs(result - value) <= 1e-3 * abs(value), f"{name} in small units: {result}, expected {value}"


def python_floats(program):
    """All metrics are Python floats; NumPy's float64 is one, too."""
    for make in (list, np.array, torch.tensor):
        for name in _NAMES:
            result = getattr(program.metrics, name)(make([1.0, 2.0, 4.0]), make([1.0, 3.0, 5.0]))
            assert isinstance(result, float), f"{name}: {type(result)}"


def any_type(program):
    """Lists, arrays, series and tensors of any real type."""
    prediction, target = [3, 0, 250], [5, 4, 1]
    makers = [list, np.array, pd.Series, lambda values: np.array(values, dtype=np.uint8)]
    kinds = (torch.uint8, torch.int32, torch.int64, torch.float16, torch.float32, torch.float64)
    makers += [lambda values, kind=kind: torch.tensor(values, dtype=kind) for kind in kinds]
    for make in makers:
        made = make(prediction)
        what = f"{type(made).__name__} of {getattr(made, 'dtype', 'int')}"
        _compare(program, made, make(target), _expected(prediction, target), what)


def series_by_position(program):
    """Series are compared by position, whatever their indexes say."""
    prediction = pd.Series([1.0, 2.0, 3.0], index=[0, 1, 2])
    target = pd.Series([1.0, 2.0, 4.0], index=[7, 0, 1])
    _compare(program, prediction, target, _expected(prediction, target), "series")
    _compare(program, prediction.to_numpy(), target, _expected(prediction, target), "an array and a series")


def columns_and_rows(program):
    """(N,) against (N, 1) compares element by element."""
    prediction, target = [1.0, 2.0, 4.0, 9.0], [1.0, 3.0, 5.0, 5.0]
    expected = _expected(prediction, target)
    for make in (np.array, torch.tensor):
        p, t = make(prediction), make(target)
        for one, other in ((p.reshape(-1, 1), t), (p, t.reshape(-1, 1)), (p.reshape(-1, 1), t.reshape(-1, 1))):
            _compare(program, one, other, expected, f"shapes {tuple(one.shape)} and {tuple(other.shape)}")


def different_lengths(program):
    """Different lengths are a ValueError, one against many, too."""
    cases = [([1.0, 2.0, 3.0], [1.0, 2.0]), (np.ones(3), np.ones(1)), (np.ones(1), np.ones(4))]
    cases += [(np.ones((3, 1)), np.ones(2)), (torch.ones(4), torch.ones(1, 1))]
    for name in _NAMES:
        for prediction, target in cases:
            try:
                result = getattr(program.metrics, name)(prediction, target)
            except ValueError:
                continue
            raise AssertionError(f"{name} of lengths {len(prediction)} and {len(target)}: {result}")


def empty_input(program):
    """Empty input is a ValueError."""
    warnings.simplefilter("ignore")
    for name in _NAMES:
        for nothing in ([], np.zeros(0), torch.zeros(0)):
            try:
                result = getattr(program.metrics, name)(nothing, nothing)
            except ValueError:
                continue
            raise AssertionError(f"{name} of nothing: {result}")
