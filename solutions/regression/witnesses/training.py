"""What training.py must do, shown without the suite."""

import contextlib
import io
import itertools
from unittest import mock

import numpy as np
import pandas as pd
import torch


def _data():
    rng = np.random.default_rng(1)
    return rng.normal(size=(12, 3)).astype(np.float32), 3 * rng.normal(size=12).astype(np.float32)


def _descent(w, b, X, y, steps, lr):
    """Losses before each step, and the weights after all, of gradient descent on the mean squared error."""
    losses = []
    for _ in range(steps):
        residual = X.astype(float) @ w + b - y
        losses.append((residual**2).mean())
        w, b = w - lr * 2 * X.T @ residual / len(y), b - lr * 2 * residual.mean()
    return losses, w, b


def _weights(model):
    return model.weight.detach().double().numpy().ravel().copy(), float(model.bias.detach())


def plain_gradient_descent(program):
    """Losses and weights are those of full-batch gradient descent on the mean squared error."""
    X, y = _data()
    design = np.column_stack([X, np.ones(len(X))])
    above = 2.2 / np.linalg.eigvalsh(2 * design.T @ design / len(X)).max()  # the loss rises, slowly
    for target, steps, lr in ((y, 15, 0.05), (y.reshape(-1, 1), 15, 0.05), (y, 25, above)):
        model = torch.nn.Linear(3, 1)
        expected, w, b = _descent(*_weights(model), X, y, steps, lr)
        losses = program.training.train_regressor(model, X, target, epochs=steps, lr=lr)
        assert isinstance(losses, list), type(losses)
        assert [type(loss) for loss in losses] == [float] * steps, f"{len(losses)} losses of {type(losses[0])}"
        assert np.allclose(losses, expected, rtol=1e-3), f"losses {losses[:3]}, expected {expected[:3]}"
        assert np.allclose(_weights(model)[0], w, rtol=1e-3, atol=1e-4), "the weights differ"
        assert abs(_weights(model)[1] - b) < 1e-4 + 1e-3 * abs(b), "the bias differs"
    assert program.training.train_regressor(torch.nn.Linear(3, 1), X, y, epochs=0) == [], "epochs=0 gives []"


def training_defaults(program):
    """100 epochs at a rate of 1e-4."""
    X, y = _data()
    model = torch.nn.Linear(3, 1)
    expected, _, _ = _descent(*_weights(model), X, y, 100, 1e-4)
    losses = program.training.train_regressor(model, X, y)
    assert len(losses) == 100, f"{len(losses)} epochs"
    ratio = (losses[0] - losses[-1]) / (expected[0] - expected[-1])
    assert abs(ratio - 1) < 0.02, f"the loss falls {ratio:.2f} times as far as it should"


def any_kind_of_data(program):
    """Arrays, tensors, frames and series of any number type train alike."""
    X = np.random.default_rng(0).integers(-3, 4, size=(10, 2)).astype(float)
    y = X[:, 0] * 2 - X[:, 1] + 1
    kinds = [(X, y), (pd.DataFrame(X, index=range(3, 13)), pd.Series(y, index=range(50, 60)))]
    kinds += [(pd.DataFrame(X), pd.DataFrame({"t": y})), (X.astype(int), y.astype(int))]
    kinds += [(torch.tensor(X).float(), torch.tensor(y).float()), (torch.tensor(X), torch.tensor(y).reshape(-1, 1))]
    results = []
    for features, target in kinds:
        torch.manual_seed(0)
        model = torch.nn.Linear(2, 1)
        results.append(program.training.train_regressor(model, features, target, 20, 0.05, torch.device("cpu")))
        assert np.allclose(results[0], results[-1], rtol=1e-4), f"{type(features)} and {type(target)} train otherwise"


def stale_gradients(program):
    """Gradients that were there before do not enter the first step."""
    X, y = _data()
    results = []
    for stale in (False, True):
        torch.manual_seed(0)
        model = torch.nn.Linear(3, 1)
        if stale:
            (100 * model(torch.tensor(X))).sum().backward()
        results.append(program.training.train_regressor(model, X, y, epochs=5, lr=0.05))
    assert np.allclose(*results), "they do"


class _LeavesTraining(torch.nn.Module):
    """A model that writes its modes down and goes to evaluation mode at every pass."""

    def __init__(self):
        super().__init__()
        self.linear, self.dropout, self.modes = torch.nn.Linear(2, 1), torch.nn.Dropout(0.0), []

    def forward(self, x):
        self.modes.append((self.training, self.dropout.training))
        self.eval()
        return self.linear(self.dropout(x))


def training_mode_in_every_epoch(program):
    """The model is put in training mode at the start of every epoch."""
    model = _LeavesTraining().eval()
    program.training.train_regressor(model, torch.zeros(4, 2), torch.zeros(4), epochs=3, lr=0.1)
    assert model.modes == [(True, True)] * 3, model.modes


