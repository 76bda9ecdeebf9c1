"""What training.py must do, shown without the suite."""

import contextlib
import io
from unittest import mock

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset


def _data(count, features=4, classes=3):
    return torch.randn(count, features), torch.randint(classes, (count,))


def _batches(images, labels, *sizes):
    """A loader that is a list; batches of these sizes, or of this size."""
    cut = sizes[0] if len(sizes) == 1 else list(sizes)
    return list(zip(images.split(cut), labels.split(cut), strict=True))


def _copy_of(model):
    with torch.random.fork_rng():
        copy = nn.Linear(model.in_features, model.out_features)
    copy.load_state_dict(model.state_dict())
    return copy


def _sgd(model, lr=0.1, momentum=0.0):
    return torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)


def _close(one, other, tolerance=1e-5):
    return abs(one - other) < tolerance


# train_one_epoch


def loss_per_sample(program):
    """The loss is a Python float: the mean over all samples of what the criterion gave before each step."""
    images, labels = _data(11)
    for sizes in ((4, 4, 3), (5, 5, 1), (11,), (2, 9)):
        for smoothing in (0.0, 0.2):
            model, given = nn.Linear(4, 3), []

            def criterion(logits, targets, smoothing=smoothing, given=given):
                given.append(cross_entropy(logits, targets, label_smoothing=smoothing))
                return given[-1]

            loader = _batches(images, labels, *sizes)
            loss = program.training.train_one_epoch(model, loader, criterion, _sgd(model, 0.3), "cpu")
            assert isinstance(loss, float), type(loss)
            assert len(given) == len(sizes), f"{len(given)} batches instead of {len(sizes)}"
            wanted = sum(value.item() * size for value, size in zip(given, sizes, strict=True)) / 11
            assert _close(loss, wanted), f"batches of {sizes}: {loss:.5f} instead of {wanted:.5f}"


def loss_of_the_samples_seen(program):
    """The mean is over the samples that the loader gave, also where it drops its last batch."""
    images, labels = _data(11)
    model = nn.Linear(4, 3)
    loader = DataLoader(TensorDataset(images, labels), batch_size=4, drop_last=True)
    loss = program.training.train_one_epoch(model, loader, nn.CrossEntropyLoss(), _sgd(model, 0.0), "cpu")
    assert _close(loss, cross_entropy(model(images[:8]), labels[:8]).item()), loss


def labels_of_any_kind(program):
    """Labels (B,) and (B, 1) of any integer type train alike, also in a batch of one."""
    images, labels = _data(8)
    kinds = [labels, labels[:, None], labels.to(torch.int16), labels.to(torch.int32)[:, None]]
    for given in [*kinds, labels.to(torch.uint8), labels.to(torch.uint8)[:, None]]:
        torch.manual_seed(1)
        model = nn.Linear(4, 3)
        copy = _copy_of(model)
        loader = _batches(images, given, 4, 3, 1)
        loss = program.training.train_one_epoch(model, loader, nn.CrossEntropyLoss(), _sgd(model), "cpu")
        _descend(copy, _batches(images, labels, 4, 3, 1), _sgd(copy))
        assert np.isfinite(loss)
        assert torch.allclose(model.weight, copy.weight, atol=1e-6), f"{given.dtype} {tuple(given.shape)}"
        (entry,) = program.training.fit(model, loader, loader, 1, "cpu", lr=0.0)
        right = (model(images).argmax(1) == labels).float().mean().item()
        assert _close(entry["val_accuracy"], right), f"fit, {given.dtype} {tuple(given.shape)}"


def _descend(model, batches, optimizer):
    for images, labels in batches:
        optimizer.zero_grad()
        cross_entropy(model(images), labels).backward()
        optimizer.step()


class _CountedPasses:
    """A loader that counts how often it is gone through."""

    def __init__(self, batches):
        self.batches, self.passes = batches, 0

    def __iter__(self):
        self.passes += 1
        return iter(self.batches)

    def __len__(self):
        return len(self.batches)


