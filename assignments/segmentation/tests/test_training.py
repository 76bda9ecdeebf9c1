"""Visible checks of training.py."""

import numpy as np
import pytest
import torch

from grader.probes import loaders, models, segmenters
from grader.probes.training import traced
from grader.verdicts.circumstances import during
from grader.verdicts.class_weights import mistaken_weights
from grader.verdicts.training import expect_no_fault, training_faults
from grader.verdicts.values import expect_close, expect_float, expect_list, expect_tensor, expect_unchanged, kind_of


def make_data(count, classes=4):
    """Images of stripes whose brightness tells the class, and their masks."""
    masks = torch.arange(classes).repeat_interleave(2).expand(count, 6, 2 * classes).contiguous()
    images = 0.3 * torch.randn(count, 3, *masks.shape[1:]) + masks.unsqueeze(1)
    return images, masks


def test_weights_of_a_small_example(student):
    """class_weights of 6 pixels of class 0, 3 of class 2 and 1 of class 3 are 1/3, 0, 2/3 and 2."""
    masks = [torch.tensor([[0, 0, 0], [0, 2, 3]]), torch.tensor([[0, 2], [0, 2]])]
    what = "class_weights of 6 pixels of class 0, 3 of class 2 and 1 of class 3"
    held = student.hold([mask.clone() for mask in masks])
    with during(what):
        weights = student.training.class_weights(held, 4)
    expect_unchanged(masks, student.fetch(held), "the list of masks given to class_weights")
    expect_tensor(weights, (4,), torch.float32, finite=False, what=what)
    expect_close(weights, [1 / 3, 0.0, 2 / 3, 2.0], rtol=1e-5, what=what, mistakes=mistaken_weights(masks, 4))


@pytest.mark.points(2)
def test_one_epoch_returns_a_loss_and_trains(student):
    """train_one_epoch returns the epoch's loss as a float, which falls from epoch to epoch."""
    model = student.run(segmenters.TinySegmenter, num_classes=4)
    images, masks = make_data(10)
    loader = student.run(loaders.counted_loader, images, masks, batch_size=4)
    criterion = student.worker("torch.nn").CrossEntropyLoss()
    optimizer = student.worker("torch.optim").SGD(model.parameters(), lr=0.3)
    epoch, arguments = student.training.train_one_epoch, (model, loader, criterion, optimizer, "cpu")
    with during("train_one_epoch with 10 images in batches of 4"):
        losses = [epoch(*arguments) for _ in range(15)]
    first, last = (expect_float(loss, "what train_one_epoch returns") for loss in (losses[0], losses[-1]))
    if not last < 0.9 * first:
        once_more = student.run(segmenters.traced_epochs, epoch, 1, arguments, model, {"train": images})
        expect_no_fault(*training_faults(once_more["trace"], "train_one_epoch"))
    assert last < 0.9 * first, (
        f"the loss of train_one_epoch was {first:.3f} in the first epoch and {last:.3f} in the 15th"
    )


@pytest.mark.points(2)
def test_evaluation_has_three_parts(student):
    """evaluate returns loss, accuracy and one IoU per class, and the model keeps its mode."""
    model = student.run(segmenters.TinySegmenter, num_classes=4)
    model.train()
    loader = student.run(loaders.counted_loader, *make_data(5), batch_size=2)
    with during("evaluate on 5 images in batches of 2"):
        found = student.training.evaluate(model, loader, "cpu", 4)
    assert isinstance(found, dict), f"what evaluate returns should be a dict, got {kind_of(found)}"
    assert set(found) >= {"loss", "accuracy", "iou"}, f"what evaluate returns has the keys {sorted(map(str, found))}"
    for key in ("loss", "accuracy"):
        expect_float(found[key], f"the {key} of evaluate")
    for value in expect_list(found["iou"], 4, "the IoU of evaluate"):
        expect_float(value, "an entry of the IoU of evaluate")
        assert np.isnan(value) or 0 <= value <= 1, f"an IoU of evaluate should be a share, got {value}"
    assert all(student.run(models.modes, model).values()), "after evaluate the model is no longer in training mode"


@pytest.mark.points(2)
def test_fit_learns_and_keeps_a_history(student):
    """fit returns one dict of floats per epoch, and the model learns what can be learned."""
    model = student.run(segmenters.TinySegmenter, num_classes=4, width=8)
    train = student.run(loaders.counted_loader, *make_data(12), batch_size=4)
    val = student.run(loaders.counted_loader, *make_data(5), batch_size=2)
    with during("fit with 15 epochs"):
        history = student.training.fit(model, train, val, epochs=15, device="cpu", lr=0.03)
    expect_list(history, 15, "what fit returns for 15 epochs")
    for entry in history:
        assert isinstance(entry, dict), (
            f"an entry of the history that fit returns should be a dict, got {kind_of(entry)}"
        )
        for key in ("train_loss", "val_loss", "val_accuracy"):
            assert key in entry, f"an entry of the history that fit returns lacks {key!r}"
            expect_float(entry[key], f"{key} in the history that fit returns")
        assert 0 <= entry["val_accuracy"] <= 1, f"val_accuracy should be a share, got {entry['val_accuracy']}"
    first, last = history[0]["train_loss"], history[-1]["train_loss"]
    if not last < 0.8 * first:
        once_more = student.run(traced, student.training.fit, model, train, val, epochs=2, device="cpu", lr=0.03)
        expect_no_fault(*training_faults(once_more["trace"], "fit"))
    assert last < 0.8 * first, f"the training loss of fit was {first:.3f} in the first epoch and {last:.3f} in the 15th"


def test_no_epochs_give_an_empty_history(student):
    """fit with epochs=0 returns an empty list and changes nothing."""
    model = student.run(segmenters.TinySegmenter)
    loader = student.run(loaders.counted_loader, *make_data(4), batch_size=2)
    before = student.run(models.snapshot, model)
    with during("fit with epochs=0"):
        history = student.training.fit(model, loader, loader, epochs=0, device="cpu")
    assert history == [], f"fit with epochs=0 should give an empty list, got {kind_of(history)}: {str(history)[:80]}"
    for name, value in student.run(models.snapshot, model).items():
        expect_close(value, before[name], atol=0, what=f"{name} after fit with epochs=0")


def test_class_map_of_an_image(student):
    """segment returns an int64 map of the image's size, with classes that the model knows."""
    model = student.run(segmenters.TinySegmenter, num_classes=4)
    for size in ((6, 8), (5, 9)):
        what = f"segment of an image of {size[0]}×{size[1]} pixels"
        with during(what):
            found = student.training.segment(model, torch.rand(3, *size), "cpu")
        expect_tensor(found, size, torch.int64, what=what)
        unknown = sorted(set(found.flatten().tolist()) - set(range(4)))
        assert not unknown, f"{what} gives classes that the model does not know: {unknown[:5]}"
