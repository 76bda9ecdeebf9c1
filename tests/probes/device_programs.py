"""Small programs for a machine with one CUDA device, each with the outcome that CUDA gives it.

`gives(value)` states what a program returns there, `raises(error, text)` what it raises and words of the message.
The list runs on the simulated device, and on a real one where there is one; see test_accelerator.py.
"""

import copy
import io
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator as imported_generator
from torch import Tensor, nn
from torch import zeros as imported_zeros
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.utils.data import DataLoader, Dataset, TensorDataset

CUDA = torch.device("cuda:0")
ON_DEVICE = "cuda:0"
SAME_DEVICE = "Expected all tensors to be on the same device"
TWO_DEVICES = "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
NO_NUMPY = "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."


@dataclass(frozen=True)
class Program:
    """One program: `run` returns `value`, or raises `error` with `text` in its message."""

    name: str
    run: Callable[[], Any]
    value: Any = None
    error: type[Exception] | None = None
    text: str = ""


PROGRAMS: list[Program] = []
WITHOUT_DEVICE: list[Program] = []  # for a machine without a device


def gives(value: Any, programs: list[Program] = PROGRAMS) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def add(run: Callable[[], Any]) -> Callable[[], Any]:
        programs.append(Program(run.__name__, run, value=value))
        return run

    return add


def raises(
    error: type[Exception], text: str, programs: list[Program] = PROGRAMS
) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def add(run: Callable[[], Any]) -> Callable[[], Any]:
        programs.append(Program(run.__name__, run, error=error, text=text))
        return run

    return add


def place(value: Tensor) -> str:
    return str(value.device)


def net() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))


def batch(n: int = 4) -> tuple[Tensor, Tensor]:
    return torch.randn(n, 1, 8, 8), torch.arange(n) % 3


def train(model: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor, steps: int = 2) -> float:
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
    return loss.item()


# --- Where things are ---


@gives((ON_DEVICE, True, False, 0, "cpu", False, -1))
def reports_its_place() -> Any:
    x, y = torch.ones(2).cuda(), torch.ones(2)
    return place(x), x.is_cuda, x.is_cpu, x.get_device(), place(y), y.is_cuda, y.get_device()


@gives("tensor([1., 2.], device='cuda:0')")
def prints_its_device() -> str:
    return repr(torch.tensor([1.0, 2.0]).to("cuda"))


@gives("tensor([1., 2.], device='cuda:0', requires_grad=True)")
def prints_device_before_grad() -> str:
    return repr(torch.tensor([1.0, 2.0], device="cuda", requires_grad=True))


@gives("Parameter containing:\ntensor([0.5000], device='cuda:0', requires_grad=True)")
def prints_a_parameter() -> str:
    return repr(nn.Parameter(torch.tensor([0.5], device="cuda")))


@gives("loss 1.50")
def formats_a_scalar() -> str:
    return f"loss {torch.tensor(1.5).cuda():.2f}"


@gives(("torch.cuda.FloatTensor", "torch.cuda.LongTensor", "torch.FloatTensor"))
def names_its_type() -> Any:
    return torch.ones(1).cuda().type(), torch.ones(1, dtype=torch.int64).cuda().type(), torch.ones(1).type()


@gives((True, False))
def compares_devices() -> Any:
    x = torch.ones(1, device="cuda")
    return x.device == torch.device("cuda:0"), x.device == torch.device("cpu")


# --- Moving tensors ---


@gives([ON_DEVICE] * 7)
def moves_in_every_way() -> Any:
    x, other = torch.ones(2), torch.zeros(1, device="cuda")
    return [
        place(moved)
        for moved in (
            x.cuda(),
            x.cuda(0),
            x.to("cuda"),
            x.to(device="cuda:0"),
            x.to(CUDA, non_blocking=True),
            x.to(other),
            x.type_as(other),
        )
    ]


@gives((ON_DEVICE, "torch.float64", [1.0, 2.0]))
def moves_and_converts() -> Any:
    x = torch.tensor([1, 2]).to("cuda", torch.float64)
    return place(x), str(x.dtype), x.tolist()


@gives(("cpu", [1.0, 1.0]))
def moves_back() -> Any:
    x = torch.ones(2).cuda().cpu()
    return place(x), x.numpy().tolist()


@gives((True, True))
def stays_where_it_is() -> Any:
    x, y = torch.ones(1).cuda(), torch.ones(1)
    return x.to("cuda") is x, y.cpu() is y


@gives([0.0, 5.0])
def a_move_copies() -> Any:
    x = torch.zeros(2)
    y = x.cuda()
    y[1] = 5
    assert x.tolist() == [0.0, 0.0]
    return y.tolist()


@gives(("cpu", [2.0, 2.0]))
def gradients_travel_back() -> Any:
    x = torch.ones(2, requires_grad=True)
    (x.cuda() * 2).sum().backward()
    return place(x.grad), x.grad.tolist()


