"""A small head in odd spellings, and what can be said of each when it is compared with the plain one."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

ODD: list[tuple[type[nn.Module], bool, tuple[str, ...]]] = []
"""The network, whether the one to compare it with has dropout, and the verdicts that are right."""


def odd(*verdicts: str, dropout: bool = False) -> Callable[[type[nn.Module]], type[nn.Module]]:
    def add(network: type[nn.Module]) -> type[nn.Module]:
        ODD.append((network, dropout, verdicts))
        return network

    return add


@odd("same")
class Plain(nn.Module):
    def __init__(self, p=0.0):
        super().__init__()
        self.a, self.b, self.p = nn.Linear(6, 9), nn.Linear(9, 3), p

    def drop(self, x):
        return x

    def forward(self, x):
        return self.b(self.drop(F.relu(self.a(x))))


@odd("same", dropout=True)
@odd("different")
class Dropping(Plain):
    def __init__(self, p=0.5):
        super().__init__(p)

    def drop(self, x):
        return F.dropout(x, self.p, self.training)


# --- Dropout, where the reference has it ---


@odd("unknown", dropout=True)
class UniformMask(Dropping):
    def drop(self, x):
        return x * (torch.rand_like(x) > self.p) / (1 - self.p) if self.training else x


@odd("unknown", "same", dropout=True)
class BernoulliMask(Dropping):
    def drop(self, x):
        return x * torch.bernoulli(torch.full_like(x, 1 - self.p)) / (1 - self.p) if self.training else x


@odd("unknown", dropout=True)
class MaskOfWhatIsDropped(Dropping):
    def drop(self, x):
        return x * (1 - torch.empty_like(x).bernoulli_(self.p)) / (1 - self.p) if self.training else x


@odd("unknown", dropout=True)
class NumpyMask(Dropping):
    def drop(self, x):
        return x * torch.from_numpy(np.random.rand(*x.shape) > self.p) / (1 - self.p) if self.training else x


@odd("same", "unknown", dropout=True)
class DroppedBeforeReLU(Dropping):
    def forward(self, x):
        return self.b(F.relu(self.drop(self.a(x))))


@odd("unknown", "different", dropout=True)
class WholeColumnsDropped(Dropping):
    def drop(self, x):
        return F.dropout1d(x.t()[None], self.p, self.training)[0].t()


@odd("different", dropout=True)
class InputDropped(Dropping):
    def forward(self, x):
        return self.b(F.relu(self.a(self.drop(x))))


@odd("different", dropout=True)
class OtherRate(Dropping):
    def __init__(self):
        super().__init__(0.4)


@odd("different", dropout=True)
@odd("different")
class AlwaysDropping(Dropping):
    def drop(self, x):
        return F.dropout(x, 0.5, True)


@odd("different", dropout=True)
class NothingDropped(Plain):
    pass


@odd("different", dropout=True)
class AlphaDropout(Dropping):
    def drop(self, x):
        return F.alpha_dropout(x, self.p, self.training)


# --- Chance that changes nothing ---


@odd("unknown", "same")
class NumbersDrawnForNothing(Plain):
    def drop(self, x):
        torch.rand(2)
        return x


@odd("unknown", "same")
class BatchShuffled(Plain):
    def forward(self, x):
        order = torch.randperm(len(x))
        out = x.new_empty(len(x), 3)
        out[order] = super().forward(x[order])
        return out


# --- Values of the input decide ---


@odd("unknown")
class RangeAsserted(Plain):
    def forward(self, x):
        assert x.abs().max() <= 1, "images must be normalised"
        return super().forward(x)


@odd("unknown")
class RangeAssertedByNumpy(Plain):
    def forward(self, x):
        assert np.abs(x.detach().numpy()).max() <= 1, "images must be normalised"
        return super().forward(x)


@odd("unknown")
class NaNRefused(Plain):
    def forward(self, x):
        if torch.isnan(x).any():
            raise ValueError("NaN")
        return super().forward(x)


@odd("unknown")
class LargeValuesScaled(Plain):
    def forward(self, x):
        return super().forward(x / 255 if x.max() > 100 else x)


@odd("unknown")
class LoopUntilItIsSmall(Plain):
    def forward(self, x):
        y = super().forward(x)
        while y.abs().mean() > 1e6:
            y = y / 2
        return y


# --- Right, whatever it looks like ---


@odd("same", "unknown")
class OneByOne(Plain):
    def forward(self, x):
        return torch.stack([super(OneByOne, self).forward(row) for row in x])


@odd("same", "unknown")
class Vectorised(Plain):
    def forward(self, x):
        return torch.vmap(lambda row: self.b(F.relu(self.a(row))))(x)


@odd("same", "unknown")
class SinglePrecisionOnly(Plain):
    def forward(self, x):
        return super().forward(x.float())


@odd("same", "unknown")
class Lazy(Plain):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.LazyLinear(9), nn.LazyLinear(3)


@odd("same", "unknown")
class InADictionary(Plain):
    def forward(self, x):
        return {"logits": super().forward(x)}


@odd("same", "unknown")
class UnderTwoNames(Plain):
    def __init__(self):
        super().__init__()
        self.again, self.unused = self.a, nn.Linear(2, 2)


@odd("same", "unknown")
class KeepsATensor(Plain):
    def forward(self, x):
        if not hasattr(self, "zero"):
            self.zero = torch.zeros(1, 9)
        return self.b(torch.maximum(self.a(x), self.zero))


@odd("unknown", "same")
class Reparametrised(Plain):
    def __init__(self):
        super().__init__()
        self.a = torch.nn.utils.parametrizations.weight_norm(self.a)


class OwnReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * (x > 0)


@odd("same", "unknown")
class OwnGradient(Plain):
    def forward(self, x):
        return self.b(OwnReLU.apply(self.a(x)))


@odd("same", "unknown")
class OwnTrain(Plain):
    def train(self, mode=True):
        return self


@odd("same", "unknown")
class WritesToItsInput(Plain):
    def forward(self, x):
        return super().forward(x.add_(1).sub_(1))


@odd("unknown", "different")
class LayersInAList(nn.Module):
    """Not to be learned, which is a mistake; but what it computes is right."""

    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(6, 9), nn.Linear(9, 3)]

    def forward(self, x):
        return self.layers[1](F.relu(self.layers[0](x)))


# --- Wrong ---


class WrongGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


@odd("different")
class MistakenGradient(Plain):
    def forward(self, x):
        return self.b(WrongGradient.apply(self.a(x)))


@odd("different", "unknown")
class ThroughNumpy(Plain):
    def forward(self, x):
        hidden = F.relu(self.a(x)).detach().numpy()
        return torch.as_tensor(hidden @ self.b.weight.detach().numpy().T + self.b.bias.detach().numpy())


@odd("different")
class Failing(Plain):
    def forward(self, x):
        return super().forward(x[:, :4])
