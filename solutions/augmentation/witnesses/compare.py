"""What compare.py must do, shown without the suite.

Images have one grey value, which says which image they are, whatever their size and however they were scaled.
"""

import contextlib
import io
import random
from unittest import mock

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.modules import module as hooks
from torch.utils.data import Dataset, TensorDataset

# train_arm


class _Net(nn.Module):
    """A small network that keeps what it is given."""

    def __init__(self, classes=3):
        super().__init__()
        self.fc = nn.Linear(4, classes)
        self.drop = nn.Dropout(0.0)
        self.seen, self.modes = [], []

    def forward(self, images):
        self.seen.append(images.detach().clone())
        self.modes.append((self.training, self.drop.training))
        return self.fc(self.drop(images.flatten(1)))

    def numbers(self):
        return [[round(float(image.flatten()[0]) * 100) for image in batch] for batch in self.seen]


def _items(count, classes=3, shape=()):
    images = torch.randn(count, 1, 2, 2, dtype=torch.float64)
    images[:, 0, 0, 0] = torch.arange(count) / 100
    return TensorDataset(images, torch.randint(classes, (count, *shape)))


def _follow(model, dataset, lr, momentum, weight, bias):
    """Weights after SGD on the batches that the model has seen."""
    images, labels = dataset.tensors
    parameters = [weight.clone().requires_grad_(), bias.clone().requires_grad_()]
    speed = [torch.zeros_like(p) for p in parameters]
    for batch in model.numbers():
        loss = F.cross_entropy(images[batch].flatten(1) @ parameters[0].T + parameters[1], labels[batch].reshape(-1))
        for p, v, g in zip(parameters, speed, torch.autograd.grad(loss, parameters), strict=True):
            v.mul_(momentum).add_(g)
            p.data -= lr * v
    return [p.detach() for p in parameters]


def _start(model):
    return model.fc.weight.detach().clone(), model.fc.bias.detach().clone()


def steps_of_sgd(program):
    """Weights are those of SGD with momentum on the cross-entropy, for given and default options and labels."""
    for count, steps, options, shape in (
        (12, 7, {"lr": 0.3, "momentum": 0.7, "batch_size": 4}, ()),
        (12, 7, {"lr": 0.3, "momentum": 0.0, "batch_size": 5}, (1,)),
        (12, 9, {"lr": 0.1, "momentum": 0.9, "batch_size": 6}, ()),
        (40, 4, {}, ()),
        (5, 4, {"lr": 0.5}, ()),
    ):
        model, dataset = _Net().double(), _items(count, shape=shape)
        start = _start(model)
        model.fc.weight.grad = torch.full_like(model.fc.weight, 7.0)
        program.compare.train_arm(model, dataset, steps, "cpu", **options)
        expected = _follow(model, dataset, options.get("lr", 0.001), options.get("momentum", 0.9), *start)
        for name, found, wanted in zip(("weight", "bias"), _start(model), expected, strict=True):
            off = (found - wanted).abs().max().item()
            assert off < 1e-9, f"{options}: the {name} is off by {off:.2g}"


def exactly_so_many_steps(program):
    """As many batches as steps, of the size asked for; 16 by default; a small data set gets its steps."""
    for count, steps, size in ((12, 0, 4), (12, 1, 4), (12, 2, 4), (12, 8, 4), (6, 5, 6), (40, 4, None), (3, 5, None)):
        model = _Net().double()
        before = _start(model)
        options = {} if size is None else {"batch_size": size}
        result = program.compare.train_arm(model, _items(count), steps, "cpu", **options)
        assert result is model, f"{type(result)} comes back"
        assert len(model.seen) == steps, f"{len(model.seen)} batches for {steps} steps"
        sizes = {len(batch) for batch in model.seen}
        assert count % (size or 16) or sizes <= {size or 16}, f"batches of {sizes}"
        assert not model.seen or max(sizes) >= min(count, size or 16), f"batches of {sizes}"
        assert steps or all(map(torch.equal, before, _start(model))), "no steps change the weights"