def one_step_per_batch(program):
    """One pass, with one step from fresh gradients for every batch."""
    images, labels = _data(10)
    images *= 3
    model = nn.Linear(4, 3)
    copy = _copy_of(model)
    (model(images) * 50).sum().backward()  # gradients from before
    loader = _CountedPasses(_batches(images, labels, 4))
    optimizers = _sgd(model, 0.5, 0.5), _sgd(copy, 0.5, 0.5)
    for _ in range(2):
        program.training.train_one_epoch(model, loader, nn.CrossEntropyLoss(), optimizers[0], "cpu")
        _descend(copy, loader.batches, optimizers[1])
        assert torch.allclose(model.weight, copy.weight, atol=1e-5), "other weights"
    assert loader.passes == 2, f"{loader.passes} passes in two epochs"


def what_is_given_is_used(program):
    """The criterion and the optimiser are those given, also an optimiser of a part of the model."""
    images, labels = _data(9)
    model = nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 3))
    copy = _copy_of(model[1])
    before = model[0].weight.clone()
    optimizer = torch.optim.Adagrad(model[1].parameters(), lr=0.1)
    criterion = nn.MultiMarginLoss()
    program.training.train_one_epoch(model, _batches(images, labels, 4), criterion, optimizer, "cpu")
    assert torch.equal(before, model[0].weight), "parameters that the optimiser does not have moved"
    optimizer = torch.optim.Adagrad(copy.parameters(), lr=0.1)
    for x, y in _batches(images, labels, 4):
        optimizer.zero_grad()
        criterion(copy(model[0](x).detach()), y).backward()
        optimizer.step()
    assert torch.allclose(copy.weight, model[1].weight, atol=1e-6), "other steps"


def modes_in_training(program):
    """Training mode for all but frozen batch norm, in every batch; frozen statistics stay."""
    model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.Linear(6, 6), nn.BatchNorm1d(6))
    model.append(nn.Linear(6, 3))[:2].requires_grad_(False)
    seen, statistics = [], [buffer.clone() for buffer in model[1].buffers()]
    model[0].register_forward_pre_hook(lambda module, inputs: seen.append([layer.training for layer in model]))
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    for training in (True, False):
        model.train(training)
        loader = _batches(*_data(10), 5)
        program.training.train_one_epoch(model, loader, nn.CrossEntropyLoss(), optimizer, "cpu")
    assert seen == [[True, False, True, True, True, True]] * 4, seen
    assert all(map(torch.equal, statistics, model[1].buffers())), "frozen statistics drift"


def on_the_device(program):
    """Model, images and labels are sent to the device, shown on one that holds no values."""
    images, labels = torch.zeros(4, 3), torch.zeros(4, dtype=torch.int64)
    loader = [(images, labels)] * 2
    for name in ("train_one_epoch", "predict", "fit"):
        model, seen = nn.Sequential(nn.Linear(3, 2)), []
        model[0].register_forward_pre_hook(lambda module, inputs, seen=seen: seen.append(inputs[0].device.type))

        def criterion(logits, targets, seen=seen):
            seen.append(targets.device.type)
            return cross_entropy(logits, targets)

        with contextlib.suppress(Exception):  # the meta device cannot give a loss or a prediction
            if name == "train_one_epoch":
                program.training.train_one_epoch(model, loader, criterion, _sgd(model), "meta")
            elif name == "predict":
                result = program.training.predict(model, loader, torch.device("meta"))
                seen.append("meta" if result.device.type == "cpu" else "result")
            else:
                program.training.fit(model, loader, loader, 1, "meta")
        assert seen, f"{name} does not run the model"
        assert set(seen) == {"meta"}, f"{name}: data or result on {seen}"
        assert all(parameter.device.type == "meta" for parameter in model.parameters()), f"{name}: the model stays"


