"""The journal of forward passes knows whose outputs it sees."""

import numpy as np
import torch
from torch import nn

from grader.probes import recording


class Body(nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1)


def tagged(count: int, first: int) -> torch.Tensor:
    images = recording.tag(np.random.default_rng(3).integers(0, 256, (count, 4, 4, 3), dtype=np.uint8), first)
    return torch.from_numpy(images).movedim(-1, 1) / 255


def evaluated(body: nn.Module, head: nn.Module, images: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        features = torch.cat([body(batch) for batch in images.split(3)])
        return torch.cat([head(part) for part in features.split(2)])


def test_a_network_may_be_evaluated_in_two_parts() -> None:
    images = tagged(5, 40)
    noted = recording.journal(evaluated, Body(), nn.Linear(48, 2), images)
    assert [event["images"] for event in noted["events"]] == [[40, 41, 42], [43, 44]]
    assert torch.equal(torch.cat([event["outputs"] for event in noted["events"]]), noted["result"])


def test_probabilities_are_not_taken_for_outputs() -> None:
    images = tagged(4, 7)
    network = nn.Sequential(nn.Flatten(), nn.Linear(48, 2))
    noted = recording.journal(evaluated, network, nn.Softmax(1), images)
    with torch.no_grad():
        logits = torch.cat([network(batch) for batch in images.split(3)])
    assert torch.equal(torch.cat([event["outputs"] for event in noted["events"]]), logits)
