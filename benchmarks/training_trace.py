"""What a training trace costs: CPU time of traced training steps, over that of plain ones.

    python benchmarks/training_trace.py

Prints one line per network: median CPU milliseconds of one step without and with the trace, and their ratio.
"""

import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import resnet18

from grader.probes.training import trace

REPEATS = 9


def small_network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(4),
        nn.Flatten(),
        nn.Linear(256, 9),
    )


def cpu_milliseconds(model: nn.Module, optimizer: torch.optim.Optimizer, images: torch.Tensor, traced: bool) -> float:
    """CPU time of a step, averaged over three so that the trace's beginning and end weigh as in a short run."""
    labels = torch.arange(len(images)) % 9
    start = time.process_time()
    with trace({"train": images}) if traced else torch.enable_grad():
        for _ in range(3):
            optimizer.zero_grad()
            F.cross_entropy(model(images), labels).backward()
            optimizer.step()
    return (time.process_time() - start) * 1000 / 3


def main() -> None:
    torch.set_num_threads(1)
    for name, model, batch_size in (
        ("small network", small_network(), 32),
        ("ResNet-18", resnet18(num_classes=9), 32),
    ):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
        images = torch.randn(batch_size, 3, 28, 28)
        plain, traced = [], []
        cpu_milliseconds(model, optimizer, images, traced=True)
        for _ in range(REPEATS):
            plain.append(cpu_milliseconds(model, optimizer, images, traced=False))
            traced.append(cpu_milliseconds(model, optimizer, images, traced=True))
        before, after = statistics.median(plain), statistics.median(traced)
        print(f"{name}, batch {batch_size}, 28x28: {before:.1f} ms, traced {after:.1f} ms, ratio {after / before:.2f}")


if __name__ == "__main__":
    main()
