"""What training.py must do, shown without the suite."""

import contextlib
import io
import math
from unittest import mock

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

CLASSES = 4


def _batches(sizes=((2, 5, 6), (1, 3, 4), (3, 4, 4)), classes=CLASSES, seed=0, scale=1.0):
    """Batches of images and masks, (B, H, W) each."""
    generator = torch.Generator().manual_seed(seed)
    return [
        (
            scale * torch.rand(b, 3, h, w, generator=generator),
            torch.randint(0, classes, (b, h, w), generator=generator),
        )
        for b, h, w in sizes
    ]


def _net(seed=0, classes=CLASSES):
    """A small network with everything that modes change."""
    state = torch.get_rng_state()
    torch.manual_seed(seed)
    inner = nn.Sequential(nn.Dropout(0.4), nn.ReLU())
    model = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), inner, nn.Conv2d(6, classes, 1))
    torch.set_rng_state(state)
    return model


def _simple(seed=0):
    state = torch.get_rng_state()
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.Tanh(), nn.Conv2d(5, CLASSES, 1))
    torch.set_rng_state(state)
    return model


def _near(found, wanted, what, tolerance=1e-4):
    assert abs(found - wanted) <= tolerance * max(1.0, abs(wanted)), f"{what}: {found:.6f}, expected {wanted:.6f}"


def _same_weights(model, other, what, tolerance=1e-5):
    for (name, a), b in zip(model.state_dict().items(), other.state_dict().values(), strict=True):
        assert torch.allclose(a.double(), b.double(), atol=tolerance), f"{what}: {name} differs"


def weights_of_the_classes(program):
    """Inverse to the pixels in all masks together, mean 1 over the classes there are, 0 for the others, float32."""
    rng = np.random.default_rng(0)
    cases = [[rng.integers(0, 4, size=size) for size in ((5, 7), (2, 2), (40, 30))]]
    cases += [[np.zeros((2, 3), int), np.full((6, 5), 2)], [np.array([[1, 1, 1, 3]])], [np.full((3, 3), 3)]]
    cases += [[np.repeat([0, 1, 2, 3], [300, 5, 1, 70]).reshape(8, 47)]]
    cases += [[np.array([[0, 1]]), np.array([[0, 0, 0, 0, 0, 0, 0, 3]])]]
    for masks in cases:
        for classes in (4, 6):
            counts = np.bincount(np.concatenate([mask.ravel() for mask in masks]), minlength=classes)
            inverse = np.array([1 / count if count else 0.0 for count in counts])
            expected = inverse / inverse[counts > 0].mean()
            for kind in (np.uint8, np.int32, np.int64):
                given = [mask.astype(kind) for mask in masks]
                for form in (given, tuple(given), [torch.tensor(mask) for mask in given]):
                    weights = program.training.class_weights(form, classes)
                    assert isinstance(weights, torch.Tensor), type(weights)
                    assert weights.dtype == torch.float32, weights.dtype
                    assert tuple(weights.shape) == (classes,), tuple(weights.shape)
                    assert np.allclose(weights.numpy(), expected, rtol=1e-4), f"{weights}, not {expected}"
                assert all(np.array_equal(a, b) for a, b in zip(given, masks, strict=True)), "masks were changed"


def _epoch_by_hand(model, batches, criterion, optimizer):
    total = pixels = 0
    model.train()
    for images, masks in batches:
        optimizer.zero_grad()
        loss = criterion(model(images), masks)
        loss.backward()
        optimizer.step()
        total, pixels = total + loss.item() * masks.numel(), pixels + masks.numel()
    return total / pixels


def _odd_loss(logits, masks):
    """A loss that is not the cross-entropy."""
    return (logits.softmax(1) - F.one_hot(masks, logits.shape[1]).movedim(-1, 1)).square().mean() * 3


def _leaning_loss(logits, masks):
    """A loss that has to know where a pixel is: one counts the more the further to the right it is."""
    each = F.cross_entropy(logits, masks, reduction="none")
    return (each * torch.linspace(0.5, 1.5, masks.shape[-1])).mean()


