"""Hidden checks of training.py."""

import contextlib

import calibrated
import numpy as np
import oracle
import pandas as pd
import pytest
import torch

from grader.probes import devices, models, regressors, training
from grader.probes.estimators import NetworkWorkshop, RecordingLinear, linear_arguments
from grader.probes.recording import places
from grader.verdicts.circumstances import during
from grader.verdicts.devices import device_fault
from grader.verdicts.evaluations import expect_score_table
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.inputs import changed_inputs
from grader.verdicts.network_evaluations import expect_network_scores, expect_scaled_split
from grader.verdicts.scores import mistaken_scores
from grader.verdicts.splits import expect_generator_decides
from grader.verdicts.surroundings import expect_nothing_left_behind
from grader.verdicts.thresholds import expect_learned
from grader.verdicts.training import (
    backward_missing,
    expect_no_fault,
    gradients_not_cleared,
    loss_broadcasts,
    step_missing,
    steps_miscounted,
    training_in_evaluation_mode,
    wrong_hyper_parameters,
    wrong_samples,
)
from grader.verdicts.trajectories import expect_losses, expect_trajectory, follow, line_descent
from grader.verdicts.values import (
    expect_array,
    expect_close,
    expect_float,
    expect_list,
    expect_tensor,
    expect_unchanged,
)


def problem(rng, rows=7, features=3):
    """Features, a target, and initial weights far from the solution."""
    X = rng.normal(size=(rows, features))
    y = rng.normal(2, 3, rows)
    return X, y, torch.tensor(rng.normal(size=(1, features)), dtype=torch.float32), torch.tensor([1.5])


def trained(student, model, X, y, **options):
    """What came of a call of train_regressor, and what happened meanwhile."""
    return student.run(training.traced, student.training.train_regressor, model, X, y, course_of=model, **options)


def trained_linear(student, X, y, weight, bias, when="", **options):
    """The same for a linear model; `inputs` says what the model was given instead of X, if anything."""
    model = student.run(RecordingLinear, weight, bias)
    with during(f"train_regressor {when}".rstrip()):
        outcome = trained(student, model, X, y, **options)
    return outcome | {"inputs": lambda: changed_inputs(student.run(regressors.passes, model), X, "train_regressor")}


def expect_predictions(value, rows, what):
    """A float64 vector, as an array or a tensor."""
    __tracebackhide__ = True
    if isinstance(value, torch.Tensor):
        assert not value.requires_grad, f"{what} still carries gradients"
        return expect_tensor(value, (rows,), torch.float64, what=what)
    return expect_array(value, (rows,), np.float64, what=what)


def expect_descent(outcome, wanted, lr, when="", mistakes=lambda step: ()):
    """Weights and losses are those of gradient descent."""
    __tracebackhide__ = True

    def others():
        settings = {"lr": lr, "momentum": 0, "weight_decay": 0}
        yield wrong_hyper_parameters(outcome["trace"], "train_regressor", settings, "SGD")
        if "inputs" in outcome:
            yield outcome["inputs"]()

    expect_trajectory(outcome, wanted, "train_regressor", when, others=others())
    what = f"train_regressor {when}".rstrip()
    losses = expect_list(outcome["result"], len(wanted.losses), f"{what}: what it returns")
    expect_losses(losses, wanted, what, mistakes)


def expect_line_descent(student, task, steps, rate, when="", given=None, **options):
    """train_regressor trains a linear model as gradient descent would; `given` are X and y in another form."""
    __tracebackhide__ = True
    X, y, weight, bias = task
    wanted = line_descent(weight, bias, X, y, steps + 1, rate)

    def mistakes(step):
        at, after = (wanted.states[i] for i in (step - 1, step))
        prediction = oracle.linear(torch.tensor(X, dtype=torch.float64), [at["weight"], at["bias"]])
        yield from mistaken_scores(prediction, y)()
        yield "this number is the loss after the step", wanted.losses[step]
        yield "this number is the mean of the losses so far", np.mean(wanted.losses[:step])

    outcome = trained_linear(student, *(given or (X, y)), weight, bias, when, **options)
    expect_descent(outcome, wanted.part(0, steps), rate, when, mistakes)