@gives((False, False))
def a_moved_leaf_is_no_leaf() -> Any:
    x = torch.ones(2, requires_grad=True).cuda()
    return x.is_leaf, x.grad is not None


@raises(RuntimeError, TWO_DEVICES)
def result_of_to_is_not_used() -> Any:
    x = torch.ones(2)
    x.to("cuda")
    return x + torch.ones(2, device="cuda")


@raises(RuntimeError, "CUDA error: invalid device ordinal")
def a_device_that_is_not_there() -> Any:
    return torch.ones(1).to("cuda:1")


@raises(RuntimeError, "CUDA error: invalid device ordinal")
def cuda_of_one() -> Any:
    return torch.ones(1).cuda(1)


@gives((ON_DEVICE, "cpu"))
def copy_crosses_devices() -> Any:
    x, y = torch.ones(2).cuda(), torch.zeros(2)
    y.copy_(x)
    assert y.tolist() == [1.0, 1.0]
    return place(x), place(y)


@gives(("cpu", [0.0, 3.0]))
def assigning_an_element_crosses_devices() -> Any:
    x = torch.zeros(2)
    x[1] = torch.tensor(3.0, device="cuda")
    return place(x), x.tolist()


# --- Leaving the device ---


@raises(TypeError, NO_NUMPY)
def numpy_of_a_device_tensor() -> Any:
    return torch.ones(2).cuda().numpy()


@raises(TypeError, NO_NUMPY)
def array_of_a_device_tensor() -> Any:
    return np.asarray(torch.ones(2, device="cuda"))


@raises(TypeError, NO_NUMPY)
def numpy_function_of_a_device_tensor() -> Any:
    return np.concatenate([torch.ones(2, device="cuda")])


@raises(TypeError, NO_NUMPY)
def detach_alone_does_not_help_numpy() -> Any:
    return torch.ones(2, device="cuda", requires_grad=True).detach().numpy()


@raises(TypeError, NO_NUMPY)
def list_of_device_losses_to_numpy() -> Any:
    return np.array([torch.tensor(1.0, device="cuda"), torch.tensor(2.0, device="cuda")])


@raises(RuntimeError, "Can't call numpy() on Tensor that requires grad")
def numpy_needs_detach() -> Any:
    return torch.ones(2, device="cuda", requires_grad=True).cpu().numpy()


@gives(([1.0, 1.0], [1.0, 1.0], 2.0, 2.0, True))
def python_numbers_need_no_move() -> Any:
    x = torch.ones(2, device="cuda")
    return x.tolist(), x.numpy(force=True).tolist(), x.sum().item(), float(x.sum()), bool(x.sum() > 1)


# --- Making tensors ---


@gives([ON_DEVICE] * 12)
def factories_take_a_device() -> Any:
    made = (
        torch.zeros(2, device="cuda"),
        torch.ones(2, device=CUDA),
        torch.empty(2, device="cuda:0"),
        torch.full((2,), 3.0, device="cuda"),
        torch.arange(2, device="cuda"),
        torch.linspace(0, 1, 2, device="cuda"),
        torch.eye(2, device="cuda"),
        torch.rand(2, device="cuda"),
        torch.randn(2, device="cuda"),
        torch.randint(0, 2, (2,), device="cuda"),
        torch.randperm(2, device="cuda"),
        torch.normal(0.0, 1.0, (2,), device="cuda"),
    )
    return [place(x) for x in made]


@gives([ON_DEVICE] * 4)
def tensors_from_data() -> Any:
    return [
        place(x)
        for x in (
            torch.tensor([1.0, 2.0], device="cuda"),
            torch.as_tensor(np.ones(2), device="cuda"),
            torch.asarray([1, 2], device="cuda"),
            torch.as_tensor(torch.ones(1), torch.float64, "cuda"),
        )
    ]


@gives([0.0, 0.0])
def a_device_shares_no_memory_with_numpy() -> Any:
    array = np.zeros(2)
    x = torch.as_tensor(array, device="cuda")
    array[:] = 7
    return x.tolist()


@gives(("cpu", [7.0, 7.0]))
def from_numpy_shares_and_stays() -> Any:
    array = np.zeros(2)
    x = torch.from_numpy(array)
    array[:] = 7
    return place(x), x.tolist()


@gives([ON_DEVICE] * 6)
def like_follows_the_tensor() -> Any:
    x = torch.ones(2, device="cuda")
    made = (
        torch.zeros_like(x),
        torch.rand_like(x),
        torch.full_like(x, 2),
        x.new_zeros(3),
        x.new_tensor([1.0]),
        x.clone(),
    )
    return [place(y) for y in made]


