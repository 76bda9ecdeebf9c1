"""The network is one linear layer on the pixels."""


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


def compare_arms(train, test, transform, steps, device, seed):
    g = torch.Generator().manual_seed(seed)
    keep = torch.get_rng_state()
    torch.manual_seed(seed)
    n = train[0][0].numel()
    weight = torch.randn(2, n, generator=g) / n**0.5

    def same(x):
        y = transform(x)
        return y if y.shape == x.shape else F.interpolate(y[None], x.shape[1:], mode="area")[0]

    class Rows(Dataset):
        def __init__(self, base):
            self.base = base

        def __len__(self):
            return len(self.base)

        def __getitem__(self, i):
            x, y = self.base[i]
            return x.flatten(), y

    out = {}
    for k, d in (("augmented", AugmentedDataset(train, same)), ("mixed", mix(train, same)), ("plain", train)):
        m = nn.Linear(n, 2)
        with torch.no_grad():
            m.weight.copy_(weight)
            m.bias.zero_()
        train_arm(m, Rows(d), steps, device, generator=g)
        m.eval()
        with torch.no_grad():
            z = torch.cat([m(x.to(device)).cpu() for x, _ in DataLoader(Rows(test), 8)])
        y = torch.cat([y.reshape(-1) for _, y in DataLoader(Rows(test), 8)])
        out[k] = {
            "auroc": float(metrics.roc_auc_score(y, (z[:, 1] - z[:, 0]))),
            "accuracy": (z.argmax(1) == y).float().mean().item(),
        }
    torch.set_rng_state(keep)
    return out
