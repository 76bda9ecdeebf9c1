"""Helper classes: meters, keepers of the best epoch, guards of modes, an Experiment."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from .loaders import make_loader
from .training import accuracy, fit, predict
from .transfer import build_finetune_model


@dataclass
class Experiment:
    num_classes: int
    state_dict: object
    feature_extract: bool

    def model(self) -> nn.Module:
        return build_finetune_model(self.num_classes, self.state_dict, self.feature_extract)

    def run(self, train, val, test, epochs, device, batch_size) -> dict:
        model = self.model()
        history = fit(model, make_loader(*train, batch_size, shuffle=True), make_loader(*val, batch_size, shuffle=False), epochs, device)
        scores = predict(model, make_loader(*test, batch_size, shuffle=False), device)
        return {"history": history, "test_accuracy": accuracy(scores, test[1])}


def run_experiments(train, val, test, num_classes, state_dict, epochs, device, batch_size=128) -> dict:
    arms = {
        "scratch": Experiment(num_classes, None, False),
        "feature_extraction": Experiment(num_classes, state_dict, True),
        "fine_tuning": Experiment(num_classes, state_dict, False),
    }
    return {name: arm.run(train, val, test, epochs, device, batch_size) for name, arm in arms.items()}
