"""What the comparison of networks costs, and how it judges the spellings and mistakes that the tests know.

    python benchmarks/equivalence.py

First the processor time of `compare` over that of one forward and backward pass of the reference in float32 on four
images of the example's size; the median of several, alternating, so that load on the machine touches both alike. Then
how many right spellings are `same`, and how many mistakes are `different`, with the right place, or `unknown`.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "verdicts"))

from networks import sources

import grader.torchvision_shim  # noqa: F401  (torchvision beside a CPU-only torch)
from grader.verdicts.equivalence import Comparison, compare

REPEATS = 7
Sizes = list[tuple[int, int]] | None


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def ratio(model: nn.Module, other: nn.Module, example: Tensor, sizes: Sizes) -> tuple[float, float]:
    """Median seconds of a comparison, and the median of the ratio."""
    images = torch.randn(4, *example.shape[1:])

    def step() -> None:
        model.train()(images).square().sum().backward()

    step()
    compare(model, other, example, sizes=sizes)
    pairs = [(seconds(lambda: compare(model, other, example, sizes=sizes)), seconds(step)) for _ in range(REPEATS)]
    return median(whole for whole, _ in pairs), median(whole / one for whole, one in pairs)


def costs() -> None:
    def resnet(name: str, width: int) -> nn.Module:
        return sources.load("resnet18", name).ResNet18(5, width=width)

    def unet(name: str, base: int, depth: int) -> nn.Module:
        return sources.load("unet", name).UNet(3, 4, base=base, depth=depth)

    mistaken = sources.changed(sources.source("resnet18", "modules", "eps of batch norm")[0], "modules")
    block, small = sources.load("resnet18", "modules").BasicBlock, torch.zeros(2, 3, 32, 32)
    cases: list[tuple[str, nn.Module, nn.Module, Tensor, Sizes]] = [
        ("BasicBlock(8, 16, 2)", block(8, 16, 2), block(8, 16, 2), torch.zeros(2, 8, 12, 12), None),
        ("ResNet-18, width 8", resnet("modules", 8), resnet("functional", 8), small, None),
        ("ResNet-18, width 8, wrong", resnet("modules", 8), mistaken.ResNet18(5, width=8), small, None),
        ("ResNet-18, width 64", resnet("modules", 64), resnet("functional", 64), small, None),
        ("ResNet-18, width 64, one size", resnet("modules", 64), resnet("functional", 64), small, []),
        ("U-Net, base 4, depth 3", unet("modules", 4, 3), unet("up_first", 4, 3), torch.zeros(2, 3, 16, 16), None),
        ("U-Net, base 64, depth 4", unet("modules", 64, 4), unet("up_first", 64, 4), small, []),
    ]
    print("network                          CPU seconds   times one forward and backward pass")
    for name, *arguments in cases:
        whole, times = ratio(*arguments)
        print(f"{name:32} {whole:11.2f} {times:13.0f}")


def judged(kind: str) -> Iterator[tuple[str, str, Comparison, bool]]:
    """Whether it is right, its name, what was found, and whether the place is the one expected."""
    build = (lambda m: m.ResNet18(5, width=8)) if kind == "resnet18" else (lambda m: m.UNet(3, 4, base=4, depth=3))
    example = torch.zeros(2, 3, *((32, 32) if kind == "resnet18" else (16, 16)))
    reference = build(sources.load(kind, "modules"))
    for name in sources.right(kind):
        module = sources.load(kind, name)
        full = name in ("from_torchvision", "from_timm", "scripted", "traced_graph")
        expected = sources.load(kind, "modules").ResNet18(5) if full else reference
        candidate = module.ResNet18(5) if full else build(module)
        found = compare(expected, candidate, example, sizes=[(24, 40)] if name == "resized" else None)
        yield "right", name, found, True
    for name, mistake in sources.mistakes(kind):
        text, where = sources.source(kind, name, mistake)
        found = compare(reference, build(sources.changed(text, name)), example)
        yield "wrong", mistake, found, bool(where) and where in sources.named(found, text)


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    costs()
    for kind in ("resnet18", "unet"):
        found = list(judged(kind))
        for which in ("right", "wrong"):
            verdicts = Counter(comparison.verdict for side, _, comparison, _ in found if side == which)
            told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
            placed = sum(ok and c.verdict == "different" for side, _, c, ok in found if side == which)
            print(f"{kind}: {sum(verdicts.values())} {which}: {told}" + (f", {placed} placed" if placed else ""))
        worst = max(c.max_error or 0.0 for side, _, c, _ in found if side == "right")
        print(f"{kind}: largest error of a right one {worst:.0e}")


if __name__ == "__main__":
    main()
