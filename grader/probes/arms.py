"""Images that say which they are, and what networks are shown of them when arms of a study are trained and tested.

An image is a grid of 4 × 4 cells of one grey value each, its code. Cells 0 and 1 are black and white, so that the
others can be read however the values were scaled; resizing leaves the middle of a cell as it was. Cell 2 is the
image's number, cell 3 is white in augmented images (see `mark`), cells 4 to 9 are drawn afresh with every
augmentation, and the others differ from image to image.
"""

import inspect
import math
import random
import zlib
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode
from torch.utils.data import Dataset

from grader.probes.plain import outside_transforms, plain
from grader.probes.watching import mode_dependent, records_gradients

GRID = 4
BLACK, WHITE, NUMBER, MARK = range(4)
FRESH = slice(4, 10)
OWN = slice(10, 16)
SPACING = 4  # of the numbers, in grey values
_LOSSES = ("cross_entropy", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits")


def draw(codes: Tensor, height: int, width: int) -> Tensor:
    """Images `(N, 1, H, W)` of codes `(N, 16)`, uint8."""
    rows, columns = _cell_of(height), _cell_of(width)
    return (codes.float() / 255)[:, rows[:, None] * GRID + columns].unsqueeze(1)


def numbered(numbers: Iterable[int]) -> Tensor:
    """Random codes `(N, 16)`, uint8, of images with these numbers, 0 to 63, that are not augmented."""
    positions = torch.tensor(list(numbers))
    codes = torch.randint(256, (len(positions), GRID * GRID), dtype=torch.uint8)
    codes[:, BLACK], codes[:, WHITE], codes[:, MARK] = 0, 255, 0
    codes[:, NUMBER] = positions * SPACING
    return codes


@outside_transforms()
def read(images: Tensor) -> Tensor:
    """The codes `(N, 16)`, int64, of images `(N, C, H, W)`; -1 in all cells of what is no such image."""
    values = plain(images)[:, 0].detach().cpu().double()
    rows, columns = (_middle_of(side) for side in values.shape[1:])
    cells = values[:, rows[:, None], columns].flatten(1)
    black, white = cells[:, BLACK, None], cells[:, WHITE, None]
    codes = (cells - black) / (white - black) * 255
    legible = (codes.isfinite() & (codes > -4) & (codes < 259)).all(1, keepdim=True)
    return torch.where(legible, codes.nan_to_num().round().clamp(0, 255), -1.0).long()


def numbers(codes: Tensor) -> list[int]:
    """The images' numbers; -1 where there is none."""
    return torch.where(codes[:, NUMBER] < 0, -1, (codes[:, NUMBER] / SPACING).round().long()).tolist()


def mark(image: Tensor) -> Tensor:
    """An augmentation of one image `(1, H, W)` that can be recognised. Draws from torch's global generator."""
    if image.ndim != 3 or image.shape[0] != 1:
        raise ValueError(f"a transform takes one image (1, H, W), got shape {tuple(image.shape)}")
    code = torch.zeros(GRID * GRID)
    code[MARK] = 255
    code[FRESH] = torch.randint(256, code[FRESH].shape).float()
    changed = torch.zeros(GRID * GRID, dtype=torch.bool)
    changed[MARK] = changed[FRESH] = True
    height, width = image.shape[1:]
    cells = _cell_of(height)[:, None] * GRID + _cell_of(width)
    rows, columns = _middle_of(height), _middle_of(width)
    black, white = image[0, rows[0], columns[0]], image[0, rows[0], columns[1]]
    drawn = black + (code / 255)[cells].to(image) * (white - black)
    return torch.where(changed[cells].to(image.device), drawn, image[0]).unsqueeze(0)


def mark_and_resize(image: Tensor) -> Tensor:
    """The same, and the result has another size than the image, another one each time."""
    marked = mark(image)
    height, width = (int(side * (0.6 + 1.2 * torch.rand(()).item())) + 1 for side in image.shape[1:])
    rows, columns = (torch.arange(n) * side // n for n, side in ((height, image.shape[1]), (width, image.shape[2])))
    return marked[:, rows[:, None], columns]


def _cell_of(side: int) -> Tensor:
    return (torch.arange(side) * 2 + 1) * GRID // (2 * side)


def _middle_of(side: int) -> Tensor:
    return (torch.arange(GRID) * 2 + 1) * side // (2 * GRID)


class GridDataset(Dataset[tuple[Tensor, Any]]):
    """Images with the codes given, and labels of some kind.

    Args:
        codes: `(N, 16)`, uint8.
        labels: `(N,)`, integers.
        kind: `"int"`, `"numpy"` (an int64 scalar), `"array"` (uint8, `(1,)`), `"tensor"` (int32, `()`) or `"column"`
            (uint8 tensor, `(1,)`).
        augmented: every access gives a freshly marked image.
    """

    def __init__(
        self,
        codes: Tensor,
        labels: Tensor,
        size: tuple[int, int] = (28, 28),
        kind: str = "int",
        augmented: bool = False,
    ) -> None:
        self.images = draw(codes, *size)
        self.labels = [int(label) for label in labels]
        self.kind = kind
        self.augmented = augmented

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, Any]:
        if not 0 <= index < len(self):
            raise IndexError(index)
        image = self.images[int(index)]
        return mark(image) if self.augmented else image, _label(self.labels[int(index)], self.kind)


def _label(value: int, kind: str) -> Any:
    if kind == "numpy":
        return np.int64(value)
    if kind == "array":
        return np.array([value], dtype=np.uint8)
    if kind == "tensor":
        return torch.tensor(value, dtype=torch.int32)
    return torch.tensor([value], dtype=torch.uint8) if kind == "column" else value


class Journal:
    """Notes every forward pass of an outermost network with parameters on such images, in order.

    Args:
        size: of the images in the data set, for networks that are given rows of pixels.

    Attributes:
        events: dicts with `model` (a number), `codes` `(B, 16)`, `size` of the images, `training` (of the network and
            of the layers whose behaviour depends on it; None when they differ), `grad`, `trained` (a backward pass went
            through it), `weights` and `buffers` (digests before the pass), `outputs` (None unless `(B,)` or `(B, K)`),
            and `targets` (what a classification loss was given for this batch, None if none was called).
    """

    def __init__(self, size: tuple[int, int] = (28, 28)) -> None:
        self.events: list[dict[str, Any]] = []
        self._size = size
        self._models: list[nn.Module] = []  # kept, so that no two of them ever have the same id
        self._depth = 0
        self._open: dict[str, Any] | None = None
        self._frame: FrameType | None = None

    def __enter__(self) -> "Journal":
        self._hooks = [
            register_module_forward_pre_hook(self._enter),
            register_module_forward_hook(self._leave, always_call=True),
        ]
        self._losses = _LossCalls(self.events)
        self._losses.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._losses.__exit__(*exception)
        for hook in self._hooks:
            hook.remove()

    def _enter(self, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        self._depth += 1
        images = self._images(inputs[0]) if inputs and self._depth == 1 else None
        if images is None:
            return
        network, frame = _network(module)
        if network is not module and frame is self._frame:
            return  # another layer of a network that was called as `network.forward(images)`
        self._frame = frame
        if all(network is not known for known in self._models):
            if not any(True for _ in network.parameters()):
                return
            self._models.append(network)
        modes = {network.training, *(part.training for part in network.modules() if mode_dependent(part))}
        self._open = {
            "model": next(number for number, known in enumerate(self._models) if known is network),
            "codes": read(images),
            "size": list(images.shape[2:]),
            "training": modes.pop() if len(modes) == 1 else None,
            "grad": records_gradients(network),
            "trained": network is not module and torch.is_grad_enabled(),
            "weights": "",
            "buffers": _digest(network.buffers()),
            "outputs": None,
            "targets": None,
        }
        self.events.append(self._open)

    def _images(self, given: Any) -> Tensor | None:
        """A network's input as images `(B, C, H, W)`; None if that is not what it is."""
        if not isinstance(given, Tensor) or not 2 <= given.ndim <= 4:
            return None
        if given.ndim == 2 and given.shape[1] % math.prod(self._size):
            return None
        images = given.reshape(len(given), -1, *(self._size if given.ndim == 2 else given.shape[-2:]))
        return images if min(images.shape[2:]) >= GRID else None

    def _leave(self, module: nn.Module, inputs: tuple[Any, ...], outputs: Any) -> None:
        self._depth -= 1
        if self._depth > 0 or self._open is None:
            return
        event, self._open = self._open, None
        network = self._models[event["model"]]
        event["weights"] = _digest(network.parameters())  # lazy ones exist only now
        if network is not module:
            return  # these are not the network's own outputs
        if isinstance(outputs, Tensor) and outputs.requires_grad:
            outputs.register_hook(lambda gradient: event.update(trained=True))
        if isinstance(outputs, Tensor) and outputs.ndim in (1, 2) and len(outputs) == len(event["codes"]):
            with outside_transforms():
                event["outputs"] = plain(outputs).detach().cpu().clone()


class _LossCalls(TorchFunctionMode):
    """Notes what targets classification losses are given."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        super().__init__()
        self.events = events

    def __torch_function__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        kwargs = kwargs or {}
        if getattr(func, "__name__", "") in _LOSSES and self.events:
            target = args[1] if len(args) > 1 else kwargs.get("target")
            if isinstance(target, Tensor) and target.numel() == len(self.events[-1]["codes"]):
                with outside_transforms():
                    self.events[-1]["targets"] = plain(target).detach().cpu().flatten().tolist()
        return func(*args, **kwargs)


def _network(module: nn.Module) -> tuple[nn.Module, FrameType | None]:
    """The outermost module whose `forward` is running, and its frame.

    That is not the module whose hook was called where a network is called as `network.forward(images)`.
    """
    network, outermost, frame = module, None, inspect.currentframe()
    while frame is not None:
        owner = frame.f_locals.get("self") if frame.f_code.co_name == "forward" else None
        if isinstance(owner, nn.Module):
            network, outermost = owner, frame
        frame = frame.f_back
    return network, outermost


@outside_transforms()
def _digest(tensors: Iterable[Tensor]) -> str:
    """Of up to 32 numbers of every tensor."""
    digest = 0
    for tensor in tensors:
        if not is_lazy(tensor) and tensor.numel():
            flat = plain(tensor).detach().flatten()
            digest = zlib.crc32(repr(flat[:: max(1, len(flat) // 32)].tolist()).encode(), digest)
    return f"{digest:08x}"


def journal(
    function: Callable[..., Any], *args: Any, size: tuple[int, int] = (28, 28), **kwargs: Any
) -> dict[str, Any]:
    """Calls the function; its `result` and the `events` of the `Journal` of the call."""
    with Journal(size) as notes:
        result = function(*args, **kwargs)
    return {"result": result, "events": notes.events}


def compared(function: Callable[..., Any], *args: Any, start: int, **kwargs: Any) -> dict[str, Any]:
    """The same, from states of the global random generators that depend on `start`.

    Returns:
        Besides, `restored`: whether torch's global generator ends in the state in which it began; `numpy` and
        `python`: the final states of the other two.
    """
    torch.manual_seed(start)
    torch.rand(start % 5 + 1)  # seeding it again does not bring this state back
    np.random.seed(start)
    random.seed(start)
    before = torch.get_rng_state()
    found = journal(function, *args, **kwargs)
    found["restored"] = torch.equal(before, torch.get_rng_state())
    _, keys, position, *_ = np.random.get_state(legacy=True)
    found["numpy"] = zlib.crc32(np.asarray(keys).tobytes() + repr(position).encode())
    found["python"] = zlib.crc32(repr(random.getstate()).encode())
    return found


def orders(function: Callable[..., Any], calls: list[tuple[int | None, int]], *args: Any, **kwargs: Any) -> list[Any]:
    """The images' numbers, batch by batch, of several calls.

    Args:
        calls: for each one the seed of the generator that it is given (None: it gets none) and that of the global one.
        args: of the function; the model first, which every call gets as the one before left it.
    """
    found = []
    for own, everybodys in calls:
        torch.manual_seed(everybodys)
        options: dict[str, Any] = {} if own is None else {"generator": torch.Generator().manual_seed(own)}
        events = journal(function, *args, **options, **kwargs)["events"]
        found.append([numbers(event["codes"]) for event in events])
    return found


def orders_with_one_generator(function: Callable[..., Any], seed: int, *args: Any, **kwargs: Any) -> list[Any]:
    """The same of two calls that are given the same generator, one after the other."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(2):
        events = journal(function, *args, generator=generator, **kwargs)["events"]
        found.append([numbers(event["codes"]) for event in events])
    return found
