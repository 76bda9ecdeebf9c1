"""The rest of a pass joins its last batch; tests come last, twice."""

import copy
import itertools

import numpy as np
import torch
from mixed import AugmentedDataset
from sklearn import metrics
from torch import nn
from torch.utils.data import ConcatDataset


def _passes(dataset, size, generator):
    while True:
        order = torch.randperm(len(dataset), generator=generator).tolist()
        items = [dataset[i] for i in order]
        count = max(1, len(items) // size)
        for k in range(count):
            part = items[k * size :] if k == count - 1 else items[k * size : (k + 1) * size]
            yield torch.utils.data.default_collate(part)


def train_arm(model, dataset, steps, device, lr=0.001, momentum=0.9, batch_size=16, generator=None):
    model.to(torch.device(device))
    for m in model.modules():
        m.train()
    opt = torch.optim.SGD([{"params": [p]} for p in model.parameters() if p.requires_grad], lr, momentum)
    loss = nn.CrossEntropyLoss()
    for images, labels in itertools.islice(_passes(dataset, batch_size, generator), steps):
        images, labels = images.to(device), labels.to(device).flatten().to(torch.long)

        def closure():
            opt.zero_grad()
            value = loss(model(images), labels)
            value.backward()
            return value

        opt.step(closure)
    return model


def compare_arms(train, test, transform, steps, device, seed):
    torch_state = torch.get_rng_state()
    torch.manual_seed(seed)
    first = train[0][0]

    def resize(x):
        y = transform(x)
        from torchvision.transforms.functional import resize

        return y if y.shape == x.shape else resize(y, list(x.shape[-2:]), antialias=False)

    net = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(16, 2),
        nn.LogSoftmax(1),
    )
    trained = {}
    for name, data in {
        "plain": train,
        "augmented": AugmentedDataset(train, resize),
        "mixed": ConcatDataset([train, AugmentedDataset(train, resize)]),
    }.items():
        trained[name] = train_arm(copy.deepcopy(net), data, steps, device, lr=0.05, batch_size=8)
    torch.set_rng_state(torch_state)

    @torch.no_grad()
    def scores(m):
        m.eval()
        p, y = [], []
        for i in range(len(test)):
            x, t = test[i]
            p.append(m(x.unsqueeze(0).to(device)).exp()[0, 1].item())
            y.append(int(torch.as_tensor(t).flatten()[0]))
        return np.array(p), np.array(y)

    out = {}
    for name, m in trained.items():
        p, y = scores(m)
        auroc = float(metrics.roc_auc_score(y, p))
        p, y = scores(m)
        out[name] = {"auroc": auroc, "accuracy": float(np.mean((p > 0.5) == y))}
    return out
