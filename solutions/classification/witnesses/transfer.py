"""What transfer.py must do, shown without the suite."""

import contextlib
import copy
import io
import random
import urllib.request
from collections import OrderedDict
from unittest import mock

import numpy as np
import torch
import torchvision
from torch import nn


class _Network(nn.Module):
    """A network with a head of its own width."""

    def __init__(self, width, classes):
        super().__init__()
        self.conv, self.norm, self.fc = nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.Linear(width, classes)

    def forward(self, images):
        return self.fc(self.norm(self.conv(images)).mean((2, 3)))


def _trainable(model):
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def _copied(state):
    return {name: value.clone() for name, value in state.items()}


def _changed(before, after):
    return [name for name in before if not torch.equal(before[name], after[name])]


def _weights():
    """Of torchvision's resnet18, with statistics that are not those of a new network."""
    state = torchvision.models.resnet18().state_dict()
    for name, value in state.items():
        if name.endswith(("running_mean", "running_var")):
            value.uniform_(0.5, 1.5)
    return state


def freezing(program):
    """No parameter at any depth requires a gradient afterwards; values and modes stay."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4)))
    model.extra, model.fc = nn.Parameter(torch.zeros(3)), nn.Linear(4, 2)
    model[0].bias.requires_grad_(False)
    for training in (True, False):
        model.train(training)
        before = _copied(model.state_dict())
        program.transfer.freeze(model)
        assert not _trainable(model), f"{sorted(_trainable(model))} are trainable"
        assert all(module.training == training for module in model.modules()), "modes changed"
        assert not _changed(before, model.state_dict()), "values changed"
        model.requires_grad_(True)


def a_new_head(program):
    """The head takes the old one's inputs, is random and trainable; nothing else changes."""
    for width, old, new in ((20, 1000, 9), (7, 4, 2), (7, 4, 4), (6, 3, 5)):
        for frozen in (False, True):
            model = _Network(width, old).requires_grad_(not frozen).eval()
            before, was, head = _copied(model.state_dict()), _trainable(model), model.fc
            assert program.transfer.replace_head(model, new) is model, "not the same model"
            assert isinstance(model.fc, nn.Linear), type(model.fc)
            assert model.fc is not head, "the same head"
            assert tuple(model.fc.weight.shape) == (new, width), tuple(model.fc.weight.shape)
            assert tuple(model(torch.zeros(2, 3, 5, 5)).shape) == (2, new), "the output's width"
            assert _trainable(model) == was | {"fc.weight", "fc.bias"}, _trainable(model)
            model.fc = head
            after = model.state_dict()
            assert not _changed(before, after), "more than the head changed"
    model = _Network(6, 3)
    model.other = nn.Linear(5, 5)
    program.transfer.replace_head(model, 2)
    assert tuple(model.other.weight.shape) == (5, 5), "another layer was replaced"


def a_random_head(program):
    """The new head's weights are drawn, differ from the old one's, and are others every time."""
    model = _Network(6, 4)
    weights = [model.fc.weight.detach().clone()]
    for _ in range(2):
        weights.append(program.transfer.replace_head(model, 4).fc.weight.detach().clone())
        assert len(weights[-1].unique()) > 20, "not random"
    for one in range(3):
        for other in range(one):
            assert (weights[one] == weights[other]).sum() < 3, "the same weights"
    before = np.random.get_state()[1].copy(), np.random.get_state()[2]
    program.transfer.replace_head(model, 4)
    after = np.random.get_state()[1], np.random.get_state()[2]
    assert np.array_equal(before[0], after[0]), "NumPy's generator was seeded or drawn from"
    assert before[1] == after[1], "NumPy's generator was drawn from"


def pretrained_weights(program):
    """The weights are in their places but for a new head; the head alone or everything is trainable."""
    state = _weights()
    given = _copied(state)
    for feature_extract in (True, False):
        for classes in (9, 1000):
            model = program.transfer.build_finetune_model(classes, state, feature_extract)
            own = model.state_dict()
            assert list(own) == list(given), "not torchvision's resnet18"
            assert tuple(own["fc.weight"].shape) == (classes, 512), tuple(own["fc.weight"].shape)
            wrong = [name for name in given if not name.startswith("fc.") and not torch.equal(own[name], given[name])]
            assert not wrong, f"{len(wrong)} tensors are not those given, {wrong[0]}"
            assert classes != 1000 or not torch.equal(own["fc.weight"], given["fc.weight"]), "the old head"
            wanted = {"fc.weight", "fc.bias"} if feature_extract else {name for name, _ in model.named_parameters()}
            assert _trainable(model) == wanted, f"feature_extract={feature_extract}: {len(_trainable(model))} trainable"
            reference, images = torchvision.models.resnet18(num_classes=classes), torch.randn(6, 3, 64, 64)
            reference.load_state_dict(own)
            model = copy.deepcopy(model)
            with torch.no_grad():
                wanted, found = reference.train()(images), model.train()(images)
            assert (found - wanted).abs().max() < 1e-3 * wanted.abs().max(), "another network"