@pytest.mark.points(1)
def test_training_leaves_data_and_seeds_alone(student, rng):
    """train_regressor and predict modify neither X nor y and set no seed."""
    X, y, weight, bias = problem(rng)
    torch_there, seed = student.worker("torch"), int(rng.integers(2**31))
    torch_there.manual_seed(seed)
    before = student.run(regressors.global_seeds)
    tensors = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
    for data, kind in (((X, y), "float64 arrays"), (tensors, "float32 tensors")):
        held = student.hold(data[0]), student.hold(data[1])
        model = student.run(RecordingLinear, weight, bias)
        options = {"train_regressor": {"epochs": 2, "lr": 0.1}, "predict": {}}
        for name in options:
            given = held if name == "train_regressor" else held[:1]
            with during(f"{name} with {kind}"):
                getattr(student.training, name)(model, *given, **options[name])
            expect_unchanged(data[0], student.fetch(held[0]), f"{name} with {kind}: X")
            expect_unchanged(data[1], student.fetch(held[1]), f"{name} with {kind}: y")
            after = student.run(regressors.global_seeds)
            assert before[0] == after[0], f"{name} sets torch's global seed"
            assert np.array_equal(before[1], after[1]), f"{name} changes NumPy's global state"


@pytest.mark.points(2)
def test_every_epoch_is_one_step_on_all_rows(student, rng):
    """train_regressor makes one step per epoch, in training mode, along the gradient of all rows."""
    rows = int(rng.integers(1000, 1100))
    X, y, *_ = problem(rng, rows=rows)
    nn = student.worker("torch.nn")
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 4), nn.Dropout(0.1), nn.Linear(4, 1)).eval()
    splits = {"train": torch.tensor(X, dtype=torch.float32)}
    call = student.training.train_regressor
    outcome = student.run(training.traced, call, model, X, y, epochs=3, lr=0.01, splits=splits)
    expect_no_fault(
        *(
            fault(outcome["trace"], "train_regressor")
            for fault in (
                backward_missing,
                step_missing,
                gradients_not_cleared,
                training_in_evaluation_mode,
                loss_broadcasts,
            )
        ),
        wrong_samples(outcome["trace"], "train_regressor", epochs=3),
        steps_miscounted(outcome["trace"], f"train_regressor with epochs=3, for X of shape ({rows}, 3),", 3),
    )


@pytest.mark.points(3)
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_every_step_is_a_step_of_gradient_descent(student, rng, steps):
    """train_regressor makes plain full-batch steps of gradient descent on the mean squared error."""
    expect_line_descent(student, problem(rng), steps, 0.07, f"with epochs={steps}", epochs=steps, lr=0.07)


@pytest.mark.points(1)
def test_it_goes_on_when_the_loss_rises(student, rng):
    """train_regressor makes every step as asked, also at a rate at which the loss rises."""
    expect_line_descent(student, problem(rng), 5, 2.0, "at a rate that is too high", epochs=5, lr=2.0)
    task = X, *_ = problem(rng)
    design = np.column_stack([X, np.ones(len(X))])
    lr = float(2.2 / np.linalg.eigvalsh(2 * design.T @ design / len(X)).max())  # it would fall below 2 / that
    when = "at a rate at which the loss rises slowly, but without end"
    expect_line_descent(student, task, 24, lr, when, epochs=24, lr=lr)


@pytest.mark.points(1)
@pytest.mark.parametrize(("rows", "features"), [(1, 3), (6, 1), (1, 1)])
def test_a_single_row_or_feature_trains_too(student, rng, rows, features):
    """train_regressor and predict work for one row and for one feature."""
    task = X, _, weight, bias = problem(rng, rows, features)
    when = f"with X of shape ({rows}, {features})"
    expect_line_descent(student, task, 3, 0.05, when, epochs=3, lr=0.05)
    with during(f"predict {when}"):
        prediction = student.training.predict(student.run(RecordingLinear, weight, bias), X)
    expect_predictions(prediction, rows, f"predict {when}")


def perceptron(nn):
    """Layers with a smooth activation: at the kink of a ReLU rounding would decide."""
    return nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1))


