"""What the simulated accelerator costs: CPU time of training steps with it, over that without.

    python benchmarks/accelerator.py

Prints one line per network: median CPU milliseconds of one step (forward, backward, optimiser) on plain tensors and
on a simulated device, and their ratio, which should stay below 2. Steps alternate, so that load on the machine
touches both alike.
"""

import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grader.probes.accelerator import simulated

REPEATS = 15


class ResidualBlock(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.body(x) + self.shortcut(x))


def small_resnet(width: int) -> nn.Module:
    """Four residual blocks, `width` to `4 * width` channels."""
    return nn.Sequential(
        nn.Conv2d(3, width, 3, padding=1),
        ResidualBlock(width, width, 1),
        ResidualBlock(width, 2 * width, 2),
        ResidualBlock(2 * width, 4 * width, 2),
        ResidualBlock(4 * width, 4 * width, 1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4 * width, 9),
    )


def training_step(width: int, batch_size: int, side: int, device: str) -> Callable[[], None]:
    """A function that makes one training step on `device`."""
    model = small_resnet(width).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    images, labels = torch.randn(batch_size, 3, side, side), torch.randint(0, 9, (batch_size,))

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(images.to(device)), labels.to(device)).backward()
        optimizer.step()

    return step


def cpu_milliseconds(step: Callable[[], None]) -> float:
    start = time.process_time()
    step()
    return (time.process_time() - start) * 1000


def measure(width: int, batch_size: int, side: int) -> tuple[float, float]:
    """Median CPU milliseconds of a plain and of a simulated step."""
    plain_step = training_step(width, batch_size, side, "cpu")
    with simulated():
        device_step = training_step(width, batch_size, side, "cuda")
        device_step()
    plain_step()
    plain, device = [], []
    for _ in range(REPEATS):
        plain.append(cpu_milliseconds(plain_step))
        with simulated():
            device.append(cpu_milliseconds(device_step))
    return statistics.median(plain), statistics.median(device)


def main() -> None:
    torch.set_num_threads(1)
    with simulated():  # the first one imports what optimisers need anyway
        pass
    start = time.process_time()
    for _ in range(REPEATS):
        with simulated():
            pass
    print(f"entering and leaving: {(time.process_time() - start) / REPEATS * 1000:.1f} ms")
    for width, batch_size, side in ((16, 32, 28), (8, 16, 28), (8, 16, 16)):
        plain, device = measure(width, batch_size, side)
        print(
            f"residual network, width {width}, batch {batch_size}, {side}x{side}: "
            f"{plain:.1f} ms, simulated {device:.1f} ms, ratio {device / plain:.2f}"
        )


if __name__ == "__main__":
    main()
