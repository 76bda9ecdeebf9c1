"""Layers in a ModuleDict, looked up by name; the head is a 1×1 convolution before the pooling is squeezed away."""

import torch
from torch import nn


class ResNet18(nn.Module):
    def __init__(self, num_classes, in_channels=3, width=64):
        super().__init__()
        self.parts = nn.ModuleDict({"head": nn.Conv2d(8 * width, num_classes, 1)})
        channels = width
        for stage in "4321":
            for half in "ba":
                out = width * 2 ** (int(stage) - 1)
                first = half == "a" and stage != "1"
                channels = out // 2 if first else out
                name = stage + half
                self.parts[name + "_second_norm"] = nn.BatchNorm2d(out)
                self.parts[name + "_second"] = nn.Conv2d(out, out, (3, 3), padding="same", bias=False)
                self.parts[name + "_first"] = nn.Conv2d(channels, out, 3, 2 if first else 1, 1, bias=False)
                self.parts[name + "_first_norm"] = nn.BatchNorm2d(out)
                if first:
                    self.parts[name + "_way"] = nn.Conv2d(channels, out, 1, 2, bias=False)
                    self.parts[name + "_way_norm"] = nn.BatchNorm2d(out)
        self.parts["stem"] = nn.Conv2d(in_channels, width, 7, 2, 3, bias=False)
        self.parts["stem_norm"] = nn.BatchNorm2d(width)

    def forward(self, x):
        parts = self.parts
        x = nn.functional.threshold(parts["stem_norm"](parts["stem"](x)), 0, 0)
        x = nn.functional.max_pool2d(x, 3, 2, 1)
        for stage in "1234":
            for half in "ab":
                name = stage + half
                y = torch.relu_(parts[name + "_first_norm"](parts[name + "_first"](x)))
                y = parts[name + "_second_norm"](parts[name + "_second"](y))
                if name + "_way" in parts:
                    x = parts[name + "_way_norm"](parts[name + "_way"](x))
                x = torch.maximum(torch.add(y, x), torch.zeros((), dtype=y.dtype))
        x = x.mean(-1, keepdim=True).mean(-2, keepdim=True)
        return parts["head"](x)[:, :, 0, 0]
