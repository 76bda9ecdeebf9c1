"""The simulated device: every program of the list has CUDA's outcome, and nothing is left behind."""

import threading

import pytest
import torch
import torch._dynamo  # imported before the first simulation, so that what it adds to torch is not taken for a leak
import torch.nn.functional as F
from device_programs import PROGRAMS, WITHOUT_DEVICE, Program
from torch import nn
from torch.overrides import TorchFunctionMode

from grader.probes.accelerator import simulated

NAMESPACES = (
    torch,
    torch.Tensor,
    torch.UntypedStorage,
    torch._C,
    torch._C._nn,
    torch.cuda,
    torch.cuda.random,
    torch.accelerator,
    torch.backends.cuda,
    torch.backends.cudnn,
    torch.fft,
    torch.nested,
    torch.nn.parallel._functions,
    torch.utils._device,
    threading.Thread,
)


def check_outcome(program: Program) -> None:
    if program.error is None:
        assert program.run() == program.value
    else:
        with pytest.raises(program.error) as caught:
            program.run()
        assert program.text in str(caught.value)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_program_on_the_simulated_device(program: Program) -> None:
    with simulated():
        check_outcome(program)


@pytest.mark.parametrize("program", WITHOUT_DEVICE, ids=lambda program: program.name)
def test_program_on_a_simulated_machine_without_a_device(program: Program) -> None:
    with simulated(available=False):
        check_outcome(program)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a real CUDA device to compare with")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_program_on_the_real_device(program: Program) -> None:
    check_outcome(program)


@pytest.mark.skipif(
    torch.version.cuda is None or torch.cuda.is_available(), reason="needs a CUDA build that sees no device"
)
@pytest.mark.parametrize("program", WITHOUT_DEVICE, ids=lambda program: program.name)
def test_program_on_a_real_machine_without_a_device(program: Program) -> None:
    check_outcome(program)


def test_the_list_is_long_and_varied() -> None:
    names = [program.name for program in PROGRAMS + WITHOUT_DEVICE]
    assert len(set(names)) == len(names) >= 60
    assert sum(program.error is not None for program in PROGRAMS) >= 20


# --- Nothing is left behind ---


def snapshot() -> dict[str, object]:
    return {f"{space.__name__}.{name}": value for space in NAMESPACES for name, value in list(vars(space).items())}


def assert_restored(before: dict[str, object]) -> None:
    after = snapshot()
    assert [name for name in before if name not in after or after[name] is not before[name]] == []
    assert [name for name in after if name not in before and not name.endswith("__slotnames__")] == []
    assert torch.zeros(1).device.type == "cpu"
    assert torch.get_default_device().type == "cpu"
    assert torch.overrides._len_torch_function_stack() == 0
    assert torch.utils._python_dispatch._get_current_dispatch_mode_stack() == []


def train_a_little(device: str) -> list[float]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    images, labels = torch.randn(8, 1, 8, 8), torch.arange(8) % 3
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images.to(device)), labels.to(device))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_everything_is_restored_after_use() -> None:
    before = snapshot()
    with simulated():
        train_a_little("cuda")
    assert_restored(before)


def test_everything_is_restored_after_an_exception() -> None:
    before = snapshot()

    @simulated()
    def fails() -> None:
        torch.set_default_device("cuda")
        torch.ones(2) + torch.ones(2, device="cpu")

    with pytest.raises(RuntimeError, match="same device"):
        fails()
    assert_restored(before)


def test_everything_is_restored_when_modes_were_left_on() -> None:
    before = snapshot()
    with simulated():
        torch.set_default_device("cuda")
        torch.device("cuda").__enter__()
        TorchFunctionMode().__enter__()
    assert_restored(before)


def test_everything_is_restored_without_a_device() -> None:
    before = snapshot()
    with simulated(available=False):
        torch.manual_seed(0)
    assert_restored(before)


def test_a_simulation_inside_another_is_refused_and_the_outer_one_goes_on() -> None:
    with simulated():
        with pytest.raises(RuntimeError, match="being simulated already"), simulated():
            pass
        assert torch.ones(1).cuda().is_cuda


def test_a_device_count_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="count must be at least 1"), simulated(count=0):
        pass


def test_it_can_decorate_a_function() -> None:
    @simulated()
    def device() -> str:
        return str(torch.ones(1, device="cuda").device)

    assert device() == "cuda:0" == device()


def test_functions_taken_from_torch_inside_still_work_outside() -> None:
    with simulated():
        zeros, rand_like, tensor = torch.zeros, torch.rand_like, torch.tensor
    assert zeros(2).tolist() == [0.0, 0.0]
    assert rand_like(torch.ones(2), dtype=torch.float64).dtype == torch.float64
    assert tensor([1]).device.type == "cpu"


def test_tensors_are_plain_afterwards_and_on_the_device_again_in_the_next_simulation() -> None:
    with simulated():
        x = torch.ones(2, device="cuda")
    assert x.device.type == "cpu"
    assert x.numpy().tolist() == (x + torch.ones(2) - 1).tolist() == [1.0, 1.0]
    with simulated():
        assert x.is_cuda


def test_the_global_random_state_is_not_touched() -> None:
    before = torch.get_rng_state()
    with simulated():
        torch.rand(3, device="cuda")
    assert torch.equal(before, torch.get_rng_state())


# --- Numbers and several devices ---


def test_numbers_are_those_of_the_cpu_bit_by_bit() -> None:
    expected = train_a_little("cpu")
    with simulated():
        assert train_a_little("cuda") == expected


def test_two_devices() -> None:
    with simulated(count=2):
        assert torch.cuda.device_count() == 2
        first, second = torch.ones(2, device="cuda:0"), torch.ones(2).cuda(1)
        assert second.get_device() == 1
        with pytest.raises(RuntimeError, match="at least two devices, cuda:0 and cuda:1!"):
            first + second
        with torch.cuda.device(1):
            assert torch.ones(1, device="cuda").get_device() == 1
        assert torch.cuda.current_device() == 0
        assert first.to("cuda:1").get_device() == 1


def test_data_parallel_over_two_devices() -> None:
    with simulated(count=2):
        output = nn.DataParallel(nn.Linear(3, 2).cuda())(torch.ones(4, 3).cuda())
        assert output.shape == (4, 2)
        assert output.get_device() == 0


def test_programs_that_imported_functions_of_torch_cuda_see_the_device() -> None:
    from torch.cuda import is_available

    assert not is_available() or torch.cuda.is_available()
    with simulated():
        assert is_available()
    with simulated(available=False):
        assert not is_available()
