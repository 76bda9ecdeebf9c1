"""Does augmentation pay? Three arms that differ in nothing but the images they are trained on."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset


def train_arm(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    steps: int,
    device: torch.device | str,
    lr: float = 0.001,
    momentum: float = 0.9,
    batch_size: int = 16,
    generator: torch.Generator | None = None,
) -> nn.Module:
    """Trains with exactly `steps` steps of one SGD optimiser, in training mode, on the cross-entropy of the logits.

    Every pass over `dataset` has a new order, drawn from `generator` (from torch's global generator when there is
    none). A pass uses every item once; its incomplete last batch may be used or left out. When the data run out before
    the steps do, the next pass begins. A data set that is smaller than a batch is one batch. Items are read when they
    are needed, not kept: they may be random.

    Args:
        dataset: items are an image `(C, H, W)` and an integer label, a number or of shape `(1,)`.
        steps: 0 leaves the model's parameters and buffers as they are.

    Returns:
        The same model. What was frozen stays frozen.
    """
    raise NotImplementedError("train_arm: not written yet")


def compare_arms(
    train: Dataset[tuple[Tensor, int]],
    test: Dataset[tuple[Tensor, int]],
    transform: Callable[[Tensor], Tensor],
    steps: int,
    device: torch.device | str,
    seed: int,
) -> dict[str, dict[str, float]]:
    """Trains one network three times from the same initial weights, with equally many steps, and tests it each time.

    * `plain`: on the images of `train`
    * `augmented`: on what `transform` makes of them, afresh at every access
    * `mixed`: on both, half and half

    All images that a network sees have the same size: an augmented image is brought back to the size that it had
    before `transform`. The test images are not augmented, and used when the training of an arm is over.

    Equal seeds give equal results, whatever the state of torch's global generator, which is left as it was found.

    Args:
        train, test: items are a float image `(1, H, W)` and a label, 0 or 1.
        transform: from an image `(1, H, W)` to one of any size; may draw from torch's global generator.

    Returns:
        For each arm `{"auroc": float, "accuracy": float}` on `test`; AUROC of the probability of class 1.
    """
    raise NotImplementedError("compare_arms: not written yet")
