"""What a network computes with weights drawn from a seed. The model itself is left as it was found."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor, nn

from grader.probes.structure.chance import Chance
from grader.probes.structure.drawing import Source, draw
from grader.probes.structure.places import Places
from grader.probes.structure.recorder import Recorder
from grader.probes.structure.tensors import Registered, kept, lend, tensors_in


def run_with(
    model: nn.Module,
    seed: int,
    sources: Sequence[Sequence[object]],
    assignment: Sequence[dict[str, Any]],
    passes: Sequence[dict[str, Any]],
    measured: bool = False,
    precisions: Sequence[str] = ("float64", "float32"),
) -> dict[str, Any]:
    """Runs `model` with other weights, in float64, or in float32 when it cannot work in float64.

    Args:
        seed: from which the weights are drawn.
        sources: what to draw, each as (role, shape, fan_in, alike); see `drawing.Source`.
        assignment: which of the model's tensors holds which: `tensor` (its number in `trace`), `source`, `order` (the
            axes of the source, without those of size one, in the order in which the tensor has them), `blocks`
            (stretches `[start, length]` of axis `axis` of the source, put together again in that order; or None).
        passes: each with `input`, `training`, `gradients` (whether to go backward from a random mix of outputs), and
            `chance` (in training mode: what becomes of random numbers, see `chance.Chance`).
        measured: also tells every operation with sums of its result, as `trace` does.
        precisions: in which floating types to try.

    Returns:
        `precision`, and per pass `outputs`; in training mode `statistics` (floating buffers by tensor number after the
        pass) and `random` (where random numbers were drawn, see `chance.Chance`); `gradients`: by tensor number
        `[<g, w>, <g, g>, <w, w>]`; `trace` when `measured`. Or `{"error": text, "pass": number, "planted": bool}`,
        where `planted` says whether the weights fitted.
    """
    if not isinstance(model, nn.Module):
        return {"error": f"it is a {type(model).__name__} and no nn.Module", "pass": 0, "planted": False}
    answer: dict[str, Any] = {}
    for precision in precisions:
        dtype = getattr(torch, precision)
        answer = {"precision": precision, "passes": []}
        planted = False
        with kept(model) as entries:
            try:
                _transplant(entries, _assigned(seed, sources, assignment), dtype)
                planted = True
                buffers = [(entry, entry.tensor.data.clone()) for entry in entries if entry.kind == "buffer"]
                for wanted in passes:
                    for entry, values in buffers:
                        lend(entry, values.clone())
                    answer["passes"].append(_run(model, entries, wanted, dtype, seed, measured))
                return answer
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"[:1000], "pass": len(answer["passes"])}
                answer["planted"] = planted
    return answer


def _assigned(
    seed: int, sources: Sequence[Sequence[object]], assignment: Sequence[dict[str, Any]]
) -> Iterator[tuple[int, Tensor]]:
    """Each of the model's tensors that is given values, with these, one at a time."""
    for entry in assignment:
        values = draw(Source.of(sources[entry["source"]]), seed, entry["source"])
        if entry["blocks"] is not None:
            parts = [values.narrow(entry["axis"], start, length) for start, length in entry["blocks"]]
            values = torch.cat(parts, entry["axis"])
        values = values.reshape([size for size in values.shape if size != 1])
        yield entry["tensor"], values.permute(entry["order"])


def _transplant(entries: list[Registered], assigned: Iterator[tuple[int, Tensor]], dtype: torch.dtype) -> None:
    given: dict[int, Tensor] = dict(assigned)
    for number, entry in enumerate(entries):
        if not entry.tensor.is_floating_point():
            continue
        values = given.get(number, entry.tensor.data)
        lend(entry, values.reshape(entry.tensor.shape).to(dtype).contiguous())
        for tensor in entry.members:
            tensor.requires_grad_(entry.kind == "parameter")


def _run(
    model: nn.Module, entries: list[Registered], wanted: dict[str, Any], dtype: torch.dtype, seed: int, measured: bool
) -> dict[str, Any]:
    images: Tensor = wanted["input"]
    images = images.to(dtype) if images.is_floating_point() else images.clone()
    training, gradients = bool(wanted["training"]), bool(wanted["gradients"])
    where = Places(model)
    chance = Chance(where, str(wanted["chance"]), seed)
    model.train(training)
    told: dict[str, Any] = {}
    with torch.set_grad_enabled(gradients):
        with where.followed(), ExitStack() as stack:
            if training:
                stack.enter_context(chance)
            if measured:
                recorder = stack.enter_context(Recorder(entries, images, where, measured=True))
            outputs = tensors_in(model(images))
        told["outputs"] = [output.detach().clone() for output in outputs]
        if measured:
            told["trace"] = recorder.evidence(outputs)
        if training:
            told["random"] = chance.drawn
            told["statistics"] = {
                number: entry.tensor.detach().double().clone()
                for number, entry in enumerate(entries)
                if entry.kind == "buffer" and entry.tensor.is_floating_point()
            }
        if gradients:
            told["gradients"] = _gradients(entries, outputs, seed)
    return told


def _gradients(entries: list[Registered], outputs: list[Tensor], seed: int) -> dict[int, list[float]]:
    """How a random mix of the outputs depends on each parameter; none where no gradient arrives."""
    generator = torch.Generator().manual_seed(seed % 2**63)
    mix = [torch.rand(o.shape, generator=generator, dtype=torch.float64).to(o.dtype) - 0.5 for o in outputs]
    loss = sum(((output * weights).sum() for output, weights in zip(outputs, mix, strict=True)), torch.zeros(()))
    if loss.requires_grad:
        loss.backward()
    found = {}
    for number, entry in enumerate(entries):
        parts = [tensor.grad for tensor in entry.members if tensor.grad is not None]
        if parts:
            gradient = (parts[0] if len(parts) == 1 else torch.stack(parts).sum(0)).double().flatten()
            weight = entry.tensor.detach().double().flatten()
            pairs = ((gradient, weight), (gradient, gradient), (weight, weight))
            found[number] = [torch.dot(one, other).item() for one, other in pairs]
    return found
