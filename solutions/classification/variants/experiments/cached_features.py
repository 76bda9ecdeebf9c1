"""Feature extraction computes the frozen features once and trains the head on them."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from loaders import make_loader
from training import accuracy, fit, predict
from transfer import build_finetune_model, make_optimizer


@torch.no_grad()
def _features(model, images, labels, device, batch_size):
    model.to(device).eval()
    head, model.fc = model.fc, nn.Identity()
    parts = [model(x.to(device)).cpu() for x, _ in make_loader(images, labels, batch_size, shuffle=False)]
    model.fc = head
    return TensorDataset(torch.cat(parts), torch.as_tensor(labels).long().view(-1))


def run_experiments(train, val, test, num_classes, state_dict, epochs, device, batch_size=128):
    results = {}
    for name, weights, extract in (
        ("scratch", None, False),
        ("feature_extraction", state_dict, True),
        ("fine_tuning", state_dict, False),
    ):
        model = build_finetune_model(num_classes, weights, extract)
        if extract:
            train_loader = DataLoader(_features(model, *train, device, batch_size), batch_size, shuffle=True)
            val_loader = DataLoader(_features(model, *val, device, batch_size), batch_size)
            history = fit(model.fc, train_loader, val_loader, epochs, device)
        else:
            train_loader = make_loader(*train, batch_size, shuffle=True)
            history = fit(model, train_loader, make_loader(*val, batch_size, shuffle=False), epochs, device)
        scores = predict(model, make_loader(*test, batch_size, shuffle=False), device)
        results[name] = {"history": history, "test_accuracy": accuracy(scores, test[1])}
    return results
