"""Every wrong loop gets the sentence for its fault and no other one; right loops, however written, get none."""

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from training_loops import LR, MOMENTUM, RIGHT, WRONG, Loop, make_model, set_modes, sgd, train

from grader.probes.training import traced, traced_twice
from grader.verdicts import training as verdicts

EPOCHS, BATCH_SIZE = 2, 4


def make_data() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    return torch.randn(10, 6), torch.arange(10) % 3, torch.randn(6, 6), torch.arange(6) % 3


def faults_of(loop: Loop, model: nn.Module | None = None) -> list[str]:
    """Everything that any verdict finds in a run of the loop."""
    inputs, labels, val_inputs, val_labels = make_data()
    loaders = (
        DataLoader(TensorDataset(inputs, labels), BATCH_SIZE, shuffle=True),
        DataLoader(TensorDataset(val_inputs, val_labels), BATCH_SIZE),
    )
    model = make_model() if model is None else model
    outcome = traced(loop.fit, model, *loaders, EPOCHS, splits={"train": inputs, "val": val_inputs})
    evidence = outcome["trace"]
    scores = [entry["val_accuracy"] for entry in outcome["result"]]
    found = [
        *verdicts.training_faults(evidence, "fit"),
        verdicts.optimizer_rebuilt(evidence, "fit"),
        verdicts.wrong_samples(evidence, "fit", EPOCHS, BATCH_SIZE),
        verdicts.wrong_evaluation_samples(evidence, "fit", EPOCHS, BATCH_SIZE),
        verdicts.not_the_best_epoch(evidence, "fit", scores),
    ]
    if loop.sgd:
        expected = {"lr": LR, "momentum": MOMENTUM, "weight_decay": 0}
        found.append(verdicts.wrong_hyper_parameters(evidence, "fit", expected, "SGD"))
    return [fault for fault in found if fault is not None]


@pytest.fixture(autouse=True)
def unlike_any_seed() -> None:
    """Global generators in a state that no loop's own seed gives: an earlier test may have left just that one."""
    torch.manual_seed(987654321)
    np.random.seed(987654321)


@pytest.mark.parametrize("loop", RIGHT, ids=lambda loop: loop.fit.__name__)
def test_right_loops_are_not_blamed(loop: Loop) -> None:
    assert faults_of(loop) == []


@pytest.mark.parametrize("loop", WRONG, ids=lambda loop: loop.fit.__name__)
def test_wrong_loops_get_their_sentence_and_no_other(loop: Loop) -> None:
    found = faults_of(loop)
    assert len(found) == 1, found
    assert loop.sentence in found[0]
    assert "fit" in found[0]


def test_enough_of_both() -> None:
    assert len(RIGHT) >= 12
    assert len({loop.sentence for loop in WRONG}) >= 20


def test_gradients_from_before_the_run() -> None:
    model = make_model()
    inputs, labels, *_ = make_data()

    def fit() -> None:
        optimizer = sgd(model)
        for part in inputs[:4], inputs[4:8]:
            F.cross_entropy(model(part), labels[:4]).backward()
            optimizer.step()
            optimizer.zero_grad()

    assert verdicts.gradients_not_cleared(traced(fit)["trace"], "fit") is None
    model(inputs).sum().backward()
    fault = verdicts.gradients_not_cleared(traced(fit)["trace"], "fit")
    assert fault == "fit adds the gradient of its first batch to gradients that were there before it began"


# --- Frozen parts ---


def half_frozen() -> nn.Module:
    model = make_model()
    for layer in model[:2]:
        layer.requires_grad_(False)
    return model


@pytest.mark.parametrize("loop", [loop for loop in RIGHT if loop.sgd][:4], ids=lambda loop: loop.fit.__name__)
def test_right_loops_leave_frozen_parts_alone(loop: Loop) -> None:
    assert faults_of(loop, half_frozen()) == []


def test_frozen_statistics_that_drift() -> None:
    def fit(model: nn.Module, train_loader: Any, val_loader: Any, epochs: int) -> list[dict[str, float]]:
        optimizer = sgd(model)
        for _ in range(epochs):
            model.train()
            for inputs, labels in train_loader:
                optimizer.zero_grad()
                F.cross_entropy(model(inputs), labels).backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                for inputs, _ in val_loader:
                    model(inputs)
        return []

    (fault,) = faults_of(Loop(fit), half_frozen())
    assert fault.startswith(
        "fit lets the running statistics of frozen batch-norm layers drift (1.num_batches_tracked, "
    )


def test_frozen_parameters_that_move() -> None:
    model = half_frozen()

    def fit(*loaders: Any) -> None:
        with torch.no_grad():
            model[0].weight.mul_(0.9)

    def run() -> None:
        optimizer = sgd(model)
        inputs, labels, *_ = make_data()
        train(model, [(inputs, labels)], optimizer)
        fit()
        train(model, [(inputs, labels)], optimizer)

    fault = verdicts.frozen_parameters_moved(traced(run)["trace"], "fit")
    assert fault == "fit changes frozen parameters (0.weight)"


# --- Optimiser and scheduler ---