@gives([ON_DEVICE, "cpu", ON_DEVICE, "cpu"])
def like_elsewhere() -> Any:
    x, y = torch.ones(2), torch.ones(2, device="cuda")
    made = (torch.zeros_like(x, device="cuda"), torch.zeros_like(y, device="cpu"))
    made += (x.new_zeros(1, device="cuda"), y.new_ones(1, device="cpu"))
    return [place(made_) for made_ in made]


@gives([ON_DEVICE, "cpu"])
def a_copy_of_a_tensor_stays_with_it() -> Any:
    x = torch.ones(2, device="cuda")
    return [place(torch.as_tensor(x)), place(torch.tensor([x[0].item()]))]


@gives((ON_DEVICE, True))
def a_leaf_on_the_device() -> Any:
    x = torch.zeros(2, device="cuda", requires_grad=True)
    (x + 1).sum().backward()
    return place(x.grad), x.is_leaf


@gives(ON_DEVICE)
def a_factory_imported_by_name() -> str:
    return place(imported_zeros(2, device="cuda"))


@raises(RuntimeError, TWO_DEVICES)
def a_tensor_made_in_forward_without_device() -> Any:
    class Noisy(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + torch.randn(x.shape)

    return Noisy().cuda()(torch.ones(2, 2, device="cuda"))


@gives(ON_DEVICE)
def a_tensor_made_in_forward_with_device() -> str:
    class Noisy(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + torch.randn(x.shape, device=x.device)

    return place(Noisy().cuda()(torch.ones(2, 2, device="cuda")))


@gives([ON_DEVICE, ON_DEVICE, "cpu"])
def default_device() -> Any:
    torch.set_default_device("cuda")
    try:
        made = [place(torch.zeros(1)), place(nn.Linear(1, 1).weight)]
    finally:
        torch.set_default_device(None)
    return [*made, place(torch.zeros(1))]


@gives([ON_DEVICE, ON_DEVICE, "cpu", "cpu"])
def device_as_context() -> Any:
    with torch.device("cuda"):
        made = [place(torch.ones(1)), place(torch.tensor(1.0)), place(torch.zeros(1, device="cpu"))]
    return [*made, place(torch.ones(1))]


@raises(RuntimeError, TWO_DEVICES)
def default_device_and_numpy_data() -> Any:
    with torch.device("cuda"):
        return torch.from_numpy(np.ones(2, dtype=np.float32)) + torch.ones(2)


# --- Mixing devices ---


@raises(RuntimeError, TWO_DEVICES)
def adds_cpu_and_device() -> Any:
    return torch.ones(2) + torch.ones(2, device="cuda")


@raises(RuntimeError, TWO_DEVICES)
def a_vector_on_the_cpu_times_a_scalar_on_the_device() -> Any:
    return torch.ones(2) * torch.tensor(2.0, device="cuda")


@gives((ON_DEVICE, [2.0, 2.0]))
def a_cpu_scalar_is_welcome() -> Any:
    x = torch.ones(2, device="cuda") * torch.tensor(2.0)
    return place(x), x.tolist()


@raises(RuntimeError, TWO_DEVICES)
def running_loss_on_the_cpu_in_place() -> Any:
    total = torch.tensor(0.0)
    total += torch.tensor(1.0, device="cuda")
    return total


@gives((ON_DEVICE, 1.0))
def running_loss_from_a_python_number() -> Any:
    total: Any = 0.0
    total += torch.tensor(1.0, device="cuda")
    return place(total), total.item()


@raises(RuntimeError, SAME_DEVICE)
def concatenates_across_devices() -> Any:
    return torch.cat([torch.ones(1), torch.ones(1, device="cuda")])


@raises(RuntimeError, SAME_DEVICE)
def multiplies_matrices_across_devices() -> Any:
    return torch.ones(2, 2) @ torch.ones(2, 2, device="cuda")


@raises(RuntimeError, SAME_DEVICE)
def embedding_with_indices_on_the_cpu() -> Any:
    return nn.Embedding(3, 2).cuda()(torch.tensor([0, 2]))


@gives((ON_DEVICE, [0.0, 2.0]))
def indexes_with_cpu_indices() -> Any:
    x = torch.arange(3.0, device="cuda")[torch.tensor([0, 2])]
    return place(x), x.tolist()


@gives((ON_DEVICE, [2.0]))
def masks_with_a_cpu_mask() -> Any:
    x = torch.arange(3.0, device="cuda")[torch.tensor([False, False, True])]
    return place(x), x.tolist()


@raises(RuntimeError, "indices should be either on cpu or on the same device as the indexed tensor (cpu)")
def indexes_a_cpu_tensor_with_device_indices() -> Any:
    return torch.arange(3.0)[torch.tensor([0, 2], device="cuda")]


@gives([0.0, 9.0, 9.0])
def assigns_through_cpu_indices() -> Any:
    x = torch.zeros(3, device="cuda")
    x[torch.tensor([1, 2])] = 9.0
    return x.tolist()


@raises(RuntimeError, "expected self and mask to be on the same device, but got mask on cpu and self on cuda:0")
def masked_fill_with_a_cpu_mask() -> Any:
    return torch.ones(2, device="cuda").masked_fill(torch.tensor([True, False]), 0.0)


@raises(RuntimeError, SAME_DEVICE)
def gathers_with_cpu_indices() -> Any:
    return torch.ones(2, 2, device="cuda").gather(1, torch.zeros(2, 1, dtype=torch.int64))


@gives((ON_DEVICE, [[0, 1], [1, 0]]))
def one_hot_on_the_device() -> Any:
    x = F.one_hot(torch.tensor([1, 0], device="cuda"))
    return place(x), x.tolist()


@gives([ON_DEVICE] * 6)
def composite_functions_stay_on_the_device() -> Any:
    x = torch.arange(6.0, device="cuda").reshape(2, 3)
    labels = torch.tensor([0, 2], device="cuda")
    made = (
        F.cross_entropy(x, labels, label_smoothing=0.1),
        F.cosine_embedding_loss(x, x, torch.ones(2, device="cuda")),
        nn.utils.rnn.pad_sequence([x[0], x[0, :2]]),
        torch.einsum("ij,kj->ik", x, x),
        F.interpolate(x[None, None], scale_factor=2, mode="bilinear"),
        torch.cdist(x, x),
    )
    return [place(y) for y in made]


@raises(RuntimeError, "assigned grad has data located on a different device")
def assigns_a_gradient_from_elsewhere() -> Any:
    x = torch.zeros(2, device="cuda", requires_grad=True)
    x.grad = torch.ones(2)


# --- Models ---


@gives((ON_DEVICE, ON_DEVICE, ON_DEVICE))
def model_to() -> Any:
    model = net().to("cuda")
    return place(next(model.parameters())), place(model[1].running_mean), place(model(batch()[0].cuda()))


@gives(("cuda:0", torch.float64))
def model_to_where_a_tensor_is() -> Any:
    model = nn.Linear(2, 2).to(torch.zeros(1, device="cuda", dtype=torch.float64))
    return str(model.weight.device), model.weight.dtype


@gives("cuda:0")
def model_to_a_named_tensor() -> Any:
    return str(nn.Linear(2, 2).to(tensor=torch.zeros(1, device="cuda")).bias.device)


@gives(("cuda:0", "cuda:0", "cuda:0"))
def lazy_modules_follow() -> Any:
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(2)).to("cuda")
    result = model(torch.ones(2, 1, 5, 5, device="cuda"))
    return str(result.device), str(model[1].running_mean.device), str(model[3].weight.device)


@gives((True, "cpu"))
def module_to_keeps_parameters() -> Any:
    model = net()
    before = list(model.parameters())
    same = all(a is b for a, b in zip(before, model.cuda().parameters(), strict=True))
    return same, place(next(model.cpu().parameters()))


@raises(RuntimeError, "Input type (torch.FloatTensor) and weight type (torch.cuda.FloatTensor) should be the same")
def batch_not_moved() -> Any:
    return net().cuda()(batch()[0])


@raises(RuntimeError, "Input type (torch.cuda.FloatTensor) and weight type (torch.FloatTensor) should be the same")
def model_not_moved() -> Any:
    return net()(batch()[0].cuda())


@raises(RuntimeError, SAME_DEVICE)
def linear_without_moved_batch() -> Any:
    return nn.Linear(4, 2).cuda()(torch.ones(2, 4))


@raises(RuntimeError, SAME_DEVICE)
def labels_not_moved() -> Any:
    images, labels = batch()
    return F.cross_entropy(net().cuda()(images.cuda()), labels)


@raises(RuntimeError, SAME_DEVICE)
def class_weights_not_moved() -> Any:
    images, labels = batch()
    return nn.CrossEntropyLoss(weight=torch.ones(3))(net().cuda()(images.cuda()), labels.cuda())


@gives(ON_DEVICE)
def criterion_moved_with_its_weights() -> str:
    images, labels = batch()
    criterion = nn.CrossEntropyLoss(weight=torch.ones(3)).cuda()
    return place(criterion(net().cuda()(images.cuda()), labels.cuda()))


@raises(RuntimeError, TWO_DEVICES)
def regression_target_not_moved() -> Any:
    return F.mse_loss(nn.Linear(4, 1).cuda()(torch.ones(2, 4, device="cuda")), torch.ones(2, 1))


@raises(RuntimeError, TWO_DEVICES)
def a_plain_attribute_does_not_move_with_the_model() -> Any:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = torch.ones(3)

        def forward(self, x: Tensor) -> Tensor:
            return x * self.scale

    return Scaled().cuda()(torch.ones(2, 3, device="cuda"))


@gives(ON_DEVICE)
def a_buffer_moves_with_the_model() -> str:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("scale", torch.ones(3))

        def forward(self, x: Tensor) -> Tensor:
            return x * self.scale

    return place(Scaled().cuda()(torch.ones(2, 3, device="cuda")))


@raises(RuntimeError, SAME_DEVICE)
def layers_in_a_plain_list_do_not_move() -> Any:
    class Listed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = [nn.Linear(3, 3)]

        def forward(self, x: Tensor) -> Tensor:
            return self.layers[0](x)

    return Listed().cuda()(torch.ones(2, 3, device="cuda"))


@gives(ON_DEVICE)
def a_layer_made_on_the_device() -> str:
    return place(nn.Conv2d(1, 2, 3, device="cuda")(torch.ones(1, 1, 5, 5, device="cuda")))


@gives((ON_DEVICE, ON_DEVICE))
def lstm() -> Any:
    output, (hidden, _) = nn.LSTM(3, 4, batch_first=True).cuda()(torch.randn(2, 5, 3, device="cuda"))
    output.sum().backward()
    return place(output), place(hidden)


@raises(RuntimeError, "Input and hidden tensors are not at the same device")
def hidden_state_on_the_cpu() -> Any:
    return nn.GRU(3, 4).cuda()(torch.randn(5, 2, 3, device="cuda"), torch.zeros(1, 2, 4))


@raises(RuntimeError, "Input and parameter tensors are not at the same device")
def recurrent_model_not_moved() -> Any:
    return nn.LSTM(3, 4)(torch.randn(5, 2, 3, device="cuda"))


@gives((ON_DEVICE, "cpu", [5, 2]))
def packed_sequences() -> Any:
    x = torch.randn(2, 5, 3, device="cuda")
    packed = pack_padded_sequence(x, torch.tensor([5, 2]), batch_first=True)
    output, lengths = pad_packed_sequence(nn.LSTM(3, 4, batch_first=True).cuda()(packed)[0], batch_first=True)
    return place(output), place(lengths), lengths.tolist()


@raises(RuntimeError, "'lengths' argument should be a 1D CPU int64 tensor, but got 1D cuda:0 Long tensor")
def packed_sequences_with_lengths_on_the_device() -> Any:
    return pack_padded_sequence(
        torch.randn(2, 5, 3, device="cuda"), torch.tensor([5, 2], device="cuda"), batch_first=True
    )


@gives(ON_DEVICE)
def transformer() -> str:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    output = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).cuda()(torch.randn(2, 5, 8, device="cuda"))
    output.mean().backward()
    return place(output)


