"""What mixed.py must do, shown without the suite."""

import torch
from torch.utils.data import Dataset, TensorDataset


class _Items(Dataset):
    """Images that carry their number, with any labels; counts what is read."""

    def __init__(self, labels, dtype=torch.float32):
        self.labels, self.read = list(labels), []
        self.images = [torch.full((1, 2, 3), float(i), dtype=dtype) for i in range(len(self.labels))]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        self.read.append(index)
        return self.images[index], self.labels[index]


class _Calls:
    """Adds 1000, 1001, ... so that every call is told from every other."""

    def __init__(self):
        self.images = []

    def __call__(self, image):
        self.images.append(image.clone())
        return image + 999 + len(self.images)


def augmented_items(program):
    """The pair of the transformed image and the label as it is; the transform sees images only, once each."""
    labels = [3, 0, torch.tensor([1]), "left", (1, 2), 2.5]
    base, calls = _Items(labels, torch.float64), _Calls()
    dataset = program.mixed.AugmentedDataset(base, calls)
    assert len(dataset) == 6, len(dataset)
    for count, index in enumerate((4, 0, 5, 1, 2, 3)):
        item = dataset[index]
        assert len(item) == 2, f"{len(item)} values"
        image, label = item
        assert label is labels[index], f"label {label!r}, not {labels[index]!r}"
        assert torch.equal(image, base.images[index] + 1000 + count), "not the transform of the image"
        assert image.dtype == torch.float64, image.dtype
        assert torch.equal(calls.images[-1], base.images[index]), "the transform saw another image"
        assert len(calls.images) == count + 1, "the transform was called twice"
    seen = []
    for dataset, first in ((program.mixed.AugmentedDataset, 0), (program.mixed.mix, 6)):
        data = dataset(_Items(labels, torch.float64), lambda image: seen.append(image.shape) or image.clone())
        for index in range(6):
            image, _ = data[first + index]
            assert torch.equal(image, base.images[index]), "not what the transform returned"
        assert seen == [base.images[0].shape] * 6, "the transform got no image, or more than one"
        seen.clear()


def augments_afresh(program):
    """Every access applies the transform again, and only an access does."""
    base, calls = _Items(range(4)), _Calls()
    alone, mixed = program.mixed.AugmentedDataset(base, calls), program.mixed.mix(base, calls, 0.5)
    assert not calls.images, "the transform is applied before anything is asked for"
    for dataset, index in ((alone, 2), (mixed, 6)):
        values = [dataset[index][0][0, 0, 0].item() for _ in range(3)]
        assert len(set(values)) == 3, f"the same image three times: {values}"
    originals = [mixed[2][0] for _ in range(3)]
    assert all(torch.equal(image, base.images[2]) for image in originals), "an original is changed"


def base_stays(program):
    """The base keeps its images, labels and number of items, and is read when an item is asked for."""
    images, labels = torch.rand(5, 1, 2, 2), torch.tensor([0, 1, 0, 1, 1])
    base = TensorDataset(images.clone(), labels.clone())
    for dataset in (program.mixed.AugmentedDataset(base, lambda x: x + 1), program.mixed.mix(base, lambda x: x + 1)):
        for index in range(len(dataset)):
            dataset[index]
        assert len(base) == 5
        assert torch.equal(base.tensors[0], images), "the base is modified"
        assert torch.equal(base.tensors[1], labels), "the base is modified"


def mixes_in_the_right_number(program):
    """n f / (1 - f) augmented items, to the nearest; by default as many as originals."""
    for n, fraction, count in (
        (10, 0.5, 10), (10, 0.9, 90), (4, 0.8, 16), (11, 0.2, 3), (12, 0.25, 4), (10, 0.3, 4), (7, 0.4, 5),
        (11, 0.35, 6), (10, 0.0, 0), (10, 0.02, 0), (10, 0.06, 1), (3, 0.95, 57), (100, 0.29, 41),
    ):  # fmt: skip
        length = len(program.mixed.mix(_Items(range(n)), lambda x: -x, fraction))
        assert length == n + count, f"{length - n} augmented items for {n} originals and a fraction of {fraction}"
    assert len(program.mixed.mix(_Items(range(6)), lambda x: -x)) == 12, "the default is not a half"


def mixes_in_the_right_order(program):
    """Originals in order, then augmented items that go round the base in order, each with its label."""
    labels = [f"label {i}" for i in range(5)]
    for n, fraction, expected in ((5, 0.5, 5), (5, 0.75, 15), (5, 0.7, 12), (5, 0.3, 2), (5, 0, 0)):
        base = _Items([0, 1, 1, 1, 1] if n == 4 else labels)
        dataset = program.mixed.mix(base, lambda x: x + 100, fraction)
        items = [dataset[index] for index in range(len(dataset))]
        assert len(items) == n + expected, f"{len(items)} items"
        for place, (image, label) in enumerate(items):
            number = place % n
            value = image[0, 0, 0].item()
            assert value == number + (100 if place >= n else 0), f"item {place} has the image {value}"
            assert label == labels[number], f"item {place} has the label {label}"
            assert image.shape == (1, 2, 3)
    base = TensorDataset(torch.arange(4.0).reshape(4, 1, 1, 1), torch.tensor([[0], [1], [1], [1]]))
    dataset = program.mixed.mix(base, lambda x: x + 100)
    assert [int(dataset[index][0]) for index in range(8)] == [0, 1, 2, 3, 100, 101, 102, 103], "not in order"
    assert [int(dataset[index][1]) for index in range(8)] == [0, 1, 1, 1] * 2, "the labels differ"


def mix_refuses_bad_fractions(program):
    """ValueError at the call for -0.1, 1 and above; 0 and 0.99 are fine."""
    base = _Items(range(3))
    for fraction in (-0.1, -1e-9, 1, 1.0, 1.5, 50):
        try:
            program.mixed.mix(base, lambda x: x, fraction)
        except ValueError:
            continue
        raise AssertionError(f"a fraction of {fraction} is accepted")
    assert len(program.mixed.mix(base, lambda x: x, augmented_fraction=0)) == 3, "0 does not give the originals"
    assert len(program.mixed.mix(base, lambda x: x, 0.99)) == 300, "0.99 is not accepted"


def draws_nothing(program):
    """Making and reading data sets draws no random number and seeds nothing."""
    torch.manual_seed(99)
    before = torch.get_rng_state()
    for dataset in (
        program.mixed.AugmentedDataset(_Items(range(5)), lambda x: x),
        program.mixed.mix(_Items(range(5)), lambda x: x, 0.7),
    ):
        for index in range(len(dataset)):
            dataset[index]
    assert torch.equal(torch.get_rng_state(), before), "torch's global generator is touched"
