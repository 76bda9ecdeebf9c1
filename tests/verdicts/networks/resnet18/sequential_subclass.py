"""A network that is itself a Sequential, blocks built from a generic residual wrapper."""

from collections import OrderedDict

from torch import nn


class Residual(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.shortcut, self.body = shortcut, body
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        y = self.body(x)
        y += self.shortcut(x)
        return self.act(y)


def conv_norm(i, o, k, s):
    return nn.Sequential(nn.Conv2d(i, o, k, s, k // 2, bias=False), nn.BatchNorm2d(o))


def block(i, o, s=1):
    body = nn.Sequential(conv_norm(i, o, 3, s), nn.ReLU(True), conv_norm(o, o, 3, 1))
    return Residual(body, conv_norm(i, o, 1, s) if s > 1 or i != o else nn.Identity())


class ResNet18(nn.Sequential):
    def __init__(self, num_classes, in_channels=3, width=64):
        w = width
        super().__init__(
            OrderedDict(
                stem=nn.Sequential(conv_norm(in_channels, w, 7, 2), nn.ReLU(True), nn.MaxPool2d(3, 2, 1)),
                stage1=nn.Sequential(block(w, w), block(w, w)),
                stage2=nn.Sequential(block(w, 2 * w, 2), block(2 * w, 2 * w)),
                stage3=nn.Sequential(block(2 * w, 4 * w, 2), block(4 * w, 4 * w)),
                stage4=nn.Sequential(block(4 * w, 8 * w, 2), block(8 * w, 8 * w)),
                head=nn.Sequential(nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(8 * w, num_classes)),
            )
        )
