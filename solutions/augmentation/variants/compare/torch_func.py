"""Gradients come from torch.func."""

import copy
from collections.abc import Callable

import torch
from mixed import AugmentedDataset, mix
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset


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
    model.to(device).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    loader = DataLoader(dataset, batch_size=batch_size, shuffle=True, generator=generator)
    done = 0
    while done < steps:
        for images, labels in loader:
            if done == steps:
                break
            optimizer.zero_grad()
            images, labels = images.to(device), labels.to(device).long().reshape(-1)
            _backward(model, lambda run, x=images, y=labels: F.cross_entropy(run(x), y))
            optimizer.step()
            done += 1
    return model


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

    def augment(image: Tensor) -> Tensor:
        augmented, size = transform(image), image.shape[-2:]
        return augmented if augmented.shape[-2:] == size else F.interpolate(augmented[None], size, mode="bilinear")[0]

    arms = {"plain": train, "augmented": AugmentedDataset(train, augment), "mixed": mix(train, augment)}
    results = {}
    with torch.random.fork_rng(devices=[device] if torch.device(device).type == "cuda" else []):
        torch.manual_seed(seed)
        start = _network()
        for name, dataset in arms.items():
            model = train_arm(copy.deepcopy(start), dataset, steps, device)
            results[name] = _test(model, test, device)
    return results


def _network() -> nn.Module:
    """Three convolutions: `(B, 1, H, W)` to logits `(B, 2)`."""
    layers: list[nn.Module] = []
    for channels, width in ((1, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 2))


@torch.no_grad()
def _test(model: nn.Module, test: Dataset[tuple[Tensor, int]], device: torch.device | str) -> dict[str, float]:
    model.eval()
    scores, labels = [], []
    for images, targets in DataLoader(test, batch_size=128):
        scores.append(model(images.to(device)).softmax(dim=1)[:, 1].cpu())
        labels.append(targets.reshape(-1))
    score, label = torch.cat(scores), torch.cat(labels)
    return {
        "auroc": float(roc_auc_score(label, score)),
        "accuracy": ((score > 0.5) == (label == 1)).double().mean().item(),
    }


def _backward(model, objective):
    """Gradients by torch.func, put where the optimiser looks for them."""
    free = {name: p for name, p in model.named_parameters() if p.requires_grad}

    def loss(values):
        buffers = {name: b.clone() for name, b in model.named_buffers()}
        value = objective(lambda *args: torch.func.functional_call(model, {**values, **buffers}, args))
        return value, buffers

    gradients, (value, buffers) = torch.func.grad_and_value(loss, has_aux=True)(
        {n: p.detach() for n, p in free.items()}
    )
    for name, gradient in gradients.items():
        free[name].grad = gradient
    for name, buffer in model.named_buffers():
        buffer.copy_(buffers[name])
    return value
