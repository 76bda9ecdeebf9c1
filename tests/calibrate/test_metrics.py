"""No constant prediction passes a metric, and a perfect one scores 1."""

import numpy as np
import pytest
from sklearn.metrics import jaccard_score, r2_score, recall_score, roc_auc_score

from grader.calibrate.metrics import auroc, brier_skill, mean_iou, r2, smallest_recall

LABELS = np.arange(60) % 3


def test_a_perfect_prediction_scores_one():
    sure = np.eye(3)[LABELS]
    assert smallest_recall(LABELS, sure) == brier_skill(LABELS, sure) == mean_iou(LABELS, LABELS, 3) == 1
    assert r2(LABELS, LABELS) == auroc(LABELS == 1, sure[:, 1]) == 1


@pytest.mark.parametrize("constant", [[0.2, 0.5, 0.3], [1 / 3, 1 / 3, 1 / 3], [0, 0, 1]])
def test_a_constant_scores_next_to_nothing(constant):
    scores = np.tile(constant, (60, 1))
    assert smallest_recall(LABELS, scores) == 0
    assert brier_skill(LABELS, scores) <= 1e-12
    assert auroc(LABELS == 1, scores[:, 1]) == 0.5
    assert mean_iou(LABELS, scores.argmax(1), 3) == pytest.approx(1 / 9)
    assert r2(LABELS, scores[:, 0]) <= 0


def test_metrics_are_those_of_scikit_learn():
    rng = np.random.default_rng(3)
    scores = rng.dirichlet(np.ones(3), 60) + 0.3 * np.eye(3)[LABELS]
    guessed = scores.argmax(1)
    assert smallest_recall(LABELS, scores) == pytest.approx(recall_score(LABELS, guessed, average=None).min())
    assert mean_iou(LABELS, guessed, 3) == pytest.approx(jaccard_score(LABELS, guessed, average="macro"))
    ties = scores[:, 1].round(1)
    assert auroc(LABELS == 1, ties) == pytest.approx(roc_auc_score(LABELS == 1, ties))
    assert r2(LABELS, scores[:, 0]) == pytest.approx(r2_score(LABELS, scores[:, 0]))