def one_epoch_of_steps(program):
    """One step per batch in training mode; the loss is the mean per pixel; stale gradients do not count."""
    shapes = [((2, 5, 6), (1, 3, 4), (3, 4, 4)), ((1, 5, 1),), ((1, 1, 5), (2, 9, 2)), ((4, 8, 8), (1, 2, 2))]
    for criterion in (nn.CrossEntropyLoss(), _odd_loss, _leaning_loss):
        for sizes in shapes:
            batches = _batches(sizes, scale=3)
            for make in (lambda p: torch.optim.SGD(p, lr=0.3, momentum=0.5), lambda p: torch.optim.Adam(p, lr=0.02)):
                own, other = _simple(), _simple()
                _odd_loss(own(batches[0][0]), batches[0][1]).mul(50).backward()
                optimizers = make(own.parameters()), make(other.parameters())
                for _ in range(2):
                    found = program.training.train_one_epoch(own.eval(), batches, criterion, optimizers[0], "cpu")
                    assert isinstance(found, float), type(found)
                    _near(found, _epoch_by_hand(other, batches, criterion, optimizers[1]), "the epoch's loss")
                    _same_weights(own, other, "after an epoch")
                assert all(module.training for module in own.modules()), "not in training mode"


def training_mode_in_every_epoch(program):
    """All submodules are in training mode in the epoch, also when evaluation left all or some of them elsewhere."""
    for number in range(3):
        model, batches, modes = _net(), _batches(((2, 4, 4), (2, 4, 4))), []
        list(model.modules())[2 * number].eval()  # all of it, the batch norm, the dropout
        model.register_forward_pre_hook(
            lambda module, _, modes=modes: modes.append([m.training for m in module.modules()])
        )
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        program.training.train_one_epoch(model, batches, nn.CrossEntropyLoss(), optimizer, torch.device("cpu"))
        assert len(modes) == 2, f"{len(modes)} passes for two batches"
        assert all(all(mode) for mode in modes), "not in training mode"


def _measured(model, batches, criterion=None):
    """Loss, accuracy and IoU of a model by hand, and the flat predictions and targets."""
    criterion = criterion or nn.CrossEntropyLoss()
    total, predicted, true = 0.0, [], []
    with torch.no_grad():
        for images, masks in batches:
            logits = model(images)
            total += criterion(logits, masks).item() * masks.numel()
            predicted.append(logits.argmax(1).flatten())
            true.append(masks.flatten())
    predicted, true = torch.cat(predicted), torch.cat(true)
    return total / len(true), (predicted == true).double().mean().item(), predicted, true


def _iou(predicted, true, classes):
    values = []
    for c in range(classes):
        either = ((predicted == c) | (true == c)).sum().item()
        values.append(((predicted == c) & (true == c)).sum().item() / either if either else math.nan)
    return values


def measured_over_all_pixels(program):
    """Loss, accuracy and IoU are pooled over the loader, NaN for a class in neither, with a criterion and without."""
    every = _batches(((2, 5, 6), (1, 3, 4), (3, 4, 4)), classes=3)
    shifted = [(images, masks.clamp(max=1)) for images, masks in _batches(((1, 6, 6), (2, 2, 3)), seed=4)]
    single = _batches(((1, 1, 6),)) + _batches(((1, 6, 1),), seed=3)
    for batches in (every, shifted, single, _batches(((1, 1, 1),))):
        for seed in range(4):
            for criterion in (None, nn.CrossEntropyLoss(weight=None), _odd_loss, _leaning_loss):
                model = _simple(seed)
                with torch.no_grad():
                    model[2].weight.mul_(5)
                    model[2].bias[seed] -= 50  # a class that is never predicted
                loss, accuracy, predicted, true = _measured(model, batches, criterion)
                extra = () if criterion is None else (criterion,)
                found = program.training.evaluate(model, batches, "cpu", CLASSES, *extra)
                assert isinstance(found, dict), type(found)
                assert {"loss", "accuracy", "iou"} <= set(found), sorted(found)
                assert isinstance(found["loss"], float), type(found["loss"])
                assert isinstance(found["accuracy"], float), type(found["accuracy"])
                assert isinstance(found["iou"], list), type(found["iou"])
                assert all(isinstance(value, float) for value in found["iou"]), found["iou"]
                _near(found["loss"], loss, "loss")
                _near(found["accuracy"], accuracy, "accuracy", 1e-7)
                expected = _iou(predicted, true, CLASSES)
                assert len(found["iou"]) == CLASSES, f"{len(found['iou'])} values for {CLASSES} classes"
                assert np.allclose(found["iou"], expected, atol=1e-6, equal_nan=True), f"{found['iou']}, {expected}"
    large = nn.Conv2d(3, CLASSES, 1)
    with torch.no_grad():
        large.weight.zero_()
        large.bias.copy_(torch.tensor([40.0, 60.0, 50.0, 30.0]))
    found = program.training.evaluate(
        large, [(torch.rand(2, 3, 4, 4), torch.ones(2, 4, 4, dtype=torch.int64))], "cpu", 4
    )
    assert found["accuracy"] == 1.0, f"accuracy {found['accuracy']} where the largest logit is always right"


