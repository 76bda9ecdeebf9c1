"""What a model goes through while student code uses it: modes, gradients, and which images it sees when."""

import contextlib
import inspect
import math
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.nn.parameter import is_lazy
from torch.nn.utils.parametrize import ParametrizationList
from torch.optim.optimizer import register_optimizer_step_pre_hook

from grader.probes.accelerator import simulated
from grader.probes.plain import outside_transforms, plain
from grader.probes.training import random_use
from grader.probes.watching import records_gradients


def uses_of(model: nn.Module, function: Callable[..., Any], *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
    """Calls `function(*args, **kwargs)`; every forward pass of a submodule of `model` that it makes, in order.

    Returns:
        One dict per pass: `module` (name), `training`, `grad` (whether gradients were recorded).
    """
    seen: list[dict[str, Any]] = []

    def watch(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: Any) -> None:
            seen.append({"module": name, "training": module.training, "grad": records_gradients(model)})

        return hook

    hooks = [module.register_forward_pre_hook(watch(name)) for name, module in model.named_modules()]
    try:
        function(*args, **kwargs)
    finally:
        for hook in hooks:
            hook.remove()
    return seen


def refuses(function: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
    """Whether the call ends in an exception, whatever its type (but not in "not written yet")."""
    try:
        function(*args, **kwargs)
    except NotImplementedError:
        raise
    except Exception:
        return True
    return False


def twice(function: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """The results of two calls in a row."""
    return function(*args, **kwargs), function(*args, **kwargs)


@contextlib.contextmanager
def without_downloads() -> Iterator[None]:
    """Any attempt to fetch weights is an error, also where there is a network or a cache."""

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("tried to download weights")

    with (
        mock.patch("torch.hub.load_state_dict_from_url", refuse),
        mock.patch("torch.hub.download_url_to_file", refuse),
        mock.patch("torchvision.models._api.WeightsEnum.get_state_dict", refuse),
    ):
        yield


@contextlib.contextmanager
def without_initial_weights() -> Iterator[None]:
    """Layers keep whatever was in memory: where all weights are loaded anyhow, drawing them costs most of the time."""

    def keep(tensor: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return tensor

    with contextlib.ExitStack() as patches:
        for name in ("kaiming_uniform_", "kaiming_normal_", "uniform_"):
            patches.enter_context(mock.patch.object(torch.nn.init, name, keep))
        yield


@contextlib.contextmanager
def without_torchvision_models() -> Iterator[None]:
    """torchvision's ResNets and their blocks cannot be built."""

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("torchvision.models is used here; build the network from the parts in torch.nn")

    with (
        mock.patch("torchvision.models.resnet.ResNet.__init__", refuse),
        mock.patch("torchvision.models.resnet.BasicBlock.__init__", refuse),
    ):
        yield


def call_inside(context: Callable[[], Any], function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The result of a call that is made inside a context, e.g. `without_downloads`."""
    with context():
        return function(*args, **kwargs)


def places(function: Callable[..., Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Calls the function on a simulated machine with two accelerators, `cuda:0` and `cuda:1`.

    Returns:
        `ran_on`: the devices of what layers were given and of their parameters, in passes that are no trials with
        blank images; `result_on`: that of the result (None unless it is a tensor); `result`.
    """
    seen: set[str] = set()
    depth, trial = 0, False

    def enter(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        nonlocal depth, trial
        depth += 1
        if depth == 1:
            trial = _is_trial(module, inputs)
        learned = list(module.parameters(recurse=False))
        if learned and not trial:  # losses may be taken elsewhere
            seen.update(str(plain(value).device) for value in (*inputs, *learned) if isinstance(value, Tensor))

    def leave(module: nn.Module, inputs: tuple[Any, ...], outputs: Any) -> None:
        nonlocal depth
        depth -= 1

    with simulated(count=2):
        hooks = [register_module_forward_pre_hook(enter), register_module_forward_hook(leave, always_call=True)]
        try:
            result = function(*args, **kwargs)
        finally:
            for hook in hooks:
                hook.remove()
        result_on = str(result.device) if isinstance(result, Tensor) else None
    return {"ran_on": sorted(seen), "result_on": result_on, "result": result}


def _is_trial(module: nn.Module, inputs: tuple[Any, ...]) -> bool:
    """Whether a pass only finds out shapes, while a network is built: on blank images, or of parts that take none."""
    given = next((value for value in inputs if isinstance(value, Tensor) and value.numel()), None)
    blank = given is not None and bool((given == given.flatten()[0]).all())
    return (
        blank or isinstance(module, ParametrizationList) or any(is_lazy(parameter) for parameter in module.parameters())
    )


def devices_of(function: Callable[..., Any], *args: Any, **kwargs: Any) -> list[str]:
    """Where the tensors are that a call returns on a simulated machine with two accelerators.

    Looked at are tensors, also in lists, tuples and dictionaries, and a model's parameters and buffers.
    """
    with simulated(count=2):
        return sorted({str(tensor.device) for tensor in _tensors(function(*args, **kwargs))})


def moved(build: Callable[..., nn.Module], *args: Any, images: Tensor, device: str) -> dict[str, Any]:
    """Makes a model on a simulated machine with two accelerators, moves it to `device`, and runs it there.

    Returns:
        `made_on`: where its parameters and buffers were at first; `result_on`: where its output is.
    """
    with simulated(count=2):
        model = build(*args)
        made_on = sorted({str(tensor.device) for tensor in _tensors(model)})
        return {"made_on": made_on, "result_on": str(model.to(device)(images.to(device)).device)}


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, nn.Module):
        yield from (*value.parameters(), *value.buffers())
    elif isinstance(value, dict | list | tuple):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from _tensors(entry)


class Journal:
    """Notes every forward pass of a whole network on tagged images, and every optimiser step, in order.

    A tagged image carries its number between a black and a white reference, so that it can be read however the
    values were scaled: pixels (0, 0), (0, 1) and (0, 2) hold 0, 255 and the number.

    A network may be evaluated in two parts, the second of which is given, later and in any batches, what the first one
    returned: the `outputs` are then those of the second.

    Attributes:
        events: `{"kind": "forward", "model", "images", "training", "grad", "state", "outputs"}` or
            `{"kind": "step", "optimizer"}`, where `model` and `optimizer` are numbers by first appearance.
        optimizers: of each optimiser, the shapes of its parameters.
    """

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.optimizers: list[list[tuple[int, ...]]] = []
        self._models: list[nn.Module] = []  # kept, so that no two of them ever have the same id
        self._known_optimizers: list[torch.optim.Optimizer] = []
        self._origins: dict[bytes, tuple[dict[str, Any], int]] = {}  # event and row, by what the event returned
        self._depth = 0

    def __enter__(self) -> "Journal":
        self._hooks = [
            register_module_forward_pre_hook(self._enter),
            register_module_forward_hook(self._leave, always_call=True),
            register_optimizer_step_pre_hook(self._step),
        ]
        return self

    def __exit__(self, *exception: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def _enter(self, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        self._depth += 1
        images = tags(inputs[0]) if self._depth == 1 and inputs else None
        if images is not None:
            network = _network(module)
            event = {"kind": "forward", "model": _number(network, self._models), "images": images}
            event |= {"training": network.training, "grad": records_gradients(network), "state": _state(network)}
            self.events.append(event)

    def _leave(self, module: nn.Module, inputs: tuple[Any, ...], outputs: Any) -> None:
        self._depth -= 1
        last = self.events[-1] if self.events else {}
        if self._depth or not isinstance(outputs, Tensor) or outputs.ndim != 2:
            return
        if self._continues(inputs, outputs):
            return
        if "images" in last and len(outputs) == len(last["images"]):  # not a softmax over all batches, say
            with outside_transforms():
                last["outputs"] = plain(outputs).detach().clone()
            if not last["grad"]:
                self._origins |= {row: (last, number) for number, row in enumerate(_rows(outputs))}

    def _continues(self, inputs: tuple[Any, ...], outputs: Tensor) -> bool:
        """Whether rows that networks returned for images were made into these; they are noted as those images'."""
        given = inputs[0] if inputs else None
        if not isinstance(given, Tensor) or given.ndim != 2 or len(given) != len(outputs) or not self._origins:
            return False
        origins = [self._origins.get(row) for row in _rows(given)]
        if given.shape == outputs.shape or None in origins:  # a softmax, say
            return False
        with outside_transforms():
            made = plain(outputs).detach().clone()
        for origin, row in zip(origins, made, strict=True):
            event, number = origin or ({}, 0)
            if event["outputs"].shape[1] != len(row):
                event["outputs"] = row.new_full((len(event["images"]), len(row)), math.nan)
            event["outputs"][number] = row
        return True

    def _step(self, optimizer: torch.optim.Optimizer, *args: Any) -> None:
        number = _number(optimizer, self._known_optimizers)
        if number == len(self.optimizers):
            self.optimizers.append([tuple(p.shape) for group in optimizer.param_groups for p in group["params"]])
        self.events.append({"kind": "step", "optimizer": number})


@outside_transforms()
def _rows(values: Tensor) -> list[bytes]:
    return [row.tobytes() for row in plain(values).detach().cpu().double().numpy()]


def _network(module: nn.Module) -> nn.Module:
    """The network whose `forward` is running; it calls no hook when it was called as `model.forward(images)`."""
    network, frame = module, inspect.currentframe()
    while frame is not None:
        owner = frame.f_locals.get("self") if frame.f_code.co_name == "forward" else None
        network, frame = owner if isinstance(owner, nn.Module) else network, frame.f_back
    return network


def _number(thing: object, known: list[Any]) -> int:
    """Its place among the things met so far; a new one is put at the end."""
    for number, other in enumerate(known):
        if other is thing:
            return number
    known.append(thing)
    return len(known) - 1


def tag(images: Any, first: int) -> Any:
    """Numbers uint8 images `(N, H, W, 3)` in place, from `first` on (up to 255)."""
    for position in range(len(images)):
        images[position, 0, :3] = [[0], [255], [first + position]]
    return images


@outside_transforms()
def tags(images: Any) -> list[int] | None:
    """The numbers of a batch of tagged images `(B, 3, H, W)`; None for anything else."""
    if not isinstance(images, Tensor) or images.ndim != 4 or images.shape[1] != 3 or images.shape[3] < 3:
        return None
    black, white, number = plain(images)[:, 0, 0, :3].detach().double().unbind(1)
    read = (number - black) / (white - black) * 255
    return [int(value) if value.isfinite() else -1 for value in read.round()]


@outside_transforms()
def _state(module: nn.Module) -> list[dict[str, Any]]:
    """Shape, kind and first values of all of a model's parameters and floating-point buffers."""
    kinds = [*((p, p.requires_grad) for p in module.parameters()), *((b, None) for b in module.buffers())]
    return [
        {"shape": tuple(t.shape), "trainable": trainable, "values": plain(t).detach().flatten()[:4].tolist()}
        for t, trainable in kinds
        if t.is_floating_point()
    ]


def journal(function: Callable[..., Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Calls the function, without letting it download anything; its result and the `Journal` of the call.

    `random` says what became of the global random generators, as in the evidence of `grader.probes.training.trace`.
    """
    random: dict[str, Any] = {}
    with without_downloads(), random_use(random), Journal() as notes:
        result = function(*args, **kwargs)
    return {"result": result, "events": notes.events, "optimizers": notes.optimizers, "random": random}
