"""Recorders keep their record when student code copies them."""

import copy
import io

import torch

from grader.probes.estimators import RecordingLinear
from grader.probes.regressors import Recorded


def test_copies_write_into_the_log_of_the_original() -> None:
    for model in (RecordingLinear(torch.ones(1, 2), torch.zeros(1)), Recorded(torch.nn.Linear(2, 1))):
        copy.deepcopy(model)(torch.ones(3, 2))
        saved = io.BytesIO()
        torch.save(model, saved)
        saved.seek(0)
        torch.load(saved, weights_only=False).eval()(torch.ones(3, 2))
        assert len(model.passes) == 2
        assert copy.deepcopy(model).passes is model.passes


def test_two_networks_have_a_log_each() -> None:
    one, other = (RecordingLinear(torch.ones(1, 2), torch.zeros(1)) for _ in range(2))
    one(torch.ones(3, 2))
    assert (len(one.passes), len(other.passes)) == (1, 0)