def passes_over_the_data(program):
    """Every pass takes every item once, in another order, drawn from the generator; items are read afresh."""
    for generator in (None, torch.Generator().manual_seed(3)):
        model = _Net().double()
        program.compare.train_arm(model, _items(24), 12, "cpu", batch_size=6, generator=generator)
        taken = sum(model.numbers(), [])
        passes = [taken[start : start + 24] for start in range(0, 72, 24)]
        for one in passes:
            assert sorted(one) == list(range(24)), f"a pass takes {one}"
        assert len({tuple(one) for one in passes}) == 3, "passes have the same order"
        assert list(range(24)) not in passes, "not shuffled"
    together, early = np.zeros((6, 6)), np.zeros(6)
    for _ in range(150):
        model = _Net().double()
        program.compare.train_arm(model, _items(6), 1, "cpu", batch_size=3)
        (batch,) = model.numbers()
        together[np.ix_(batch, batch)] += 1
        early[batch] += 1
    apart = together[~np.eye(6, dtype=bool)]
    assert 5 < apart.min() <= apart.max() < 70, "some images stay together"
    assert 40 < early.min() <= early.max() < 110, "some images stay in front"

    class Random(Dataset):
        def __len__(self):
            return 8

        def __getitem__(self, index):
            return torch.rand(1, 2, 2, dtype=torch.float64), 0

    model = _Net().double()
    program.compare.train_arm(model, Random(), 8, "cpu", batch_size=4)
    values = torch.cat(model.seen).flatten(1)[:, 0].tolist()
    assert len(set(values)) == 32, "items are kept"


def orders_from_the_generator(program):
    """The generator alone decides on the order; without one it is torch's global one; nothing is seeded."""
    orders = []
    for seed, glob in ((1, 1), (1, 2), (2, 1)):
        torch.manual_seed(glob)
        np.random.seed(len(orders))
        random.seed(len(orders))
        model = _Net().double()
        generator = torch.Generator().manual_seed(seed)
        program.compare.train_arm(model, _items(20), 5, "cpu", batch_size=4, generator=generator)
        orders.append(model.numbers())
        again = _Net().double()
        program.compare.train_arm(again, _items(20), 5, "cpu", batch_size=4, generator=generator)
        assert again.numbers() != orders[-1], "a used generator gives the same order"
    assert orders[0] == orders[1], "the order does not come from the generator"
    assert orders[0] != orders[2], "the order does not come from the generator"
    dataset = _items(20)
    for glob in (1, 1, 2):
        model = _Net().double()
        np.random.seed(len(orders))
        random.seed(len(orders))
        torch.manual_seed(glob)
        program.compare.train_arm(model, dataset, 5, "cpu", batch_size=4)
        orders.append(model.numbers())
        after = torch.rand(4)
        torch.manual_seed(glob + 10)
        program.compare.train_arm(_Net().double(), dataset, 5, "cpu", batch_size=4)
        assert not torch.equal(after, torch.rand(4)), "the global generator is seeded"
    assert orders[3] == orders[4], "the order does not come from the global generator"
    assert orders[4] != orders[5], "the order does not come from the global generator"


def modes_frozen_and_device(program):
    """Training mode everywhere, frozen parameters stay so, the model and its batches go to the device."""
    model = _Net().double().eval()
    model.fc.weight.requires_grad_(False)
    weight, bias = _start(model)
    program.compare.train_arm(model, _items(12), 6, torch.device("cpu"), lr=0.3, batch_size=4)
    assert set(model.modes) == {(True, True)}, f"modes {set(model.modes)}"
    assert torch.equal(model.fc.weight, weight), "a frozen weight moves"
    flags = model.fc.weight.requires_grad, model.fc.bias.requires_grad
    assert flags == (False, True), "what is trainable changes"
    assert not torch.equal(model.fc.bias, bias), "the bias is not trained"
    norm = nn.BatchNorm2d(1).requires_grad_(False)
    model = nn.Sequential(norm, nn.Flatten(), nn.Linear(4, 3)).double()
    program.compare.train_arm(model, _items(12), 3, "cpu", batch_size=4)
    assert norm.num_batches_tracked == 3, f"frozen batch norm saw {norm.num_batches_tracked} of 3 batches in training"
    for cuda in (True, False):
        with mock.patch.object(torch.cuda, "is_available", lambda cuda=cuda: cuda):
            model = _Net().double()
            program.compare.train_arm(model, _items(4), 2, "meta", batch_size=2)
            assert {str(p.device) for p in model.parameters()} == {"meta"}, "the model is not on the device"
            assert {str(x.device) for x in model.seen} == {"meta"}, "batches are not on the device"


# compare_arms

_COUNT = 24  # images of either split