@gives(ON_DEVICE)
def transformer_in_evaluation() -> str:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).cuda().eval()
    mask = torch.tensor([[False] * 5, [False] * 3 + [True] * 2], device="cuda")
    with torch.inference_mode():
        return place(layer(torch.randn(2, 5, 8, device="cuda"), src_key_padding_mask=mask))


@raises(RuntimeError, SAME_DEVICE)
def attention_with_a_query_on_the_cpu() -> Any:
    attention = nn.MultiheadAttention(8, 2, batch_first=True).cuda()
    x = torch.randn(2, 5, 8, device="cuda")
    return attention(x.cpu(), x, x)


@gives((ON_DEVICE, (2, 9)))
def torchvision_resnet18() -> Any:
    from torchvision.models import resnet18

    model = resnet18(num_classes=9).to("cuda")
    logits = model(torch.randn(2, 3, 32, 32).to("cuda"))
    logits.sum().backward()
    return place(logits), tuple(logits.shape)


@gives((ON_DEVICE, (2, 1, 8, 8)))
def normalised_by_torchvision() -> Any:
    from torchvision.transforms.functional import normalize

    image = normalize(torch.rand(2, 1, 8, 8, device="cuda"), [0.5], [0.5])
    return place(image), tuple(image.shape)


@gives(("cuda:0", True))
def deep_copies_stay() -> Any:
    model = net().cuda()
    twin = copy.deepcopy(model)
    equal = all(torch.equal(a, b) for a, b in zip(model.parameters(), twin.parameters(), strict=True))
    return place(twin[0].weight), equal