def _pretending(original, asked):
    """A method `to` that notes the device asked for and stays."""

    def to(self, *args, **options):
        options.pop("non_blocking", None)
        devices = [value for value in (*args, options.pop("device", None)) if isinstance(value, str | torch.device)]
        asked.update(map(str, devices))
        rest = [value for value in args if not isinstance(value, str | torch.device)]
        return original(self, *rest, **options) if rest or options else self

    return to


def the_device_is_the_callers(program):
    """Everything goes to the device asked for, though there seems to be a GPU, and nothing through .cuda()."""
    loader = _batches(*_data(6), 3)
    for device, allowed in (("cpu", {"cpu"}), (torch.device("cuda:1"), {"cuda:1", "cpu"})):
        asked = set()

        def cuda(self, *args, asked=asked, **options):
            asked.add(".cuda()")
            return self

        with contextlib.ExitStack() as stack:
            stack.enter_context(mock.patch.object(torch.cuda, "is_available", return_value=True))
            for owner in (torch.Tensor, nn.Module):
                stack.enter_context(mock.patch.object(owner, "to", _pretending(owner.to, asked)))
                stack.enter_context(mock.patch.object(owner, "cuda", cuda))
            for use in ("train_one_epoch", "fit", "predict"):
                model = nn.Linear(4, 3)
                with contextlib.suppress(Exception):  # tensors that are made on the device
                    if use == "train_one_epoch":
                        program.training.train_one_epoch(model, loader, cross_entropy, _sgd(model), device)
                    elif use == "fit":
                        program.training.fit(model, loader, loader, 1, device)
                    else:
                        program.training.predict(model, loader, device)
        assert asked <= allowed, f"asked for {sorted(asked)} instead of {device}"


# predict


def probabilities(program):
    """The softmax of the logits as float32 (N, classes) in the loader's order, also for batches of one."""
    model, images = nn.Linear(4, 3), torch.randn(11, 4) * 5
    wanted = model(images).softmax(1)
    for sizes in ((4, 4, 3), (11,), (10, 1), [1] * 11):
        loader = _batches(images, torch.zeros(11, 1, dtype=torch.uint8), *sizes)
        result = program.training.predict(model, loader, torch.device("cpu"))
        assert isinstance(result, torch.Tensor), type(result)
        assert result.dtype == torch.float32, result.dtype
        assert tuple(result.shape) == (11, 3), tuple(result.shape)
        assert not result.requires_grad, "with a gradient"
        assert torch.allclose(result, wanted, atol=1e-5), "other probabilities"
    dataset = torch.utils.data.TensorDataset(images, torch.zeros(11, dtype=torch.int64))
    result = program.training.predict(model, torch.utils.data.DataLoader(dataset, 3, sampler=[7, 2, 9, 4]), "cpu")
    assert tuple(result.shape) == (4, 3), f"{tuple(result.shape)} for 4 of the 11 images"
    logits = torch.rand(5, 3).softmax(1)
    result_of_simplex = program.training.predict(nn.Identity(), [(logits, torch.zeros(5))], "cpu")
    assert torch.allclose(result_of_simplex, logits.softmax(1), atol=1e-5), "logits taken for probabilities"
    assert torch.allclose(result, wanted[[7, 2, 9, 4]], atol=1e-5), "other probabilities for 4 of the 11 images"


def large_logits(program):
    """Probabilities and losses are those of the logits, however large."""
    model = nn.Linear(2, 2)
    with torch.no_grad():
        model.weight.copy_(torch.eye(2) * 300), model.bias.zero_()
    loader = [(torch.eye(2), torch.tensor([1, 0]))]
    assert torch.allclose(program.training.predict(model, loader, "cpu"), torch.eye(2)), "probabilities"
    (entry,) = program.training.fit(model, loader, loader, 1, "cpu", lr=0.0)
    assert _close(entry["val_loss"], 300, 0.1), entry
    assert _close(entry["train_loss"], 300, 0.1), entry


