"""Every wrong loop gets the sentence for its fault and no other one; right loops, however written, get none."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from training_loops import LR, MOMENTUM, RIGHT, WRONG, Loop, make_model

from grader.probes.training import traced
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