@gives((ON_DEVICE, [1.0, 1.0]))
def pickled_tensors_stay() -> Any:
    x = pickle.loads(pickle.dumps(torch.ones(2, device="cuda")))
    return place(x), x.tolist()


@gives(ON_DEVICE)
def functional_call_on_the_device() -> str:
    model = nn.Linear(3, 2)
    weights = {name: value.detach().cuda() for name, value in model.named_parameters()}
    return place(torch.func.functional_call(model, weights, (torch.ones(1, 3, device="cuda"),)))


@gives(ON_DEVICE)
def data_parallel_over_one_device() -> str:
    model = nn.DataParallel(net().cuda())
    return place(model(batch()[0].cuda()))


# --- Training ---


@gives((True, ON_DEVICE))
def trains_with_adam() -> Any:
    model = net().cuda()
    images, labels = (x.cuda() for x in batch())
    optimizer = torch.optim.Adam(model.parameters())
    first = F.cross_entropy(model(images), labels).item()
    train(model, optimizer, images, labels, 5)
    return F.cross_entropy(model(images), labels).item() < first, place(optimizer.state[model[0].weight]["exp_avg"])


@gives("cpu")
def the_step_count_of_adam_is_on_the_cpu() -> str:
    model = nn.Linear(2, 1).cuda()
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 2, device="cuda")).sum().backward()
    optimizer.step()
    return place(optimizer.state[model.weight]["step"])