def measured_though_the_loader_shuffles(program):
    """Every pixel is compared with its own mask, also where each pass over the loader has another order."""
    images, masks = _batches(((12, 4, 5),))[0]
    data = torch.utils.data.TensorDataset(images, masks)
    loader = torch.utils.data.DataLoader(data, batch_size=3, shuffle=True)
    model = _simple()
    loss, accuracy, predicted, true = _measured(model, [(images, masks)])
    found = program.training.evaluate(model, loader, "cpu", CLASSES)
    _near(found["loss"], loss, "loss")
    _near(found["accuracy"], accuracy, "accuracy", 1e-7)
    assert np.allclose(found["iou"], _iou(predicted, true, CLASSES), atol=1e-6, equal_nan=True), found["iou"]
    train, other = _batches(((2, 5, 6),), seed=9), _simple()
    history = program.training.fit(model, train, loader, 5, "cpu", lr=0.05)
    _compare(history, _fit_by_hand(other, train, [(images, masks)], 5, 0.05))


def _mode_text(model):
    return "".join(str(int(module.training)) for module in model.modules())


def modes_come_back(program):
    """evaluate and segment work in evaluation mode without gradients and give every submodule its own mode back."""
    batches, image = _batches(((2, 4, 5), (1, 3, 3))), torch.rand(3, 5, 6)
    for pattern in ("1111111", "0000000", "1001101", "0110010"):
        model, grad, training = _net(), [], []
        model(batches[0][0])
        model.register_forward_hook(lambda *_, grad=grad: grad.append(torch.is_grad_enabled()))
        for module in model[1:3]:
            module.register_forward_pre_hook(lambda m, _, seen=training: seen.append(m.training))
        before = {name: value.clone() for name, value in model.state_dict().items()}
        for call in ("evaluate", "segment"):
            for module, mode in zip(model.modules(), pattern, strict=False):
                module.training = mode == "1"
            kept = _mode_text(model)
            if call == "evaluate":
                program.training.evaluate(model, batches, "cpu", CLASSES)
            else:
                program.training.segment(model, image, "cpu")
            assert _mode_text(model) == kept, f"{call}: modes {kept} became {_mode_text(model)}"
        assert not any(grad), "gradients are on"
        assert not any(training), "not in evaluation mode"
        assert all(torch.equal(before[name], value) for name, value in model.state_dict().items()), "the model changed"
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter)
        program.training.evaluate(model, batches, "cpu", CLASSES)
        program.training.segment(model, image, "cpu")
        kept = [parameter.grad is not None and bool((parameter.grad == 1).all()) for parameter in model.parameters()]
        assert all(kept), "the gradients that lay on the model are others"


def class_at_every_pixel(program):
    """segment gives int64 (H, W), the class of the largest logit; the model sees the image as it is, alone."""
    for shape in ((3, 6, 7), (3, 1, 5), (3, 5, 1), (3, 1, 1), (3, 4, 4)):
        for scale, offset in ((1.0, 0.0), (200.0, -30.0), (0.001, 0.0)):
            image = scale * torch.rand(shape) + offset
            model, seen = _net(1).eval(), []
            model.register_forward_pre_hook(lambda module, inputs, seen=seen: seen.append(inputs[0].clone()))
            expected = model(image[None])[0].argmax(0)
            before = image.clone()
            classes = program.training.segment(model, image, torch.device("cpu"))
            assert isinstance(classes, torch.Tensor), type(classes)
            assert classes.dtype == torch.int64, classes.dtype
            assert tuple(classes.shape) == shape[1:], tuple(classes.shape)
            assert torch.equal(classes, expected), "other classes"
            assert torch.equal(image, before), "the image was changed"
            assert len(seen) == 2, f"{len(seen) - 1} passes for one image"
            assert seen[1].shape == (1, *shape), f"the model got {tuple(seen[1].shape)}"
            assert torch.equal(seen[1][0], image), "the model got other values"


