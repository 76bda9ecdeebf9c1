"""Calibrated tasks: `grader calibrate classification` runs them on the reference, the hidden checks on submissions."""

import numpy as np
import torch

from grader.calibrate import calibrated
from grader.calibrate.metrics import smallest_recall
from grader.verdicts.values import expect_tensor

CLASSES, SIDE = 8, 16


def lesions(rng, count):
    """Noisy images `(N, 1, 16, 16)` with one bright spot each; the class is in which eighth of the circle it lies."""
    labels = rng.permutation(np.arange(count) % CLASSES)
    angle = 2 * np.pi * (labels + rng.uniform(-0.25, 0.25, count)) / CLASSES
    distance = rng.uniform(0.45, 0.65, count) * SIDE / 2
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    down, right = distance * np.sin(angle), distance * np.cos(angle)
    from_centre = (y - down[:, None, None]) ** 2 + (x - right[:, None, None]) ** 2
    size, strength = rng.uniform((1.5, 1), (2.5, 2), (count, 2)).T[..., None, None]
    noise = rng.normal(0, 0.3, (count, SIDE, SIDE)) + rng.normal(0, 0.5, (count, 1, 1))
    images = strength * np.exp(-from_centre / (2 * size**2)) + noise
    return torch.tensor(images[:, None], dtype=torch.float32), torch.from_numpy(labels)


@calibrated(metric="the smallest recall of a class", steps=240, modules=["training"])
def fit_finds_lesions(student, trial):
    """After 12 epochs of fit, predict on 800 new images of 8 classes"""
    nn, data = student.worker("torch.nn"), student.worker("torch.utils.data")
    images, labels = lesions(trial.rng, 240)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 12, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(12 * (SIDE // 4) ** 2, CLASSES),
    )
    # Twelve images hardly ever show all eight classes: one batch is not enough to learn from.
    train = data.DataLoader(data.TensorDataset(images, trial.targets(labels)), batch_size=12, shuffle=True)
    images, labels = lesions(trial.rng, 320)  # enough that the best epoch is not simply the first good one
    val = data.DataLoader(data.TensorDataset(images, trial.targets(labels)), batch_size=100)
    student.training.fit(model, train, val, 12, "cpu", lr=0.05)
    images, labels = lesions(trial.rng, 800)
    without_labels = torch.zeros(800, dtype=torch.int64)  # the true ones stay here
    new = data.DataLoader(data.TensorDataset(images, without_labels), batch_size=100)
    scores = student.training.predict(model, new, "cpu")
    expect_tensor(scores, (800, CLASSES), what="what predict returns")
    return smallest_recall(labels.numpy(), scores.numpy())
