"""Mistakes: what to replace in a right network's source by what."""

PAD = "F.pad(x, (0, skip.shape[3] - x.shape[3], 0, skip.shape[2] - x.shape[2]))"
CONVS = "        x = F.relu(self.conv1(x))\n        x = F.relu(self.conv2(x))\n"

MODULES = {
    "corners aligned": ("align_corners=False", "align_corners=True"),
    "skip zeroed": ("torch.cat([skip, x]", "torch.cat([skip * 0, x]"),
    "skip blurred": ("reversed(skips)):", "reversed([F.avg_pool2d(s, 3, 1, 1) for s in skips])):"),
    "sigmoid at the end": ("return self.head(x)", "return self.head(x).sigmoid()"),
    "softmax at the end": ("return self.head(x)", "return self.head(x).softmax(1)"),
    "relu at the end": ("return self.head(x)", "return F.relu(self.head(x))"),
    "relu missing": ("x = F.relu(self.conv2(x))", "x = self.conv2(x)"),
    "nearest": ('mode="bilinear", align_corners=False', 'mode="nearest"'),
    "bicubic": ('mode="bilinear"', 'mode="bicubic"'),
    "transposed convolution": (
        'self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)',
        "self.up = nn.ConvTranspose2d(base * 2, base * 2, 2, 2)",
    ),
    "padding on the left and top": (
        PAD,
        "F.pad(x, (skip.shape[3] - x.shape[3], 0, skip.shape[2] - x.shape[2], 0))",
    ),
    "padding repeats the edge": (PAD, PAD[:-1] + ', mode="replicate")'),
    "skip cropped": (
        "            x = " + PAD,
        "            size = skip.shape[2:]\n            skip = skip[:, :, : x.shape[2], : x.shape[3]]\n"
        "            x = F.pad(x, (0, 0, 0, 0))",
    ),
    "resized to the skip": (PAD, 'F.interpolate(x, skip.shape[2:], mode="bilinear")'),
    "average pooling": ("nn.MaxPool2d(2)", "nn.AvgPool2d(2)"),
    "pooling rounds up": ("nn.MaxPool2d(2)", "nn.MaxPool2d(2, ceil_mode=True)"),
    "second convolution missing": ("        x = F.relu(self.conv2(x))\n", ""),
    "second convolution left out": (
        CONVS,
        "        x = F.relu(self.conv1(x))\n        x = x if x.shape[1] == 8 else F.relu(self.conv2(x))\n",
    ),
    "batch norm added": (
        CONVS,
        "        x = F.relu(F.batch_norm(self.conv1(x), None, None, training=True))\n        x = F.relu(self.conv2(x))\n",
    ),
    "first convolution twice": ("x = F.relu(self.conv2(x))", "x = F.relu(self.conv1(x) if False else self.conv2(x.flip(3)))"),
    "no bias": ("out_channels, 3, padding=1)", "out_channels, 3, padding=1, bias=False)"),
    "circular padding": ("out_channels, 3, padding=1)", "out_channels, 3, padding=1, padding_mode='circular')"),
    "dropout": ("return self.head(x)", "return self.head(F.dropout(x, 0.1, self.training))"),
    "leaky relu": ("F.relu(self.conv1(x))", "F.leaky_relu(self.conv1(x))"),
    "relu after the addition of a skip": ("torch.cat([skip, x], dim=1)", "torch.cat([F.relu(skip - 1), x], dim=1)"),
    "skip after pooling and back": (
        "torch.cat([skip, x], dim=1)",
        "torch.cat([F.interpolate(self.pool(skip), skip.shape[2:]), x], dim=1)",
    ),
    "skip detached": ("torch.cat([skip, x], dim=1)", "torch.cat([skip.detach(), x], dim=1)"),
    "up-sampling after the block": ("            x = self.up(x)\n", "            x = F.relu(self.up(x) - 0.01)\n"),
    "one block for the whole way up": (
        "for block, skip in zip(self.merge, reversed(skips)):",
        "for block, skip in zip(self.merge, [*reversed(skips)][:-1] + [skips[0].flip(2)]):",
    ),
}

FUNCTIONAL = {
    "corners aligned": ("align_corners=False", "align_corners=True"),
    "skip zeroed": ("torch.cat([x, skip], 1)", "torch.cat([x, skip - skip], 1)"),
    "padding on the top": ("torch.cat([x, rows], 2)", "torch.cat([rows, x], 2)"),
    "padding with ones": ("columns = x.new_zeros(", "columns = x.new_ones("),
    "relu missing": ("padding=1).clamp_min(0)\n        return", "padding=1)\n        return"),
    "average pooling": ("F.max_pool2d(x, 2, 2)", "F.avg_pool2d(x, 2, 2)"),
    "no bias in the head": (' + self.p["head_b"][:, None, None]', ""),
}
