"""Mistakes: what to replace in a right network's source by what, and where it shows first.

That is a module's name, part of the line in `forward`, "" where no place can be named, or None where it may be unknown
whether the network is wrong at all.
"""

MODULES = {
    "no residual": ("out = out + self.shortcut(x)", "self.shortcut(x)", "layers.0"),
    "relu before the addition": (
        "out = self.bn2(self.conv2(out))",
        "out = F.relu(self.bn2(self.conv2(out)))",
        "layers.0",
    ),
    "no relu in the block": (
        "out = F.relu(self.bn1(self.conv1(x)))",
        "out = self.bn1(self.conv1(x))",
        "layers.0.conv2",
    ),
    "stride on the second convolution": (
        "3, stride=stride, padding=1, bias=False)\n        self.bn1 = nn.BatchNorm2d(out_channels)\n"
        "        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride=1",
        "3, stride=1, padding=1, bias=False)\n        self.bn1 = nn.BatchNorm2d(out_channels)\n"
        "        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride=stride",
        "layers.2.conv1",
    ),
    "shortcut without batch norm": (
        "stride=stride, bias=False),\n                nn.BatchNorm2d(out_channels),",
        "stride=stride, bias=False),",
        None,
    ),
    "no final relu": ("return F.relu(out)", "return out", "layers.1.conv1"),
    "max pooling in the head": ("F.adaptive_avg_pool2d(x, 1)", "F.adaptive_max_pool2d(x, 1)", "adaptive_max_pool2d"),
    "softmax in the head": ("x = self.fc(x)", "x = self.fc(x).softmax(1)", "x = self.fc(x).softmax(1)"),
    "eps of batch norm": (
        "self.bn2 = nn.BatchNorm2d(out_channels)",
        "self.bn2 = nn.BatchNorm2d(out_channels, eps=1e-3)",
        "layers.0.bn2",
    ),
    "a slightly smaller eps": (
        "self.bn2 = nn.BatchNorm2d(out_channels)",
        "self.bn2 = nn.BatchNorm2d(out_channels, eps=1e-6)",
        "layers.0.bn2",
    ),
    "momentum of batch norm": (
        "self.bn1 = nn.BatchNorm2d(width)",
        "self.bn1 = nn.BatchNorm2d(width, momentum=0.01)",
        "bn1",
    ),
    "averaged statistics": (
        "self.bn1 = nn.BatchNorm2d(width)",
        "self.bn1 = nn.BatchNorm2d(width, momentum=None)",
        "bn1",
    ),
    "leaky relu": (
        "out = F.relu(self.bn1(self.conv1(x)))",
        "out = F.leaky_relu(self.bn1(self.conv1(x)), 0.01)",
        "layers.0",
    ),
    "gelu": ("        return F.relu(out)", "        return F.gelu(out)", "layers.0"),
    "dilation": (
        "out_channels, out_channels, 3, stride=1, padding=1",
        "out_channels, out_channels, 3, stride=1, padding=2, dilation=2",
        "layers.0.conv2",
    ),
    "padding repeats the edge": (
        "stride=1, padding=1, bias=False",
        "stride=1, padding=1, padding_mode='replicate', bias=False",
        "layers.0.conv2",
    ),
    "last stage too narrow": ("width * 2**i", "width * min(2**i, 4)", None),
    "bias missing in the head": (
        "nn.Linear(channels, num_classes)",
        "nn.Linear(channels, num_classes, bias=False)",
        None,
    ),
    "tanh": ("F.relu(self.bn1(self.conv1(x)))", "F.tanh(self.bn1(self.conv1(x)))", "layers.0"),
    "residual halved": ("out = out + self.shortcut(x)", "out = (out + self.shortcut(x)) / 2", "layers.0"),
    "relu6": ("        return F.relu(out)", "        return F.relu6(out)", "layers.0"),
    "bias in the convolutions": (
        "out_channels, 3, stride=stride, padding=1, bias=False",
        "out_channels, 3, stride=stride, padding=1",
        None,
    ),
    "no max pooling": ("        x = self.pool(x)\n", "", "layers.0.conv1"),
    "stem of 3x3": ("width, 7, stride=2, padding=3, bias=False", "width, 3, stride=2, padding=1, bias=False", None),
    "shared blocks": (
        "            layers.append(BasicBlock(channels, channels))",
        "            layers += [BasicBlock(channels, channels)] * (1 + (i == 0))\n"
        "            layers = [layers[1], *layers[1:]] if i == 0 else layers\n"
        "            layers = layers[1:] if i == 0 else layers",
        "layers.0.conv1",
    ),
    "average pooling in the stem": (
        "nn.MaxPool2d(3, stride=2, padding=1)",
        "nn.AvgPool2d(3, stride=2, padding=1)",
        "pool",
    ),
    "relu before batch norm": (
        "out = F.relu(self.bn1(self.conv1(x)))",
        "out = self.bn1(F.relu(self.conv1(x)))",
        "layers.0",
    ),
    "no relu in the stem": ("        x = F.relu(x)\n", "", "pool"),
    "two batch norms swapped": (
        "out = self.bn2(self.conv2(out))",
        "out = self.bn1(self.conv2(out))",
        "layers.0.bn1",
    ),
    "dropout": ("x = x.flatten(1)", "x = F.dropout(x.flatten(1), 0.5, self.training)", "F.dropout("),
    "dropout before batch norm": ("x = self.bn1(x)", "x = self.bn1(F.dropout(x, 0.5, self.training))", "F.dropout("),
    "batch norm frozen": ("        x = self.bn1(x)", "        x = self.bn1.eval()(x)", "bn1"),
    "part of the graph cut": ("        x = self.pool(x)\n", "        x = self.pool(x).detach()\n", "conv1"),
    "no statistics kept": (
        "self.bn1 = nn.BatchNorm2d(width)",
        "self.bn1 = nn.BatchNorm2d(width, track_running_stats=False)",
        None,
    ),
    "fixed pooling window": ("F.adaptive_avg_pool2d(x, 1)", "x[:, :, :1, :1]", "x = x[:, :, :1, :1]"),
    "ceil mode": (
        "nn.MaxPool2d(3, stride=2, padding=1)",
        "nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True)",
        "pool",
    ),
    "values clamped": ("x = self.layers(x)", "x = self.layers(x).clamp(max=50)", "clamp(max=50)"),
    "channels reversed": ("x = self.conv1(x)", "x = self.conv1(x.flip(1))", None),
    "shortcut from after the relu": (
        "out = out + self.shortcut(x)",
        "out = out + self.shortcut(F.relu(x - 0.1))",
        "layers.0",
    ),
    "a switch on values": (
        "x = self.conv1(x)",
        "x = self.conv1(x if x.abs().max() < 1e6 else -x)",
        None,
    ),
}