def state_dict_is_not_changed(program):
    """The caller's state dict keeps its keys and values, also when the model is trained."""
    state = _weights()
    given = _copied(state)
    for feature_extract in (True, False):
        model = program.transfer.build_finetune_model(5, state, feature_extract)
        with torch.no_grad():
            for tensor in (*model.parameters(), *model.buffers()):
                tensor.add_(1)
        assert list(state) == list(given), "its keys changed"
        assert not _changed(given, state), "its values changed"


def random_weights(program):
    """Without a state dict the weights are drawn, each time anew; the rest is as with one."""
    one = program.transfer.build_finetune_model(4, None, False)
    other = program.transfer.build_finetune_model(4, None, True)
    assert not torch.equal(one.conv1.weight, other.conv1.weight), "the same weights twice"
    assert tuple(one.fc.weight.shape) == (4, 512), tuple(one.fc.weight.shape)
    assert len(_trainable(one)) == 62, len(_trainable(one))
    assert _trainable(other) == {"fc.weight", "fc.bias"}, _trainable(other)


def loading_is_strict(program):
    """A state dict that does not fit is an error."""
    state = torchvision.models.resnet18().state_dict()
    for what, damaged in {
        "a weight is missing": {name: value for name, value in state.items() if name != "layer1.0.conv1.weight"},
        "a statistic is missing": {name: value for name, value in state.items() if name != "layer4.1.bn2.running_mean"},
        "the head is missing": {name: value for name, value in state.items() if not name.startswith("fc.")},
        "a key is unexpected": {**state, "layer5.weight": torch.zeros(1)},
        "the head has 9 classes": {**state, "fc.weight": torch.zeros(9, 512), "fc.bias": torch.zeros(9)},
        "conv1 has one channel": {**state, "conv1.weight": torch.zeros(64, 1, 7, 7)},
        "keys have a prefix": {f"module.{name}": value for name, value in state.items()},
        "there is nothing": {},
    }.items():
        try:
            program.transfer.build_finetune_model(9, damaged, False)
        except Exception:
            continue
        raise AssertionError(f"no error where {what}")


def nothing_is_downloaded(program):
    """No weights come from the internet."""

    def refused(*args, **options):
        raise AssertionError("something is downloaded")

    state = torchvision.models.resnet18().state_dict()
    with (
        mock.patch.object(urllib.request, "urlopen", refused),
        mock.patch.object(torch.hub, "load_state_dict_from_url", refused),
        mock.patch.object(torch.hub, "download_url_to_file", refused),
        mock.patch.object(torchvision.models._api, "load_state_dict_from_url", refused),
    ):
        program.transfer.build_finetune_model(3, None, False)
        program.transfer.build_finetune_model(3, state, True)


def an_optimizer_of_what_is_trainable(program):
    """SGD over exactly the trainable parameters, which it leaves as they are."""
    for frozen in ((), (0, 3), (1, 2, 4), (0, 1, 2, 3)):
        layers = {"conv1": nn.Linear(3, 4), "bn1": nn.BatchNorm1d(4), "fc": nn.Linear(4, 2)}
        model = nn.Sequential(OrderedDict(layers))
        parameters = list(model.parameters())
        for number in frozen:
            parameters[number].requires_grad_(False)
        wanted = [parameter for parameter in parameters if parameter.requires_grad]
        optimizer = program.transfer.make_optimizer(model)
        assert isinstance(optimizer, torch.optim.SGD), type(optimizer)
        taken = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        assert [p.requires_grad for p in parameters].count(False) == len(frozen), "what is trainable changed"
        assert len(taken) == len(wanted), f"{len(taken)} parameters instead of {len(wanted)}"
        assert {id(parameter) for parameter in taken} == {id(parameter) for parameter in wanted}, "other parameters"
    tied = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    tied[1].weight = tied[0].weight
    taken = [p for group in program.transfer.make_optimizer(tied).param_groups for p in group["params"]]
    assert len(taken) == 3, f"{len(taken)} parameters of two layers that share their weight"


