"""timm's own."""

import timm


def ResNet18(num_classes, in_channels=3, width=64):
    return timm.create_model("resnet18", num_classes=num_classes, in_chans=in_channels)
