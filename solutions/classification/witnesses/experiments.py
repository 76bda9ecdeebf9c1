"""What experiments.py must do, shown without the suite.

Every image is of one colour, its number; what goes through a whole network is noted with the numbers of the images.
"""

import contextlib
import io
import random
from unittest import mock

import numpy as np
import torch
import torchvision
from torch.nn.functional import cross_entropy, one_hot
from torch.nn.modules import module as hooks

ARMS = ("scratch", "feature_extraction", "fine_tuning")
CLASSES, EPOCHS, BATCH = 5, 2, 4
TRAIN, VAL, TEST = range(10, 18), range(100, 106), range(200, 212)
ALL = sum(p.numel() for p in torchvision.models.resnet18(num_classes=CLASSES).parameters())
HEAD = CLASSES * 513


def _split(numbers):
    """Images of these numbers, and three of the five classes."""
    numbers = np.array(numbers, dtype=np.uint8)
    return numbers[:, None, None, None] * np.ones((1, 28, 28, 3), dtype=np.uint8), np.arange(len(numbers)) % 3


def _weights():
    """Of torchvision's resnet18, with statistics that are not those of a new network."""
    state = torchvision.models.resnet18().state_dict()
    for name, value in state.items():
        if name.endswith(("running_mean", "running_var")):
            value.uniform_(0.5, 1.5)
    return state


class _Journal:
    """Notes what goes through whole networks while it is open.

    Each pass: the network, whether gradients were recorded and training mode was on, the images' numbers, how many
    numbers of the network were trainable, whether it held all of `state` but for the head, and the output.
    """

    def __init__(self, state=None, test_labels=None):
        self.state = {name: value.clone() for name, value in (state or {}).items() if not name.startswith("fc.")}
        self.test_labels, self.passes, self._depth, self._handles = test_labels, [], 0, []

    def __enter__(self):
        self._handles = [
            hooks.register_module_forward_pre_hook(self._enter_pass),
            hooks.register_module_forward_hook(self._leave_pass, always_call=True),
        ]
        return self

    def __exit__(self, *error):
        for handle in self._handles:
            handle.remove()

    def _enter_pass(self, model, inputs):
        self._depth += 1
        images = inputs[0] if inputs else None
        if self._depth > 1 or not torch.is_tensor(images) or images.ndim != 4:
            return
        assert images[0].std() < 1e-3, "images are not what normalize gives"
        self.passes.append(
            {
                "model": model,
                "grad": torch.is_grad_enabled(),
                "training": model.training,
                "images": ((images.detach().mean((1, 2, 3)) + 1) * 127.5).round().int().tolist(),
                "trainable": sum(p.numel() for p in model.parameters() if p.requires_grad),
                "loaded": self._holds_the_state(model),
            }
        )

    def _holds_the_state(self, model):
        own = {}
        for tensor in (*model.parameters(), *model.buffers()):
            own.setdefault(tuple(tensor.shape), []).append(tensor)
        return bool(self.state) and all(
            any(torch.equal(value, tensor) for tensor in own.get(tuple(value.shape), []))
            for name, value in self.state.items()
            if not name.endswith("num_batches_tracked")
        )

    def _leave_pass(self, model, inputs, output):
        self._depth -= 1
        if self._depth or not self.passes or self.passes[-1]["model"] is not model or "output" in self.passes[-1]:
            return None
        noted = self.passes[-1]
        if self.test_labels and set(noted["images"]) <= set(self.test_labels) and output.shape[1:] == (CLASSES,):
            labels = torch.tensor([self.test_labels[number] for number in noted["images"]])
            output = 5.0 * one_hot(labels, CLASSES)
        noted["output"] = output.detach().clone()
        return output

    def of(self, numbers):
        return [noted for noted in self.passes if set(noted["images"]) & set(numbers)]

    def trained(self):
        """The training passes of each network."""
        by_model = {}
        for noted in self.passes:
            if noted["grad"]:
                by_model.setdefault(id(noted["model"]), []).append(noted)
        return list(by_model.values())


