"""torchvision's resnet18, made again for every arm; arms in another order."""


import torch
from mixed import AugmentedDataset, mix
from sklearn import metrics
from stem import to_grayscale
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset
from torchvision.models import resnet18


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
    state = torch.get_rng_state()
    try:
        torch.default_generator.manual_seed(seed)
        weights = resnet18(num_classes=2).state_dict()
        size = train[0][0].shape[-2:]

        def again(image):
            out = transform(image)
            return (
                out
                if out.shape[-2:] == size
                else F.interpolate(out.unsqueeze(0), tuple(size), mode="bicubic", antialias=True).squeeze(0)
            )

        results = dict()
        for name in ("mixed", "augmented", "plain"):
            data = {"plain": train, "augmented": AugmentedDataset(train, again), "mixed": mix(train, again)}[name]
            net = resnet18(num_classes=2)
            net.load_state_dict(weights)
            net = train_arm(to_grayscale(net), data, steps, device)
            net.eval()
            with torch.inference_mode():
                out = [(net(x.to(device)).softmax(1).cpu(), y.view(-1)) for x, y in DataLoader(test, 16)]
            p, y = (torch.cat(part).numpy() for part in zip(*out))
            results[name] = {
                "auroc": float(metrics.roc_auc_score(y, p[:, 1])),
                "accuracy": float(metrics.accuracy_score(y, p.argmax(1))),
            }
        return results
    finally:
        torch.set_rng_state(state)
