"""Visible checks of transfer.py."""

import pytest
import torch

from grader.probes import models, recording
from grader.verdicts.circumstances import during
from grader.verdicts.sgd_steps import expect_sgd_steps
from grader.verdicts.values import expect_tensor, kind_of


def some(names, of=None):
    """A few names, and how many there are of how many."""
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    count = f"{len(names)} of {len(of)} parameters: " if of is not None and names else ""
    return count + (", ".join(names[:4]) or "none") + more


def test_freeze_leaves_nothing_trainable(student):
    """freeze leaves no parameter that requires a gradient."""
    model = student.run(models.TinyResNet)
    student.transfer.freeze(model)
    free = student.run(models.trainable, model)
    still = [name for name, requires_grad in free.items() if requires_grad]
    assert not still, f"after freeze some parameters still require a gradient, {some(still, free)}"


@pytest.mark.points(2)
def test_new_head_has_the_classes_asked_for(student):
    """replace_head returns the same model with a new trainable layer of the right size."""
    model = student.run(models.TinyResNet, width=3, num_classes=5)
    with during("replace_head(model, 4) of a model whose fc has 6 inputs and 5 outputs"):
        result = student.transfer.replace_head(model, 4)
    got = "another model" if student.worker("builtins").isinstance(result, student.worker("torch.nn").Module) else ""
    assert result is model, (
        f"replace_head should return the model that it was given, it returns {got or kind_of(result)}"
    )
    frozen = [name for name, free in student.run(models.trainable, model).items() if not free]
    assert not frozen, f"replace_head of a model that is trainable makes it require no gradient in {some(frozen)}"
    weight = student.run(models.snapshot, model).get("fc.weight")
    if weight is not None:
        what = "the weight of fc after replace_head(model, 4) of a model whose fc has 6 inputs and 5 outputs"
        expect_tensor(weight, (4, 6), what=what)
    with during("a model after replace_head(model, 4), asked about two images"):
        output = model(torch.randn(2, 3, 8, 8))
    expect_tensor(output, (2, 4), what="the model's output after replace_head(model, 4)")
    student.transfer.freeze(model)
    student.transfer.replace_head(model, 3)
    free = sorted(name for name, requires_grad in student.run(models.trainable, model).items() if requires_grad)
    told = f"trainable are {some(free)}" if free else "the new head is frozen, as the old one was"
    assert free == ["fc.bias", "fc.weight"], (
        f"after freeze and then replace_head fc.weight and fc.bias alone should be trainable; {told}"
    )


@pytest.mark.points(2)
def test_feature_extraction_trains_the_head_alone(student):
    """build_finetune_model makes the head alone trainable for feature extraction, else everything."""
    build, offline = student.transfer.build_finetune_model, recording.without_downloads
    for feature_extract in (True, False):
        what = f"build_finetune_model(9, None, feature_extract={feature_extract})"
        with during(what):
            model = student.run(recording.call_inside, offline, build, 9, None, feature_extract=feature_extract)
        every = student.run(models.trainable, model)
        free = sorted(name for name, requires_grad in every.items() if requires_grad)
        frozen = [name for name, requires_grad in every.items() if not requires_grad]
        if feature_extract:
            told = f"trainable are {some(free, every)}" if free else "nothing is, not even the new head"
            assert free == ["fc.bias", "fc.weight"], f"{what}: the head alone should be trainable; {told}"
        else:
            assert not frozen, f"{what}: everything should be trainable; frozen are {some(frozen, every)}"


def test_optimizer_moves_the_trainable_parameters(student):
    """make_optimizer gives an SGD optimiser whose step moves what is trainable and nothing else."""
    model = student.run(models.TinyResNet)
    wanted = student.run(models.trainable, model) | {"conv1.weight": False, "fc.bias": False}
    student.run(models.set_trainable, model, wanted)
    before = student.run(models.snapshot, model)
    with during("make_optimizer of a model whose conv1.weight and fc.bias are frozen"):
        optimizer = student.transfer.make_optimizer(model)
    changed = [name for name, free in student.run(models.trainable, model).items() if free != wanted[name]]
    assert not changed, f"make_optimizer changes whether parameters require a gradient: {some(changed)}"
    sgd = student.worker("torch.optim").SGD
    assert student.worker("builtins").isinstance(optimizer, sgd), "make_optimizer should return a torch.optim.SGD"
    before = {name: before[name] for name in wanted}
    ones = [{name: torch.ones_like(value) for name, value in before.items()}]
    after = student.run(models.planted_steps, model, optimizer, ones)
    trainable = [name for name, free in wanted.items() if free]
    expect_sgd_steps(before, after, ones, trainable, "make_optimizer(model)", 0.001, 0.9, rtol=1e-6, atol=1e-6)


@pytest.mark.points(2)
def test_frozen_batch_norm_is_in_evaluation_mode(student):
    """set_train_mode puts everything in training mode except frozen batch norm."""
    model = student.run(models.TinyResNet)
    model.eval()
    student.transfer.set_train_mode(model)
    left = [name or "the model itself" for name, training in student.run(models.modes, model).items() if not training]
    what = "after set_train_mode of a trainable model, which came in evaluation mode,"
    assert not left, f"{what} these are in evaluation mode: {some(left)}"
    student.run(models.set_trainable, model, {"bn1.weight": False, "bn1.bias": False})
    student.transfer.set_train_mode(model)
    modes = student.run(models.modes, model)
    assert not modes.pop("bn1"), "after set_train_mode a frozen batch-norm layer, bn1, is in training mode"
    left = [name or "the model itself" for name, training in modes.items() if not training]
    assert not left, f"set_train_mode of a model whose bn1 alone is frozen puts others in evaluation mode: {some(left)}"