def _fit_by_hand(model, train, val, epochs, lr, weights=None, scheduler=None):
    criterion = nn.CrossEntropyLoss(weight=weights)
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    schedule = scheduler(optimizer) if scheduler else None
    history, states = [], []
    for _ in range(epochs):
        total = _epoch_by_hand(model, train, criterion, optimizer)
        if schedule:
            schedule.step()
        model.eval()
        loss, accuracy, _, _ = _measured(model, val, criterion)
        history.append({"train_loss": total, "val_loss": loss, "val_accuracy": accuracy})
        states.append({name: value.clone() for name, value in model.state_dict().items()})
    best = min(range(epochs), key=lambda e: history[e]["val_loss"], default=None)
    if best is not None:
        model.load_state_dict(states[best])
    return history


def _compare(found, expected, single=False):
    assert isinstance(found, list), type(found)
    assert len(found) == len(expected), f"{len(found)} entries for {len(expected)} epochs"
    for number, (entry, wanted) in enumerate(zip(found, expected, strict=True)):
        for key, value in wanted.items():
            if single and key == "train_loss":
                continue
            assert isinstance(entry[key], float), f"{key} is {type(entry[key])}"
            _near(entry[key], value, f"epoch {number + 1}, {key}", 1e-3)


def _no_dropout(seed=0):
    model = _net(seed)
    model[2][0].p = 0.0
    return model


def epochs_of_adam(program):
    """History and final weights are those of Adam with torch's settings, kept at the best epoch, buffers too."""
    train, val = _batches(((2, 5, 6), (1, 3, 4), (3, 4, 4))), _batches(((2, 4, 4), (1, 5, 3)), seed=9)
    for make in (_simple, _no_dropout):
        for lr, epochs in ((0.05, 8), (None, 4), (0.6, 6), (0.01, 1)):
            own, other = make(), make()
            options = {} if lr is None else {"lr": lr}
            found = program.training.fit(own, train, val, epochs, "cpu", **options)
            _compare(found, _fit_by_hand(other, train, val, epochs, lr or 0.001))
            _same_weights(own, other, f"{epochs} epochs at a rate of {lr}", 2e-3)
    model = _simple()
    assert program.training.fit(model, train, val, 0, "cpu") == [], "no epochs give []"
    _same_weights(model, _simple(), "no epochs")


def class_weights_in_both_losses(program):
    """Weights of the classes enter the loss in training and in validation, not the accuracy."""
    train, val = _batches(((2, 5, 6),)), _batches(((2, 4, 4),), seed=9)
    for weights in (torch.tensor([0.1, 3.0, 0.5, 0.4]), torch.tensor([1.0, 0.0, 2.0, 1.0])):
        own, other, before = _simple(), _simple(), weights.clone()
        found = program.training.fit(own, train, val, 5, "cpu", lr=0.05, weights=weights)
        _compare(found, _fit_by_hand(other, train, val, 5, 0.05, weights=before))
        _same_weights(own, other, "with class weights", 2e-3)
        assert torch.equal(weights, before), "the weights were changed"


class _Recorder:
    """A scheduler that counts its steps and changes the rate at each."""

    made: list["_Recorder"] = []

    def __init__(self, optimizer):
        self.optimizer, self.steps = optimizer, 0
        _Recorder.made.append(self)

    def step(self):
        self.steps += 1
        for group in self.optimizer.param_groups:
            group["lr"] *= 0.5


