"""Mistakes: what to replace in a right network's source by what, and where it shows first.

That is a module's name, part of the line in `forward`, "" where no place can be named, or None where it may be unknown
whether the network is wrong at all.
"""

PAD = "F.pad(x, (0, skip.shape[3] - x.shape[3], 0, skip.shape[2] - x.shape[2]))"
CONVS = "        x = F.relu(self.conv1(x))\n        x = F.relu(self.conv2(x))\n"

MODULES = {
    "corners aligned": ("align_corners=False", "align_corners=True", "up"),
    "skip zeroed": ("torch.cat([skip, x]", "torch.cat([skip * 0, x]", "merge.0.conv1"),
    "skip blurred": (
        "reversed(skips)):",
        "reversed([F.avg_pool2d(s, 3, 1, 1) for s in skips])):",
        "for block, skip in zip(self.merge, reversed([F.avg_pool2d(s, 3, 1, 1) for s in skips])):",
    ),
    "sigmoid at the end": ("return self.head(x)", "return self.head(x).sigmoid()", "return self.head(x).sigmoid()"),
    "softmax at the end": ("return self.head(x)", "return self.head(x).softmax(1)", "return self.head(x).softmax(1)"),
    "relu at the end": ("return self.head(x)", "return F.relu(self.head(x))", "return F.relu(self.head(x))"),
    "relu missing": ("x = F.relu(self.conv2(x))", "x = self.conv2(x)", "pool"),
    "nearest": ('mode="bilinear", align_corners=False', 'mode="nearest"', "up"),
    "bicubic": ('mode="bilinear"', 'mode="bicubic"', "up"),
    "transposed convolution": (
        'self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)',
        "self.ways = nn.ModuleDict({str(w): nn.ConvTranspose2d(w, w, 2, 2) for w in widths[1:]})\n"
        "        self.up = lambda x: self.ways[str(x.shape[1])](x)",
        None,
    ),
    "padding on the left and top": (
        PAD,
        "F.pad(x, (skip.shape[3] - x.shape[3], 0, skip.shape[2] - x.shape[2], 0))",
        "merge.",
    ),
    "padding repeats the edge": (
        PAD,
        PAD[:-1] + ', mode="replicate")',
        'x = F.pad(x, (0, skip.shape[3] - x.shape[3], 0, skip.shape[2] - x.shape[2]), mode="replicate")',
    ),
    "skip cropped": (
        "            x = " + PAD,
        "            skip = skip[:, :, : x.shape[2], : x.shape[3]]\n            x = F.pad(x, (0, 0, 0, 0))",
        "",
    ),
    "resized to the skip": (
        PAD,
        'F.interpolate(x, skip.shape[2:], mode="bilinear")',
        'x = F.interpolate(x, skip.shape[2:], mode="bilinear")',
    ),
    "average pooling": ("nn.MaxPool2d(2)", "nn.AvgPool2d(2)", "pool"),
    "pooling rounds up": ("nn.MaxPool2d(2)", "nn.MaxPool2d(2, ceil_mode=True)", "pool"),
    "second convolution missing": ("        x = F.relu(self.conv2(x))\n", "", "pool"),
    "second convolution left out": (
        CONVS,
        "        x = F.relu(self.conv1(x))\n        x = x if x.shape[1] == 8 else F.relu(self.conv2(x))\n",
        "pool",
    ),
    "batch norm added": (
        CONVS,
        "        x = F.relu(F.batch_norm(self.conv1(x), None, None, training=True))\n        x = F.relu(self.conv2(x))\n",
        "down.0",
    ),
    "convolution of mirrored maps": (
        "x = F.relu(self.conv2(x))",
        "x = F.relu(self.conv2(x.flip(3)))",
        "down.0.conv2",
    ),
    "no bias": ("out_channels, 3, padding=1)", "out_channels, 3, padding=1, bias=False)", None),
    "circular padding": (
        "out_channels, 3, padding=1)",
        "out_channels, 3, padding=1, padding_mode='circular')",
        "down.0.conv1",
    ),
    "dropout": ("return self.head(x)", "return self.head(F.dropout(x, 0.1, self.training))", "F.dropout("),
    "leaky relu": ("F.relu(self.conv1(x))", "F.leaky_relu(self.conv1(x))", "down.0"),
    "relu after the addition of a skip": (
        "torch.cat([skip, x], dim=1)",
        "torch.cat([F.relu(skip - 1), x], dim=1)",
        "x = torch.cat([F.relu(skip - 1), x], dim=1)",
    ),
    "skip after pooling and back": (
        "torch.cat([skip, x], dim=1)",
        "torch.cat([F.interpolate(self.pool(skip), skip.shape[2:]), x], dim=1)",
        "x = torch.cat([F.interpolate(self.pool(skip), skip.shape[2:]), x], dim=1)",
    ),
    "skip detached": ("torch.cat([skip, x], dim=1)", "torch.cat([skip.detach(), x], dim=1)", "down.0.conv1"),
    "up-sampling after the block": (
        "            x = self.up(x)\n",
        "            x = F.relu(self.up(x) - 0.01)\n",
        "x = F.relu(self.up(x) - 0.01)",
    ),
    "uppermost skip mirrored": (
        "for block, skip in zip(self.merge, reversed(skips)):",
        "for block, skip in zip(self.merge, [*reversed(skips)][:-1] + [skips[0].flip(2)]):",
        "merge.2.conv1",
    ),
}

FUNCTIONAL = {
    "corners aligned": (
        "align_corners=False",
        "align_corners=True",
        'x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=True)',
    ),
    "skip zeroed": (
        "torch.cat([x, skip], 1)",
        "torch.cat([x, skip - skip], 1)",
        'x = F.conv2d(x, self.p[name + "_w1"], self.p[name + "_b1"], padding=1).clamp_min(0)',
    ),
    "padding on the top": (
        "torch.cat([x, rows], 2)",
        "torch.cat([rows, x], 2)",
        'x = F.conv2d(x, self.p[name + "_w1"], self.p[name + "_b1"], padding=1).clamp_min(0)',
    ),
    "padding with ones": ("columns = x.new_zeros(", "columns = x.new_ones(", "x = torch.cat([x, columns], 3)"),
    "relu missing": (
        "padding=1).clamp_min(0)\n        return",
        "padding=1)\n        return",
        'return F.conv2d(x, self.p[name + "_w2"], self.p[name + "_b2"], padding=1).clamp_min(0)',
    ),
    "average pooling": (
        "F.max_pool2d(x, 2, 2)",
        "F.avg_pool2d(x, 2, 2)",
        'x = self.convs(F.avg_pool2d(x, 2, 2) if level else x, f"left{level}")',
    ),
    "no bias in the head": (
        ' + self.p["head_b"][:, None, None]',
        "",
        'return torch.einsum("bchw,co->bohw", x, self.p["head"])',
    ),
}
