import pytest
import torch

WEIGHTS = 11_176_512 + 513 * 3  # with a head of 3 classes


@pytest.mark.points(2)
def test_shape(student):
    """The network gives one row of logits per image."""
    for classes, shape in ((10, (2, 3, 64, 64)), (7, (1, 3, 64, 64))):
        logits = student.q1.build_resnet18(classes)(torch.randn(shape))
        assert tuple(logits.shape) == (shape[0], classes), f"build_resnet18({classes}) gives {tuple(logits.shape)}"


def test_size(student):
    """The network is a ResNet-18."""
    found = sum(parameter.numel() for parameter in student.q1.build_resnet18(3).parameters())
    assert found == WEIGHTS, f"build_resnet18(3) has {found} parameters"
