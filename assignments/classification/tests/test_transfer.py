"""Visible checks of transfer.py."""

import pytest
import torch

from grader.probes import models
from grader.verdicts.values import expect_close, expect_tensor


def test_freeze_leaves_nothing_trainable(student):
    """freeze leaves no parameter that requires a gradient."""
    model = student.run(models.TinyResNet)
    student.transfer.freeze(model)
    still = [name for name, requires_grad in student.run(models.trainable, model).items() if requires_grad]
    assert not still, f"after freeze these parameters still require a gradient: {', '.join(still)}"


@pytest.mark.points(2)
def test_new_head_has_the_classes_asked_for(student):
    """replace_head returns the same model with a new trainable layer of the right size."""
    model = student.run(models.TinyResNet, width=3, num_classes=5)
    student.transfer.freeze(model)
    result = student.transfer.replace_head(model, 4)
    assert result is model, "replace_head should return the model it was given"
    expect_tensor(model(torch.randn(2, 3, 8, 8)), (2, 4), what="the model's output after replace_head(model, 4)")
    free = sorted(name for name, requires_grad in student.run(models.trainable, model).items() if requires_grad)
    assert free == ["fc.bias", "fc.weight"], (
        f"after freeze and replace_head only the head should be trainable, got {', '.join(free) or 'nothing'}"
    )


@pytest.mark.points(2)
def test_feature_extraction_trains_the_head_alone(student):
    """build_finetune_model makes the head alone trainable for feature extraction, else everything."""
    model = student.transfer.build_finetune_model(9, None, feature_extract=True)
    free = sorted(name for name, requires_grad in student.run(models.trainable, model).items() if requires_grad)
    assert free == ["fc.bias", "fc.weight"], (
        f"build_finetune_model with feature_extract=True: trainable are {', '.join(free[:4]) or 'none'}"
    )
    model = student.transfer.build_finetune_model(9, None, feature_extract=False)
    frozen = [name for name, requires_grad in student.run(models.trainable, model).items() if not requires_grad]
    assert not frozen, f"build_finetune_model with feature_extract=False: frozen are {', '.join(frozen[:4])}"


def test_optimizer_moves_the_trainable_parameters(student):
    """make_optimizer gives an SGD optimiser whose step moves what is trainable and nothing else."""
    model = student.run(models.TinyResNet)
    student.run(models.set_trainable, model, {"conv1.weight": False, "fc.bias": False})
    before = student.run(models.snapshot, model)
    optimizer = student.transfer.make_optimizer(model)
    sgd = student.worker("torch.optim").SGD
    assert student.worker("builtins").isinstance(optimizer, sgd), "make_optimizer should return a torch.optim.SGD"
    ones = {name: torch.ones_like(before[name]) for name in student.run(models.trainable, model)}
    after = student.run(models.planted_steps, model, optimizer, [ones])
    for name, value in after.items():
        step = 0.0 if name in ("conv1.weight", "fc.bias") else 0.001
        what = f"{name} after one step of make_optimizer's SGD along gradients of one"
        expect_close(value, before[name].double() - step, atol=1e-6, what=what)


@pytest.mark.points(2)
def test_frozen_batch_norm_is_in_evaluation_mode(student):
    """set_train_mode puts everything in training mode except frozen batch norm."""
    model = student.run(models.TinyResNet)
    model.eval()
    student.run(models.set_trainable, model, {"bn1.weight": False, "bn1.bias": False})
    student.transfer.set_train_mode(model)
    modes = student.run(models.modes, model)
    assert not modes.pop("bn1"), "a frozen batch-norm layer is in training mode after set_train_mode"
    left = [name or "the model itself" for name, training in modes.items() if not training]
    assert not left, f"after set_train_mode these are not in training mode: {', '.join(left)}"