@pytest.mark.points(3)
def test_a_perceptron_follows_its_gradient(student, rng):
    """train_regressor trains a network with hidden layers exactly as gradient descent would."""
    X, y, *_ = problem(rng, rows=9, features=4)
    here, there = perceptron(torch.nn), perceptron(student.worker("torch.nn"))
    regressors.randomise(here)
    there.load_state_dict(here.state_dict())
    wanted = follow(here, lambda model: oracle.descent(model, X, y, 5, 0.02))
    expect_descent(trained(student, there, X, y, epochs=5, lr=0.02), wanted, 0.02, "with a multi-layer perceptron")


@pytest.mark.points(2)
@pytest.mark.parametrize(
    "kind", ["frame and series", "tensors", "float64 tensors", "float64 array, (N, 1)", "integers", "frames"]
)
def test_every_kind_of_data_trains_alike(student, rng, kind):
    """train_regressor takes arrays, tensors, frames and series, and y as (N,) or (N, 1), alike."""
    X, y, *start = problem(rng)
    if kind == "integers":
        X, y = rng.integers(-3, 4, X.shape), rng.integers(-5, 6, y.shape)
    frame = pd.DataFrame(X, columns=["a", "b", "c"], index=rng.permutation(7) + 9)
    series = pd.Series(y, index=rng.permutation(7))
    given = {
        "frame and series": (frame, series),
        "tensors": (torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32).reshape(-1, 1)),
        "float64 tensors": (torch.tensor(X), torch.tensor(y)),
        "float64 array, (N, 1)": (X, y.reshape(-1, 1)),
        "integers": (X, y),
        "frames": (frame, series.to_frame()),
    }[kind]
    expect_line_descent(student, (X, y, *start), 4, 0.05, f"with {kind}", given, epochs=4, lr=0.05)


@pytest.mark.points(2)
def test_rate_and_number_of_epochs_are_honoured(student, rng):
    """train_regressor uses lr and epochs as given; 1e-4 and 100 are the defaults."""
    for options, steps, lr in (({}, 100, 1e-4), ({"lr": 0.03}, 100, 0.03), ({"epochs": 13}, 13, 1e-4)):
        named = " and ".join(f"{name}={value}" for name, value in options.items())
        when = f"with {named or 'its default lr and epochs'}"
        expect_line_descent(student, problem(rng), steps, lr, when, **options)


@pytest.mark.points(1)
def test_losses_are_python_floats(student, rng):
    """train_regressor returns Python floats."""
    X, y, weight, bias = problem(rng)
    model = student.run(RecordingLinear, weight, bias)
    losses = student.training.train_regressor(model, X, y, epochs=3)
    for loss in expect_list(losses, 3, "train_regressor: what 3 epochs return"):
        expect_float(loss, "train_regressor: every loss")


@pytest.mark.points(1)
def test_no_epochs_no_change(student, rng):
    """train_regressor with epochs=0 returns an empty list and changes nothing."""
    X, y, weight, bias = problem(rng)
    outcome = trained_linear(student, X, y, weight, bias, epochs=0)
    expect_list(outcome["result"], 0, "train_regressor: what epochs=0 returns")
    expect_close(outcome["course"]["states"][-1]["weight"], weight, what="train_regressor with epochs=0: the weights")


@pytest.mark.points(2)
def test_gradients_left_by_somebody_else_do_not_count(student, rng):
    """train_regressor starts every step from fresh gradients, also the first one."""
    X, y, weight, bias = problem(rng)
    model = student.run(RecordingLinear, weight, bias)
    student.run(regressors.dirty_gradients, model)
    outcome = trained(student, model, X, y, epochs=3, lr=0.05)
    wanted = line_descent(weight, bias, X, y, 3, 0.05)
    expect_descent(outcome, wanted, 0.05, "on a model that has gradients already")


@pytest.mark.points(2)
def test_calls_do_not_depend_on_one_another(student, rng):
    """train_regressor goes on from the model's present weights and carries nothing else over."""
    X, y, weight, bias = problem(rng)
    model = student.run(RecordingLinear, weight, bias)
    whole = line_descent(weight, bias, X, y, 4, 0.05)
    for wanted in (whole.part(0, 2), whole.part(2)):
        outcome = trained(student, model, X, y, epochs=2, lr=0.05)
        expect_trajectory(outcome, wanted, "train_regressor", "in the first or second of two calls")