def prediction_mode(program):
    """predict works in evaluation mode without gradients, and changes neither modes nor state."""
    inner = nn.Sequential(nn.Dropout(0.5), nn.ReLU())
    model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), inner, nn.Linear(8, 4))
    images = torch.randn(20, 3)
    model(images)
    wanted, grad = model.eval()(images).softmax(1).detach(), []
    model[0].register_forward_hook(lambda module, inputs, output: grad.append(torch.is_grad_enabled()))
    for pattern in ("1111111", "0000000", "1001101", "0110100"):
        for module, mode in zip(model.modules(), pattern, strict=True):
            module.training = mode == "1"
        before = {name: value.clone() for name, value in model.state_dict().items()}
        result = program.training.predict(model, _batches(images, torch.zeros(20), 12, 8), "cpu")
        assert torch.is_grad_enabled(), "gradients stay off"
        assert torch.allclose(result, wanted, atol=1e-5), "not the predictions of evaluation mode"
        after = "".join(str(int(module.training)) for module in model.modules())
        assert after == pattern, f"modes {pattern} became {after}"
        assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items()), "the state changed"
    assert grad, "the model is not run"
    assert all(parameter.requires_grad for parameter in model.parameters()), "the model is frozen"
    assert not any(grad), "gradients are on"
    first = program.training.predict(model, _batches(images, torch.zeros(20), 12, 8), "cpu")
    before = first.clone()
    program.training.predict(model, _batches(-images, torch.zeros(20), 12, 8), "cpu")
    assert torch.equal(first, before), "a second call changes what the first one returned"


# accuracy


def share_of_hits(program):
    """The share of rows whose largest score is at the label, as a Python float, for any kind of scores and labels."""
    scores = np.array([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.2, 0.5, 0.3]], dtype=np.float32)
    labels = np.array([1, 0, 0, 1])
    kinds = [labels, labels.astype(np.uint8), labels.astype(np.int16), torch.tensor(labels)]
    kinds += [kind[:, None] for kind in kinds]
    for given in (scores, torch.tensor(scores), scores.astype(float)):
        for kind in kinds:
            value = program.training.accuracy(given, kind)
            assert isinstance(value, float), type(value)
            assert _close(value, 0.75), f"3 of 4 are right, not {value}"
    assert program.training.accuracy(-scores, np.array([0, 2, 0, 0])) == 1.0, "negative scores"
    assert program.training.accuracy(scores[:1], np.array([[1]])) == 1.0, "a single row"
    assert program.training.accuracy(scores[:1], np.array([2])) == 0.0, "a single row"
    assert program.training.accuracy(scores[:, :2] * 0.1, np.array([1, 0, 1, 1])) == 1.0, "small scores"
    for kind in kinds:
        assert np.ravel(np.asarray(kind)).tolist() == [1, 0, 0, 1], "the labels changed"
    for dtype in (np.uint8, np.int8):
        assert program.training.accuracy(np.eye(40), np.arange(40).astype(dtype)) == 1.0, f"40 classes, {dtype}"
    assert [len(kind.shape) for kind in kinds] == [1] * 4 + [2] * 4, "the labels' shape changed"


# fit


def history_of_floats(program):
    """A list of one dict of Python floats per epoch; epochs=0 gives [] and leaves the model alone."""
    images, labels = _data(14)
    train, val = _batches(images, labels, 4, 4, 2, 4), _batches(images, labels, 9, 5)
    model = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5))
    before = model[0].weight.clone()
    assert program.training.fit(model, train, val, 0, "cpu") == [], "epochs=0"
    assert torch.equal(before, model[0].weight), "epochs=0 changes the weights"
    history = program.training.fit(model, train, val, 3, torch.device("cpu"))
    assert isinstance(history, list), type(history)
    assert len(history) == 3, f"{len(history)} entries"
    for entry in history:
        values = [entry[key] for key in ("train_loss", "val_loss", "val_accuracy")]
        assert all(isinstance(value, float) for value in values), values
        assert 0 <= values[2] <= 1, values


