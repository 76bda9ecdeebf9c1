"""What may be reported in the place of an AUROC or an accuracy, from a network's outputs for the test images."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from sklearn import metrics
from torch import Tensor

Mistake = tuple[str, float]


def auroc_mistakes(outputs: Tensor, labels: Tensor, others: Mapping[str, Tensor]) -> Iterator[Mistake]:
    """Numbers that an AUROC may be mistaken for, in words.

    Args:
        others: the outputs of the other arms' networks.
    """
    truth, score, logit = _read(outputs, labels)
    right = _auroc(truth, score)
    yield from _rounded(right)
    yield "it is that of the probability of class 0", _auroc(truth, 1 - score)
    yield "it is that of the decisions, 0 or 1, not of the probabilities", _auroc(truth, score > 0.5)
    yield "it is that of the probabilities rounded to one decimal", _auroc(truth, score.round(1))
    yield "it is that of the logit of class 1 alone, without that of class 0", _auroc(truth, logit[:, -1])
    yield "it is that of the logit of class 0", _auroc(truth, logit[:, 0])
    yield "it is the average precision", float(metrics.average_precision_score(truth, score))
    yield "it is the accuracy", _accuracy(truth, score > 0.5)
    yield "it is twice the area above one half, as in a Gini coefficient", 2 * right - 1
    for arm, theirs in others.items():
        yield f"it is that of the network of the {arm} arm", _auroc(*_read(theirs, labels)[:2])


def accuracy_mistakes(outputs: Tensor, labels: Tensor, others: Mapping[str, Tensor]) -> Iterator[Mistake]:
    """The same for an accuracy."""
    truth, score, logit = _read(outputs, labels)
    decided = score > 0.5
    right = _accuracy(truth, decided)
    yield from _rounded(right)
    yield "it is the mean of the shares that are right in each of the classes", _balanced(truth, decided)
    yield "it is the share of wrong decisions", 1 - right
    yield "an image counts as class 1 where the logit of class 1 is positive", _accuracy(truth, logit[:, -1] > 0)
    yield "an image counts as class 1 where that logit is above one half", _accuracy(truth, logit[:, -1] > 0.5)
    yield "an image counts as class 1 where the logit of class 0 is positive", _accuracy(truth, logit[:, 0] > 0)
    yield "it is the share that is right among the images of class 1", float(decided[truth == 1].mean())
    yield "it is the share that is right among the images of class 0", float((~decided[truth == 0]).mean())
    yield "it is the share of images that are taken for class 1", float(decided.mean())
    yield "it is the share of images that are of class 1", float(truth.mean())
    yield "it is the share of images that are of class 0", float(1 - truth.mean())
    yield "it is the precision for class 1", float(metrics.precision_score(truth, decided, zero_division=0))
    yield "it is the F1 score of class 1", float(metrics.f1_score(truth, decided, zero_division=0))
    yield (
        "it is the F1 score, the mean over both classes",
        float(metrics.f1_score(truth, decided, average="macro", zero_division=0)),
    )
    yield "it is the AUROC", _auroc(truth, score)
    for arm, theirs in others.items():
        yield f"it is that of the network of the {arm} arm", _accuracy(truth, _read(theirs, labels)[1] > 0.5)
    best: Callable[[float], float] = lambda threshold: _accuracy(truth, score > threshold)  # noqa: E731
    yield "the threshold is the one that is best on the test images", max(best(value - 1e-9) for value in score)


def _read(outputs: Tensor, labels: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, probability of class 1, and logits `(N, K)`."""
    logits = outputs.double()
    score = logits.softmax(1)[:, 1] if logits.shape[1] > 1 else logits[:, 0].sigmoid()
    return labels.numpy(), score.numpy(), logits.numpy()


def _auroc(truth: np.ndarray, score: np.ndarray) -> float:
    return float(metrics.roc_auc_score(truth, score))


def _accuracy(truth: np.ndarray, decided: np.ndarray) -> float:
    return float((decided == (truth == 1)).mean())


def _balanced(truth: np.ndarray, decided: np.ndarray) -> float:
    return float(np.mean([(decided[truth == kind] == kind).mean() for kind in (0, 1)]))


def _rounded(right: float) -> Iterator[Mistake]:
    for digits, words in ((1, "one decimal"), (2, "two decimals"), (3, "three decimals")):
        yield f"it is rounded to {words}", round(right, digits)
