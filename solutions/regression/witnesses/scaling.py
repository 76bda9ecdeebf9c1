"""What scaling.py must do, shown without the suite."""

import warnings

import numpy as np
import torch


def _fitted(program, data):
    scaler = program.scaling.MinMax()
    scaler.fit(data)
    return scaler


def _close(result, expected, what):
    result = np.asarray(result)
    assert result.shape == np.shape(expected), f"{what}: shape {result.shape}"
    assert np.allclose(result, expected), f"{what}: {result.tolist()}"


def values_and_back(program):
    """Each column goes to [0, 1], and inverse brings it back."""
    x = np.array([[1.0, 200.0], [3.0, 100.0], [2.0, 400.0]])
    scaler = _fitted(program, x)
    scaled = scaler.transform(x)
    _close(scaled, [[0, 1 / 3], [1, 0], [0.5, 1]], "transform")
    _close(scaler.inverse(scaled), x, "inverse")
    tiny = np.array([[1e-9], [3e-9], [2e-9]])
    _close(_fitted(program, tiny).transform(tiny), [[0], [1], [0.5]], "transform of a tiny column")


def one_dimension(program):
    """1-D data stay 1-D, arrays and tensors."""
    for make in (np.array, torch.tensor):
        x = make([2.0, 6.0, 4.0, 3.0])
        scaler = _fitted(program, x)
        _close(scaler.transform(x), [0, 1, 0.5, 0.25], "transform")
        _close(scaler.inverse(scaler.transform(x)), [2, 6, 4, 3], "inverse")


def statistics_of_fit_alone(program):
    """New data are scaled by what fit saw, without clipping."""
    scaler = _fitted(program, np.array([[0.0, 10.0], [10.0, 20.0]]))
    new = np.array([[20.0, 5.0], [-10.0, 15.0], [5.0, 40.0]])
    scaled = scaler.transform(new)
    _close(scaled, [[2, -0.5], [-1, 0.5], [0.5, 3]], "transform of new data")
    _close(scaler.inverse(scaled), new, "inverse of new data")
    _close(scaler.transform(np.array([[5.0, 15.0]])), [[0.5, 0.5]], "a later transform")
    _close(scaler.inverse(np.array([[0.25, 2.0]])), [[2.5, 30.0]], "a later inverse")


def every_fit_is_new(program):
    """A second fit replaces the first, and scalers share nothing."""
    scaler = _fitted(program, np.array([0.0, 100.0]))
    scaler.fit(np.array([10.0, 20.0]))
    _close(scaler.transform(np.array([10.0, 15.0, 20.0])), [0, 0.5, 1], "after a second fit")
    one, _ = _fitted(program, np.array([0.0, 1.0])), _fitted(program, np.array([0.0, 10.0]))
    _close(one.transform(np.array([0.5])), [0.5], "after another scaler's fit")


def constant_columns(program):
    """A constant column becomes 0, and comes back as its constant."""
    warnings.simplefilter("ignore")
    x = np.array([[1.0, 7.0, 0.0], [3.0, 7.0, 0.0], [2.0, 7.0, 0.0]])
    scaler = _fitted(program, x)
    _close(scaler.transform(x), [[0, 0, 0], [1, 0, 0], [0.5, 0, 0]], "transform")
    _close(scaler.inverse(scaler.transform(x)), x, "inverse")
    _close(scaler.transform(x + 1), [[0.5, 0, 0], [1.5, 0, 0], [1, 0, 0]], "transform of other values")
    tenths = np.column_stack([np.full(10, 0.1), np.arange(10)])
    _close(_fitted(program, tenths).transform(tenths)[:, 0], np.zeros(10), "transform of a column of 0.1")
    scaler = _fitted(program, np.array([4.0, 4.0]))
    _close(scaler.transform(np.array([4.0, 4.0])), [0, 0], "transform in 1-D")
    _close(scaler.inverse(np.array([0.0, 0.0])), [4, 4], "inverse in 1-D")


def transform_before_fit(program):
    """transform before fit is a RuntimeError."""
    for x in (np.array([1.0, 2.0]), np.array([[1.0, 2.0], [3.0, 4.0]])):
        try:
            program.scaling.MinMax().transform(x)
        except RuntimeError:
            continue
        raise AssertionError("nothing was raised")


def nothing_is_changed(program):
    """fit, transform and inverse leave their arguments alone."""
    values = [[1.0, 200.0], [3.0, 100.0], [2.0, 400.0]]
    for make in (np.array, torch.tensor):
        x = make(values)
        scaler = _fitted(program, x)
        scaled = scaler.transform(x)
        assert x.tolist() == values, "fit or transform changed its argument"
        before = np.array(scaled)
        scaler.inverse(scaled)
        assert np.array_equal(np.array(scaled), before), "inverse changed its argument"


def integers(program):
    """Integers are scaled like other numbers."""
    x = np.array([[0, 10], [4, 20], [1, 15]])
    _close(_fitted(program, x).transform(x), [[0, 0], [1, 1], [0.25, 0.5]], "int64")
    x = np.array([[0, 10], [250, 20]], dtype=np.uint8)
    _close(_fitted(program, x).transform(x[::-1]), [[1, 1], [0, 0]], "uint8")


def results_stay(program):
    """What a call returned does not change in later calls."""
    x, other = np.array([[1.0, 200.0], [3.0, 100.0]]), np.array([[9.0, 900.0], [7.0, 700.0]])
    scaler = _fitted(program, x)
    for call in (scaler.transform, scaler.inverse):
        first = call(x)
        before = np.array(first)
        call(other)
        assert np.array_equal(np.array(first), before), "a second call changes what the first one returned"