def test_the_parameters_of_the_optimizer_can_be_named() -> None:
    model = make_model()
    inputs, labels, *_ = make_data()
    evidence = traced(train, model, [(inputs, labels)], sgd(model))["trace"]
    head = ["4.weight", "4.bias"]
    everything = [name for name, _ in model.named_parameters()]
    assert verdicts.wrong_parameters_optimised(evidence, "fit", everything) is None
    fault = verdicts.wrong_parameters_optimised(evidence, "fit", head)
    assert fault is not None
    assert "holds parameters that should not be trained (0.bias, 0.weight, 1.bias and 1 more)" in fault


def test_frozen_parameters_in_the_optimizer_where_they_are_not_allowed() -> None:
    model = half_frozen()
    inputs, labels, *_ = make_data()
    evidence = traced(train, model, [(inputs, labels)], torch.optim.SGD(model.parameters(), LR))["trace"]
    assert verdicts.wrong_parameters_optimised(evidence, "fit") is None
    fault = verdicts.wrong_parameters_optimised(evidence, "fit", frozen_allowed=False)
    assert fault is not None
    assert "holds parameters that should not be trained" in fault


SCHEDULES = {
    "after_each_epoch": None,
    "never": "never steps the scheduler: the learning rate stays at 0.1",
    "first": "steps the scheduler before the first epoch's training: it starts with learning rate 0.05 instead of 0.1",
    "each_batch": "steps the scheduler within an epoch instead of once after each epoch",
    "every_second_epoch": "trains with learning rates 0.1, 0.1, 0.05 instead of 0.1, 0.05, 0.025",
}


@pytest.mark.parametrize(("when", "sentence"), SCHEDULES.items(), ids=SCHEDULES)
def test_schedules(when: str, sentence: str | None) -> None:
    model = make_model()
    inputs, labels, *_ = make_data()
    loader = DataLoader(TensorDataset(inputs, labels), BATCH_SIZE)

    def fit() -> None:
        optimizer = sgd(model)
        scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        for epoch in range(3):
            if when == "first":
                scheduler.step()
            for batch in loader:
                train(model, [batch], optimizer)
                if when == "each_batch":
                    scheduler.step()
            if when == "after_each_epoch" or (when == "every_second_epoch" and epoch % 2):
                scheduler.step()

    evidence = traced(fit)["trace"]
    fault = verdicts.scheduler_wrongly_stepped(evidence, "fit", [0.1, 0.05, 0.025], steps_per_epoch=3)
    assert fault == (None if sentence is None else f"fit {sentence}")


# --- What is left behind ---


def make_arguments(inputs: torch.Tensor, labels: torch.Tensor) -> tuple[Any, ...]:
    return make_model(), [(inputs, labels)]


def test_nothing_carried_from_one_call_to_the_next() -> None:
    def fit(model: nn.Module, loader: Any) -> None:
        train(model, loader, sgd(model))

    inputs, labels, *_ = make_data()
    assert verdicts.state_carried(*traced_twice(fit, make_arguments, inputs, labels), "fit") is None


def test_a_counter_carried_from_one_call_to_the_next() -> None:
    calls = []

    def fit(model: nn.Module, loader: Any) -> None:
        calls.append(1)
        train(model, loader, torch.optim.SGD(model.parameters(), LR / len(calls)))

    inputs, labels, *_ = make_data()
    fault = verdicts.state_carried(*traced_twice(fit, make_arguments, inputs, labels), "fit")
    assert fault is not None
    assert "goes differently when it is called a second time" in fault


@pytest.mark.parametrize(
    ("scores", "mode", "best"),
    [([0.1, 0.3, 0.3], "max", 1), ([0.1, 0.3, 0.1], "min", 0), ([float("nan"), 0.2, 0.1], "max", 1)],
)
def test_the_best_epoch_is_the_earliest_of_equals_and_never_nan(scores: list[float], mode: Any, best: int) -> None:
    model = make_model()
    inputs, labels, *_ = make_data()

    def fit(kept: int) -> None:
        optimizer, states = sgd(model), []
        for _ in scores:
            train(model, [(inputs, labels)], optimizer)
            model.eval()
            with torch.no_grad():
                model(inputs)
            states.append({name: value.clone() for name, value in model.state_dict().items()})
        model.load_state_dict(states[kept])

    for kept in range(3):
        fault = verdicts.not_the_best_epoch(traced(fit, kept)["trace"], "fit", scores, mode)
        assert (fault is None) == (kept == best)


def test_gradient_accumulation_where_it_is_allowed() -> None:
    model = make_model()
    inputs, labels, *_ = make_data()

    def fit() -> None:
        optimizer = sgd(model)
        set_modes(model)
        for part in range(4):
            F.cross_entropy(model(inputs[part : part + 4]), labels[part : part + 4]).backward()
            if part % 2:
                optimizer.step()
                optimizer.zero_grad()

    evidence = traced(fit)["trace"]
    assert verdicts.training_faults(evidence, "fit", one_step_per_batch=False) == []
    assert "one optimiser step for 2 batches" in verdicts.training_faults(evidence, "fit")[0]


def test_expect_sound_training_fails_with_the_first_fault() -> None:
    model = make_model()
    inputs, labels, *_ = make_data()
    verdicts.expect_sound_training(traced(train, model, [(inputs, labels)], sgd(model))["trace"], "fit")

    def fit() -> None:
        model(inputs).sum().backward()

    with pytest.raises(AssertionError, match="never changes the weights"):
        verdicts.expect_sound_training(traced(fit)["trace"], "fit")
