"""The other blocks of the course: a reference, right ones and wrong ones of each."""

import torch
import torch.nn.functional as F
from torch import nn


def vgg(n_convs, in_channels, out_channels):
    layers = []
    for i in range(n_convs):
        layers += [nn.Conv2d(out_channels if i else in_channels, out_channels, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.MaxPool2d(2))


class VGGPoolingFirst(nn.Module):
    """The last ReLU after the pooling: the same numbers."""

    def __init__(self, n_convs, in_channels, out_channels):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(out_channels if i else in_channels, out_channels, 3, padding="same") for i in range(n_convs)
        )

    def forward(self, x):
        for conv in self.convs[:-1]:
            x = F.relu(conv(x))
        return F.relu(F.max_pool2d(self.convs[-1](x), 2, 2))


class Separable(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size):
        super().__init__()
        pad = kernel_size // 2
        self.depthwise = nn.Conv2d(in_channels, in_channels, kernel_size, padding=pad, groups=in_channels, bias=False)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class SeparableProduct(nn.Module):
    """The pointwise part as a matrix product on the pixels."""

    def __init__(self, in_channels, out_channels, kernel_size):
        super().__init__()
        self.mix = nn.Linear(in_channels, out_channels, bias=False)
        self.each = nn.Parameter(torch.randn(in_channels, 1, kernel_size, kernel_size))

    def forward(self, x):
        pad = self.each.shape[-1] // 2
        x = F.conv2d(F.pad(x, [pad] * 4), self.each, groups=len(self.each))
        return self.mix(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class SeparableReLU(Separable):
    def forward(self, x):
        return self.pointwise(F.relu(self.depthwise(x)))


class SeparableSwapped(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size):
        super().__init__()
        self.a = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.b = nn.Conv2d(out_channels, out_channels, kernel_size, padding=1, groups=out_channels, bias=False)

    def forward(self, x):
        return self.b(self.a(x))


def mlp(i, h, o):
    return nn.Sequential(nn.Linear(i, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU(), nn.Linear(h, o))


class MLPProducts(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.w = nn.ParameterList([torch.randn(h, o), torch.randn(h, h), torch.randn(i, h)])
        self.b = nn.ParameterList([torch.randn(o), torch.randn(h), torch.randn(h)])

    def forward(self, x):
        x = torch.addmm(self.b[2], x, self.w[2]).clip(0)
        x = (x.mm(self.w[1]) + self.b[1]).clip(0)
        return torch.einsum("ij,jk->ik", x, self.w[0]) + self.b[0]


class MLPReLUAtTheEnd(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.net = mlp(i, h, o)

    def forward(self, x):
        return self.net(x).relu()


class Head(nn.Module):
    """Pooling, a hidden layer, dropout, one output."""

    def __init__(self, channels, hidden, p=0.5):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Dropout(p), nn.Linear(hidden, 1))

    def forward(self, x):
        return self.net(x.mean((2, 3))).squeeze(1)


class HeadFunctional(nn.Module):
    def __init__(self, channels, hidden):
        super().__init__()
        self.last, self.first = nn.Linear(hidden, 1), nn.Conv2d(channels, hidden, 1)

    def forward(self, x):
        x = F.dropout(F.relu(self.first(F.adaptive_avg_pool2d(x, 1)).flatten(1)), 0.5, self.training)
        return self.last(x)[:, 0]


class HeadOtherRate(Head):
    def __init__(self, channels, hidden):
        super().__init__(channels, hidden, 0.2)


class HeadWithoutDropout(Head):
    def __init__(self, channels, hidden):
        super().__init__(channels, hidden, 0.0)


class Twins(nn.Module):
    """Two branches of the same form, told apart only by what is done with their sum and difference."""

    def __init__(self, channels):
        super().__init__()
        self.one = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU())
        self.two = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU())

    def forward(self, x):
        return self.one(x) - 0.5 * self.two(x)


class TwinsOtherWay(Twins):
    def forward(self, x):
        return -0.5 * self.one(x) + self.two(x)


class TwinsAlike(Twins):
    def forward(self, x):
        return self.one(x) - 0.25 * self.two(x)


class TwinsAdded(Twins):
    def forward(self, x):
        return torch.stack([self.two(x), self.one(x)]).sum(0)


class TwinsSum(Twins):
    def forward(self, x):
        return self.one(x) + self.two(x)


def double_conv(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.ReLU())


class DoubleConvFunctional(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.kernels = nn.ParameterList([torch.randn(o, o, 3, 3), torch.randn(o, i, 3, 3)])
        self.biases = nn.ParameterDict({"2": torch.zeros(o), "1": torch.zeros(o, 1, 1)})

    def forward(self, x):
        x = (F.conv2d(x, self.kernels[1], padding="same") + self.biases["1"]).relu_()
        return F.conv2d(x, self.kernels[0], self.biases["2"], padding=1).clamp_(0)


class DoubleConvUnpadded(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.one, self.two = nn.Conv2d(i, o, 3), nn.Conv2d(o, o, 3)

    def forward(self, x):
        return self.two(self.one(F.pad(x, [2] * 4)).relu()).relu()


class Regressor(nn.Module):
    """Weights and a bias, as numbers of their own."""

    def __init__(self, features):
        super().__init__()
        self.intercept, self.slopes = nn.Parameter(torch.zeros(())), nn.Parameter(torch.zeros(features))

    def forward(self, x):
        return (x @ self.slopes + self.intercept)[:, None]


class RegressorFlat(Regressor):
    def forward(self, x):
        return super().forward(x)[:, 0]


class BasicBlock(nn.Module):
    def __init__(self, i, o, stride=1):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.way = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + self.way(x))


class BasicBlockInOneSum(BasicBlock):
    def forward(self, x):
        parts = [self.way(x), self.bn2(self.conv2(self.bn1(self.conv1(x)).clamp(min=0)))]
        return torch.stack(parts, -1).sum(-1).relu()


class BasicBlockPooledWay(BasicBlock):
    """Average pooling before the shortcut instead of a stride."""

    def forward(self, x):
        self.way[0].stride = (1, 1)
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + self.way(F.avg_pool2d(x, 2)))


BLOCKS = {
    "double conv": (
        lambda: double_conv(3, 5),
        (2, 3, 8, 8),
        [lambda: DoubleConvFunctional(3, 5)],
        [lambda: DoubleConvUnpadded(3, 5), lambda: double_conv(3, 5)[:3]],
    ),
    "regressor": (lambda: nn.Linear(4, 1), (5, 4), [lambda: Regressor(4)], [lambda: RegressorFlat(4)]),
    "basic block": (
        lambda: BasicBlock(3, 5, 2),
        (2, 3, 8, 8),
        [lambda: BasicBlockInOneSum(3, 5, 2)],
        [lambda: BasicBlockPooledWay(3, 5, 2)],
    ),
    "vgg": (lambda: vgg(2, 3, 8), (2, 3, 8, 8), [lambda: VGGPoolingFirst(2, 3, 8)], [lambda: vgg(2, 3, 8)[:-1]]),
    "separable": (
        lambda: Separable(4, 6, 3),
        (2, 4, 8, 8),
        [lambda: SeparableProduct(4, 6, 3)],
        [lambda: SeparableReLU(4, 6, 3), lambda: SeparableSwapped(4, 6, 3)],
    ),
    "mlp": (lambda: mlp(5, 7, 3), (4, 5), [lambda: MLPProducts(5, 7, 3)], [lambda: MLPReLUAtTheEnd(5, 7, 3)]),
    "head": (
        lambda: Head(6, 5),
        (4, 6, 4, 4),
        [lambda: HeadFunctional(6, 5)],
        [lambda: HeadOtherRate(6, 5), lambda: HeadWithoutDropout(6, 5)],
    ),
    "twins": (lambda: Twins(4), (2, 4, 8, 8), [lambda: TwinsOtherWay(4)], [lambda: TwinsAlike(4), lambda: TwinsSum(4)]),
    "twins added": (lambda: TwinsSum(4), (2, 4, 8, 8), [lambda: TwinsAdded(4)], [lambda: Twins(4)]),
}