def sgd_with_momentum(program):
    """Steps are those of SGD with the rate and momentum given, 0.001 and 0.9 by default, and nothing else."""
    for options in ({}, {"lr": 0.25, "momentum": 0.5}, {"lr": 0.5, "momentum": 0.0}):
        lr, momentum = options.get("lr", 0.001), options.get("momentum", 0.9)
        model = nn.Linear(3, 2)
        optimizer = program.transfer.make_optimizer(model, **options)
        weight, velocity = model.weight.detach().double().clone(), torch.zeros(2, 3, dtype=torch.float64)
        for _ in range(4):
            gradient = torch.randn(2, 3)
            model.weight.grad, model.bias.grad = gradient.clone(), torch.zeros(2)
            optimizer.step()
            velocity = momentum * velocity + gradient
            weight = weight - lr * velocity
            difference = (model.weight.detach() - weight).abs().max()
            assert difference < 1e-6, f"{options}: off by {difference:.2g}"


class _OwnNorm(nn.BatchNorm2d):
    """A batch norm of another name."""


def modes_of_all_layers(program):
    """Training mode but for batch norm, of any dimension at any depth, whose parameters are all frozen."""
    inner = nn.Sequential(nn.BatchNorm2d(4), nn.ReLU(), nn.Sequential(nn.BatchNorm1d(4), nn.BatchNorm3d(4)))
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), inner, nn.BatchNorm2d(4))
    model.extend([nn.BatchNorm2d(4), _OwnNorm(4), nn.LayerNorm(4), nn.GroupNorm(2, 4)])
    model.extend([nn.InstanceNorm2d(4, affine=True, track_running_stats=True), nn.Linear(4, 2)])
    model.requires_grad_(False)
    for parameter in (*inner[0].parameters(), model[4].weight, model[5].bias):
        parameter.requires_grad_(True)
    frozen = [model[1], *inner[2], model[6]]
    for training in (True, False):
        model.train(training)
        program.transfer.set_train_mode(model)
        for name, module in model.named_modules():
            wanted = all(module is not norm for norm in frozen)
            assert module.training == wanted, f"{name} {type(module).__name__}: training is {module.training}"
    assert len(_trainable(model)) == 4, "what is trainable changed"
    program.transfer.set_train_mode(model.requires_grad_(True))
    assert all(module.training for module in model.modules()), "a trainable model is not in training mode"
    norm = nn.BatchNorm2d(3).requires_grad_(False)
    program.transfer.set_train_mode(norm)
    assert not norm.training, "a frozen batch norm that is the model itself is in training mode"


def statistics_of_frozen_layers(program):
    """After set_train_mode a pass moves the statistics of trainable batch norm alone."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4))
    model[:2].requires_grad_(False)
    before = _copied(model.state_dict())
    program.transfer.set_train_mode(model)
    model(torch.randn(4, 3, 9, 9) * 3 + 2)
    moved = _changed(before, model.state_dict())
    assert moved == ["4.running_mean", "4.running_var", "4.num_batches_tracked"], moved


def no_global_seed(program):
    """What is drawn afterwards still depends on the seeds from before."""
    drawn = []
    for seed in (1, 2):
        torch.manual_seed(seed), np.random.seed(seed), random.seed(seed)
        model = program.transfer.build_finetune_model(3, None, True)
        program.transfer.make_optimizer(program.transfer.replace_head(model, 2))
        program.transfer.freeze(model)
        program.transfer.set_train_mode(model)
        drawn.append((torch.rand(1).item(), np.random.rand(), random.random()))
    assert all(one != other for one, other in zip(*drawn, strict=True)), "a global seed is set"


def the_device_is_the_callers(program):
    """The model is made on the CPU, though there seems to be a GPU."""
    with mock.patch.object(torch.cuda, "is_available", return_value=True):
        model = program.transfer.build_finetune_model(3, None, True)
        assert {parameter.device.type for parameter in model.parameters()} == {"cpu"}


def a_quiet_import(program):
    """Importing the module prints nothing, draws nothing and sets no seed."""
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        _ = program.transfer
    assert printed.getvalue() == "", printed.getvalue()
    assert torch.rand(1) == expected, "it draws random numbers or sets a seed"
