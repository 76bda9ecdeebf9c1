"""A ResNet-18."""

import torchvision


def build_resnet18(num_classes):
    ### BEGIN SOLUTION
    return torchvision.models.resnet18(weights=None, num_classes=num_classes)
    ### END SOLUTION
