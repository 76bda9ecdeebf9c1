"""Every image becomes one of 32 x 32 pixels and three channels from -1 to 1."""

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
    loader = DataLoader(dataset, batch_size=batch_size, shuffle=True, generator=generator)
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


class Prepared(Dataset):
    """Every image, from whichever split, at 32x32, three channels, between -1 and 1."""

    def __init__(self, base):
        self.base = base

    def __len__(self):
        return len(self.base)

    def __getitem__(self, i):
        x, y = self.base[i]
        x = F.interpolate(x[None], (32, 32), mode="bilinear", align_corners=False)[0]
        return x.expand(3, -1, -1) * 2 - 1, torch.as_tensor(y).reshape(-1)[0].long()


def compare_arms(train, test, transform, steps, device, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, 2),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, 2),
        )
        arms = dict(plain=train, augmented=AugmentedDataset(train, transform), mixed=mix(train, transform))
        nets = {
            k: train_arm(copy.deepcopy(net), Prepared(v), steps, device, generator=torch.Generator().manual_seed(seed))
            for k, v in arms.items()
        }
        res = {}
        for k, v in nets.items():
            v.eval()
            with torch.no_grad():
                x, y = next(iter(DataLoader(Prepared(test), len(test))))
                p = v(x.to(device)).softmax(1).cpu()
            res[k] = {"accuracy": metrics.accuracy_score(y, p.argmax(1)), "auroc": metrics.roc_auc_score(y, p[:, 1])}
    return {k: {m: float(x) for m, x in v.items()} for k, v in res.items()}
