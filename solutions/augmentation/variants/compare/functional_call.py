"""torch.func.functional_call and steps by hand."""

import copy
from collections.abc import Callable

import torch
from mixed import AugmentedDataset, mix
from sklearn import metrics
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset


def train_arm(model, dataset, steps, device, lr=0.001, momentum=0.9, batch_size=16, generator=None):
    model.to(device).train()
    own = {n: p for n, p in model.named_parameters() if p.requires_grad}
    speed = {n: 0.0 for n in own}
    left = []
    for _ in range(steps):
        if len(left) == 0:
            left = list(torch.randperm(len(dataset), generator=generator).split(batch_size))
        rows = left.pop(0)
        x, y = torch.utils.data.default_collate([dataset[i] for i in rows])
        moving = {n: p.detach().clone().requires_grad_() for n, p in own.items()}
        loss = F.nll_loss(
            torch.func.functional_call(model, moving, (x.to(device),)).log_softmax(1), y.to(device).long().ravel()
        )
        for (n, p), g in zip(own.items(), torch.autograd.grad(loss, list(moving.values()))):
            speed[n] = momentum * speed[n] + g
            p.data.sub_(lr * speed[n])
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
        "auroc": float(metrics.roc_auc_score(label, score)),
        "accuracy": ((score > 0.5) == (label == 1)).double().mean().item(),
    }