@pytest.mark.points(1)
def test_training_mode_is_set_in_every_epoch(student, rng):
    """train_regressor puts the model in training mode at the start of every epoch, not just of the first."""
    X, y, *_ = problem(rng)
    model = student.run(regressors.dropout_regressor, 3)
    model.falls_asleep = True
    student.training.train_regressor(model, X, y, epochs=3, lr=0.01)
    training = [one for one in student.run(regressors.passes, model) if one["grad"]]
    assert training, "train_regressor never calls the model with gradients"
    assert all(all(one["modes"]) for one in training), (
        "train_regressor: a model that leaves training mode during an epoch should be back in it for the next"
    )


@pytest.mark.points(1)
def test_frozen_parameters_stay(student, rng):
    """train_regressor leaves frozen parameters as they are and trains the others."""
    X, y, weight, bias = problem(rng)
    model = student.run(RecordingLinear, weight, bias)
    model.requires_grad_(False)
    student.run(regressors.set_trainable, model, "bias")
    student.training.train_regressor(model, X, y, epochs=3, lr=0.05)
    got_weight, got_bias = student.run(regressors.parameters, model)
    expect_close(got_weight, weight, 0, 0, "train_regressor: a frozen weight")
    assert float((got_bias - bias).abs()) > 1e-4, (
        "train_regressor: with frozen weights, the bias should still be trained"
    )


@pytest.mark.points(1)
def test_no_seed_and_no_switch_is_left_behind(student, rng):
    """train_regressor and evaluate_network set no global seed and leave the recording of gradients as it was."""
    X, y, weight, bias = problem(rng)
    model, train = student.run(RecordingLinear, weight, bias), student.training.train_regressor
    expect_nothing_left_behind(student, "train_regressor", train, model, X, y, epochs=1)
    X, y = oracle.numbered(rng, 9, features=2)
    make = student.run(NetworkWorkshop, torch.ones(1, 2), torch.ones(1)).make
    evaluate = student.training.evaluate_network
    expect_nothing_left_behind(student, "evaluate_network", evaluate, make, X, y, 1, epochs=1)


DEVICES = ("cpu", torch.device("cuda:1"), "cpu")  # on a simulated machine that has two
GIVEN = [(device, np.asarray, "arrays") for device in DEVICES] + [("cuda:1", torch.as_tensor, "tensors")]


@contextlib.contextmanager
def explained_by_places(student, function, name, *arguments, **options):
    """A block that fails because of devices does so with a sentence on where the function's work happens."""
    __tracebackhide__ = True
    try:
        yield
    except (AssertionError, RuntimeError, TypeError, ValueError):
        evidence = student.run(devices.two_pass, function, linear_arguments, *arguments, **options)
        fault = device_fault(evidence, name)
        assert fault is None, fault
        raise


@pytest.mark.points(2)
def test_training_happens_on_the_device(student, rng):
    """train_regressor trains on the device given, string or torch.device, whatever else the machine has."""
    X, y, weight, bias = problem(rng)
    model = student.run(RecordingLinear, weight, bias)
    train = student.training.train_regressor
    with explained_by_places(student, train, "train_regressor", weight, bias, X, y, epochs=2):
        for device, wrap, kind in GIVEN:
            what = f"train_regressor on {device}, given {kind},"
            with during(what.removesuffix(",")):
                found = student.run(places, train, model, wrap(X), wrap(y), epochs=2, lr=0.05, device=device)
            assert found["ran_on"] == [str(device)], f"{what} ran the model on {found['ran_on']}"
            expect_list(found["result"], 2, f"{what} what 2 epochs return")
        wanted = line_descent(weight, bias, X, y, 8, 0.05).states[-1]
        what = f"train_regressor on {', '.join(map(str, DEVICES))}: the trained weights"
        expect_close(student.run(regressors.parameters, model)[0], wanted["weight"], 1e-4, 1e-5, what)


