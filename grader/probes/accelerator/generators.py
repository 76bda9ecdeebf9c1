"""Random numbers: a simulated device draws from generators of its own, as a GPU does."""

import contextlib
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import torch

_OTHER_STREAM = 0x9E3779B97F4A7C15  # so that equal seeds do not give the CPU's numbers


class DeviceGenerator(torch._C.Generator):
    """What `torch.Generator(device="cuda")` gives: a CPU generator that says where it belongs."""

    index: int
    seeded: int

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return torch.device("cuda", self.index)

    def manual_seed(self, seed: int) -> "DeviceGenerator":
        self.seeded = seed
        super().manual_seed((seed ^ _OTHER_STREAM) & 0x7FFFFFFFFFFFFFFF)
        return self

    def seed(self) -> int:
        self.manual_seed(super().seed() & 0x7FFFFFFFFFFFFFFF)
        return self.seeded

    def initial_seed(self) -> int:
        return self.seeded


class Generators:
    """The generators of the simulated devices, those that every device has and those that a program makes."""

    def __init__(self, count: int) -> None:
        self._known: dict[int, DeviceGenerator] = {}  # kept alive, so that no address is used twice
        start = zlib.crc32(torch.get_rng_state().numpy().tobytes())
        self.defaults = tuple(self.new(index).manual_seed(start + index) for index in range(count))

    def new(self, index: int) -> DeviceGenerator:
        generator = DeviceGenerator()
        generator.index = index
        generator.manual_seed(67280421310721)  # the seed of a generator that nobody seeded
        self._known[_address(generator)] = generator
        return generator

    def device_type(self, generator: torch.Generator) -> str:
        """`"cuda"` or `"cpu"`."""
        return "cuda" if _address(generator) in self._known else "cpu"

    @contextlib.contextmanager
    def in_use(self, index: int, explicit: torch.Generator | None) -> Iterator[None]:
        """Has random operations draw from the device's generator, and leaves torch's global one alone."""
        if explicit is not None:
            yield
            return
        cpu_state = torch.default_generator.get_state()
        torch.default_generator.set_state(self.defaults[index].get_state())
        try:
            yield
        finally:
            self.defaults[index].set_state(torch.default_generator.get_state())
            torch.default_generator.set_state(cpu_state)


def _address(generator: torch.Generator) -> int:
    """Operations are handed another Python object for the same generator; this number is the same."""
    return generator._cdata  # type: ignore[attr-defined]  # missing in torch's stubs


def stand_in(resolve: Callable[[Any], int | None], generators: Generators) -> type:
    """A class that takes the place of `torch.Generator` and also makes generators for a device."""

    class GeneratorType(type):
        def __call__(cls, device: Any = "cpu") -> torch.Generator:
            index = resolve(device)
            return torch._C.Generator(device=device) if index is None else generators.new(index)

        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, torch._C.Generator)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, torch._C.Generator)

    return GeneratorType("Generator", (), {"__module__": "torch"})
