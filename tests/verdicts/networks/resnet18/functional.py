"""Raw parameters and buffers under numbers, registered in scrambled order, used through torch.nn.functional."""

import random

import torch
import torch.nn.functional as F
from torch import nn


def plan(in_channels, width):
    """Kernel, input channels, output channels of every convolution, shortcuts last."""
    convs = [(7, in_channels, width)]
    shortcuts = []
    channels = width
    for stage in range(4):
        out = width * 2**stage
        for block in range(2):
            convs += [(3, channels, out), (3, out, out)]
            if channels != out:
                shortcuts.append((1, channels, out))
            channels = out
    return convs, shortcuts


class ResNet18(nn.Module):
    def __init__(self, num_classes, in_channels=3, width=64):
        super().__init__()
        convs, shortcuts = plan(in_channels, width)
        everything = list(enumerate(convs + shortcuts))
        random.Random(5).shuffle(everything)
        self.register_parameter("z_bias", nn.Parameter(torch.zeros(num_classes)))
        for number, (k, i, o) in everything:
            self.register_buffer(f"v{number}", torch.ones(o))
            self.register_parameter(f"b{number}", nn.Parameter(torch.zeros(o)))
            self.register_parameter(f"w{number}", nn.Parameter(torch.randn(o, i, k, k) / (i * k * k) ** 0.5))
            self.register_buffer(f"m{number}", torch.zeros(o))
            self.register_parameter(f"g{number}", nn.Parameter(torch.ones(o)))
        self.register_parameter("a_matrix", nn.Parameter(torch.randn(8 * width, num_classes)))

    def norm(self, x, n):
        stats = getattr(self, f"m{n}"), getattr(self, f"v{n}")
        scale = getattr(self, f"g{n}"), getattr(self, f"b{n}")
        return F.batch_norm(x, *stats, *scale, training=self.training, momentum=0.1, eps=1e-5)

    def conv(self, x, n, stride=1):
        w = getattr(self, f"w{n}")
        return F.conv2d(x, w, stride=stride, padding=w.shape[-1] // 2)

    def forward(self, x):
        x = self.norm(self.conv(x, 0, 2), 0).clamp(min=0)
        x = F.max_pool2d(x, 3, 2, 1)
        shortcut = 17
        for block in range(8):
            stride = 2 if block in (2, 4, 6) else 1
            y = torch.relu(self.norm(self.conv(x, 1 + 2 * block, stride), 1 + 2 * block))
            y = self.norm(self.conv(y, 2 + 2 * block), 2 + 2 * block)
            if block in (2, 4, 6):
                x = self.norm(self.conv(x, shortcut, stride), shortcut)
                shortcut += 1
            x = torch.clamp_min(x + y, 0.0)
        x = x.mean(dim=(2, 3))
        return x @ self.a_matrix + self.z_bias
