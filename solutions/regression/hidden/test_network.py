"""Hidden checks of network.py."""

from itertools import pairwise

import oracle
import pytest
import torch

from grader.probes import models, regressors
from grader.verdicts.circumstances import during
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.perceptrons import expect_parameter_count, mistaken_outputs
from grader.verdicts.surroundings import expect_nothing_left_behind
from grader.verdicts.values import expect_close, expect_tensor

HIDDEN = [(7, 3), (6, 9, 4), (6, 6, 6), (5,), ()]


def layers_of(in_features, hidden):
    """Random weights and biases for linear layers of these widths, large enough to matter; one value for each shape."""
    widths = [in_features, *hidden, 1]
    values = {shape: torch.randn(shape) for a, b in pairwise(widths) for shape in ((b, a), (b,))}
    return [(values[b, a], values[b,]) for a, b in pairwise(widths)]


def made(student, name, *args):
    """A network, and how messages call it."""
    what = f"{name}({', '.join(map(str, args))})"
    with during(what):
        return getattr(student.network, name)(*args), what


@pytest.mark.points(2)
@pytest.mark.parametrize("features", [30, 1, 7])
def test_linear_regressor_has_weights_and_a_bias(student, features):
    """LinearRegressor has a weight per feature and a bias, all trainable."""
    model, what = made(student, "LinearRegressor", features)
    expect_parameter_count(student.run(regressors.parameter_shapes, model), (features, 1), what)
    dead = student.run(regressors.never_reached, model, torch.randn(9, features))
    assert not dead, f"LinearRegressor: no gradient reaches parameters of shape {dead}"


@pytest.mark.points(2)
def test_linear_regressor_is_affine(student):
    """LinearRegressor computes a weighted sum of its features plus a bias, and returns (N, 1)."""
    features = int(torch.randint(3, 9, ()))
    model, what = made(student, "LinearRegressor", features)
    weight, bias = torch.randn(1, features), torch.randn(1)
    known = student.run(regressors.set_layers, model, [(weight, bias)])
    for n in (6, 1):
        x = 5 * torch.randn(n, features)
        with during(f"{what} for {n} rows"):
            out = expect_tensor(model(x), (n, 1), what=f"{what}: the output for {n} rows")
        if known:
            wanted, other = x @ weight.T + bias, mistaken_outputs(x, [(weight, bias)])
            expect_close(out, wanted, 1e-4, 1e-4, f"{what}: the output for {n} rows", mistakes=other)
    student.run(regressors.randomise, model)
    a, b, zero = torch.randn(50, features), torch.randn(50, features), torch.zeros(50, features)
    expect_close(
        model(a) + model(b),
        model(a + b) + model(zero),
        1e-3,
        1e-3,
        "LinearRegressor, as a function f: f(a) + f(b) against f(a + b) + f(0)",
    )


@pytest.mark.points(1)
def test_mlp_is_the_same_in_both_modes(student):
    """MLPRegressor computes the same in training and evaluation mode, every time."""
    model = student.network.MLPRegressor(4, (16, 16))
    x = torch.randn(20, 4)
    first, again, evaluated = model.train()(x), model.train()(x), model.eval()(x)
    what = "MLPRegressor: the output for the same rows, a second time in training mode"
    expect_close(again, first, 1e-6, 1e-6, what, hint="something in it is random")
    what = "MLPRegressor: the output in evaluation mode, against that in training mode"
    expect_close(evaluated, first, 1e-6, 1e-6, what, hint="something in it depends on the mode")


@pytest.mark.points(2)
@pytest.mark.parametrize("hidden", [*HIDDEN, (4, 4, 4)])
def test_mlp_has_the_layers_asked_for(student, hidden):
    """MLPRegressor has linear layers with bias of the widths in hidden, and nothing else to learn."""
    model, what = made(student, "MLPRegressor", 4, hidden)
    expect_parameter_count(student.run(regressors.parameter_shapes, model), (4, *hidden, 1), what)
    buffers = student.run(regressors.buffer_count, model)
    assert buffers == 0, f"{what} should consist of linear layers and ReLU; this one keeps {buffers} buffers"


@pytest.mark.points(1)
def test_mlp_defaults(student):
    """MLPRegressor has two hidden layers of 64 by default: 6,209 parameters for 30 features."""
    model, what = made(student, "MLPRegressor", 30)
    expect_parameter_count(student.run(regressors.parameter_shapes, model), (30, 64, 64, 1), what)


@pytest.mark.points(2)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_every_parameter_of_the_mlp_learns(student, hidden):
    """Gradients reach every parameter of MLPRegressor."""
    model = student.network.MLPRegressor(4, hidden)
    dead = student.run(regressors.never_reached, model, torch.randn(200, 4))
    assert not dead, f"MLPRegressor(4, {hidden}): no gradient reaches parameters of shape {dead}"


@pytest.mark.points(3)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_mlp_computes_linear_layers_with_relu_between(student, hidden):
    """MLPRegressor computes linear layers with ReLU between them and nothing after the last, as (N, 1)."""
    model, what = made(student, "MLPRegressor", 4, hidden)
    layers = layers_of(4, hidden)
    known = student.run(regressors.set_layers, model, layers)
    for n in (50, 1):
        x = 2 * torch.randn(n, 4)
        with during(f"{what} for {n} rows"):
            out = expect_tensor(model(x), (n, 1), what=f"{what}: the output for {n} rows")
        if known:
            wanted = oracle.perceptron(x.double(), [value.double() for layer in layers for value in layer])
            expect_close(
                out,
                wanted,
                1e-3,
                1e-3,
                f"{what}: the output for {n} rows, with known weights",
                hint="look at what stands between the layers, and after the last",
                mistakes=mistaken_outputs(x, layers),
            )


@pytest.mark.points(2)
def test_mlp_is_made_of_straight_pieces(student):
    """MLPRegressor is piecewise linear: straight along a line but for a kink where a hidden unit switches."""
    units = 12
    model = student.network.MLPRegressor(4, (units,))
    student.run(regressors.randomise, model)
    start, direction, t = torch.randn(4), torch.randn(4), torch.linspace(-20, 20, 241).reshape(-1, 1)
    out = model(start + t * direction).reshape(-1).detach().double()
    kinks = int((out.diff(n=2).abs() > 2e-5 * out.abs().max()).sum())  # float32 rounding is a hundred times finer
    assert kinks > 0, "MLPRegressor computes a linear function of its input along a line"
    assert kinks <= 2 * units, "MLPRegressor bends all along a line, not just where a hidden unit switches on or off"


@pytest.mark.points(1)
def test_models_are_independent(student):
    """Two MLPRegressors share no parameters, nor do two LinearRegressors."""
    network = student.network
    for make, name in ((network.MLPRegressor, "MLPRegressor"), (network.LinearRegressor, "LinearRegressor")):
        one, other = make(3), make(3)
        shared = student.run(regressors.buffers_and_parameters_shared, one, other)
        assert not shared, f"two {name} objects share their parameters"


@pytest.mark.points(1)
def test_no_global_seed_is_set(student):
    """Making or using a network sets no global seed."""
    for name in ("LinearRegressor", "MLPRegressor"):
        build, rows = getattr(student.network, name), torch.ones(4, 3)
        expect_nothing_left_behind(student, name, models.made_and_used, build, 3, images=rows)


@pytest.mark.points(1)
@pytest.mark.needs("test_linear_regressor")
def test_importing_does_nothing_else(student):
    """Importing network.py prints nothing, trains nothing and sets no seed."""
    expect_quiet_import(student, "network")