def history_of_a_standing_model(program):
    """With a rate of zero the losses and accuracies are those of the model, per sample, of each loader's data."""
    images, labels = _data(14)
    others, their = _data(14)
    for shaped in (their, their[:, None].to(torch.uint8)):
        model = nn.Linear(4, 3)
        with torch.no_grad():
            model.weight.mul_(3)
        train, val = _batches(images, labels, 4, 4, 2, 4), _batches(others, shaped, 9, 4, 1)
        for entry in program.training.fit(model, train, val, 2, "cpu", lr=0.0):
            logits = model(others)
            assert _close(entry["train_loss"], cross_entropy(model(images), labels).item(), 1e-4), entry
            assert _close(entry["val_loss"], cross_entropy(logits, their).item(), 1e-4), entry
            assert _close(entry["val_accuracy"], (logits.argmax(1) == their).float().mean().item()), entry


class _Shuffled:
    """A loader with a new order for every pass."""

    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __iter__(self):
        return iter([(self.images[rows], self.labels[rows]) for rows in torch.randperm(len(self.images)).split(5)])

    def __len__(self):
        return -(-len(self.images) // 5)


def shuffled_validation(program):
    """A validation loader that shuffles gives the same loss and accuracy."""
    images = torch.arange(12.0)[:, None]
    labels = (images[:, 0] > 5).long()
    model = nn.Linear(1, 2)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[-1.0], [1.0]])), model.bias.copy_(torch.tensor([5.4, -5.4]))
    for entry in program.training.fit(model, [(images, labels)], _Shuffled(images, labels), 2, "cpu", lr=0.0):
        assert _close(entry["val_loss"], cross_entropy(model(images), labels).item(), 1e-4), entry
        assert _close(entry["val_accuracy"], 1.0), entry