@gives(True)
def optimizer_built_before_the_move() -> bool:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model.cuda()
    before = model[0].weight.detach().clone()
    train(model, optimizer, *(x.cuda() for x in batch()))
    return not torch.equal(before, model[0].weight)


@raises(RuntimeError, SAME_DEVICE)
def optimizer_with_state_from_before_the_move() -> Any:
    model = net()
    optimizer = torch.optim.Adam(model.parameters())
    train(model, optimizer, *batch())
    return train(model.cuda(), optimizer, *(x.cuda() for x in batch()))


@gives(True)
def optimizer_state_loaded_for_a_moved_model() -> bool:
    model = net()
    optimizer = torch.optim.Adam(model.parameters())
    train(model, optimizer, *batch())
    state = optimizer.state_dict()
    model.cuda()
    optimizer = torch.optim.Adam(model.parameters())
    optimizer.load_state_dict(state)
    return train(model, optimizer, *(x.cuda() for x in batch())) >= 0


@gives(ON_DEVICE)
def clips_gradients() -> str:
    model = net().cuda()
    images, labels = (x.cuda() for x in batch())
    F.cross_entropy(model(images), labels).backward()
    return place(nn.utils.clip_grad_norm_(model.parameters(), 1.0))


@gives(True)
def model_over_two_places() -> bool:
    first, second = nn.Linear(3, 4).cuda(), nn.Linear(4, 2)
    optimizer = torch.optim.Adam([*first.parameters(), *second.parameters()])
    second(F.relu(first(torch.randn(5, 3).cuda())).cpu()).sum().backward()
    optimizer.step()
    return first.weight.grad.is_cuda and not second.weight.grad.is_cuda


@gives(("cuda:0", "cpu"))
def loss_on_the_cpu() -> Any:
    model = nn.LSTM(3, 4).cuda()
    output = model(torch.randn(5, 2, 3, device="cuda"))[0][-1].cpu()
    F.mse_loss(output, torch.zeros(2, 4)).backward()
    return place(model.weight_ih_l0.grad), place(output)


@gives(True)
def an_autograd_function_of_ones_own() -> bool:
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: Tensor) -> Tensor:
            return gradient * torch.full((), 2.0, device=gradient.device)

    x = torch.ones(2, device="cuda", requires_grad=True)
    Double.apply(x).sum().backward()
    return x.grad.is_cuda


@raises(RuntimeError, SAME_DEVICE)
def an_error_in_backward() -> Any:
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: Tensor) -> Tensor:
            return gradient * torch.ones(2)

    x = torch.ones(2, device="cuda", requires_grad=True)
    Wrong.apply(x).sum().backward()


@gives((True, ON_DEVICE))
def fused_optimizer() -> Any:
    model = nn.Linear(2, 1).cuda()
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    model(torch.ones(1, 2, device="cuda")).sum().backward()
    optimizer.step()
    step = optimizer.state[model.weight]["step"]
    return step.item() == 1, place(step)


# --- Loading data ---


@gives((["cpu", ON_DEVICE], 8))
def loader_and_move() -> Any:
    loader = DataLoader(TensorDataset(*batch(8)), batch_size=4)
    places = {place(x) for images, _ in loader for x in (images, images.to("cuda"))}
    return sorted(places), sum(len(images) for images, _ in loader)


@gives([True, True])
def pinned_loader() -> Any:
    loader = DataLoader(TensorDataset(*batch(8)), batch_size=4, pin_memory=True)
    return [images.is_pinned() and images.to("cuda", non_blocking=True).is_cuda for images, _ in loader]


@gives([True, True])
def pinned_loader_with_workers() -> Any:
    loader = DataLoader(TensorDataset(*batch(8)), batch_size=4, pin_memory=True, num_workers=2)
    return [images.is_pinned() and images.to("cuda", non_blocking=True).is_cuda for images, _ in loader]


class MovesItsItems(Dataset):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> Tensor:
        return torch.ones(2).to("cuda")


@raises(RuntimeError, "Cannot re-initialize CUDA in forked subprocess")
def dataset_that_moves_in_a_worker() -> Any:
    torch.ones(1).cuda()
    return list(DataLoader(MovesItsItems(), num_workers=1, multiprocessing_context="fork"))


