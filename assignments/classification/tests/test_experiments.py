"""Visible checks of experiments.py."""

import pytest

from grader.verdicts.circumstances import during
from grader.verdicts.values import expect_float, kind_of


@pytest.mark.points(2)
def test_three_arms_with_history_and_test_accuracy(student, rng):
    """run_experiments reports a history and a test accuracy for each of the three arms."""
    train, val, test = (
        (rng.integers(0, 256, size=(count, 28, 28, 3), dtype="uint8"), rng.integers(0, 4, size=(count, 1)))
        for count in (8, 4, 5)
    )
    with during("run_experiments with state_dict=None"):
        results = student.experiments.run_experiments(train, val, test, 4, None, epochs=1, device="cpu", batch_size=4)
    assert results is not None, "run_experiments should return a dict, got None (is a return missing?)"
    for arm in ("scratch", "feature_extraction", "fine_tuning"):
        assert arm in results, f"run_experiments with state_dict=None: of its keys {list(results)} none is {arm!r}"
        for key in ("history", "test_accuracy"):
            assert key in results[arm], f"{arm}: the result should be a dict with {key!r}, got {kind_of(results[arm])}"
        history = results[arm]["history"]
        assert len(history) == 1, f"{arm}: epochs=1 should give a history of one entry, got {len(history)}"
        for key in ("train_loss", "val_loss", "val_accuracy"):
            assert key in history[0], f"{arm}: an entry of the history lacks {key!r}"
        accuracy = expect_float(results[arm]["test_accuracy"], f"{arm}: test_accuracy")
        assert 0 <= accuracy <= 1, f"{arm}: test_accuracy should be a share from 0 to 1, got {accuracy}"
