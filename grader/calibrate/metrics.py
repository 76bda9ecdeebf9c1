"""Metrics that no constant prediction passes, for tasks to return. NumPy arrays in, a float out; higher is better."""

import numpy as np


def smallest_recall(labels: np.ndarray, scores: np.ndarray) -> float:
    """The recall of the class that is recognised worst; 0 for a constant prediction.

    Args:
        labels: `(N,)` integers from 0; every class has to occur.
        scores: `(N, C)`, the largest of a row being the prediction.
    """
    right = np.asarray(scores).argmax(axis=1) == labels
    return float(min(right[labels == label].mean() for label in np.unique(labels)))


def auroc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve of two classes, as the share of pairs in the right order; 0.5 for a constant.

    A network that was trained on permuted labels may still rank two classes well, or badly, by chance: its AUROC lies
    anywhere between 0 and 1. For thresholds with a control, prefer `brier_skill` where there are few classes.

    Args:
        labels: `(N,)`, 0 and 1.
        scores: `(N,)`, higher for class 1.
    """
    ones, zeros = np.asarray(scores)[labels == 1], np.asarray(scores)[labels == 0]
    above = (ones[:, None] > zeros).mean() + 0.5 * (ones[:, None] == zeros).mean()
    return float(above)


def brier_skill(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """How much of the Brier score of always predicting the classes' shares is saved: 1 is perfect, 0 knows nothing.

    Probabilities that rank the classes well by chance, yet stay near the shares, score near 0 (Steyerberg and others,
    Epidemiology 21, 2010: scaled Brier score).

    Args:
        labels: `(N,)` integers from 0.
        probabilities: `(N, C)`.
    """
    truth = np.eye(probabilities.shape[1])[labels]
    error = ((probabilities - truth) ** 2).sum(axis=1).mean()
    return float(1 - error / ((truth.mean(axis=0) - truth) ** 2).sum(axis=1).mean())


def mean_iou(target: np.ndarray, prediction: np.ndarray, num_classes: int) -> float:
    """Intersection over union, pooled over all pixels, as a mean over the classes that occur in the target."""
    ious = []
    for label in range(num_classes):
        wanted, found = target == label, prediction == label
        if wanted.any():
            ious.append((wanted & found).sum() / (wanted | found).sum())
    return float(np.mean(ious))


def r2(target: np.ndarray, prediction: np.ndarray) -> float:
    """Coefficient of determination; 0 for the mean, below 0 for any other constant."""
    return float(1 - ((target - prediction) ** 2).sum() / ((target - target.mean()) ** 2).sum())