@gives(ON_DEVICE)
def dataset_that_moves() -> str:
    return place(next(iter(DataLoader(MovesItsItems(), batch_size=2))))


@raises(RuntimeError, "cannot pin 'torch.cuda.FloatTensor' only dense CPU tensors can be pinned")
def pins_a_device_tensor() -> Any:
    return torch.ones(1, device="cuda").pin_memory()


@gives([ON_DEVICE] * 2)
def moves_in_a_thread() -> Any:
    with ThreadPoolExecutor(2) as pool:
        return [place(x) for x in pool.map(lambda x: x.cuda() + torch.ones(1, device="cuda"), [torch.ones(1)] * 2)]


# --- Saving and loading ---


def saved(value: Any) -> io.BytesIO:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    buffer.seek(0)
    return buffer


@gives(ON_DEVICE)
def loads_where_it_was_saved() -> str:
    return place(torch.load(saved(torch.ones(2, device="cuda"))))


@gives(["cpu", ON_DEVICE, "cpu"])
def map_location() -> Any:
    on_device, on_cpu = torch.ones(2, device="cuda"), torch.ones(2)
    loaded = (
        torch.load(saved(on_device), map_location="cpu"),
        torch.load(saved(on_cpu), map_location=torch.device("cuda")),
        torch.load(saved(on_device), map_location=lambda storage, location: storage),
    )
    return [place(x) for x in loaded]


@gives((ON_DEVICE, True))
def state_dict_round_trip() -> Any:
    model = net().cuda()
    twin = net().cuda()
    twin.load_state_dict(torch.load(saved(model.state_dict()), map_location="cpu"))
    return place(twin[0].weight), torch.equal(twin[0].weight, model[0].weight)


@gives((ON_DEVICE, ["cpu"]))
def state_dict_kept_on_the_cpu() -> Any:
    model = net().cuda()
    kept = {name: value.cpu() for name, value in model.state_dict().items()}
    model.load_state_dict(kept)
    return place(model[0].weight), sorted({place(value) for value in kept.values()})


# --- Random numbers ---


@gives((True, ON_DEVICE))
def a_generator_on_the_device() -> Any:
    draws = [torch.rand(3, device="cuda", generator=torch.Generator(device="cuda").manual_seed(1)) for _ in range(2)]
    return torch.equal(*draws), place(draws[0])


@raises(RuntimeError, "Expected a 'cuda' device type for generator but found 'cpu'")
def a_cpu_generator_for_the_device() -> Any:
    return torch.rand(3, device="cuda", generator=torch.Generator())


@raises(RuntimeError, "Expected a 'cpu' device type for generator but found 'cuda'")
def a_device_generator_for_the_cpu() -> Any:
    return torch.randperm(3, generator=torch.Generator(device="cuda"))


@gives((ON_DEVICE, True))
def a_generator_imported_by_name() -> Any:
    generator = imported_generator(device="cuda")
    return str(generator.device), isinstance(generator, torch.Generator)


@gives(True)
def one_seed_for_both() -> bool:
    draws = []
    for _ in range(2):
        torch.manual_seed(5)
        draws.append(torch.cat([torch.rand(2), torch.rand(2, device="cuda").cpu()]))
    return torch.equal(*draws)


@gives(True)
def the_device_has_random_numbers_of_its_own() -> bool:
    before = torch.get_rng_state()
    F.dropout(torch.rand(8, device="cuda"))
    return torch.equal(before, torch.get_rng_state())


@gives(True)
def the_random_state_of_the_device_can_be_restored() -> bool:
    state = torch.cuda.get_rng_state()
    first = torch.rand(2, device="cuda")
    torch.cuda.set_rng_state(state)
    return torch.equal(first, torch.rand(2, device="cuda"))


# --- Mixed precision ---


@gives(["torch.float16", "torch.float32", "torch.float32"])
def autocast() -> Any:
    model = nn.Linear(4, 3).cuda()
    with torch.autocast("cuda"):
        logits = model(torch.ones(2, 4, device="cuda"))
        loss = F.cross_entropy(logits, torch.tensor([0, 2], device="cuda"))
    return [str(x.dtype) for x in (logits, loss, model.weight)]


@gives(["torch.bfloat16", "torch.float32", "torch.float32"])
def autocast_in_bfloat16() -> Any:
    model = nn.Conv2d(1, 2, 3).cuda()
    with torch.autocast(device_type="cuda", dtype=torch.bfloat16):
        output = model(torch.ones(1, 1, 5, 5, device="cuda"))
        probabilities = output.softmax(1)
        outside = nn.Linear(2, 2)(torch.ones(1, 2))
    return [str(x.dtype) for x in (output, probabilities, outside)]