def all_rows_at_once(program):
    """One pass over all rows per epoch."""
    sizes, model = [], torch.nn.Linear(2, 1)
    model.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    program.training.train_regressor(model, torch.randn(300, 2), torch.randn(300), epochs=3, lr=0.01)
    assert sizes == [300, 300, 300], f"batches of {sizes}"


def _watched():
    """A linear model, and the devices of the data that it is shown."""
    seen, model = [], torch.nn.Sequential(torch.nn.Linear(2, 1))
    model.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].device.type))
    return model, seen


def on_the_device(program):
    """Model and data are sent to the device, shown on one that holds no values."""
    X, y = torch.zeros(4, 2), torch.zeros(4)
    for train in (True, False):
        model, seen = _watched()
        with contextlib.suppress(Exception):  # the meta device cannot give a loss or a prediction
            if train:
                program.training.train_regressor(model, X, y, epochs=1, lr=0.1, device="meta")
            else:
                program.training.predict(model, X, device="meta")
        assert all(parameter.device.type == "meta" for parameter in model.parameters()), "the model stays"
        assert seen == ["meta"], f"the data are on {seen}"


def the_device_is_the_callers(program):
    """No other device is used than the one asked for, though there seems to be a GPU."""
    X, y = _data()
    with mock.patch.object(torch.cuda, "is_available", return_value=True):
        model = torch.nn.Linear(3, 1)
        program.training.train_regressor(model, X, y, epochs=1, device="cpu")
        program.training.predict(model, X, device="cpu")


def predictions(program):
    """predict returns float64 (N,), for one row, too."""
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
    X = np.random.default_rng(0).normal(size=(7, 3))
    expected = model(torch.tensor(X).float()).detach().double().numpy().ravel()
    for rows in (7, 1):
        for made in (X[:rows], pd.DataFrame(X[:rows]), torch.tensor(X[:rows])):
            result = program.training.predict(model, made, device=torch.device("cpu"))
            assert str(result.dtype).endswith("float64"), result.dtype
            assert tuple(result.shape) == (rows,), tuple(result.shape)
            assert np.allclose(np.asarray(result), expected[:rows], atol=1e-6), "wrong predictions"


def prediction_mode(program):
    """predict works in evaluation mode without gradients and gives every submodule its own mode back."""
    inner = torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.ReLU())
    model = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.BatchNorm1d(8), inner, torch.nn.Linear(8, 1))
    x = torch.randn(20, 3)
    model(x)
    expected = model.eval()(x).detach().double().ravel()
    grad = []
    model.register_forward_hook(lambda module, inputs, output: grad.append(torch.is_grad_enabled()))
    for pattern in ("1111111", "0000000", "1001101", "0110100"):
        for module, mode in zip(model.modules(), pattern, strict=True):
            module.training = mode == "1"
        result = torch.as_tensor(program.training.predict(model, x))
        assert torch.allclose(result, expected, atol=1e-6), "not the predictions of evaluation mode"
        after = "".join(str(int(module.training)) for module in model.modules())
        assert after == pattern, f"modes {pattern} became {after}"
    assert not any(grad), "gradients are on"
    assert all(parameter.requires_grad for parameter in model.parameters()), "the model is frozen"
    model(x).sum().backward()
    before = [parameter.grad.clone() for parameter in model.parameters()]
    with torch.no_grad():
        program.training.predict(model, x)
        assert not torch.is_grad_enabled(), "gradients are recorded again"
    assert torch.is_grad_enabled(), "gradients are no longer recorded"
    for parameter, grad in zip(model.parameters(), before, strict=True):
        assert parameter.grad is not None, "the gradients are gone"
        assert torch.equal(parameter.grad, grad), "the gradients are others"


class _Constant(torch.nn.Module):
    """Predicts one trainable number, and remembers what it was shown in which mode."""

    made: list["_Constant"] = []

    def __init__(self):
        super().__init__()
        self.value = torch.nn.Parameter(torch.zeros(1))
        self.shown, self.values = [], []
        _Constant.made.append(self)

    def forward(self, x):
        self.shown.append((self.training, np.array(x.detach().double().tolist())))
        self.values.append(float(self.value.detach()))
        return self.value * torch.ones(len(x), 1)


def _constant_scores(y, test, epochs, lr):
    """mae and rmse on the rows `test` of a constant that was trained on the others' scaled targets."""
    train = [row for row in range(len(y)) if row not in test]
    low, high = y[train].min(), y[train].max()
    mean, value = ((y[train] - low) / (high - low)).mean(), 0.0
    for _ in range(epochs):
        value -= lr * 2 * (value - mean)
    error = value * (high - low) + low - y[list(test)]
    return np.abs(error).mean(), (error**2).mean() ** 0.5


def _as_rows(data):
    return np.array(sorted(map(tuple, np.round(data, 5))))


