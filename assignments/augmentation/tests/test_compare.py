"""Visible checks of compare.py."""

import pytest
import torch

from grader.probes import arms, models
from grader.verdicts.values import expect_float


@pytest.mark.points(2)
def test_exactly_as_many_steps_as_asked_for(student):
    """train_arm returns the model it was given, after exactly as many steps as asked for, in training mode."""
    dataset = student.run(arms.GridDataset, arms.numbered(range(20)), torch.randint(2, (20,)))
    model = student.run(models.TinyResNet, num_classes=2, in_channels=1)
    model.eval()
    run = student.compare.train_arm
    events = student.run(arms.journal, run, model, dataset, 7, "cpu", batch_size=8)["events"]
    assert len(events) == 7, f"train_arm with steps=7 ran the model on {len(events)} batches"
    assert all(event["training"] for event in events), "train_arm does not train in training mode"
    states = {event["weights"] for event in events}
    assert len(states) == 7, "some of the steps of train_arm changed nothing"
    result = run(model, dataset, 1, "cpu")
    assert result is model, "train_arm should return the model it was given"


def test_three_arms_with_auroc_and_accuracy(student, rng):
    """compare_arms gives AUROC and accuracy for each of the three arms, and the same ones for the same seed."""
    train, test = (
        student.run(arms.GridDataset, arms.numbered(range(count)), torch.arange(count) % 2) for count in (16, 20)
    )
    seed = int(rng.integers(2**31))
    results, again = (student.compare.compare_arms(train, test, arms.mark, 3, "cpu", seed) for _ in range(2))
    for arm in ("plain", "augmented", "mixed"):
        assert arm in results, f"the result lacks the key {arm!r}"
        for key in ("auroc", "accuracy"):
            assert key in results[arm], f"{arm}: the result lacks {key!r}"
            value = expect_float(results[arm][key], f"{arm}: {key}")
            assert 0 <= value <= 1, f"{arm}: {key} should lie between 0 and 1, got {value}"
    assert results == again, "compare_arms gave two different results for one seed"