@pytest.mark.points(2)
def test_prediction_on_the_device_comes_back(student, rng):
    """predict runs the model on the device given and returns its result on the CPU."""
    X, _, weight, bias = problem(rng)
    model = student.run(RecordingLinear, weight, bias)
    predict = student.training.predict
    with explained_by_places(student, predict, "predict", weight, bias, X):
        for device, wrap, kind in GIVEN:
            what = f"predict on {device}, given {kind},"
            with during(what.removesuffix(",")):
                found = student.run(places, predict, model, wrap(X), device=device)
            assert found["ran_on"] == [str(device)], f"{what} ran the model on {found['ran_on']}"
            assert found["result_on"] in (None, "cpu"), f"{what} left its result on {found['result_on']}"
            expect_predictions(found["result"], 7, f"predict on {device}")


@pytest.mark.points(1)
def test_evaluation_happens_on_the_device(student, rng):
    """evaluate_network trains and predicts on the device given, whatever else the machine has."""
    X, y = oracle.numbered(rng, 9, features=2)
    workshop = student.run(NetworkWorkshop, torch.ones(1, 2), torch.ones(1))
    for device in DEVICES[:2]:
        evaluate = student.training.evaluate_network
        with during(f"evaluate_network with device={str(device)!r}"):
            found = student.run(places, evaluate, workshop.make, X, y, 1, epochs=1, device=device)
        assert found["ran_on"] == [str(device)], f"evaluate_network on {device} ran networks on {found['ran_on']}"
        assert np.isfinite(found["result"].to_numpy(dtype=float)).all(), (
            f"evaluate_network on {device}: no finite scores"
        )


@pytest.mark.points(2)
@pytest.mark.parametrize("kind", ["array", "tensor", "frame", "float32 array"])
@pytest.mark.parametrize("rows", [1, 6])
def test_predictions_are_a_flat_float64_array(student, rng, kind, rows):
    """predict returns the predictions as a float64 array (N,), for arrays, tensors and frames."""
    X, _, weight, bias = problem(rng, rows=rows)
    model = student.run(RecordingLinear, weight, bias)
    wrap = {"array": np.asarray, "tensor": lambda a: torch.tensor(a, dtype=torch.float32), "frame": pd.DataFrame}
    given = wrap.get(kind, lambda a: a.astype(np.float32))(X)
    what = f"predict for X as {kind} ({rows}, 3)"
    with during(what):
        prediction = expect_predictions(student.training.predict(model, given), rows, what)
    wanted = oracle.linear(torch.tensor(X), [weight.double(), bias.double()]).reshape(-1)
    known = {"negative predictions became 0": wanted.clamp(min=0), "negative predictions lost their sign": wanted.abs()}
    expect_close(prediction, wanted, 1e-4, 1e-5, what, mistakes=known)


@pytest.mark.points(2)
def test_prediction_happens_in_evaluation_mode(student, rng):
    """predict works in evaluation mode, without gradients, and moves no batch-norm statistics."""
    X, *_ = problem(rng, rows=8)
    for outermost in (True, False):
        model = student.run(regressors.dropout_regressor, 3)
        student.run(regressors.set_modes, model, [outermost, True, True, True, True])
        before = student.run(regressors.buffers, model)
        first, second = (student.training.predict(model, X) for _ in range(2))
        passes = student.run(regressors.passes, model)
        assert passes, "predict never calls the model"
        came = "" if outermost else ", when the model itself is in evaluation mode and its parts are not"
        assert not any(any(one["modes"]) for one in passes), (
            f"predict runs the model, or parts of it, in training mode{came}"
        )
        what = "predict, called twice on the same model and data: the result"
        expect_close(second, first, 1e-7, 1e-9, what)
        assert not any(one["grad"] for one in passes), "predict tracks gradients"
        expect_unchanged(before, student.run(regressors.buffers, model), "predict: the model's batch-norm statistics")
        frozen = [name for name, free in student.run(models.trainable, model).items() if not free]
        assert not frozen, f"after predict these parameters require no gradient any more: {', '.join(frozen)}"
        expect_nothing_left_behind(student, "predict", student.training.predict, model, X, looks_at=model)


