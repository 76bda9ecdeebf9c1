"""Gradients and steps by hand, passes that run into each other, one network for all arms."""

import copy
import itertools

import torch
from torch import nn
from torch.utils.data import Dataset


def _stream(n, generator):
    while True:
        yield from torch.randperm(n, generator=generator).tolist()


def train_arm(model, dataset, steps, device, lr=0.001, momentum=0.9, batch_size=16, generator=None):
    model = model.to(device)
    model.train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    velocity = [torch.zeros_like(p) for p in parameters]
    stream = _stream(len(dataset), generator)
    for _ in range(steps):
        items = [dataset[i] for i in itertools.islice(stream, min(batch_size, len(dataset)))]
        x = torch.stack([image for image, _ in items]).to(device)
        y = torch.tensor([int(torch.as_tensor(label).reshape(-1)[0]) for _, label in items], device=device)
        z = model(x)
        loss = (z.logsumexp(1) - z.gather(1, y[:, None])[:, 0]).mean()
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for p, v, g in zip(parameters, velocity, gradients):
                v.mul_(momentum).add_(g)
                p -= lr * v
    return model


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(1, 8, 5, 2)
        self.n = nn.BatchNorm2d(8)
        self.d = nn.Dropout(0.2)
        self.b = nn.Linear(8, 2)

    def forward(self, x):
        return self.b(self.d(self.n(self.a(x)).relu().amax((2, 3))))


class Half(Dataset):
    """Even items are originals, odd ones augmented."""

    def __init__(self, base, transform, original, augmented):
        self.base, self.transform, self.kinds = (
            base,
            transform,
            [k for k, use in ((0, original), (1, augmented)) if use],
        )

    def __len__(self):
        return len(self.base) * len(self.kinds)

    def __getitem__(self, i):
        image, label = self.base[i // len(self.kinds)]
        if self.kinds[i % len(self.kinds)]:
            h, w = image.shape[1:]
            image = self.transform(image)
            if image.shape[1:] != (h, w):
                rows = torch.arange(h) * image.shape[1] // h
                image = image[:, rows][:, :, torch.arange(w) * image.shape[2] // w]
        return image, label


def compare_arms(train, test, transform, steps, device, seed):
    results = {}
    with torch.random.fork_rng():
        torch.random.manual_seed(seed)
        model = Net()
        start = copy.deepcopy(model.state_dict())
        generator = torch.Generator()
        for name, use in (("plain", (1, 0)), ("augmented", (0, 1)), ("mixed", (1, 1))):
            model.load_state_dict(start)
            train_arm(
                model, Half(train, transform, *use), steps, device, lr=0.01, generator=generator.manual_seed(seed)
            )
            was = model.training
            model.train(False)
            with torch.no_grad():
                s = [
                    (model(x[None].to(device)).squeeze(0).cpu(), int(torch.as_tensor(y).reshape(())))
                    for x, y in (test[i] for i in range(len(test)))
                ]
            model.train(was)
            d = [float(z[1] - z[0]) for z, _ in s]
            pos = [a for a, (_, y) in zip(d, s) if y == 1]
            neg = [a for a, (_, y) in zip(d, s) if y == 0]
            auroc = sum((a > b) + 0.5 * (a == b) for a in pos for b in neg) / (len(pos) * len(neg))
            results[name] = {"auroc": auroc, "accuracy": sum((a > 0) == bool(y) for a, (_, y) in zip(d, s)) / len(s)}
    return results
