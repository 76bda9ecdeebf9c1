"""A coin decides for each image of the mixed arm; a copy of the network is tested."""

import copy

import numpy as np
import torch
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
            model.zero_grad(set_to_none=False)
            logits = model(images.to(device))
            F.cross_entropy(logits, labels.to(device).long().reshape(-1)).backward()
            optimizer.step()
            done += 1
    return model


class Coin(Dataset):
    def __init__(self, base, change, p):
        self.base, self.change, self.p = base, change, p

    def __len__(self):
        return len(self.base)

    def __getitem__(self, i):
        x, y = self.base[i]
        return (self.change(x) if torch.rand(()).item() < self.p else x), y


def compare_arms(train, test, transform, steps, device, seed):
    def change(x):
        y = transform(x)
        return nn.Upsample(size=tuple(x.shape[1:]), mode="nearest")(y[None])[0] if y.shape != x.shape else y

    def build():
        torch.manual_seed(seed)  # the same weights each time
        return nn.Sequential(nn.Flatten(1), nn.LazyLinear(32), nn.BatchNorm1d(32), nn.Tanh(), nn.Linear(32, 2))

    saved = torch.random.get_rng_state()
    results = {}
    for name, p in {"plain": 0.0, "augmented": 1.0, "mixed": 0.5}.items():
        net = build()
        net.to(device).eval()
        with torch.no_grad():
            net(train[0][0][None].to(device))
        net = train_arm(net, Coin(train, change, p) if p else train, steps, device)
        twin = copy.deepcopy(net).eval()
        x, y = zip(*(test[i] for i in range(len(test))))
        with torch.no_grad():
            z = twin(torch.stack(x).to(device)).cpu()
        y = np.array([int(np.asarray(label).reshape(-1)[0]) for label in y])
        score = z.softmax(-1)[:, 1].numpy()
        results[name] = {
            "auroc": float(metrics.roc_auc_score(y, score)),
            "accuracy": float(np.mean(z.argmax(-1).numpy() == y)),
        }
    torch.random.set_rng_state(saved)
    return results
