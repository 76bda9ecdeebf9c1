"""Steps by hand without an optimiser; a pass begins with its incomplete batch."""

import contextlib
import copy

import torch
from mixed import AugmentedDataset, mix
from sklearn import metrics
from torch import nn
from torch.nn import functional as F


def train_arm(model, dataset, steps, device, lr=0.001, momentum=0.9, batch_size=16, generator=None):
    model.to(device).train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    velocities = {}
    waiting = []
    while steps > 0:
        if not waiting:
            keys = torch.rand(len(dataset), dtype=torch.float64, generator=generator)
            waiting = list(keys.argsort().split(batch_size))
        images, labels = zip(*map(dataset.__getitem__, waiting.pop().tolist()))
        target = torch.as_tensor([int(label) for label in labels], device=device)
        loss = F.nll_loss(F.log_softmax(model(torch.stack(images).to(device)), dim=-1), target)
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients):
                if gradient is not None:
                    velocity = velocities.get(parameter)
                    velocities[parameter] = gradient if velocity is None else momentum * velocity + gradient
                    parameter -= lr * velocities[parameter]
        steps -= 1
    return model


@contextlib.contextmanager
def _seeded(seed):
    state = torch.get_rng_state()
    try:
        yield torch.manual_seed(seed)
    finally:
        torch.set_rng_state(state)


def compare_arms(train, test, transform, steps, device, seed):
    def same_size(image):
        changed = transform(image)
        return F.interpolate(changed[None], size=image.shape[-2:], mode="bilinear")[0]

    result = {}
    with _seeded(seed):
        network = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.Conv2d(32, 32, 3, stride=2), nn.ReLU(),
            nn.AdaptiveAvgPool2d((2, 2)), nn.Flatten(), nn.Linear(128, 2),
        )
        for name in ["plain", "augmented", "mixed"]:
            data = train if name == "plain" else (mix if name == "mixed" else AugmentedDataset)(train, same_size)
            model = train_arm(copy.deepcopy(network), data, steps, device).eval()
            with torch.no_grad():
                images = torch.stack([test[i][0] for i in range(len(test))])
                p = torch.cat([model(part.to(device)).softmax(1).cpu() for part in images.split(64)])
            y = torch.tensor([int(test[i][1]) for i in range(len(test))])
            fpr, tpr, _ = metrics.roc_curve(y, p[:, 1])
            result[name] = {"auroc": float(metrics.auc(fpr, tpr)), "accuracy": float((p.argmax(1) == y).double().mean())}
    return result
