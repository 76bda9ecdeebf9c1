"""The operations of one forward pass, as plain data."""

from typing import Any

import torch
from torch import Tensor, nn

from grader.probes.structure.places import Places
from grader.probes.structure.recorder import Recorder
from grader.probes.structure.tensors import Registered, kept, made, precision_of, tensors_in


def trace(model: nn.Module, example: Tensor, training: bool = False) -> dict[str, Any]:
    """Records one forward pass of `model`, without gradients and in the model's own floating type.

    The model is left as it was found, but for lazy layers, which are made.

    Args:
        example: the input; one of floating type is brought to the model's.
        training: whether the pass is in training mode.

    Returns:
        `operations`: per aten operation its name, arguments by name (tensors as `{"op": i, "out": k}`, `{"tensor": j}`
        or `{"input": 0}`), shape and dtype of each output, the submodule it belongs to and the line that led to it.
        `tensors`: name, kind (`parameter`, `buffer`, `constant`) and shape of each tensor that is no result.
        `outputs`: where each tensor returned came from. Or `{"error": text}` when the model did not return.
    """
    if not isinstance(model, nn.Module):
        return {"error": f"it is a {type(model).__name__} and no nn.Module"}
    try:
        made(model, example)
        with kept(model) as entries:
            return _record(model, example, training, entries)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:1000]}


def _record(model: nn.Module, example: Tensor, training: bool, entries: list[Registered]) -> dict[str, Any]:
    images = example.to(precision_of(model)) if example.is_floating_point() else example.clone()
    places = Places(model)
    recorder = Recorder(entries, images, places)
    model.train(training)
    with torch.no_grad(), places.followed(), recorder:
        result = model(images)
    return recorder.evidence(tensors_in(result))
