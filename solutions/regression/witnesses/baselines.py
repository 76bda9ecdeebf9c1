"""What baselines.py must do, shown without the suite."""

import random
import warnings

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LinearRegression


def _seeded(seed):
    return torch.Generator().manual_seed(seed)


def _seed_all(seed):
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def _three_columns(n=40):
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(n, 3)), columns=["a", "b", "c"])
    return X, X["a"] * 2 + 0.5 * X["b"] + 5


class _Recorder:
    """A model that predicts 7 plus the row's number, and knows which rows it saw."""

    made: list["_Recorder"] = []

    def __init__(self):
        self.train = self.test = None
        self.fits = 0
        _Recorder.made.append(self)

    def fit(self, X, y):
        self.fits += 1
        self.train, self.y = np.asarray(X)[:, 0].astype(int), np.asarray(y).ravel()

    def predict(self, X):
        self.test = np.asarray(X)[:, 0].astype(int)
        return 7.0 + np.asarray(X)[:, 0]


def honest_splits(program):
    """A row and a fresh model per split, fitted on two thirds of the rows, scored on the others, in raw units."""
    n = 100
    X = pd.DataFrame({"radius_row": np.arange(float(n)), "z": 1.0}, index=range(100, 100 + n))
    y = pd.Series(np.random.default_rng(0).normal(size=n) * 5 + 30)
    np.random.seed(20_261)
    state = np.random.get_state()[1].tolist()
    _Recorder.made = []
    scores = program.baselines.evaluate_model(_Recorder, X, y, 4, generator=_seeded(0))
    assert isinstance(scores, pd.DataFrame), type(scores)
    assert list(scores.columns) == ["mae", "rmse"], list(scores.columns)
    assert len(scores) == len(_Recorder.made) == 4, f"{len(scores)} rows, {len(_Recorder.made)} models for 4 splits"
    for model, (_, row) in zip(_Recorder.made, scores.iterrows(), strict=True):
        assert model.fits == 1, "a model was fitted more than once"
        assert np.allclose(model.y, y.to_numpy()[model.train]), "fitted on other targets than those of its rows"
        assert sorted([*model.train, *model.test]) == list(range(n)), "fitted or scored on the wrong rows"
        assert len(model.test) == 34, f"{len(model.test)} of 100 rows for testing"
        error = 7.0 + model.test - y.to_numpy()[model.test]
        assert abs(row["mae"] - np.abs(error).mean()) < 1e-9, "mae is not that of the test rows"
        assert abs(row["rmse"] - (error**2).mean() ** 0.5) < 1e-9, "rmse is not that of the test rows"
    assert len({tuple(sorted(model.test)) for model in _Recorder.made}) == 4, "the same split again"
    assert np.random.get_state()[1].tolist() == state, "NumPy's global generator was used"


def the_generator_decides(program):
    """Splits come from the generator, or from torch's global one."""
    X, y = _three_columns(30)
    y = y + np.random.default_rng(1).normal(size=30)

    def scores(generator=None):
        return program.baselines.evaluate_model(LinearRegression, X, y, 3, generator=generator).to_numpy().tolist()

    _seed_all(1)
    first = scores(_seeded(1))
    _seed_all(2)
    assert scores(_seeded(1)) == first, "equal generators, other splits"
    assert scores(_seeded(2)) != first, "other generators, equal splits"
    torch.manual_seed(5)
    first, second = scores(), scores()
    assert first != second, "without a generator every call gives the same splits"
    torch.manual_seed(5)
    assert scores() == first, "torch's global generator does not decide"


def best_features_first(program):
    """The names of the k best features by the F statistic, best first, whatever their sign and scale."""
    warnings.simplefilter("ignore")
    rng, n = np.random.default_rng(1), 200
    y = rng.normal(size=n)
    columns = {"noise": rng.normal(size=n) * 1000, "weak": y + rng.normal(size=n) * 4}
    columns["best"] = -0.001 * y + rng.normal(size=n) * 0.0001
    columns |= {"second": 50 * y + rng.normal(size=n) * 25, "third": -y + rng.normal(size=n)}
    columns["curve"] = np.exp(8 * y)
    X, expected = pd.DataFrame(columns, index=range(n, 2 * n)), ["best", "second", "third", "weak", "curve", "noise"]
    expected.sort(key=lambda name: -abs(np.corrcoef(columns[name], y)[0, 1]))
    assert expected[:2] == ["best", "second"], expected
    for k in (1, 2, 3, 6):
        names = program.baselines.select_features(X, pd.Series(y), k)
        assert isinstance(names, list), type(names)
        assert names == expected[:k], f"the {k} best: {names}"
        assert all(isinstance(name, str) for name in names), names
    twins = pd.DataFrame({"a": y + rng.normal(size=n) * 0.5, "c": y + rng.normal(size=n) * 2})
    twins["b"] = twins["a"] + rng.normal(size=n) * 0.05
    names = program.baselines.select_features(twins, pd.Series(y), 3)
    assert names[2] == "c", (
        f"{names}: the last of two good features that are nearly equal, and a poor one, is the poor one"
    )


def mutual_information(program):
    """Mutual information finds what is not a line."""
    rng, n = np.random.default_rng(2), 400
    y = rng.uniform(-1, 1, size=n)
    columns = {"linear": y + rng.normal(size=n), "noise": rng.normal(size=n)}
    columns |= {"parabola": y**2 + rng.normal(size=n) * 0.01, "cubic": y**3 + rng.normal(size=n) * 0.15}
    for unit in (1, 0.1):
        names = program.baselines.select_features(pd.DataFrame(columns), pd.Series(unit * y), 4, score="mutual_info")
        assert names == ["parabola", "cubic", "linear", "noise"], names


def unknown_score(program):
    """Any other score is a ValueError."""
    for score in ("pearson", "mutual", "f", "r_regression", "", "F_REGRESSION"):
        try:
            names = program.baselines.select_features(*_three_columns(), 2, score=score)
        except ValueError:
            continue
        raise AssertionError(f"score={score!r}: {names}")


def no_seed_is_set(program):
    """select_features sets no global seed."""
    for score in ("f_regression", "mutual_info"):
        drawn = []
        for seed in (1, 2):
            _seed_all(seed)
            program.baselines.select_features(*_three_columns(), 2, score=score)
            drawn.append((float(torch.rand(1)), np.random.rand(), random.random()))
        assert all(a != b for a, b in zip(*drawn, strict=True)), f"{score}: global generators agree afterwards"


def nothing_is_changed(program):
    """select_features does not modify X and y."""
    for score in ("f_regression", "mutual_info"):
        X, y = _three_columns()
        before = X.copy(deep=True), y.copy(deep=True)
        program.baselines.select_features(X, y, 2, score=score)
        assert X.equals(before[0]), f"{score}: X was changed"
        assert y.equals(before[1]), f"{score}: y was changed"