class _Recorded:
    """A run of compare_arms, and every pass of a batch through a network."""

    def __init__(self, program, seed=5, steps=9, transform=None, shape=(12, 14), ones=14, column=False):
        labels = (torch.randperm(_COUNT) < ones).long()
        tests = (torch.randperm(_COUNT) < ones).long()
        order = torch.argsort(tests + 0.9 * torch.rand(_COUNT))  # brighter ones are rather of class 1
        values = torch.empty(_COUNT)
        values[order] = torch.linspace(-1, 1, _COUNT)
        self.values, self.labels = values, tests
        learned = torch.linspace(-0.9, 0.9, _COUNT)
        learned += 0.03 * (7 * learned).sin()  # not to be taken for test images that were scaled
        learned = learned[torch.argsort(torch.argsort(labels + 0.5 * torch.rand(_COUNT)))]
        self.learned, self.learned_labels = learned, labels
        images = [v.reshape(-1, 1, 1, 1).expand(-1, 1, *shape).clone() for v in (learned, values)]
        labels, tests = (t.reshape(-1, 1) if column else t for t in (labels, tests))
        self.splits = TensorDataset(images[0], labels), TensorDataset(images[1], tests)
        self.before = [t.clone() for split in self.splits for t in split.tensors]
        self.passes, self.targets, depth = [], [], [0]

        def begins(network, inputs):
            depth[0] += 1
            if depth[0] == 1 and inputs and isinstance(inputs[0], torch.Tensor):
                self.passes.append(
                    {
                        "network": network, "inputs": inputs[0].detach().clone(), "grad": torch.is_grad_enabled(),
                        "training": all(m.training for m in network.modules()),
                        "any": any(m.training for m in network.modules()),
                        "weights": _flat(network),
                    }
                )  # fmt: skip

        def ends(network, inputs, output):
            depth[0] -= 1
            if not depth[0] and isinstance(output, torch.Tensor) and self.passes:
                self.passes[-1]["outputs"] = output.detach().clone()

        handles = [
            hooks.register_module_forward_pre_hook(begins),
            hooks.register_module_forward_hook(ends, always_call=True),
        ]
        self.plain_forward = F.cross_entropy
        try:
            with mock.patch.object(F, "cross_entropy", self._loss):
                self.results = program.compare.compare_arms(*self.splits, transform or _brighter, steps, "cpu", seed)
        finally:
            for handle in handles:
                handle.remove()
        self.passes = [one for one in self.passes if not _is_loss(one["network"])]
        self._read()

    def _loss(self, logits, target, *args, **kwargs):
        if self.passes:
            self.passes[-1]["targets"] = target.detach().clone()
        return self.plain_forward(logits, target, *args, **kwargs)

    def _read(self):
        """Grey values as they were before whatever scaling the program does to all images."""
        for one in self.passes:
            one["grey"] = one["inputs"].double().flatten(1).mean(1)
            one["learns"] = one["grad"] and one["training"]
        tested = [one["grey"] for one in self.passes if not one["learns"]]
        assert tested, "no network is tested"
        low, high = torch.cat(tested).min(), torch.cat(tested).max()
        for one in self.passes:
            one["grey"] = (one["grey"] - low) / (high - low) * 2 - 1

    def learning(self):
        return [one for one in self.passes if one["learns"]]

    def testing(self):
        """Passes of test images only."""
        return [one for one in self.passes if not one["learns"] and set(_nearest(one["grey"], self.values)) != {-1}]

    def arms(self, steps):
        """The training passes of each arm, by kind."""
        by_network, arms = {}, []
        for one in self.learning():
            by_network.setdefault(id(one["network"]), []).append(one)
        for own in by_network.values():
            arms += [own[start : start + steps] for start in range(0, len(own), steps)]
        assert [len(arm) for arm in arms] == [steps] * 3, f"arms of {[len(arm) for arm in arms]} steps"
        kinds = {}
        for arm in arms:
            marked = torch.cat([one["grey"] for one in arm]) > 1.5
            kinds["augmented" if marked.all() else "mixed" if marked.any() else "plain"] = arm
        assert set(kinds) == {"plain", "augmented", "mixed"}, f"arms are trained as {sorted(kinds)}"
        return kinds


def _is_loss(network):
    return isinstance(network, (nn.modules.loss._Loss, nn.Upsample)) or not list(network.parameters())


