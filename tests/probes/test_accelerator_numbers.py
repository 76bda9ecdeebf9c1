"""Programs that run on the CPU give the same numbers on the simulated device: nothing right is refused there.

Each function takes a device and returns tensors or numbers; it runs once plainly on the CPU and once simulated.
"""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from grader.probes.accelerator import simulated

FUNCTIONS: list[Callable[[Any], Any]] = []


def same(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    FUNCTIONS.append(function)
    return function


def table() -> Tensor:
    return torch.linspace(-2, 2, 30).reshape(6, 5).sin()


def images() -> Tensor:
    return torch.linspace(-1, 1, 4 * 3 * 16 * 16).reshape(4, 3, 16, 16).cos()


def classes() -> Tensor:
    return torch.tensor([0, 1, 2, 1, 0, 4])


@same
def element_wise(device: Any) -> Any:
    x = table().to(device)
    bounds = torch.zeros(5, device=device), torch.ones(5, device=device)
    return (
        x.clamp(*bounds),
        torch.lerp(x, x * 2, 0.5),
        torch.addcmul(x, x, x),
        x.half().float(),
        torch.where(x > 0, x, 0.0),
    )


@same
def reductions(device: Any) -> Any:
    x = table().to(device)
    values, positions = x.max(1)
    return x.sum(), x.mean(0), x.var(1), values, positions, x.median(), x.norm(), torch.quantile(x, 0.3), x.cumsum(0)


@same
def shapes(device: Any) -> Any:
    x = table().to(device)
    parts = [*x.unbind(), *x.chunk(2), *x.tensor_split(3), torch.stack([x, x]), torch.cat([x, x]), x.flip(0), x.roll(1)]
    return [*parts, x.repeat(2, 1), x.repeat_interleave(2, 0), x.T.contiguous(), x.unfold(0, 2, 1), x[None, ..., 0]]


@same
def selections(device: Any) -> Any:
    x, y = table().to(device), classes().to(device)
    row = torch.arange(6, device=device)
    return x[row, y % 5], x.gather(1, y[:, None] % 5), x.topk(2), x.sort(0), x[x > 0], x.argmax(1), torch.nonzero(x > 0)


@same
def assignments(device: Any) -> Any:
    x = table().to(device).clone()
    x[0] = 1
    x[1, :] = torch.arange(5.0)
    x[x > 0.5] = 0.0
    x[[2, 3]] = 5
    x[4:6] = torch.ones(2, 5)
    return x


@same
def counting(device: Any) -> Any:
    y, z = classes().to(device), torch.tensor([0, 1, 1, 1, 0, 4]).to(device)
    confusion = torch.bincount(y * 5 + z, minlength=25).reshape(5, 5)
    added = torch.zeros(5, 5, device=device).index_put_((y, z), torch.ones(6, device=device), accumulate=True)
    return confusion, added, torch.unique(y, return_counts=True), F.one_hot(y, 5), torch.histc(table().to(device), 5)


@same
def a_confusion_matrix_on_the_cpu(device: Any) -> Any:
    confusion = torch.zeros(5, 5, dtype=torch.int64)
    for label, prediction in zip(classes().to(device), classes().to(device), strict=True):
        confusion[label, prediction] += 1
    return confusion


@same
def losses(device: Any) -> Any:
    x, y, t = table().to(device).requires_grad_(), classes().to(device), table().sigmoid().to(device)
    values = [
        F.cross_entropy(x, y, weight=torch.ones(5).to(device), label_smoothing=0.1, ignore_index=4),
        F.nll_loss(x.log_softmax(1), y),
        F.binary_cross_entropy_with_logits(x, t.round(), pos_weight=torch.ones(5, device=device)),
        F.binary_cross_entropy(x.sigmoid(), t),
        F.mse_loss(x, t),
        F.smooth_l1_loss(x, t),
        F.huber_loss(x, t),
        F.kl_div(x.log_softmax(1), t.softmax(1), reduction="batchmean"),
        F.triplet_margin_loss(x, t, t * 2),
        F.cosine_embedding_loss(x, t, torch.ones(6, device=device)),
        F.ctc_loss(x[:, None].log_softmax(2), torch.tensor([[1, 2]]).to(device), torch.tensor([6]), torch.tensor([2])),
    ]
    torch.stack(values).sum().backward()
    return *values, x.grad


@same
def convolutions(device: Any) -> Any:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.ConvTranspose2d(4, 2, 2, 2))
    model.to(device)
    output = model(images().to(device))
    output.sum().backward()
    return output, *(p.grad for p in model.parameters())


@same
def padding_and_sampling(device: Any) -> Any:
    x = images().to(device)
    grid = F.affine_grid(torch.eye(2, 3, device=device).repeat(4, 1, 1), (4, 3, 8, 8), align_corners=False)
    resized = F.interpolate(x, size=(7, 9), mode="bilinear", align_corners=False)
    return (
        F.pad(x, (1, 2, 0, 1)),
        resized,
        F.grid_sample(x, grid, align_corners=False),
        F.unfold(x, 3),
        F.avg_pool2d(x, 2),
    )


@same
def normalisations(device: Any) -> Any:
    layers = nn.BatchNorm2d(3), nn.GroupNorm(3, 3), nn.InstanceNorm2d(3, affine=True), nn.LayerNorm(16)
    outputs = [layer.to(device)(images().to(device)) for layer in layers]
    return *outputs, layers[0].running_mean, layers[0].num_batches_tracked


@same
def recurrent(device: Any) -> Any:
    torch.manual_seed(0)
    model = nn.LSTM(5, 3, 2, batch_first=True, bidirectional=True).to(device)
    packed = pack_padded_sequence(
        table().reshape(3, 2, 5).to(device), [2, 1, 2], batch_first=True, enforce_sorted=False
    )
    output, lengths = pad_packed_sequence(model(packed)[0], batch_first=True)
    output.sum().backward()
    mask = torch.arange(2, device=device)[None] < lengths.to(device)[:, None]
    return output, lengths, mask, *(p.grad for p in model.parameters())


