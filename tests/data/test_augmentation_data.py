"""The two sets of the augmentation course, real and drawn, in the form that its handout promises."""

import numpy as np
import pytest
import torch
from torch.utils.data import TensorDataset

from grader.data import load


def expect_form(data, label_shape):
    """uint8 images (N, 28, 28) that use a good part of their range, and labels 0 and 1."""
    for images, labels in data.splits.values():
        assert images.dtype == np.uint8
        assert images.shape == (len(labels), 28, 28)
        assert int(images.max()) - int(images.min()) > 150
        assert labels.dtype == np.int64
        assert labels.shape == (len(images), *label_shape)
        assert set(np.unique(labels)) == {0, 1}


def handouts_datasets(data):
    """As the handout makes them."""
    return [
        TensorDataset(torch.from_numpy(images).unsqueeze(1) / 255, torch.from_numpy(labels))
        for images, labels in (data.train, data.test)
    ]


@pytest.mark.parametrize(("name", "label_shape"), [("breastmnist", ()), ("chestmnist", (14,))])
def test_phantoms_have_the_promised_form(name, label_shape):
    expect_form(load(name, "phantom", sizes=(40, 30, 30)), label_shape)


def test_real_breast_images_have_the_promised_form(need):
    need("breastmnist.npz")
    data = load("breastmnist")
    assert data.source == "real"
    expect_form(data, ())
    assert [len(split.labels) for split in data.splits.values()] == [546, 78, 156]
    assert np.bincount(data.test.labels).tolist() == [42, 114]
    train, test = handouts_datasets(data)
    image, label = train[0]
    assert image.shape == (1, 28, 28)
    assert image.dtype is torch.float32
    assert 0 <= float(image.min()) <= float(image.max()) <= 1
    assert int(label) in (0, 1)
    assert (len(train), len(test)) == (546, 156)


def test_real_chest_images_have_the_promised_form(need):
    need("nih1000_chest14_28.npz")
    data = load("chestmnist")
    assert data.source == "real"
    expect_form(data, (14,))
    assert len(data.class_names) == 14
    assert [len(split.labels) for split in data.splits.values()] == [600, 200, 200]
    findings = data.train.labels.sum(1)
    assert findings.min() == 0, "X-rays without a finding"
    assert findings.max() > 1, "X-rays with several findings"
