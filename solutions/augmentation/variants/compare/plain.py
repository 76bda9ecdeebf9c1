"""Written from the handout alone, in plain loops."""

import copy

import torch
import torch.nn.functional as F
from mixed import AugmentedDataset, mix
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.utils.data import DataLoader, Dataset


def train_arm(model, dataset, steps, device, lr=0.001, momentum=0.9, batch_size=16, generator=None):
    model.to(device)
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    loader = DataLoader(
        dataset, batch_size=batch_size, shuffle=True, generator=generator, drop_last=len(dataset) > batch_size
    )
    done = 0
    while done < steps:
        for images, labels in loader:
            if done == steps:
                break
            optimizer.zero_grad()
            loss = F.cross_entropy(model(images.to(device)), labels.to(device).reshape(-1).long())
            loss.backward()
            optimizer.step()
            done += 1
    return model


class _Resized(Dataset):
    def __init__(self, transform, size):
        self.transform, self.size = transform, size

    def __call__(self, image):
        out = self.transform(image)
        if out.shape[-2:] != self.size:
            out = F.interpolate(out[None], size=self.size, mode="bilinear", align_corners=False)[0]
        return out


def _net():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 2),
    )


def compare_arms(train, test, transform, steps, device, seed):
    state = torch.get_rng_state()
    try:
        torch.manual_seed(seed)
        first = _net()
        size = tuple(train[0][0].shape[-2:])
        fitted = _Resized(transform, size)
        data = {"plain": train, "augmented": AugmentedDataset(train, fitted), "mixed": mix(train, fitted, 0.5)}
        out = {}
        for name, dataset in data.items():
            torch.manual_seed(seed + 1)
            model = train_arm(copy.deepcopy(first), dataset, steps, device)
            model.eval()
            scores, labels = [], []
            with torch.no_grad():
                for images, y in DataLoader(test, batch_size=64):
                    scores.append(model(images.to(device)).softmax(1)[:, 1].cpu())
                    labels.append(y.reshape(-1))
            scores, labels = torch.cat(scores), torch.cat(labels)
            out[name] = {
                "auroc": float(roc_auc_score(labels.numpy(), scores.numpy())),
                "accuracy": ((scores > 0.5).long() == labels).float().mean().item(),
            }
        return out
    finally:
        torch.set_rng_state(state)
