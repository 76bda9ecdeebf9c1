"""Visible checks of training.py."""

import numpy as np
import pytest
import torch

from grader.probes import loaders, models, training
from grader.verdicts.circumstances import during
from grader.verdicts.class_scores import mistaken_accuracy, mistaken_probabilities
from grader.verdicts.training import explained_by, training_faults, wrong_hyper_parameters
from grader.verdicts.values import expect_close, expect_float, expect_tensor, kind_of


def make_data(count, classes=3):
    """Images whose brightness tells the class, and labels (N, 1)."""
    labels = torch.arange(count).remainder(classes)
    images = torch.randn(count, 3, 6, 6) * 0.3 + labels.view(-1, 1, 1, 1)
    return images, labels.view(-1, 1)


def faults(student, name, *arguments, rates=None):
    """What can be said about the way in which a function trains, from a short run."""
    call = getattr(student.training, name)
    evidence = student.run(training.traced, call, *arguments)["trace"]
    yield from training_faults(evidence, name)
    yield wrong_hyper_parameters(evidence, name, rates or {})


@pytest.mark.points(2)
def test_one_epoch_returns_a_loss_and_trains(student):
    """train_one_epoch returns the epoch's loss as a float, which falls from epoch to epoch."""
    model = student.run(models.TinyResNet, num_classes=3)
    loader = student.run(loaders.counted_loader, *make_data(30), batch_size=8)
    criterion = student.worker("torch.nn").CrossEntropyLoss()
    optimizer = student.worker("torch.optim").SGD(model.parameters(), lr=0.1)
    losses = [student.training.train_one_epoch(model, loader, criterion, optimizer, "cpu") for _ in range(25)]
    first, last = (expect_float(loss, "what train_one_epoch returns") for loss in (losses[0], losses[-1]))
    with explained_by(
        faults(student, "train_one_epoch", model, loader, criterion, optimizer, "cpu", rates={"lr": 0.1})
    ):
        assert last < 0.8 * first, (
            f"train_one_epoch: the loss was {first:.3f} in the first epoch and still {last:.3f} in the last of 25"
        )


def evaluated(model, images):
    """Logits in evaluation mode."""
    model.eval()
    return model(images).detach()


@pytest.mark.points(2)
def test_predict_gives_probabilities(student):
    """predict returns one row of probabilities per image, and the model keeps its mode."""
    model = student.run(models.TinyResNet, num_classes=4)
    model.train()
    images, labels = make_data(10)
    loader = student.run(loaders.counted_loader, images, labels, batch_size=4)
    scores = expect_tensor(student.training.predict(model, loader, "cpu"), (10, 4), torch.float32, what="predict(...)")
    if (scores.sum(1) - 1).abs().max() > 1e-5 or scores.min() < 0:
        logits = evaluated(model, images)
        what, mistakes = "predict(...)", mistaken_probabilities(logits, 4)
        expect_close(scores, logits.softmax(1), rtol=1e-3, atol=1e-5, what=what, mistakes=mistakes)
    expect_close(scores.sum(1), np.ones(10), atol=1e-5, what="the sum of each row of predict(...)")
    assert scores.min() >= 0, "predict(...) holds negative probabilities"
    assert all(student.run(models.modes, model).values()), "after predict the model is no longer in training mode"


@pytest.mark.points(1)
def test_accuracy_of_a_small_example(student):
    """accuracy is the share of rows whose largest score is at the label."""
    scores = np.array([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3], [0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    labels = np.array([[1], [0], [0], [0]])
    tensors = torch.from_numpy(scores), torch.from_numpy(labels)
    for arguments in ((scores, labels), (scores, labels[:, 0]), tensors):
        kind = "tensors" if arguments is tensors else "arrays"
        what = f"accuracy of {kind} (4, 3) and {tuple(arguments[1].shape)} with 3 of 4 rows right"
        with during(what):
            value = student.training.accuracy(*arguments)
        mistakes = mistaken_accuracy(scores, labels)
        expect_close(expect_float(value, what), 0.75, atol=1e-6, what=what, mistakes=mistakes)


@pytest.mark.points(3)
def test_fit_learns_and_keeps_a_history(student):
    """fit returns one dict of floats per epoch, and the model learns what can be learned."""
    model = student.run(models.TinyResNet, num_classes=3)
    train = student.run(loaders.counted_loader, *make_data(48), batch_size=8)
    val = student.run(loaders.counted_loader, *make_data(15), batch_size=4)
    history = student.training.fit(model, train, val, epochs=15, device="cpu", lr=0.05)
    assert isinstance(history, list), f"fit should return a list with a dict per epoch, got {kind_of(history)}"
    assert len(history) == 15, f"fit: 15 epochs should give 15 entries, got {len(history)}"
    for entry in history:
        for key in ("train_loss", "val_loss", "val_accuracy"):
            assert key in entry, f"fit: an entry of the history lacks {key!r}"
            expect_float(entry[key], f"{key} in the history")
        assert 0 <= entry["val_accuracy"] <= 1, f"fit: val_accuracy should be a share, got {entry['val_accuracy']}"
    first, last = history[0]["train_loss"], history[-1]["train_loss"]
    with explained_by(faults(student, "fit", model, train, val, 2, "cpu")):
        assert last < 0.8 * first, f"the training loss was {first:.3f} at first and still {last:.3f} after 15 epochs"


def test_no_epochs_give_an_empty_history(student):
    """fit with epochs=0 returns an empty list and changes nothing."""
    model = student.run(models.TinyResNet, num_classes=3)
    loader = student.run(loaders.counted_loader, *make_data(6), batch_size=3)
    before = student.run(models.snapshot, model)
    history = student.training.fit(model, loader, loader, epochs=0, device="cpu")
    assert history == [], f"epochs=0 should give an empty list, got {history!r}"
    for name, value in student.run(models.snapshot, model).items():
        expect_close(value, before[name], atol=0, what=f"{name} after fit with epochs=0")