def modes_in_fit(program):
    """Trains in training mode, validates in evaluation mode without gradients, in every epoch."""
    images, labels = _data(40)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 3))
    modes, passes = [], []
    for layer in model:  # of a copy, if that is what is validated
        layer.register_forward_pre_hook(lambda module, inputs: modes.append(module.training))

    def note(module, inputs, output):
        passes.append(({*modes[-4:]}, torch.is_grad_enabled(), output.detach().clone()))

    model[3].register_forward_hook(note)
    history = program.training.fit(model, _batches(images, labels, 20), [(images, labels)], 3, "cpu", lr=0.05)
    trained = [kinds for kinds, grad, _ in passes if grad]
    assert trained == [{True}] * 6, f"training passes in the modes {trained}"
    validated = [(kinds, output) for kinds, grad, output in passes if not grad]
    assert len(validated) >= 3, "no validation without gradients"
    assert all(kinds == {False} for kinds, _ in validated), "validation in training mode"
    for entry, (_, output) in zip(history, validated[:: len(validated) // 3], strict=True):
        assert _close(entry["val_loss"], cross_entropy(output, labels).item(), 1e-4), "another validation loss"


class _OnSchedule(nn.Module):
    """After so many batches of training it is right on so many of ten samples; the loss keeps rising."""

    weights: dict[int, float] = {}  # of the class: copies share it

    def __init__(self, schedule):
        super().__init__()
        self.weight, self.schedule = nn.Parameter(torch.zeros(1)), schedule
        self.register_buffer("running_count", torch.tensor(0))

    def forward(self, images):
        if self.training:
            self.running_count += 1
            return torch.cat([self.weight - images * 0, -self.weight - images * 0], 1)
        done = int(self.running_count)
        self.weights[done] = self.weight.item()
        score = torch.where(images[:, :1] < self.schedule[done - 1], 2.0, -2.0) * (1 + 0.1 * done)
        return torch.cat([score + self.weight, -score], 1)


def the_best_epoch(program):
    """On return parameters and buffers are those of the epoch with the best validation accuracy, the earliest."""
    images, labels = torch.arange(10.0)[:, None], torch.zeros(10, dtype=torch.int64)
    for schedule in ([3, 7, 9, 4, 2], [9, 7, 5], [2, 6, 6, 5], [5, 5, 5], [1, 2, 3, 4], [0, 0], [4, 10, 3, 10]):
        model, best = _OnSchedule(schedule), schedule.index(max(schedule)) + 1
        loader = [(images, labels)]
        history = program.training.fit(model, loader, loader, len(schedule), "cpu", lr=0.01)
        assert [round(entry["val_accuracy"] * 10) for entry in history] == schedule, "other accuracies"
        assert int(model.running_count) == best, (
            f"{schedule}: buffers of epoch {int(model.running_count)} instead of {best}"
        )
        assert _close(model.weight.item(), model.weights[best], 1e-7), f"{schedule}: not the parameters of epoch {best}"


def every_image_counts(program):
    """An epoch that is right about one of two thousand images more is the best one."""
    images, labels = torch.arange(2000.0)[:, None], torch.zeros(2000, dtype=torch.int64)
    model = _OnSchedule([700, 701, 600])
    program.training.fit(model, [(images, labels)], [(images, labels)], 3, "cpu", lr=0.01)
    assert int(model.running_count) == 2, f"buffers of epoch {int(model.running_count)} instead of 2"


class _Noting(nn.Linear):
    """A linear layer that keeps the weights with which it is trained."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.seen = []

    def forward(self, images):
        if torch.is_grad_enabled():
            self.seen.append(self.weight.detach().clone())
        return super().forward(images)


def one_optimizer(program):
    """The steps of all epochs are those of one SGD with the rate and momentum given, 0.001 and 0.9 by default."""
    loader = _batches(*_data(12), 5)
    for epochs, options in ((12, {"lr": 0.1}), (3, {"lr": 0.2, "momentum": 0.5}), (3, {}), (2, {"momentum": 0.0})):
        model, wanted = _Noting(4, 3), []
        copy = _copy_of(model)
        program.training.fit(model, loader, loader, epochs, "cpu", **options)
        optimizer = _sgd(copy, **({"lr": 0.001, "momentum": 0.9} | options))
        for _ in range(epochs):
            for batch in loader:
                wanted.append(copy.weight.detach().clone())
                _descend(copy, [batch], optimizer)
        seen = model.seen
        assert len(seen) == len(wanted), f"{len(seen)} batches instead of {len(wanted)}"
        moves = [torch.stack(weights) - weights[0] for weights in (seen, wanted)]
        assert torch.allclose(*moves, rtol=1e-3, atol=1e-6), f"{options}: other weights on the way"


def frozen_stays_frozen(program):
    """What was frozen keeps its values, its statistics, and stays frozen; the rest is trained."""
    model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 6), nn.Linear(6, 3))
    model[:2].requires_grad_(False)
    model[3].bias.requires_grad_(False)
    trainable = [parameter.requires_grad for parameter in model.parameters()]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    images, labels = _data(12)
    program.training.fit(model, _batches(images + 2, labels, 6), [(images, labels)], 3, "cpu", lr=0.1)
    assert [parameter.requires_grad for parameter in model.parameters()] == trainable, "frozen parameters are free"
    moved = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {"3.weight", "4.weight", "4.bias"}, moved


def no_global_seed(program):
    """What is drawn afterwards still depends on the seed from before."""
    model, loader, drawn = nn.Linear(4, 3), _batches(*_data(6), 3), []
    for seed in (1, 2):
        torch.manual_seed(seed)
        program.training.train_one_epoch(model, loader, nn.CrossEntropyLoss(), _sgd(model), "cpu")
        program.training.predict(model, loader, "cpu")
        program.training.fit(model, loader, loader, 1, "cpu")
        drawn.append(torch.rand(1).item())
    assert drawn[0] != drawn[1], "a global seed is set"


def a_quiet_import(program):
    """Importing the module prints nothing, draws nothing and sets no seed."""
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        _ = program.training
    assert printed.getvalue() == "", printed.getvalue()
    assert torch.rand(1) == expected, "it draws random numbers or sets a seed"
