"""ModuleDict and ModuleList in scrambled order, a DataLoader subclass, imports inside functions."""

import torch
from torch import nn


class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        parts = {
            "norm_b": nn.BatchNorm2d(out_channels),
            "conv_b": nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
        }
        if (in_channels, stride) != (out_channels, 1):
            parts["norm_s"] = nn.BatchNorm2d(out_channels)
            parts["conv_s"] = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
        parts["norm_a"] = nn.BatchNorm2d(out_channels)
        parts["conv_a"] = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.parts = nn.ModuleDict(parts)

    def forward(self, x):
        p = self.parts
        y = p["norm_b"](p["conv_b"](torch.relu(p["norm_a"](p["conv_a"](x)))))
        if "conv_s" in p:
            x = p["norm_s"](p["conv_s"](x))
        return torch.relu(torch.add(x, y))


class ResNet18(nn.Module):
    def __init__(self, num_classes, in_channels=3):
        super().__init__()
        self.stages = nn.ModuleDict()
        self.stages["classify"] = nn.ModuleList([nn.Linear(512, num_classes)])
        for name, i, o, s in (("s4", 256, 512, 2), ("s2", 64, 128, 2), ("s3", 128, 256, 2), ("s1", 64, 64, 1)):
            self.stages[name] = nn.ModuleList([BasicBlock(o, o), BasicBlock(i, o, s)])
        self.stages["stem"] = nn.ModuleList([nn.BatchNorm2d(64), nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)])

    def forward(self, x):
        norm, conv = self.stages["stem"]
        x = nn.functional.max_pool2d(norm(conv(x)).relu(), kernel_size=3, stride=2, padding=1)
        for name in ("s1", "s2", "s3", "s4"):
            for block in reversed(self.stages[name]):
                x = block(x)
        return self.stages["classify"][0](x.mean(dim=(-2, -1)))