def _flat(network):
    """All weights in a row; None while there are none yet."""
    weights = list(network.parameters())
    if not weights or any(isinstance(weight, nn.UninitializedParameter) for weight in weights):
        return None
    return torch.cat([weight.detach().flatten() for weight in weights])


def _brighter(image):
    return image + 3 + 0.01 * torch.rand(())


def _cut(image):
    return _brighter(image)[:, 2:, 3:]


def _enlarged(image):
    return _brighter(image).repeat(1, 3, 2)[:, :31]


class _SometimesCut:
    """Every other image keeps its size, the first one, too."""

    def __init__(self):
        self.calls = 0

    def __call__(self, image):
        self.calls += 1
        return _brighter(image) if self.calls % 2 else _cut(image)


def _nearest(grey, values):
    """Which of the values each grey is, -1 for none."""
    distance, number = (grey[:, None] - values.double()[None]).abs().min(1)
    return [int(k) if d < 2e-3 else -1 for d, k in zip(distance, number, strict=True)]


def equal_arms(program):
    """Equal steps from equal weights, on images of one size, of the right kinds, all of them, augmented afresh."""
    shapes = set()
    for transform in (_brighter, _cut, _enlarged, _SometimesCut()):
        run = _Recorded(program, transform=transform)
        shapes |= {tuple(one["inputs"].shape[1:]) for one in run.passes}
        arms = run.arms(9)
        for kind, arm in arms.items():
            assert torch.equal(arm[0]["weights"], arms["plain"][0]["weights"]), f"{kind} starts from other weights"
            assert not torch.equal(arm[-1]["weights"], arm[0]["weights"]), f"{kind} learns nothing"
            grey = torch.cat([one["grey"] for one in arm])
            marked = grey > 1.5
            assert kind != "mixed" or abs(marked.double().mean() - 0.5) < 0.24, (
                f"{marked.double().mean():.2f} augmented"
            )
            fresh = grey[marked].tolist()
            assert len({round(value, 7) for value in fresh}) >= 0.9 * len(fresh), f"{kind}: augmented images are reused"
            originals = _nearest(grey[~marked], run.learned)
            assert -1 not in originals, f"{kind} learns from something else"
            assert kind != "plain" or set(originals) == set(range(_COUNT)), "plain does not see all images"
    assert len(shapes) == 1, f"networks see images of the shapes {shapes}"
    many = _Recorded(program, steps=40).arms(40)["mixed"]
    share = (torch.cat([one["grey"] for one in many]) > 1.5).double().mean()
    assert abs(share - 0.5) < 0.11, f"{share:.2f} of the mixed images are augmented"


def labels_stay_with_images(program):
    """Where the loss can be seen, the targets are the labels of the images."""
    run = _Recorded(program)
    for one in run.learning():
        if "targets" in one and one["targets"].shape[:1] == one["grey"].shape:
            targets = one["targets"].reshape(len(one["grey"]), -1)[:, 0].round().long()
            for grey, target in zip(one["grey"], targets, strict=True):
                near = (grey - (0 if grey < 1.5 else 3.0) - run.learned.double()).abs()
                possible = {int(run.learned_labels[k]) for k in torch.nonzero(near < 0.012).flatten()}
                assert int(target) in possible, "an image has the label of another"


def metrics_of_the_test_split(program):
    """AUROC and accuracy are those of the trained network on all test images as they are, after its training."""
    for seed, column in ((1, False), (2, True), (3, False), (4, False), (5, False), (6, False)):
        run = _Recorded(program, seed=seed, steps=9, ones=12 + seed, column=column)
        tested = run.testing()
        assert tested, "no test image is seen"
        for one in tested:
            assert not one["grad"], "tested with gradients"
            assert not one["any"], "tested in training mode"
            assert -1 not in _nearest(one["grey"], run.values), "test images are changed"
        groups = []
        for one in tested:
            key = one["weights"].numpy().tobytes()
            if not groups or groups[-1][0] != key:
                groups.append((key, {}))
            for number, output in zip(_nearest(one["grey"], run.values), one["outputs"].double(), strict=True):
                groups[-1][1][number] = output.reshape(-1)
        starts = {one["weights"].numpy().tobytes() for one in run.learning()}
        assert not any(key in starts for key, _ in groups), "tested before the training is over"
        assert len(groups) == 3, f"{len(groups)} networks are tested"
        possible = []
        for _, outputs in groups:
            assert set(outputs) == set(range(_COUNT)), f"{len(outputs)} of {_COUNT} test images are seen"
            z = torch.stack([outputs[number] for number in range(_COUNT)])
            possible.append(_between(z[:, 1] - z[:, 0] if z.shape[1] == 2 else z[:, 0], run.labels == 1))
        for kind in ("plain", "augmented", "mixed"):
            found = run.results[kind]
            assert set(found) >= {"auroc", "accuracy"}, found
            assert all(type(value) is float for value in found.values()), found
            pair = found["auroc"], found["accuracy"]
            assert any(_fits(pair, other) for other in possible), f"{pair} is none of {possible}"
        owners = {id(arm[0]["network"]): kind for kind, arm in run.arms(9).items()}
        for (key, _), pair in zip(groups, possible, strict=True):
            network = next(id(one["network"]) for one in tested if one["weights"].numpy().tobytes() == key)
            if len(owners) == 3 and network in owners:
                found = run.results[owners[network]]
                assert _fits((found["auroc"], found["accuracy"]), pair), f"{owners[network]}: {found}, not {pair}"
        after = [t for split in run.splits for t in split.tensors]
        assert all(map(torch.equal, run.before, after)), "the data are modified"