@same
def attention(device: Any) -> Any:
    torch.manual_seed(0)
    layer = nn.MultiheadAttention(4, 2, add_bias_kv=True, add_zero_attn=True, batch_first=True).to(device)
    x = table()[:, :4].reshape(2, 3, 4).to(device)
    mask = torch.triu(torch.ones(3, 3, device=device), 1).bool()
    return layer(x, x, x, attn_mask=mask), F.scaled_dot_product_attention(x, x, x, is_causal=True)


OPTIMIZERS = (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop, torch.optim.Adagrad)


@same
def optimizers(device: Any) -> Any:
    found = []
    for kind in OPTIMIZERS:
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 1)).to(device)
        optimizer = kind(model.parameters(), lr=0.01)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
        for _ in range(3):
            optimizer.zero_grad()
            model(table().to(device)).pow(2).mean().backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
        found += [p.detach() for p in model.parameters()]
    return found


@same
def averages_of_weights(device: Any) -> Any:
    torch.manual_seed(0)
    model = nn.Linear(5, 2).to(device)
    average = torch.optim.swa_utils.AveragedModel(model)
    moving = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        model.weight += 1
    average.update_parameters(model)
    for name, value in model.state_dict().items():
        moving[name].mul_(0.9).add_(value, alpha=0.1)
    return *average.parameters(), *moving.values()


@same
def a_class_activation_map(device: Any) -> Any:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    model.to(device).eval()
    seen: dict[str, Tensor] = {}
    model[0].register_forward_hook(lambda module, inputs, output: seen.update(activation=output))
    model[0].register_full_backward_hook(lambda module, inputs, outputs: seen.update(gradient=outputs[0]))
    model(images().to(device))[:, 1].sum().backward()
    heatmap = F.relu((seen["activation"] * seen["gradient"].mean((2, 3), keepdim=True)).sum(1))
    return heatmap / heatmap.max()


@same
def second_derivatives_across_the_border(device: Any) -> Any:
    w = torch.ones(5, requires_grad=True)
    there = (table().to(device) * w.to(device)).cpu()
    (gradient,) = torch.autograd.grad((there**3).sum(), w, create_graph=True)
    gradient.sum().backward()
    return w.grad


@same
def functional_transforms(device: Any) -> Any:
    x = table().to(device)
    cube = lambda z: (z**3).sum()  # noqa: E731  shorter than three functions
    per_row = torch.func.vmap(torch.func.grad(cube))(x)
    return torch.func.grad(cube)(x), per_row, torch.func.hessian(cube)(x[0]), torch.func.jacrev(torch.sin)(x[0])


@same
def checkpoints_and_parametrisations(device: Any) -> Any:
    from torch.utils.checkpoint import checkpoint

    torch.manual_seed(0)
    model = nn.utils.parametrizations.weight_norm(nn.Linear(5, 3)).to(device)
    x = table().to(device).clone().requires_grad_()
    checkpoint(model, x, use_reentrant=False).sum().backward()
    checkpoint(model, x, use_reentrant=True).sum().backward()
    return x.grad, model.weight, *(p.grad for p in model.parameters())


@same
def linear_algebra(device: Any) -> Any:
    x = table().to(device)
    gram = x.T @ x + torch.eye(5, device=device)
    parts = torch.linalg.solve(gram, torch.ones(5, device=device)), torch.linalg.inv(gram), torch.linalg.norm(x)
    return *parts, torch.fft.rfft(x).abs(), torch.cov(x), torch.einsum("ij,kj->ik", x, x), torch.kron(x[:2], x[:2])


@same
def distributions(device: Any) -> Any:
    normal = torch.distributions.Normal(torch.zeros(3, device=device), torch.ones(3, device=device))
    return normal.log_prob(torch.ones(3, device=device)), torch.distributions.Categorical(
        logits=table().to(device)
    ).entropy()


@same
def models_that_start_without_memory(device: Any) -> Any:
    with torch.device("meta"):
        model = nn.Linear(5, 2)
    model = model.to_empty(device=device)
    nn.init.ones_(model.weight)
    nn.init.zeros_(model.bias)
    return model(table().to(device))


@same
def torchvision_functions(device: Any) -> Any:
    from torchvision.transforms import functional

    x = images().sigmoid().to(device)
    changed = functional.rotate(x, 30), functional.resize(x, [8, 8]), functional.adjust_contrast(x, 1.2)
    return *changed, functional.gaussian_blur(x, 3), functional.normalize(x, [0.5] * 3, [0.5] * 3)


@same
def deep_copies_of_ensembles(device: Any) -> Any:
    torch.manual_seed(0)
    models = [nn.Linear(5, 2).to(device) for _ in range(3)]
    parameters, buffers = torch.func.stack_module_state(models)
    base = copy.deepcopy(models[0])

    def call(weights: Any, statistics: Any) -> Tensor:
        return torch.func.functional_call(base, (weights, statistics), (table().to(device),))

    return torch.func.vmap(call)(parameters, buffers)


def flat(values: Any) -> list[Any]:
    """Every tensor, brought to the CPU, and every number in nested results."""
    if isinstance(values, Tensor):
        return [values.detach().cpu()]
    if isinstance(values, (list, tuple)):
        return [item for value in values for item in flat(value)]
    return [values]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_same_numbers(function: Callable[[Any], Any]) -> None:
    expected = flat(function("cpu"))
    with simulated():
        found = flat(function("cuda"))
    assert len(found) == len(expected) > 0
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-7)
