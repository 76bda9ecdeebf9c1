import pytest
import torch


def frozen(student):
    return student.q2.freeze_backbone(student.worker("torchvision").models.resnet18(weights=None, num_classes=5))


@pytest.mark.points(2)
def test_frozen(student):
    """The head alone stays trainable."""
    free = {name for name, parameter in frozen(student).named_parameters() if parameter.requires_grad}
    assert free == {"fc.weight", "fc.bias"}, f"trainable after freeze_backbone: {sorted(free)}"


@pytest.mark.points(2)
def test_step(student):
    """A step of training changes the head and nothing else."""
    model = frozen(student)
    stem, head = model.conv1.weight.detach().clone(), model.fc.weight.detach().clone()
    optimizer = student.worker("torch").optim.SGD(model.parameters(), lr=0.1)
    images, labels = torch.randn(4, 3, 64, 64), torch.arange(4)
    logits = student.keep(model, images)
    student.keep(student.worker("torch.nn.functional").cross_entropy, logits, labels).backward()
    optimizer.step()
    assert torch.equal(model.conv1.weight, stem), "the stem moves although it is frozen"
    assert not torch.equal(model.fc.weight, head), "the head does not move"
