"""Writes down what a training run does: batches, forward passes, backward passes, steps, changes, random numbers.

    from grader.probes.training import trace

    with trace(splits={"train": images, "val": more_images}) as t:
        fit(model, train_loader, val_loader, epochs=2, device="cpu")
    evidence = t.evidence()

The evidence is plain data and contains no judgement; `grader.verdicts.training` finds faults in it. Nothing in the
run is changed: numbers, random states and gradients are what they would be without. See docs/traces.md.
"""

import contextlib
import math
import random
import weakref
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.optim.optimizer import (
    Optimizer,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)
from torch.overrides import TorchFunctionMode

from grader.probes.plain import outside_transforms, plain
from grader.probes.watching import Watchlist, is_fixed_norm, mode_dependent

_LOSSES = ("cross_entropy", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits")
_DIFFERENCES = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "sub", "__sub__", "__rsub__", "rsub", "subtract")
_HYPER_PARAMETERS = (int, float, bool, str, type(None))


def traced(
    function: Callable[..., Any],
    *args: Any,
    splits: Mapping[str, Any] | None = None,
    course_of: nn.Module | None = None,
    **kwargs: Any,
) -> dict[str, Any]:
    """Calls `function(*args, **kwargs)`; its `result`, the evidence of its `trace`, and the `course` of a model.

    Args:
        course_of: a model whose weights are noted before each backward pass and at the end: `course` has the `states`
            (parameters, the last one with the buffers) and the `losses` of the passes. For small models.
    """
    with trace(splits) as recorder:
        recorder.course_of = course_of
        result = function(*args, **kwargs)
    return {"result": result, "trace": recorder.evidence(), "course": recorder.course()}


