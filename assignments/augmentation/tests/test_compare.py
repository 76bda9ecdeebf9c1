"""Visible checks of compare.py."""

import pytest
import torch

from grader.probes import arms, models, training
from grader.verdicts.arms import difference_between, repeated_augmentations, steps_how
from grader.verdicts.circumstances import during
from grader.verdicts.training import training_faults
from grader.verdicts.values import expect_float


@pytest.mark.points(2)
def test_exactly_as_many_steps_as_asked_for(student):
    """train_arm returns the model it was given, after exactly as many steps as asked for, in training mode."""
    dataset = student.run(arms.GridDataset, arms.numbered(range(20)), torch.randint(2, (20,)))
    model = student.run(models.TinyResNet, num_classes=2, in_channels=1)
    model.eval()
    run = student.compare.train_arm
    what = "train_arm with steps=7, batch_size=8 and 20 images"
    with during(what):
        events = student.run(arms.journal, run, model, dataset, 7, "cpu", batch_size=8)["events"]
    how = "" if len(events) == 7 else steps_how([arms.numbers(event["codes"]) for event in events], 7, 20, 8)
    assert len(events) == 7, f"{what} ran the model on {len(events)} batches{how}"
    asleep = sum(not event["training"] for event in events)
    assert not asleep, f"{what}: the model is not in training mode in {asleep} of 7 batches"
    states = {event["weights"] for event in events}
    why = "" if len(states) == 7 else f": {first_fault(student, dataset)}".rstrip(": ")
    assert len(states) == 7, f"{what}: only {len(states) - 1} of the first 6 steps changed the weights{why}"
    with during(what):
        result = run(model, dataset, 1, "cpu")
    got = "nothing (None)" if result is None else "something else"
    assert result is model, f"train_arm should return the model it was given, but returns {got}"


def first_fault(student, dataset):
    """What is wrong with the training of a model, in words; nothing when nothing is seen."""
    model = student.run(models.TinyResNet, num_classes=2, in_channels=1)
    outcome = student.run(training.traced, student.compare.train_arm, model, dataset, 7, "cpu", batch_size=8)
    return next(iter(training_faults(outcome["trace"], "train_arm")), "")


def test_three_arms_with_auroc_and_accuracy(student, rng):
    """compare_arms gives AUROC and accuracy for each of the three arms, and the same ones for the same seed."""
    train, test = (
        student.run(arms.GridDataset, arms.numbered(range(count)), torch.arange(count) % 2) for count in (16, 20)
    )
    seed = int(rng.integers(2**31))
    with during("compare_arms"):
        results, again = (student.compare.compare_arms(train, test, arms.mark, 3, "cpu", seed) for _ in range(2))
    for arm in ("plain", "augmented", "mixed"):
        assert arm in results, f"what compare_arms returns lacks the key {arm!r}"
        for key in ("auroc", "accuracy"):
            what = f"what compare_arms returns for {arm!r}"
            assert key in results[arm], f"{what} lacks {key!r}"
            value = expect_float(results[arm][key], f"{what}: {key}")
            assert 0 <= value <= 1, f"{what}: {key} should lie between 0 and 1, got {value:g}"
    how = "" if results == again else differing_how(student, train, test, seed)
    assert results == again, f"compare_arms gave two different results for one seed{how}"


def differing_how(student, train, test, seed):
    """In what two recorded runs with one seed differ, as the end of a sentence."""
    call = (arms.journal, student.compare.compare_arms, train, test, arms.mark, 12, "cpu", seed)
    one, two = (student.run(*call)["events"] for _ in range(2))
    return repeated_augmentations(one) or difference_between(one, two)