def scheduler_once_an_epoch(program):
    """One scheduler steps once after each epoch's training, whatever the losses do."""
    train, val = _batches(), _batches(((2, 4, 4),), seed=9)
    schedules = (_Recorder, lambda o: torch.optim.lr_scheduler.StepLR(o, 2, gamma=0.1))
    for make in schedules:
        for lr in (0.05, 0.8):
            _Recorder.made = []
            own, other = _simple(), _simple()
            found = program.training.fit(own, train, val, 5, "cpu", lr=lr, scheduler=make)
            if make is _Recorder:
                assert [recorder.steps for recorder in _Recorder.made] == [5], "not one scheduler with a step an epoch"
            _compare(found, _fit_by_hand(other, train, val, 5, lr, scheduler=make))
            _same_weights(own, other, "with a scheduler", 2e-3)


class _Scripted(nn.Module):
    """Its validation loss and accuracy follow a script: epoch by epoch, one logit for the class that is there."""

    def __init__(self, script):
        super().__init__()
        self.script, self.weight = script, nn.Parameter(torch.zeros(1))
        self.register_buffer("epoch", torch.zeros((), dtype=torch.int64))

    def forward(self, x):
        logits = torch.zeros(len(x), CLASSES, *x.shape[2:]) + 0 * self.weight
        if self.training:
            self.epoch += 1
            with torch.no_grad():
                self.weight.add_(1.0)
            return logits + 1e-3 * self.weight
        first, second = self.script[int(self.epoch) - 1]
        values = torch.where(torch.arange(x.shape[-1]) % 4 < 3, first, second)  # the class 0 in most places
        return torch.cat([logits[:, :1] + values, logits[:, 1:]], 1)


def _kept(program, script):
    model = _Scripted(script)
    data = [(torch.rand(1, 3, 2, 8), torch.zeros(1, 2, 8, dtype=torch.int64))]
    history = program.training.fit(model, data, data, len(script), "cpu", lr=1e-6)
    assert len(history) == len(script), f"{len(history)} entries for {len(script)} epochs"
    assert isinstance(history, list), type(history)
    assert abs(float(model.weight.detach()) - int(model.epoch)) < 0.01, "parameters of one epoch, buffers of another"
    return int(model.epoch), history


def best_epoch_is_kept(program):
    """The earliest epoch of the lowest validation loss, never one of NaN, is there at the end."""
    nan = math.nan
    cases = [([(1, 1), (3, 3), (2, 2)], 2), ([(2, 2), (2, 2), (1, 1)], 1), ([(1, 1), (2, 2), (2, 2)], 2)]
    cases += [([(nan, nan), (1, 1), (3, 3), (nan, nan), (2, 2)], 3), ([(1, 1), (nan, nan), (2, 2), (0, 0)], 3)]
    cases += [
        ([(0.1, 0.1), (6, -2)], 2),
        ([(9, -9), (0.4, 0.4)], 2),
        ([(-1, -1), (-2, -2), (-1, -1)], 1),
        ([(4, 4)], 1),
    ]
    cases += [([(0.5, 0.5), (9, -3.5), (0.4, 0.4)], 1)]
    for script, expected in cases:
        epoch, _ = _kept(program, script)
        assert epoch == expected, f"{script}: the model is that of epoch {epoch}, not {expected}"
    epoch, _ = _kept(program, [(4, 4)] + [(3, 3)] * 11)
    assert epoch == 1, f"epoch {epoch} is kept"
    _, history = _kept(program, [(nan, nan), (nan, nan)])
    assert all(math.isnan(entry["val_loss"]) for entry in history), "NaN is not reported"


def any_improvement_counts(program):
    """An epoch whose loss is lower by 5e-5 is better."""
    epoch, history = _kept(program, [(1, 1), (1.0001, 1.0001)])
    assert epoch == 2, f"epoch {epoch} is kept, with the losses {[entry['val_loss'] for entry in history]}"


def frozen_stays_frozen(program):
    """What did not require gradients neither changes nor requires them afterwards; the rest is trained."""
    model = _simple()
    for parameter in model[0].parameters():
        parameter.requires_grad_(False)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    program.training.fit(model, _batches(), _batches(((2, 4, 4),), seed=9), 3, "cpu", lr=0.05)
    assert not any(p.requires_grad for p in model[0].parameters()), "it is not frozen any more"
    assert all(p.requires_grad for p in model[2].parameters()), "the rest is frozen"
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]) == name.startswith("0."), f"{name}"
    model, modes = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Conv2d(4, CLASSES, 1)), []
    model[1].requires_grad_(False)
    model[1].register_forward_hook(lambda module, *_: modes.append(module.training == torch.is_grad_enabled()))
    program.training.fit(model, _batches(), _batches(((2, 4, 4),), seed=9), 2, "cpu", lr=0.05)
    assert all(modes), "frozen batch norm is not in training mode while the rest is trained"


