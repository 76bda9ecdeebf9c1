"""What both networks are run on: images drawn for the purpose, also of sizes that were not announced."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from grader.errors import AuthorError
from grader.probes.structure.tensors import kept, precision_of

SCALES = (1.0, 30.0, 1000.0)  # in evaluation mode: large values show a limit that small ones never reach
TRACED_BATCH = 2
TRAINING_BATCH = 4
SPREAD = 6
Sizes = Sequence[tuple[int, int]] | None


@dataclass(frozen=True, eq=False)
class Pass:
    """One forward pass, in training mode with one backward.

    Args:
        chance: what becomes of dropout in training mode, see `grader.probes.structure.chance`.
    """

    input: Tensor
    training: bool
    chance: str = "kept"

    def plain(self) -> dict[str, Any]:
        """As `grader.probes.structure.run_with` takes it."""
        gradients = self.training and self.chance == "kept"
        return {"input": self.input, "training": self.training, "gradients": gradients, "chance": self.chance}

    def __str__(self) -> str:
        mode = "training" if self.training else "evaluation"
        return f"in {mode} mode on an input of shape {tuple(self.input.shape)}"


class Inputs:
    """Draws inputs that the reference accepts.

    Args:
        example: a batch; only its shape matters where its numbers are floating-point, else its rows are drawn from.
        sizes: further `(H, W)`; None draws one, not square, if the reference accepts it.
    """

    def __init__(self, reference: nn.Module, example: Tensor, sizes: Sizes, generator: torch.Generator) -> None:
        if example.ndim == 0 or len(example) == 0:
            raise AuthorError(f"example_input must be a batch, got shape {tuple(example.shape)}")
        self._reference, self._example, self._generator = reference, example, generator
        self._free = sizes is None and example.ndim == 4 and example.is_floating_point()
        self._sizes = list(sizes or ())
        if not self._accepted(example.shape[1:]):
            raise AuthorError(f"the reference network does not accept batches of shape {tuple(example.shape[1:])}")

    def traced(self) -> Tensor:
        """A small batch, of twice the size where that is possible: no map shrinks to a point, whose mean is itself."""
        size = self._example.shape[1:]
        twice = (size[0], *(2 * n for n in size[1:]))
        chosen = twice if self._free and self._accepted(twice) else size
        if not self._example.is_floating_point():
            return self._images(TRACED_BATCH, chosen)
        return torch.rand((TRACED_BATCH, *chosen), generator=self._generator)  # in the range that any image may have

    def passes(self) -> list[Pass]:
        """Evaluation at the example's size and at further ones, then training at the example's size."""
        size = tuple(self._example.shape[1:])
        wanted = [size, *((size[0], *further) for further in self._sizes)]
        if self._free and self._accepted(drawn := self._drawn()):
            wanted.append(drawn)
        evaluation = [Pass(_scaled(self._images(len(SCALES), each)), training=False) for each in wanted]
        return [*evaluation, Pass(self._images(TRAINING_BATCH, size), training=True)]

    def _drawn(self) -> tuple[int, ...]:
        """About twice the example's size, where maps are larger than a point; both sides odd, and not square."""
        channels, height, width = self._example.shape[1:]
        more, most = (int(n) for n in torch.randint(SPREAD, (2,), generator=self._generator))
        height, width = 2 * height + 1 + 2 * (more // 2), max(1, 2 * width - 1 - 2 * (most // 2))
        return channels, height, width + 2 * (width == height)

    def _accepted(self, size: Sequence[int]) -> bool:
        """Whether the reference takes such images in evaluation mode."""
        images = self._images(2, size)
        with kept(self._reference), torch.no_grad():
            self._reference.eval()
            try:
                self._reference(images.to(precision_of(self._reference)) if images.is_floating_point() else images)
            except (RuntimeError, ValueError, IndexError, AssertionError):
                return False
        return True

    def _images(self, batch: int, size: Sequence[int]) -> Tensor:
        """Normally distributed; rows of the example where these are no floating-point numbers."""
        if self._example.is_floating_point():
            return torch.randn((batch, *size), generator=self._generator, dtype=torch.float64)
        return self._example[torch.randint(len(self._example), (batch,), generator=self._generator)]


def _scaled(images: Tensor) -> Tensor:
    if not images.is_floating_point():
        return images
    scales = torch.tensor(SCALES[: len(images)], dtype=images.dtype)
    return images * scales.reshape(-1, *[1] * (images.ndim - 1))
