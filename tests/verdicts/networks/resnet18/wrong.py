"""Mistakes: what to replace in a right network's source by what."""

MODULES = {
    "no residual": ("out = out + self.shortcut(x)", "self.shortcut(x)"),
    "relu before the addition": ("out = self.bn2(self.conv2(out))", "out = F.relu(self.bn2(self.conv2(out)))"),
    "no relu in the block": ("out = F.relu(self.bn1(self.conv1(x)))", "out = self.bn1(self.conv1(x))"),
    "stride on the second convolution": (
        "3, stride=stride, padding=1, bias=False)\n        self.bn1 = nn.BatchNorm2d(out_channels)\n"
        "        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride=1",
        "3, stride=1, padding=1, bias=False)\n        self.bn1 = nn.BatchNorm2d(out_channels)\n"
        "        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride=stride",
    ),
    "shortcut without batch norm": (
        "stride=stride, bias=False),\n                nn.BatchNorm2d(out_channels),",
        "stride=stride, bias=False),",
    ),
    "no final relu": ("return F.relu(out)", "return out"),
    "max pooling in the head": ("F.adaptive_avg_pool2d(x, 1)", "F.adaptive_max_pool2d(x, 1)"),
    "softmax in the head": ("x = self.fc(x)", "x = self.fc(x).softmax(1)"),
    "eps of batch norm": ("self.bn2 = nn.BatchNorm2d(out_channels)", "self.bn2 = nn.BatchNorm2d(out_channels, eps=1e-3)"),
    "a slightly smaller eps": (
        "self.bn2 = nn.BatchNorm2d(out_channels)",
        "self.bn2 = nn.BatchNorm2d(out_channels, eps=1e-6)",
    ),
    "momentum of batch norm": (
        "self.bn1 = nn.BatchNorm2d(width)",
        "self.bn1 = nn.BatchNorm2d(width, momentum=0.01)",
    ),
    "averaged statistics": ("self.bn1 = nn.BatchNorm2d(width)", "self.bn1 = nn.BatchNorm2d(width, momentum=None)"),
    "leaky relu": ("out = F.relu(self.bn1(self.conv1(x)))", "out = F.leaky_relu(self.bn1(self.conv1(x)), 0.01)"),
    "relu6": ("        return F.relu(out)", "        return F.relu6(out)"),
    "bias in the convolutions": (
        "out_channels, 3, stride=stride, padding=1, bias=False",
        "out_channels, 3, stride=stride, padding=1",
    ),
    "no max pooling": ("        x = self.pool(x)\n", ""),
    "stem of 3x3": ("width, 7, stride=2, padding=3, bias=False", "width, 3, stride=2, padding=1, bias=False"),
    "shared blocks": (
        "            layers.append(BasicBlock(channels, channels))",
        "            layers += [BasicBlock(channels, channels)] * (1 + (i == 0))\n"
        "            layers = [layers[1], *layers[1:]] if i == 0 else layers\n"
        "            layers = layers[1:] if i == 0 else layers",
    ),
    "average pooling in the stem": ("nn.MaxPool2d(3, stride=2, padding=1)", "nn.AvgPool2d(3, stride=2, padding=1)"),
    "relu before batch norm": ("out = F.relu(self.bn1(self.conv1(x)))", "out = self.bn1(F.relu(self.conv1(x)))"),
    "no relu in the stem": ("        x = F.relu(x)\n", ""),
    "two batch norms swapped": (
        "out = self.bn2(self.conv2(out))",
        "out = self.bn1(self.conv2(out))",
    ),
    "dropout": ("x = x.flatten(1)", "x = F.dropout(x.flatten(1), 0.5, self.training)"),
    "dropout before batch norm": ("x = self.bn1(x)", "x = self.bn1(F.dropout(x, 0.5, self.training))"),
    "batch norm frozen": ("        x = self.bn1(x)", "        x = self.bn1.eval()(x)"),
    "part of the graph cut": ("        x = self.pool(x)\n", "        x = self.pool(x).detach()\n"),
    "no statistics kept": (
        "self.bn1 = nn.BatchNorm2d(width)",
        "self.bn1 = nn.BatchNorm2d(width, track_running_stats=False)",
    ),
    "fixed pooling window": ("F.adaptive_avg_pool2d(x, 1)", "x[:, :, :1, :1]"),
    "ceil mode": ("nn.MaxPool2d(3, stride=2, padding=1)", "nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True)"),
    "values clamped": ("x = self.layers(x)", "x = self.layers(x).clamp(max=50)"),
    "channels reversed": ("x = self.conv1(x)", "x = self.conv1(x.flip(1))"),
    "shortcut from after the relu": ("out = out + self.shortcut(x)", "out = out + self.shortcut(F.relu(x - 0.1))"),
    "a switch on values": (
        "x = self.conv1(x)",
        "x = self.conv1(x if x.abs().max() < 1e6 else -x)",
    ),
}

FUNCTIONAL = {
    "no residual": ("x = torch.clamp_min(x + y, 0.0)", "x = torch.clamp_min(y, 0.0)"),
    "no final relu": ("x = torch.clamp_min(x + y, 0.0)", "x = x + y"),
    "no relu in the block": ("y = torch.relu(self.norm(", "y = (self.norm("),
    "other stride": ("stride = 2 if block in (2, 4, 6)", "stride = 2 if block in (2, 4, 5)"),
    "maximum in the head": ("x.mean(dim=(2, 3))", "x.amax(dim=(2, 3))"),
    "always in training mode": ("training=self.training", "training=True"),
    "eps of batch norm": ("eps=1e-5", "eps=1e-3"),
    "momentum of batch norm": ("momentum=0.1", "momentum=0.9"),
    "no max pooling": ("x = F.max_pool2d(x, 3, 2, 1)", "x = x[:, :, ::2, ::2]"),
    "mean over one dimension": ("x.mean(dim=(2, 3))", "x.mean(dim=2)[:, :, 0]"),
    "shortcut without batch norm": (
        "x = self.norm(self.conv(x, shortcut, stride), shortcut)",
        "x = self.conv(x, shortcut, stride)",
    ),
    "leaky relu": ("y = torch.relu(self.norm(", "y = F.leaky_relu(self.norm("),
}
