"""One-liners and nested containers; siblings imported absolutely."""

import numpy as np
from loaders import make_loader
from training import accuracy, fit, predict
from transfer import build_finetune_model


def run_experiments(train, val, test, num_classes, state_dict, epochs, device, batch_size=128):
    out = {}
    for name, sd, fe in (("scratch", None, False), ("feature_extraction", state_dict, True), ("fine_tuning", state_dict, False)):
        m = build_finetune_model(num_classes, sd, fe)
        h = fit(m, make_loader(*train, batch_size, True), make_loader(*val, batch_size, False), epochs, device)
        out[name] = {"history": h, "test_accuracy": accuracy(predict(m, make_loader(*test, batch_size, False), device), test[1])}
    return out
