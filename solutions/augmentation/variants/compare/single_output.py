"""One output and binary cross-entropy; the arms are trained in turns, by AdamW."""

import copy

import torch
from mixed import AugmentedDataset, mix
from sklearn import metrics
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
    loader = DataLoader(
        dataset, batch_size=batch_size, shuffle=True, drop_last=len(dataset) >= batch_size, generator=generator
    )
    done = 0
    while done < steps:
        for images, labels in loader:
            if done == steps:
                break
            optimizer.zero_grad()
            logits = model(images.to(device))
            F.cross_entropy(logits, labels.to(device).long().reshape(-1)).backward()
            optimizer.step()
            done += 1
    return model


class Sized(nn.Module):
    """Not only the augmented images: whatever comes is brought to the size of the first."""

    def __init__(self, transform, size):
        super().__init__()
        self.transform, self.size = transform, size

    def forward(self, image):
        image = self.transform(image)
        return F.adaptive_avg_pool2d(image, self.size) if image.shape[1:] != self.size else image


def compare_arms(train, test, transform, steps, device, seed):
    def forever(data, generator):
        while True:
            yield from DataLoader(data, 12, shuffle=True, generator=generator)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        sized = Sized(transform, train[0][0].shape[1:])
        net = nn.Sequential(
            nn.Conv2d(1, 6, 3, 2),
            nn.GroupNorm(2, 6),
            nn.SiLU(),
            nn.AdaptiveMaxPool2d(1),
            nn.Flatten(0, -1) if False else nn.Flatten(),
            nn.Linear(6, 1),
            nn.Flatten(0),
        )
        nets = {"plain": copy.deepcopy(net), "augmented": copy.deepcopy(net), "mixed": copy.deepcopy(net)}
        data = {"plain": train, "augmented": AugmentedDataset(train, sized), "mixed": mix(train, sized, 0.5)}
        loaders = {k: forever(v, torch.Generator().manual_seed(seed)) for k, v in data.items()}
        optimizers = {k: torch.optim.AdamW(v.to(device).train().parameters(), lr=0.003) for k, v in nets.items()}
        for _ in range(steps):
            for k in nets:  # all arms walk in step
                x, y = next(loaders[k])
                optimizers[k].zero_grad()
                F.binary_cross_entropy_with_logits(nets[k](x.to(device)), y.reshape(-1).float().to(device)).backward()
                optimizers[k].step()
        out = {}
        for k, v in nets.items():
            v.eval()
            with torch.no_grad():
                rows = [(v(x.to(device)).sigmoid().cpu(), y.reshape(-1)) for x, y in DataLoader(test, 7)]
            p, y = torch.cat([r[0] for r in rows]), torch.cat([r[1] for r in rows])
            out[k] = {
                "auroc": float(metrics.roc_auc_score(y, p)),
                "accuracy": float((p.gt(0.5) == y.bool()).float().mean()),
            }
    return out