class _Watched(nn.Module):
    """Writes down on which devices it and its images were; copies of it write on the same list."""

    seen: list[tuple[str, str]] = []

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, CLASSES, 1)
        _Watched.seen = []

    def forward(self, x):
        _Watched.seen.append((x.device.type, self.conv.weight.device.type))
        return self.conv(x)


def on_the_device(program):
    """Model, images and masks are sent to the device, shown on one that holds no values."""
    data, training = _batches(), program.training
    seen = []

    def criterion(logits, masks):
        seen.append(masks.device.type)
        return F.cross_entropy(logits, masks)

    def optimizer(model):
        return torch.optim.SGD(model.parameters(), lr=0.1)

    calls = [
        lambda model: training.train_one_epoch(model, data, criterion, optimizer(model), "meta"),
        lambda model: training.evaluate(model, data, "meta", CLASSES, criterion),
        lambda model: training.fit(model, data, data, 1, "meta", weights=torch.ones(CLASSES)),
        lambda model: training.segment(model, data[0][0][0], torch.device("meta")),
    ]
    for call in calls:
        model = _Watched()
        with contextlib.suppress(Exception):  # the meta device cannot give a loss or a prediction
            call(model)
        assert _Watched.seen, "the model was not run"
        assert _Watched.seen[0] == ("meta", "meta"), f"images and model are on {_Watched.seen[0]}"
    assert set(seen) == {"meta"}, f"masks are on {sorted(set(seen))}"


class _Meetings(TorchFunctionMode):
    """Writes down in which functions tensors of two devices meet."""

    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_function__(self, function, types, args=(), kwargs=None):
        given = [x for x in (*args, *(kwargs or {}).values()) if isinstance(x, torch.Tensor) and x.ndim]
        name = getattr(function, "__name__", str(function))
        if len({x.device.type for x in given}) > 1 and not name.startswith("_"):  # torch asks itself things in private
            self.found.append(name)
        return function(*args, **(kwargs or {}))


def class_weights_on_the_device(program):
    """The class weights are sent to the device, too: in no function do tensors of two devices meet."""
    data = _batches()
    with _Meetings() as meetings, contextlib.suppress(Exception):  # the meta device cannot give a loss
        program.training.fit(_Watched(), data, data, 1, "meta", weights=torch.ones(CLASSES))
    assert not meetings.found, f"tensors of two devices meet in {meetings.found}"


def the_device_is_the_callers(program):
    """No other device is used than the one asked for, though there seems to be a GPU."""
    data, training = _batches(), program.training
    with mock.patch.object(torch.cuda, "is_available", return_value=True):
        model = _simple()
        training.train_one_epoch(model, data, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), 0.1), "cpu")
        training.evaluate(model, data, "cpu", CLASSES)
        training.fit(model, data, data, 1, "cpu", weights=torch.ones(CLASSES))
        training.segment(model, data[0][0][0], "cpu")


def a_quiet_import(program):
    """Importing the module prints nothing, trains nothing and sets no seed."""
    for name in ("masks", "dataset", "metrics", "unet"):
        _ = getattr(program, name)
    torch.manual_seed(3)
    state = torch.get_rng_state()
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        _ = program.training
    assert printed.getvalue() == "", f"it prints {printed.getvalue()!r}"
    assert torch.equal(state, torch.get_rng_state()), "the global generator was seeded"


def no_seed_is_set(program):
    """Training, evaluating and predicting leave the global generator to the caller."""
    data, training = _batches(), program.training
    states = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        model = _net()
        training.fit(model, data, data, 2, "cpu")
        training.evaluate(model, data, "cpu", CLASSES)
        training.segment(model, data[0][0][0], "cpu")
        states.append(torch.rand(3))
    assert not torch.equal(*states), "the global generator was seeded"