def _run(program, state, test_labels=None, **options):
    """A run on tiny data, and what was noted."""
    splits = [_split(numbers) for numbers in (TRAIN, VAL, TEST)]
    splits[0] = (splits[0][0], splits[0][1][:, None].astype(np.uint8))
    splits[2] = tuple(map(torch.from_numpy, splits[2]))
    settings = {"epochs": EPOCHS, "device": "cpu", "batch_size": BATCH} | options
    with _Journal(state, test_labels) as journal:
        results = program.experiments.run_experiments(*splits, CLASSES, state, **settings)
    return results, journal


def results_of_three_arms(program):
    """For every arm a history of floats with one entry per epoch, and a test accuracy."""
    results, _ = _run(program, _weights())
    assert set(results) == set(ARMS), sorted(results)
    for arm, result in results.items():
        assert isinstance(result, dict), type(result)
        assert isinstance(result["test_accuracy"], float), type(result["test_accuracy"])
        assert isinstance(result["history"], list), type(result["history"])
        assert len(result["history"]) == EPOCHS, f"{arm}: {len(result['history'])} entries"
        for entry in result["history"]:
            values = [entry[key] for key in ("train_loss", "val_loss", "val_accuracy")]
            assert all(isinstance(value, float) for value in values), values


def training_images_alone(program):
    """Networks learn from training images alone: all of them in each epoch, in a new order, in batches."""
    _, journal = _run(program, _weights())
    for passes in journal.trained():
        sizes = [len(noted["images"]) for noted in passes]
        assert sizes == [BATCH] * (EPOCHS * len(TRAIN) // BATCH), f"batches of {sizes}"
        order = sum((noted["images"] for noted in passes), [])
        epochs = [order[: len(TRAIN)], order[len(TRAIN) :]]
        assert all(sorted(epoch) == list(TRAIN) for epoch in epochs), f"learns from {sorted(order)}"
        assert epochs[0] != epochs[1], "the same order twice"
        assert list(TRAIN) not in epochs, "the order of the data"
    for noted in journal.of([*VAL, *TEST]):
        assert not noted["training"], "validation or test images in training mode"
        assert not noted["grad"], "validation or test images with gradients"


def orders_follow_the_global_seed(program):
    """Under another global seed the training images come in another order, in one call out of three at least."""
    orders = []
    for seed in range(3):
        torch.manual_seed(seed)
        _, journal = _run(program, None, epochs=1)
        orders.append(sum((noted["images"] for noted in journal.trained()[0]), []))
    assert len({*map(tuple, orders)}) > 1, f"the order {orders[0]} in three calls"


def test_images_at_the_end(program):
    """Each test image is used once per arm, when nothing is left to be decided in this arm."""
    _, journal = _run(program, _weights())
    seen = sorted(sum((noted["images"] for noted in journal.of(TEST)), []))
    assert seen == sorted([*TEST] * 3), f"{len(seen)} test images in three arms"
    tested = 0
    for position, noted in enumerate(journal.passes):
        if set(noted["images"]) & set(TEST):
            tested += len(noted["images"])
            later = {id(other["model"]) for other in journal.passes[position:] if other["grad"]}
            over = -(-tested // len(TEST))
            assert len(later) <= 3 - over, f"{len(later)} networks are still trained after the test number {over}"
            decided = sum(1 for other in journal.passes[position:] if set(other["images"]) & set(VAL))
            assert decided == 0 or over < 3, "validation after the last test"


def starts_and_what_is_trained(program):
    """scratch: random, everything; fine-tuning: given weights, everything; feature extraction: the head alone."""
    _, journal = _run(program, _weights())
    kinds = sorted((passes[0]["loaded"], passes[0]["trainable"]) for passes in journal.trained())
    whole = [kind for kind in kinds if kind[1] != HEAD]
    assert whole == [(False, ALL), (True, ALL)], f"(from the state dict, trainable): {kinds}"
    assert kinds.count((True, HEAD)) == len(kinds) - 2, kinds  # it may be trained on features
    tested = [noted["loaded"] for noted in journal.of(TEST) for _ in noted["images"]]
    assert sum(tested) == len(TEST), "not one network, feature extraction's, ends with the features it began with"


def accuracies_of_the_test_images(program):
    """The test accuracy is the share of test images that the network has right, shown with given answers."""
    wrong = {TEST[3], TEST[7], TEST[8]}
    answers = {number: ((number - TEST[0]) + (number in wrong)) % 3 for number in TEST}
    results, journal = _run(program, _weights(), answers)
    for noted in journal.of(TEST):
        assert noted["output"].shape[1] == CLASSES, f"{noted['output'].shape[1]} outputs for {CLASSES} classes"
    for arm in ARMS:
        assert abs(results[arm]["test_accuracy"] - 0.75) < 1e-6, f"{arm}: {results[arm]['test_accuracy']}"


def histories_of_their_arms(program):
    """The training losses of an arm are those of the network that was trained for it."""
    results, journal = _run(program, _weights())
    labels = {number: (number - TRAIN[0]) % 3 for number in TRAIN}
    for passes in journal.trained():
        whole = "fine_tuning" if passes[0]["loaded"] else "scratch"
        arm = "feature_extraction" if passes[0]["trainable"] == HEAD else whole
        half = len(passes) // EPOCHS
        for epoch, entry in enumerate(results[arm]["history"]):
            part = passes[epoch * half : (epoch + 1) * half]
            targets = torch.tensor([labels[number] for noted in part for number in noted["images"]])
            loss = cross_entropy(torch.cat([noted["output"] for noted in part]), targets).item()
            assert abs(entry["train_loss"] - loss) < 1e-3, f"{arm}: {entry['train_loss']:.4f} instead of {loss:.4f}"


def batches_of_128(program):
    """The default batch size."""
    train, other = _split(range(100, 230)), _split(range(2))
    with _Journal() as journal:
        program.experiments.run_experiments(train, other, other, CLASSES, None, 1, "cpu")
    for passes in journal.trained():
        assert [len(noted["images"]) for noted in passes] == [128, 2], [len(noted["images"]) for noted in passes]


def no_weights_and_no_epochs(program):
    """Without a state dict every arm starts at random; without epochs the histories are empty."""
    results, journal = _run(program, None, epochs=0, device=torch.device("cpu"))
    assert set(results) == set(ARMS), sorted(results)
    assert all(result["history"] == [] for result in results.values()), "histories are not empty"
    assert all(isinstance(result["test_accuracy"], float) for result in results.values())
    assert not journal.trained(), "something is trained"
    outputs = {round(noted["output"][0, 0].item(), 6) for noted in journal.of([TEST[0]])}
    assert len(outputs) == 3, "two arms start with the same weights"


def arguments_are_not_changed(program):
    """Images, labels and the state dict stay as they were."""
    state = _weights()
    given = {name: value.clone() for name, value in state.items()}
    splits = [_split(numbers) for numbers in (TRAIN, VAL, TEST)]
    before = [(images.copy(), labels.copy()) for images, labels in splits]
    program.experiments.run_experiments(*splits, CLASSES, state, 1, "cpu", batch_size=BATCH)
    for given_split, split in zip(before, splits, strict=True):
        assert all(map(np.array_equal, given_split, split)), "images or labels"
    assert list(state) == list(given), "keys of the state dict"
    assert all(torch.equal(value, state[name]) for name, value in given.items()), "values of the state dict"


def no_global_seed(program):
    """What is drawn afterwards still depends on the seeds from before."""
    drawn = []
    for seed in (1, 2):
        torch.manual_seed(seed), np.random.seed(seed), random.seed(seed)
        _run(program, None, epochs=0)
        drawn.append((torch.rand(1).item(), np.random.rand(), random.random()))
    assert all(one != other for one, other in zip(*drawn, strict=True)), "a global seed is set"


def the_device_is_the_callers(program):
    """Runs on the CPU when asked to, though there seems to be a GPU."""
    with mock.patch.object(torch.cuda, "is_available", return_value=True):
        _run(program, None, epochs=0)


def a_quiet_import(program):
    """Importing the module prints nothing, draws nothing and sets no seed."""
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        _ = program.experiments
    assert printed.getvalue() == "", printed.getvalue()
    assert torch.rand(1) == expected, "it draws random numbers or sets a seed"