def traced_twice(
    function: Callable[..., Any],
    make_arguments: Callable[..., Sequence[Any]],
    *options: Any,
    splits: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> list[dict[str, Any]]:
    """Calls `function(*make_arguments(*options), **kwargs)` twice from equal states of the global generators.

    Returns:
        The evidence of both calls; `make_arguments` gives fresh arguments to each.
    """
    torch_state, numpy_state, python_state = torch.get_rng_state(), np.random.get_state(), random.getstate()
    found = []
    for _ in range(2):
        torch.set_rng_state(torch_state)
        np.random.set_state(numpy_state)
        random.setstate(python_state)
        found.append(traced(function, *make_arguments(*options), splits=splits, **kwargs)["trace"])
    return found


@contextlib.contextmanager
def trace(splits: Mapping[str, Any] | None = None) -> Iterator["Trace"]:
    """Records what happens in the block.

    Args:
        splits: inputs of each split, e.g. `{"train": (N, C, H, W), "val": ...}`, as the model is to see them. With
            them every forward pass says which samples it saw, found by their content; samples should differ.
    """
    recorder = Trace(splits or {})
    with recorder.recording():
        yield recorder


class Trace:
    """What `trace` recorded.

    Attributes:
        events: in order, dicts with a `kind`:
            `forward`: a pass of an outermost module that has parameters or buffers. `model` (number), `training`
                (its flag), `modes` (flag of each submodule whose behaviour depends on it), `fixed_norms` (names
                among them of normalisation layers without a trainable parameter), `grad` (gradients are recorded),
                `attached` (its output requires a gradient), `trained` (a backward pass went through it), `samples`
                (content digest of each sample), `indices` (`[split, index]` of each sample, or None), `weights` and
                `state` (digests before the pass, of the parameters and of parameters and buffers), `devices`,
                `buffers_changed` (numbers).
            `loss`: a call of a classification loss. `function`, `count` and, over its input, `minimum`, `maximum`,
                `row_sum` and `row_logsumexp` (the largest distance of a row's sum from 1, of its logsumexp from 0).
            `difference`: predictions compared with targets of another shape: `prediction`, `target`, `result` (shapes).
            `backward`: `forwards` (positions in `events`), `dirty` (parameters that held a gradient before),
                `value` (of the loss), `accumulates` (into `.grad`; otherwise `torch.autograd.grad`), `in_step` (asked
                for by an optimiser), `alive` (number of earlier backward passes whose graph is still in memory).
            `step`: `optimizer` (number), `with_gradient`, `nonzero` and `changed` (parameters), `groups` (the
                hyper-parameters of each group, with its `parameters`).
            `overflow`: a step that a `GradScaler` left out, as it should.
            `update`: parameters `changed` without an optimiser's step: by hand, or by loading weights.
        watchlist: every parameter and buffer that was met, by number.
        course_of: the model whose `course` is noted.
    """

    def __init__(self, splits: Mapping[str, Any]) -> None:
        self.events: list[dict[str, Any]] = []
        self.watchlist = Watchlist()
        self.random: dict[str, Any] = {}
        self._known_samples = _known_samples(splits)
        self._sizes = {name: len(inputs) for name, inputs in splits.items()}
        self._optimizers: list[Optimizer] = []
        self._graphs: list[weakref.ref[_Mark]] = []
        self._final: list[str] = []
        self._depth = 0  # of module calls, and of backward passes, which may repeat a forward pass
        self._open = 0  # position of the forward pass in progress
        self._stepping = 0
        self._changed_in_step: list[int] = []
        self.course_of: nn.Module | None = None
        self._course: dict[str, list[Any]] = {"losses": [], "states": []}

    def evidence(self) -> dict[str, Any]:
        """The trace as plain data: `events`, `parameters`, `models`, `optimizers`, `splits` (sizes), `random`.

        `models` has the class and the final `state` of each; `random` says of `torch`, `numpy` and `python` whether
        the global generator's state is another one than before (`changed`) and whether it was seeded and not put
        back (`seeded`).
        """
        models = [
            {"type": type(model).__name__, "state": state}
            for model, state in zip(self.watchlist.models, self._final, strict=True)
        ]
        return {
            "events": self.events,
            "parameters": self.watchlist.table(),
            "models": models,
            "optimizers": [type(optimizer).__name__ for optimizer in self._optimizers],
            "splits": self._sizes,
            "random": self.random,
        }

    def course(self) -> dict[str, list[Any]] | None:
        """`states` of the model `course_of` before each backward pass and now, and the `losses` of the passes."""
        if self.course_of is None:
            return None
        end = {name: value.detach().clone() for name, value in self.course_of.state_dict().items()}
        return {"losses": self._course["losses"], "states": [*self._course["states"], end]}

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Records until the block ends."""
        hooks = [
            register_module_forward_pre_hook(self._enter),
            register_module_forward_hook(self._leave, always_call=True),
            register_optimizer_step_pre_hook(self._before_step),
            register_optimizer_step_post_hook(self._after_step),
        ]
        run_backward = torch.autograd._engine_run_backward  # type: ignore[attr-defined]  # private, but the one door

        def watched_backward(roots: Any, *args: Any, **kwargs: Any) -> Any:
            self._backward(roots, kwargs.get("accumulate_grad", False))
            self._depth += 1
            try:
                return run_backward(roots, *args, **kwargs)
            finally:
                self._depth -= 1

        try:
            with (
                random_use(self.random),
                mock.patch.object(torch.autograd, "_engine_run_backward", watched_backward),
                mock.patch.object(torch.amp.GradScaler, "step", self._scaled(torch.amp.GradScaler.step)),
                _LossCalls(self.events),
            ):
                yield
        finally:
            for hook in hooks:
                hook.remove()
            self._look()
            self._meet_parameters()
            self._final = [
                self.watchlist.digest((*model.parameters(), *model.buffers())) for model in self.watchlist.models
            ]

    @outside_transforms()
    def _look(self) -> list[int]:
        """Notes what changed since the last look; a change of parameters outside of a step is an event."""
        changed = self.watchlist.changed()
        parameters = self.watchlist.parameters(changed)
        if self._stepping:
            self._changed_in_step += parameters
        elif parameters:
            self.events.append({"kind": "update", "changed": parameters})
        return changed

    def _meet_parameters(self) -> None:
        """Notes parameters that no pass has seen, since others stood in their place; what they hold now is new."""
        for number, model in enumerate(self.watchlist.models):
            known = len(self.watchlist.tensors)
            self.watchlist.model(model)
            met = self.watchlist.parameters(list(range(known, len(self.watchlist.tensors))))
            met = [number for number in met if self.watchlist.entries[number].trainable]
            last = [event for event in self.events if event["kind"] == "forward" and event["model"] == number][-1:]
            if met and last and last[0]["weights"] != self.watchlist.digest(model.parameters()):
                self.events.append({"kind": "update", "changed": met})

    def _enter(self, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        self._depth += 1
        if self._depth > 1 or not _is_network(module):
            return
        number = self.watchlist.model(module)
        self._look()
        images = next((value for value in inputs if isinstance(value, Tensor) and value.dim() > 0), None)
        samples = [] if images is None else _digests(images)
        dependent = {name: part for name, part in module.named_modules() if mode_dependent(part)}
        parameters = [*module.parameters(), *module.buffers()]
        tensors = parameters if images is None else [*parameters, images]
        self._open = len(self.events)
        self.events.append(
            {
                "kind": "forward",
                "model": number,
                "training": module.training,
                "modes": {name: part.training for name, part in dependent.items()},
                "fixed_norms": [name for name, part in dependent.items() if is_fixed_norm(part)],
                "grad": torch.is_grad_enabled(),
                "attached": False,
                "trained": False,
                "samples": samples,
                "indices": [self._known_samples.get(sample) for sample in samples],
                "weights": self.watchlist.digest(module.parameters()),
                "state": self.watchlist.digest(parameters),
                "devices": sorted({str(tensor.device) for tensor in tensors}),
                "buffers_changed": [],
            }
        )

    def _leave(self, module: nn.Module, inputs: tuple[Any, ...], outputs: Any) -> None:
        self._depth -= 1
        if self._depth > 0 or not _is_network(module):
            return
        event = self.events[self._open]
        event["buffers_changed"] = self._look()
        for output in _attached(outputs):
            event["attached"] = True
            output.grad_fn.metadata[_Mark] = self._open  # type: ignore[union-attr,index]  # has one: see _attached

    @outside_transforms()
    def _backward(self, roots: Any, accumulate: bool) -> None:
        self._look()
        roots = [root for root in roots if isinstance(root, Tensor) and root.grad_fn is not None]
        value = plain(roots[0]).item() if roots and roots[0].numel() == 1 else None
        if self.course_of is not None and self._depth == 0:
            parameters = {name: plain(value).detach().clone() for name, value in self.course_of.named_parameters()}
            self._course["states"].append(parameters)
            self._course["losses"].append(value)
        forwards = sorted(_forwards_behind([root.grad_fn for root in roots]))
        if not forwards:
            return  # not about a network: a gradient of something else
        for position in forwards:
            self.events[position]["trained"] = True
        self.events.append(
            {
                "kind": "backward",
                "forwards": forwards,
                "dirty": self.watchlist.dirty(),
                "value": value,
                "accumulates": accumulate,
                "in_step": self._stepping > 0,
                "alive": sum(mark() is not None for mark in self._graphs),
            }
        )
        mark = _Mark()
        roots[0].grad_fn.metadata["graph"] = mark
        self._graphs.append(weakref.ref(mark))

    def _before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                self.watchlist.parameter(parameter)
        self._look()
        self._stepping += 1
        self._changed_in_step = []

    def _after_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if not any(known is optimizer for known in self._optimizers):
            self._optimizers.append(optimizer)
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        self._look()
        dirty = set(self.watchlist.dirty())
        numbers = [self.watchlist.parameter(parameter) for parameter in parameters]
        event = {
            "kind": "step",
            "optimizer": next(i for i, known in enumerate(self._optimizers) if known is optimizer),
            "with_gradient": [n for n, p in zip(numbers, parameters, strict=True) if p.grad is not None],
            "nonzero": [number for number in numbers if number in dirty],
            "changed": sorted(set(self._changed_in_step)),
            "groups": [self._group(group) for group in optimizer.param_groups],
        }
        self._stepping -= 1
        self.events.append(event)

    def _scaled(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """`GradScaler.step`, which leaves the optimiser's step out when gradients overflowed."""

        def scaled_step(scaler: torch.amp.GradScaler, *args: Any, **kwargs: Any) -> Any:
            before = len(self.events)
            result = step(scaler, *args, **kwargs)
            if not any(event["kind"] == "step" for event in self.events[before:]):
                self.events.append({"kind": "overflow"})
            return result

        return scaled_step

    def _group(self, group: dict[str, Any]) -> dict[str, Any]:
        numbers = [self.watchlist.parameter(parameter) for parameter in group["params"]]
        return {"parameters": numbers} | {
            name: float(value) if isinstance(value, Tensor) else value
            for name, value in group.items()
            if isinstance(value, _HYPER_PARAMETERS) or (isinstance(value, Tensor) and value.numel() == 1)
        }


class _Mark:
    """Lives exactly as long as the graph that it is attached to."""


class _LossCalls(TorchFunctionMode):
    """Notes what losses are called on, however the program got hold of them."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        super().__init__()
        self.events = events

    def __torch_function__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name in _LOSSES:
            given = args[0] if args else kwargs.get("input")
            if isinstance(given, Tensor) and given.is_floating_point() and given.numel():
                self.events.append({"kind": "loss", "function": name, **_summary(given.detach())})
        elif name in _DIFFERENCES:
            self._difference(args, kwargs)
        return func(*args, **kwargs)

    def _difference(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Notes the shapes when predictions are compared with targets of another shape."""
        pair = [*args, *(kwargs[name] for name in ("input", "target", "other") if name in kwargs)][:2]
        if len(pair) < 2 or not all(isinstance(value, Tensor) for value in pair):
            return
        predictions = [value for value in pair if value.requires_grad and not value.is_leaf]
        if len(predictions) == 1 and pair[0].shape != pair[1].shape:
            target = pair[1] if predictions[0] is pair[0] else pair[0]
            shapes = [list(value.shape) for value in (predictions[0], target)]
            result = list(torch.broadcast_shapes(*shapes))
            found = {"kind": "difference", "prediction": shapes[0], "target": shapes[1], "result": result}
            self.events.append(found)


def _summary(given: Tensor) -> dict[str, Any]:
    rows = given.double() if given.dim() < 2 else given.double().movedim(1, -1)
    minimum, maximum = (float(value) for value in torch.aminmax(rows))
    summary = {"count": given.numel(), "minimum": minimum, "maximum": maximum, "row_sum": None, "row_logsumexp": None}
    if given.dim() >= 2 and given.shape[1] > 1:
        summary["row_sum"] = float((rows.sum(-1) - 1).abs().max())
        summary["row_logsumexp"] = float(rows.logsumexp(-1).abs().max())
    return {name: None if value is not None and not math.isfinite(value) else value for name, value in summary.items()}


def _is_network(module: nn.Module) -> bool:
    """A module with parameters or a mode of its own; a loss or a transform is none."""
    if isinstance(module, nn.modules.loss._Loss):
        return False
    return next(module.parameters(), None) is not None or any(mode_dependent(part) for part in module.modules())


def _attached(outputs: Any) -> Iterator[Tensor]:
    if isinstance(outputs, Tensor):
        if outputs.grad_fn is not None:
            yield outputs
    elif isinstance(outputs, dict):
        yield from _attached(list(outputs.values()))
    elif isinstance(outputs, list | tuple):
        for output in outputs:
            yield from _attached(output)


def _forwards_behind(nodes: list[Any]) -> set[int]:
    """The forward passes (positions in the events) whose outputs a graph was computed from."""
    found, seen, waiting = set(), set(), list(nodes)
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if _Mark in node.metadata:
            found.add(node.metadata[_Mark])
        waiting.extend(following for following, _ in node.next_functions)
    return found


def _known_samples(splits: Mapping[str, Any]) -> dict[int, list[Any]]:
    known: dict[int, list[Any]] = {}
    for name, inputs in splits.items():
        for index, digest in enumerate(
            _digests(inputs if isinstance(inputs, Tensor) else torch.tensor(np.asarray(inputs)))
        ):
            known.setdefault(digest, [name, index])
    return known


@outside_transforms()
def _digests(samples: Tensor) -> list[int]:
    """One number per sample, for its values as float32; layout, device and added dimensions do not matter."""
    rows = plain(samples).detach().cpu().to(torch.float32).reshape(len(samples), -1).numpy()
    return [zlib.crc32(np.ascontiguousarray(row).tobytes()) for row in rows]


@contextlib.contextmanager
def random_use(found: dict[str, Any]) -> Iterator[None]:
    """Fills in, at the end, what happened to the three global generators."""
    calls = {"numpy": 0, "python": 0}
    before, seed_before = _random_states(), torch.initial_seed()

    def counted(name: str, seed: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            calls[name] += 1
            return seed(*args, **kwargs)

        return call

    with (
        mock.patch.object(np.random, "seed", counted("numpy", np.random.seed)),
        mock.patch.object(random, "seed", counted("python", random.seed)),
    ):
        yield
    after = _random_states()
    for name in before:
        changed = before[name] != after[name]
        seeded = torch.initial_seed() != seed_before if name == "torch" else changed and calls[name] > 0
        found[name] = {"changed": changed, "seeded": seeded}


def _random_states() -> dict[str, int]:
    numpy_state: Any = np.random.get_state()
    states = {
        "torch": torch.get_rng_state().numpy().tobytes(),
        "numpy": repr(numpy_state).encode() + numpy_state[1].tobytes(),
        "python": repr(random.getstate()).encode(),
    }
    return {name: zlib.crc32(state) for name, state in states.items()}