def _was_shown(model, X, test):
    """Whether a model saw the training rows of a split, and then its test rows, scaled by the training rows."""
    train = [row for row in range(len(X)) if row not in test]
    low, high = X[train].min(0), X[train].max(0)
    scaled = (X - low) / (high - low)
    pairs = [(shown, scaled[train] if training else scaled[list(test)]) for training, shown in model.shown]
    return all(len(a) == len(b) and np.allclose(_as_rows(a), _as_rows(b), atol=1e-4) for a, b in pairs)


def honest_evaluation(program):
    """Each split has a fresh network and scalers of its training rows; scores are of the test rows, in raw units."""
    y = pd.Series([3.0, 7.0, 4.0, 12.0, 9.0, 30.0], index=range(50, 56))
    X = pd.DataFrame({"a": [1.0, 4.0, 2.0, 8.0, 5.0, 3.0], "b": np.arange(6.0) * 100})
    _Constant.made = []
    generator = torch.Generator().manual_seed(0)
    scores = program.training.evaluate_network(_Constant, X, y, 5, epochs=3, lr=0.11, generator=generator)
    assert list(scores.columns) == ["mae", "rmse"], list(scores.columns)
    assert len(scores) == len(_Constant.made) == 5, f"{len(scores)} rows, {len(_Constant.made)} networks for 5 splits"
    for model, (_, row) in zip(_Constant.made, scores.iterrows(), strict=True):
        assert [training for training, _ in model.shown] == [True] * 3 + [False], "not 3 epochs and a prediction"
        tests = itertools.combinations(range(6), 2)
        fitting = [t for t in tests if np.allclose(_constant_scores(y.to_numpy(), t, 3, 0.11), row, atol=1e-4)]
        assert fitting, f"mae {row['mae']:.4f} and rmse {row['rmse']:.4f} are those of no split"
        assert any(_was_shown(model, X.to_numpy(), test) for test in fitting), "features scaled by other rows"


def evaluation_defaults(program):
    """100 epochs at a rate of 0.1."""
    _Constant.made = []
    X, y = pd.DataFrame({"a": np.arange(9.0)}), pd.Series(np.arange(9.0) ** 2 + 3)
    program.training.evaluate_network(_Constant, X, y, 1)
    values = _Constant.made[0].values
    assert len(values) == 101, f"{len(values) - 1} epochs"
    shrink = (values[2] - values[1]) / (values[1] - values[0])
    assert abs(shrink - 0.8) < 1e-3, f"steps shrink by {shrink:.4f}; at a rate of 0.1 it is 0.8"


def _zero():
    model = torch.nn.Linear(2, 1)
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    return model


def splits_from_the_generator(program):
    """Each split is new and drawn from the generator."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(30, 2)), columns=["a", "b"])
    y = X["a"] + rng.normal(size=30) + 10

    def scores(seed, world):
        torch.manual_seed(world)
        np.random.seed(world)
        generator = torch.Generator().manual_seed(seed)
        return program.training.evaluate_network(_zero, X, y, 3, epochs=5, generator=generator).to_numpy()

    assert np.array_equal(scores(1, 1), scores(1, 2)), "equal generators, other splits"
    assert not np.array_equal(scores(1, 1), scores(2, 1)), "other generators, equal splits"
    assert len(set(scores(1, 1)[:, 0].round(9))) == 3, "the same split again"


def importance_by_size(program):
    """Names with signed weights, as Python floats, by decreasing absolute weight."""
    weights = {"a": 0.5, "b": -3.0, "c": 0.0, "d": 1.25}
    model = program.network.LinearRegressor(4)
    with torch.no_grad():
        for parameter in model.parameters():
            values = list(weights.values()) if parameter.numel() == 4 else [99.0]
            parameter.copy_(torch.tensor(values).reshape(parameter.shape))
    for names in (list(weights), pd.Index(list(weights))):
        pairs = program.training.feature_importance(model, names)
        assert isinstance(pairs, list), type(pairs)
        assert [tuple(pair) for pair in pairs] == [("b", -3.0), ("d", 1.25), ("a", 0.5), ("c", 0.0)], pairs
        assert all(isinstance(pair, tuple) and type(pair[1]) is float for pair in pairs), pairs
        assert list(names) == list(weights), f"the names given are {list(names)} now"
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    assert sorted(program.training.feature_importance(model, list("abcd"))) == [(name, 0.0) for name in "abcd"], (
        "of zeros"
    )


def a_quiet_import(program):
    """Importing the module prints nothing, trains nothing and sets no seed."""
    for name in ("table", "scaling", "metrics", "network"):
        _ = getattr(program, name)
    torch.manual_seed(3)
    expected = float(torch.rand(1))
    torch.manual_seed(3)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        _ = program.training
    assert printed.getvalue() == "", f"it prints {printed.getvalue()!r}"
    assert float(torch.rand(1)) == expected, "it draws random numbers or sets a seed"