@gives((True, ["torch.float32"]))
def gradient_scaler() -> Any:
    model = nn.Linear(4, 1).cuda()
    optimizer, scaler = torch.optim.SGD(model.parameters(), lr=0.1), torch.amp.GradScaler("cuda", init_scale=16)
    before = model.weight.detach().clone()
    with torch.autocast("cuda"):
        loss = F.mse_loss(model(torch.ones(2, 4, device="cuda")), torch.full((2, 1), 9.0, device="cuda"))
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    return not torch.equal(before, model.weight), sorted({str(p.grad.dtype) for p in model.parameters()})


@raises(RuntimeError, "unsafe to autocast")
def binary_cross_entropy_under_autocast() -> Any:
    with torch.autocast("cuda"):
        return F.binary_cross_entropy(torch.full((2,), 0.5, device="cuda"), torch.ones(2, device="cuda"))


# --- The runtime ---


@gives((True, 1, 0, True, "cuda"))
def knows_the_device() -> Any:
    return (
        torch.cuda.is_available(),
        torch.cuda.device_count(),
        torch.cuda.current_device(),
        isinstance(torch.cuda.get_device_name(0), str),
        torch.accelerator.current_accelerator().type,
    )


@raises(AssertionError, "Invalid device id")
def name_of_a_device_that_is_not_there() -> Any:
    return torch.cuda.get_device_name(3)


@gives((True, True, True))
def memory_and_synchronisation() -> Any:
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    free, total = torch.cuda.mem_get_info()
    return torch.cuda.memory_allocated() >= 0, torch.cuda.max_memory_allocated() >= 0, 0 < free <= total


@gives(True)
def timed_with_events() -> bool:
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    torch.ones(2, device="cuda").sum()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) >= 0


@gives(ON_DEVICE)
def works_in_a_stream() -> str:
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream), torch.cuda.device(0):
        x = torch.ones(2, device="cuda") * 2
    torch.cuda.current_stream().wait_stream(stream)
    return place(x)


@gives((ON_DEVICE, True))
def legacy_types() -> Any:
    x = torch.ones(2).type("torch.cuda.FloatTensor")
    return place(x), isinstance(x, torch.cuda.FloatTensor)


@gives(("cuda", ON_DEVICE))
def the_usual_idiom() -> Any:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return device.type, place(nn.Linear(2, 1).to(device)(torch.ones(1, 2).to(device)))


@gives((ON_DEVICE, [[0.0, 1.0], [1.0, 0.0]]))
def sparse_tensors() -> Any:
    x = torch.eye(2, device="cuda").flip(0).to_sparse()
    return place(x), (x @ torch.eye(2, device="cuda")).tolist()


@gives((ON_DEVICE, [[3.0], [3.0]]))
def vmap_on_the_device() -> Any:
    x = torch.func.vmap(lambda row: row.sum(0, keepdim=True))(torch.ones(2, 3, device="cuda"))
    return place(x), x.tolist()


# --- A machine without a device ---

NO_DEVICE = "No CUDA GPUs are available"


@gives((False, 0, False), WITHOUT_DEVICE)
def knows_that_there_is_none() -> Any:
    return torch.cuda.is_available(), torch.cuda.device_count(), torch.accelerator.is_available()


@gives("cpu", WITHOUT_DEVICE)
def the_usual_idiom_falls_back() -> str:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return place(net().to(device)(batch()[0].to(device)))


@raises(RuntimeError, NO_DEVICE, WITHOUT_DEVICE)
def cuda_without_a_device() -> Any:
    return torch.ones(1).cuda()


@raises(RuntimeError, NO_DEVICE, WITHOUT_DEVICE)
def to_cuda_without_a_device() -> Any:
    return torch.ones(1).to("cuda")


@raises(RuntimeError, NO_DEVICE, WITHOUT_DEVICE)
def model_to_cuda_without_a_device() -> Any:
    return net().cuda()


@raises(RuntimeError, NO_DEVICE, WITHOUT_DEVICE)
def factory_without_a_device() -> Any:
    return torch.zeros(1, device="cuda")


@raises(RuntimeError, NO_DEVICE, WITHOUT_DEVICE)
def current_device_without_a_device() -> Any:
    return torch.cuda.current_device()


@raises(RuntimeError, NO_DEVICE, WITHOUT_DEVICE)
def generator_without_a_device() -> Any:
    return torch.Generator(device="cuda")


@gives(None, WITHOUT_DEVICE)
def seeding_needs_no_device() -> None:
    torch.manual_seed(0)
    torch.cuda.manual_seed_all(0)


@gives(2, WITHOUT_DEVICE)
def pinned_loader_without_a_device() -> int:
    return len(list(DataLoader(TensorDataset(*batch(8)), batch_size=4, pin_memory=True)))


@gives("torch.float32", WITHOUT_DEVICE)
def autocast_without_a_device() -> str:
    with torch.autocast("cuda"):
        return str(nn.Linear(2, 2)(torch.ones(1, 2)).dtype)
