"""Every batch of the mixed arm is half and half."""

import copy
import itertools

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
    order = torch.utils.data.RandomSampler(dataset, generator=generator)
    loader = DataLoader(dataset, batch_sampler=torch.utils.data.BatchSampler(order, batch_size, drop_last=False))
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
    def fit(x, size):
        return x if x.shape[1:] == size else F.interpolate(x[None], size, mode="bilinear", align_corners=True)[0]

    class Pairs(Dataset):
        """An original and an augmented image in one item; they are taken apart in front of the network."""

        def __len__(self):
            return len(train)

        def __getitem__(self, i):
            x, y = train[i]
            z, t = train[(i + 1) % len(train)]
            return torch.stack([x, fit(transform(z), z.shape[1:])]), torch.tensor(
                [int(torch.as_tensor(a).reshape(-1)[0]) for a in (y, t)]
            )

    class Augmented(Dataset):
        def __len__(self):
            return len(train)

        def __getitem__(self, i):
            x, y = train[i]
            return fit(transform(x), x.shape[1:]), y

    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(1, 8, 7, 4), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)
    )
    out = {}
    for k, data, size in (("plain", train, 16), ("augmented", Augmented(), 16), ("mixed", Pairs(), 8)):
        m = copy.deepcopy(net)
        if k != "mixed":
            train_arm(m, data, steps, device, batch_size=size)
        else:
            opt, done = torch.optim.SGD(m.to(device).train().parameters(), 0.001, 0.9), 0
            while done < steps:
                for x, y in itertools.islice(DataLoader(data, size, shuffle=True), steps - done):
                    opt.zero_grad()
                    F.cross_entropy(m(x.flatten(0, 1).to(device)), y.flatten().to(device)).backward()
                    opt.step()
                    done += 1
        m.eval()
        with torch.no_grad():
            rows = [(m(x.to(device)).softmax(1)[:, 1].cpu(), y.reshape(-1)) for x, y in DataLoader(test, 30)]
        p, y = torch.cat([r[0] for r in rows]), torch.cat([r[1] for r in rows])
        out[k] = {
            "auroc": float(metrics.roc_auc_score(y, p)),
            "accuracy": ((p >= 0.5).long() == y).double().mean().item(),
        }
    torch.random.set_rng_state(state)
    return out