FUNCTIONAL = {
    "no residual": ("x = torch.clamp_min(x + y, 0.0)", "x = torch.clamp_min(y, 0.0)", "x = torch.clamp_min(y, 0.0)"),
    "no final relu": (
        "x = torch.clamp_min(x + y, 0.0)",
        "x = x + y",
        "return F.conv2d(x, w, stride=stride, padding=w.shape[-1] // 2)",
    ),
    "no relu in the block": (
        "y = torch.relu(self.norm(",
        "y = (self.norm(",
        "return F.conv2d(x, w, stride=stride, padding=w.shape[-1] // 2)",
    ),
    "other stride": ("stride = 2 if block in (2, 4, 6)", "stride = 2 if block in (2, 4, 5)", ""),
    "maximum in the head": ("x.mean(dim=(2, 3))", "x.amax(dim=(2, 3))", "x = x.amax(dim=(2, 3))"),
    "always in training mode": (
        "training=self.training",
        "training=True",
        "return F.batch_norm(x, *stats, *scale, training=True, momentum=0.1, eps=1e-5)",
    ),
    "eps of batch norm": (
        "eps=1e-5",
        "eps=1e-3",
        "return F.batch_norm(x, *stats, *scale, training=self.training, momentum=0.1, eps=1e-3)",
    ),
    "momentum of batch norm": ("momentum=0.1", "momentum=0.9", "v4"),
    "no max pooling": ("x = F.max_pool2d(x, 3, 2, 1)", "x = x[:, :, ::2, ::2]", "x = x[:, :, ::2, ::2]"),
    "mean over one dimension": ("x.mean(dim=(2, 3))", "x.mean(dim=2)[:, :, 0]", "x = x.mean(dim=2)[:, :, 0]"),
    "shortcut without batch norm": (
        "x = self.norm(self.conv(x, shortcut, stride), shortcut)",
        "x = self.conv(x, shortcut, stride)",
        "x = torch.clamp_min(x + y, 0.0)",
    ),
    "leaky relu": (
        "y = torch.relu(self.norm(",
        "y = F.leaky_relu(self.norm(",
        "y = F.leaky_relu(self.norm(self.conv(x, 1 + 2 * block, stride), 1 + 2 * block))",
    ),
}
