"""Written from the handout alone, with an endless stream of batches."""

import itertools

import numpy as np
import torch
from torch import nn

from . import mixed as _m


def _forever(dataset, batch_size, generator):
    while True:
        order = torch.randperm(len(dataset), generator=generator).tolist()
        for i in range(0, len(order), batch_size):
            chunk = order[i : i + batch_size]
            if len(chunk) < batch_size and len(order) > batch_size:
                continue
            items = [dataset[j] for j in chunk]
            yield (
                torch.stack([x for x, _ in items]),
                torch.tensor([int(np.asarray(y).reshape(-1)[0]) for _, y in items]),
            )


def train_arm(model, dataset, steps, device, lr=0.001, momentum=0.9, batch_size=16, generator=None):
    device = torch.device(device)
    model = model.to(device).train(True)
    sgd = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr, momentum)
    criterion = nn.CrossEntropyLoss()
    for x, y in itertools.islice(_forever(dataset, batch_size, generator), steps):
        sgd.zero_grad(set_to_none=False)
        criterion(model(x.to(device)), y.to(device)).backward()
        sgd.step()
    return model


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5, stride=2)
        self.bn = nn.BatchNorm2d(6)
        self.c2 = nn.Conv2d(6, 12, 3, stride=2)
        self.fc = nn.Linear(12, 2)

    def forward(self, x):
        x = torch.relu(self.bn(self.c1(x)))
        return self.fc(torch.relu(self.c2(x)).mean((2, 3)))


def _auc(p, y):
    pos, neg = p[y == 1], p[y == 0]
    if len(pos) == 0 or len(neg) == 0:
        return float("nan")
    d = pos[:, None] - neg[None]
    return float(((d > 0).mean() + 0.5 * (d == 0).mean()))


def compare_arms(train, test, transform, steps, device, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        weights = {k: v.clone() for k, v in Net().state_dict().items()}
        side = train[0][0].shape[-2:]

        def back(x):
            x = transform(x)
            return (
                x
                if x.shape[-2:] == side
                else nn.functional.interpolate(x.unsqueeze(0), tuple(side), mode="nearest").squeeze(0)
            )

        results = {}
        for arm in ("plain", "augmented", "mixed"):
            ds = (
                train
                if arm == "plain"
                else _m.AugmentedDataset(train, back)
                if arm == "augmented"
                else _m.mix(train, back)
            )
            net = Net()
            net.load_state_dict(weights)
            torch.manual_seed(seed)
            train_arm(net, ds, steps, device, generator=torch.Generator().manual_seed(seed))
            net.eval()
            with torch.inference_mode():
                xs = torch.stack([test[i][0] for i in range(len(test))])
                ys = np.array([int(test[i][1]) for i in range(len(test))])
                prob = torch.softmax(net(xs.to(device)), -1).cpu().numpy()
            results[arm] = dict(auroc=_auc(prob[:, 1], ys), accuracy=float((prob.argmax(1) == ys).mean()))
        return results