def counts_a_large_test_split(program):
    """The accuracy is a share of all images of a test split that takes several batches."""
    torch.manual_seed(0)
    train, test = (
        torch.utils.data.TensorDataset(torch.rand(count, 1, 28, 28), (torch.rand(count) < 0.4).long())
        for count in (16, 487)
    )
    for result in program.compare.compare_arms(train, test, torch.neg, 1, "cpu", 3).values():
        right = result["accuracy"] * 487
        assert abs(right - round(right)) < 1e-2, "some images do not count, or not as much as others"


def _between(margin, ones):
    """AUROC and accuracy from below and above: what differs by rounding alone may count either way."""
    score = margin.sigmoid()
    wins, right = score[ones][:, None] - score[~ones], margin * (2.0 * ones - 1)
    return [[(values > bound).double().mean().item() for bound in (1e-6, -1e-6)] for values in (wins, right)]


def _fits(pair, bounds):
    return all(low - 1e-5 <= value <= high + 1e-5 for value, (low, high) in zip(pair, bounds, strict=True))


def seeds_and_generators(program):
    """Equal seeds give equal results whatever the global state, which is left as it was; another seed another run."""
    torch.manual_seed(77)
    template = torch.get_rng_state()
    runs = []
    for seed, glob in ((5, 1), (5, 2), (6, 1), (0, 1), (0, 2)):
        torch.set_rng_state(template)
        rng = _Seeded(glob)
        run = rng.run(_Recorded, program, seed=seed, steps=4)
        assert rng.restored, f"{rng.what} is not left as it was"
        runs.append(run)
    weights = [torch.stack([one["weights"] for one in run.testing()]) for run in runs]
    for one, other in ((0, 1), (3, 4)):
        assert runs[one].results == runs[other].results, "equal seeds give different results"
        assert torch.allclose(weights[one], weights[other], atol=1e-6), "equal seeds give different networks"
    assert not torch.allclose(weights[0], weights[2], atol=1e-6), "the seed is not used"


class _Seeded:
    """Calls with the data drawn alike, and the global generators then in a state of their own."""

    def __init__(self, glob):
        self.glob, self.restored, self.what = glob, True, ""

    def run(self, function, *args, **kwargs):
        original = hooks.register_module_forward_pre_hook

        def first(hook):  # the last thing before compare_arms is called
            torch.manual_seed(self.glob)
            np.random.seed(self.glob)
            random.seed(self.glob)
            self.states = self._states()
            return original(hook)

        with mock.patch.object(hooks, "register_module_forward_pre_hook", first):
            result = function(*args, **kwargs)
        for name, before, after in zip(("torch", "numpy", "python"), self.states, self._states(), strict=True):
            if before != after:
                self.restored, self.what = False, name
        return result

    def _states(self):
        return torch.get_rng_state().numpy().tobytes(), np.random.get_state()[1].tobytes(), random.getstate()


def import_is_quiet(program):
    """Importing neither prints nor seeds."""
    import importlib

    torch.manual_seed(1234)
    before, output = torch.get_rng_state(), io.StringIO()
    with contextlib.redirect_stdout(output):
        importlib.reload(program.compare)
    assert not output.getvalue(), "the module prints at import"
    assert torch.equal(torch.get_rng_state(), before), "the module draws or seeds at import"