@pytest.mark.points(2)
def test_every_submodule_gets_its_mode_back(student, rng):
    """predict gives every submodule its own mode back."""
    X, *_ = problem(rng, rows=4)
    for mixed in ([True, True, False, True, False], [False] * 5, [True] * 5, [False, True, True, False, True]):
        model = student.run(regressors.dropout_regressor, 3)
        student.run(regressors.set_modes, model, mixed)
        student.training.predict(model, X)
        now = student.run(regressors.modes, model)
        assert now == mixed, f"predict {mode_left(mixed, now)}"


def mode_left(before, now):
    """What became of the modes of a network and its submodules, as the end of a sentence."""
    if not any(now):
        return "leaves the whole model in evaluation mode, also what was in training mode before"
    if all(now):
        return "puts the whole model into training mode, also what was in evaluation mode before"
    other = sum(a != b for a, b in zip(before, now, strict=True))
    return f"leaves {other} of the {len(before)} modules of a network in another mode than they had before"


class Evaluated:
    """A call of evaluate_network, with what its networks saw and what should have come out."""

    def __init__(self, student, rng, rows=20, iterations=3, generator=None, **options):
        self.rows = rows
        # Row numbers as the only feature that tells rows apart; a second feature with one row far away.
        self.X = pd.DataFrame(
            {"row": np.arange(rows, dtype=float), "area_f": rng.normal(size=rows)}, index=rng.permutation(rows) + 50
        )
        self.X.iloc[int(rng.integers(rows)), 1] = 40.0
        self.y = pd.Series(rng.uniform(7, 28, rows), index=rng.permutation(rows))
        self.y.iloc[rng.permutation(rows)[:2]] = 90.0, -60.0
        self.weight, self.bias = torch.tensor(rng.normal(size=(1, 2)), dtype=torch.float32), torch.tensor([0.4])
        workshop = student.run(NetworkWorkshop, self.weight, self.bias)
        if generator is not None:
            options["generator"] = generator
        self.frame = student.training.evaluate_network(workshop.make, self.X, self.y, iterations, **options)
        self.networks = workshop.evidence()
        self.iterations = iterations
        self.n_test = -(-rows // 3)

    def expect_a_network_per_split(self):
        made = len(self.networks)
        assert made == self.iterations, (
            f"evaluate_network with iterations={self.iterations} should call make_model once per split, "
            f"called it {made} times"
        )

    def splits(self):
        """Training and test rows of each split, as far as the networks' inputs tell."""
        self.expect_a_network_per_split()
        return [expect_scaled_split(passes, self.X, self.n_test, "evaluate_network") for passes in self.networks]


@pytest.mark.points(2)
@pytest.mark.parametrize("iterations", [1, 4])
def test_evaluation_gives_a_row_per_split(student, rng, iterations):
    """evaluate_network returns columns mae and rmse, a row per split, with one fresh network each."""
    done = Evaluated(student, rng, iterations=iterations, epochs=2)
    expect_score_table(done.frame, iterations, "evaluate_network")
    done.expect_a_network_per_split()


@pytest.mark.points(4)
def test_features_are_scaled_by_the_training_rows_alone(student, rng):
    """evaluate_network scales X by the training rows of each split, a third of the rows held out."""
    for rows in (20, 100):
        Evaluated(student, rng, rows=rows, iterations=4, epochs=2).splits()


def test_networks_are_asked_in_evaluation_mode(student, rng):
    """evaluate_network predicts with its networks in evaluation mode."""
    done = Evaluated(student, rng, epochs=2)
    done.splits()
    asked = [one for passes in done.networks for one in passes if not one["grad"]]
    assert not any(one["training"] for one in asked), (
        "evaluate_network asks its networks about the test rows in training mode"
    )


def expect_scores(done, epochs, lr, columns=("mae", "rmse")):
    """Compares every row of the frame with what training from the known weights must give."""
    __tracebackhide__ = True
    frame, splits = expect_score_table(done.frame, done.iterations, "evaluate_network"), done.splits()
    steps = {sum(one["grad"] for one in passes) for passes in done.networks}
    assert steps == {epochs}, (
        f"evaluate_network with epochs={epochs} trains its networks for {', '.join(map(str, sorted(steps)))} steps"
    )
    start = done.weight, done.bias
    expect_network_scores(frame, splits, done.X, done.y, start, epochs, lr, "evaluate_network", columns)


@pytest.mark.points(4)
@pytest.mark.parametrize("score", ["mae", "rmse"])
def test_scores_are_in_raw_units_of_the_test_rows(student, rng, score):
    """evaluate_network trains on a min-max scaled target and scores the test rows in the units of y."""
    expect_scores(Evaluated(student, rng, rows=22, iterations=6, epochs=30, lr=0.2), 30, 0.2, [score])


@pytest.mark.points(2)
def test_the_generator_decides_the_splits(student, rng):
    """evaluate_network draws a new split per iteration, from the generator: equal seeds, equal splits."""
    generator, seed = student.worker("torch").Generator(), int(rng.integers(2**31))
    drawn = []
    for value in (seed, seed, seed + 1, None):
        if value is not None:
            generator.manual_seed(value)
        done = Evaluated(student, rng, rows=30, iterations=3, generator=generator, epochs=1)
        drawn.append([test.tolist() for _, test in done.splits()])
    same = len(set(map(tuple, drawn[0])))
    assert same == 3, f"evaluate_network: 3 iterations should use 3 different splits, used {same}"
    expect_generator_decides(drawn, "evaluate_network")


@pytest.mark.points(1)
def test_without_generator_torchs_global_one_decides(student, rng):
    """evaluate_network without a generator draws its splits from torch's global one."""
    torch_there, seed = student.worker("torch"), int(rng.integers(2**31))
    drawn = []
    for value in (seed, seed, seed + 1):
        torch_there.manual_seed(value)
        done = Evaluated(student, rng, rows=30, iterations=2, epochs=1)
        drawn.append([test.tolist() for _, test in done.splits()])
    assert drawn[0] == drawn[1], "evaluate_network without a generator should follow torch's global generator"
    assert drawn[0] != drawn[2], "evaluate_network without a generator uses the same splits in every call"


@pytest.mark.points(1)
def test_evaluation_defaults(student, rng):
    """evaluate_network trains 100 epochs with a rate of 0.1 by default."""
    expect_scores(Evaluated(student, rng, iterations=1), 100, 0.1)


@pytest.mark.points(1)
def test_evaluation_leaves_its_arguments_and_seeds_alone(student, rng):
    """evaluate_network modifies neither X nor y and sets no seed."""
    X, y = oracle.numbered(rng, 12, features=2)
    held = student.hold(X), student.hold(y)
    workshop = student.run(NetworkWorkshop, torch.ones(1, 2), torch.ones(1))
    generator = student.worker("torch").Generator()
    generator.manual_seed(int(rng.integers(2**31)))
    for options in ({}, {"generator": generator}):
        before = student.run(regressors.global_seeds)
        student.training.evaluate_network(workshop.make, *held, 2, epochs=1, **options)
        after = student.run(regressors.global_seeds)
        assert before[0] == after[0], "evaluate_network sets torch's global seed"
        assert np.array_equal(before[1], after[1]), "evaluate_network changes NumPy's global state"
    expect_unchanged(X, student.fetch(held[0]), "evaluate_network: X")
    expect_unchanged(y, student.fetch(held[1]), "evaluate_network: y")


@pytest.mark.points(1)
def test_a_constant_feature_does_no_harm(student, rng):
    """evaluate_network gives finite scores when a feature is constant among the training rows."""
    X, y = oracle.numbered(rng, 12, features=2)
    X["f0"] = 3.0
    workshop = student.run(NetworkWorkshop, torch.ones(1, 2), torch.ones(1))
    frame = student.training.evaluate_network(workshop.make, X, y, 2, epochs=2)
    assert np.isfinite(frame.to_numpy(dtype=float)).all(), "evaluate_network: a constant feature turns scores into NaN"


@pytest.mark.points(3)
@pytest.mark.needs("network::test_linear_regressor_is_affine")
@pytest.mark.parametrize("features", [6, 1])
def test_importance_lists_weights_by_size(student, rng, features):
    """feature_importance pairs each name with its weight, sign kept, by decreasing absolute weight."""
    model = student.network.LinearRegressor(features)
    weights = np.array(drawn_weights(student, model, features))
    names = [f"n{(3 * i + 2) % 7}" for i in range(features)]  # in no order that sorting would give
    before = student.run(regressors.parameters, model)
    given = pd.Index(names)
    with during(f"feature_importance for {features} features whose names are the columns of a frame"):
        of_columns = student.training.feature_importance(model, given)
    expect_list(of_columns, features, "feature_importance, given the columns of a frame: the result")
    with during(f"feature_importance for {features} features"):
        held = student.hold(names)
        result = student.training.feature_importance(model, held)
    expect_unchanged(before, student.run(regressors.parameters, model), "feature_importance: the model")
    for pair in expect_list(result, features, f"feature_importance for {features} features: the result"):
        name, value = expect_list(pair, 2, "feature_importance: every (name, weight)", kind=tuple)
        expect_float(value, f"feature_importance: the weight of {name}")
    expect_unchanged(names, student.fetch(held), "feature_importance: the names")
    found = [name for name, _ in result]
    assert sorted(found) == sorted(names), f"feature_importance: each of {names} should appear once, got {found}"

    def mistakes():
        bias = float(model(torch.zeros(1, features)))
        yield "the signs are gone", abs(weights)
        yield "they are the squares of the weights", weights**2
        yield "the bias is added to each", weights + bias
        yield "they are divided by the sum of the sizes", weights / abs(weights).sum()
        yield "they are divided by the sum of the sizes, and the signs are gone", abs(weights) / abs(weights).sum()
        yield "they are divided by the largest size", weights / abs(weights).max()
        yield "they are divided by the largest size, and the signs are gone", abs(weights) / abs(weights).max()
        yield "they are divided by the length of the vector", weights / np.linalg.norm(weights)

    given = [dict(result)[name] for name in names]
    expect_close(given, weights, 1e-4, 1e-4, "feature_importance: the weights, feature by feature", mistakes=mistakes)
    orders = {
        "by size, but increasing": abs(weights),
        "by the weights with their signs": -weights,
        "that of the names given": range(features),
    }
    how = [f": it is {how}" for how, by in orders.items() if found == [names[i] for i in np.argsort(by, kind="stable")]]
    wanted = [names[i] for i in np.argsort(-abs(weights))]
    assert found == wanted, f"feature_importance: the order is not by decreasing absolute weight{(how or [''])[0]}"


def test_importance_of_equal_weights(student, rng):
    """feature_importance lists every feature, also those whose weights are equal."""
    names = ["a", "b", "c", "d"]
    model = student.network.LinearRegressor(4)
    student.run(models.zero, model)
    result = student.training.feature_importance(model, names)
    pairs = expect_list(result, 4, "feature_importance of four features whose weights are 0: the result")
    assert sorted(name for name, _ in pairs) == names, (
        f"feature_importance: each of {names} should appear once, also with weights of 0, got {pairs}"
    )


def drawn_weights(student, model, features):
    """Gives a model new weights of clearly different sizes and both signs; returns them, as the model shows them."""
    for _ in range(1000):
        student.run(regressors.randomise, model)
        weights = (model(torch.eye(features)) - model(torch.zeros(1, features))).detach().reshape(-1).tolist()
        sizes = sorted(map(abs, weights))
        apart = all(b - a > 0.02 for a, b in zip(sizes, sizes[1:], strict=False))
        if apart and (features == 1 or min(weights) < -0.2 < 0.2 < max(weights)):
            return weights
    raise AssertionError("LinearRegressor: its output does not depend on its features as on a weighted sum")


@pytest.mark.points(1)
@pytest.mark.needs("test_the_first_step")
def test_importing_does_nothing_else(student):
    """Importing training.py prints nothing, trains nothing and sets no seed."""
    expect_quiet_import(student, "training")


@pytest.mark.points(2)
@pytest.mark.hint("Plot predictions against targets for rows that were not used in training.")
def test_what_training_teaches_predict_knows(student, rng):
    """A small network trained with train_regressor predicts rows it has not seen."""
    expect_learned(student, rng, calibrated.train_regressor_finds_a_surface)
