"""torchvision's own."""

import torchvision


def ResNet18(num_classes, in_channels=3, width=64):
    return torchvision.models.resnet18(num_classes=num_classes)
