"""What unet.py must do, shown without the suite."""

import contextlib
import io
import itertools
from collections import Counter

import torch
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode


class _Plain:
    """A U-Net as the contract describes it, written down operation by operation, with weights of its own."""

    def __init__(self, in_channels, num_classes, base, depth):
        self.widths = [base * 2**level for level in range(depth + 1)]
        self.down = [_block(a, b) for a, b in zip([in_channels, *self.widths], self.widths, strict=False)]
        self.up = {level: _block(3 * self.widths[level], self.widths[level]) for level in range(depth)}
        self.head = _layer(base, num_classes, 1)

    def __call__(self, x):
        skips = []
        for level, block in enumerate(self.down):
            x = _double(F.max_pool2d(x, 2) if level else x, block)
            skips.append(x)
        for level in reversed(range(len(self.up))):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            height, width = skips[level].shape[2:]
            x = F.pad(x, (0, width - x.shape[3], 0, height - x.shape[2]))
            x = _double(torch.cat([skips[level], x], 1), self.up[level])
        return F.conv2d(x, *self.head)

    def layers(self):
        return [layer for block in (*self.down, *self.up.values()) for layer in block] + [self.head]


def _layer(inputs, outputs, size):
    weight = torch.randn(outputs, inputs, size, size, dtype=torch.float64) * (2 / (inputs * size**2)) ** 0.5
    return weight.requires_grad_(), (0.3 * torch.randn(outputs, dtype=torch.float64)).requires_grad_()


def _block(inputs, outputs):
    return _layer(inputs, outputs, 3), _layer(outputs, outputs, 3)


def _double(x, block):
    for weight, bias in block:
        x = F.relu(F.conv2d(x, weight, bias, padding=1))
    return x


def _sizes(in_channels, num_classes, base, depth):
    return Counter(tuple(p.shape) for layer in _Plain(in_channels, num_classes, base, depth).layers() for p in layer)


def _run_once(model, shape):
    """One pass, so that layers made on the way have their weights."""
    with torch.no_grad():
        return model(torch.rand(shape))


def parameters_of_the_layers(program):
    """Every setting has the convolutions that it should, with bias, and all of them can be trained."""
    for setting in ((3, 4, 2, 2), (1, 2, 3, 1), (3, 4, 2, 4), (2, 5, 4, 3)):
        model = program.unet.UNet(*setting)
        _run_once(model, (1, setting[0], 2 ** setting[3], 2 ** setting[3]))
        found = Counter(tuple(p.shape) for p in model.parameters())
        total, expected = (sum(torch.Size(s).numel() * n for s, n in c.items()) for c in (found, _sizes(*setting)))
        assert total == expected, f"UNet{setting}: {total} parameters, not {expected}"
        assert all(p.requires_grad for p in model.parameters()), "not all can be trained"
    for setting, expected in (((), 31_379_140), ((3, 4, 513, 1), 26_073_742)):
        with torch.device("meta"), contextlib.suppress(NotImplementedError):
            model = program.unet.UNet(*setting)
            shapes = [p.shape for p in model.parameters() if type(p) is torch.nn.Parameter]
            if len(shapes) == len(list(model.parameters())):
                total = sum(shape.numel() for shape in shapes)
                assert total == expected, f"UNet{setting}: {total} parameters, not {expected}"


def logits_as_large_as_the_image(program):
    """(B, num_classes, H, W) for every size from 2^depth on, in both modes, batches of one and of several."""
    for depth in (1, 2, 3):
        model = program.unet.UNet(in_channels=2, num_classes=3, base=2, depth=depth)
        sizes = [2**depth, 2**depth + 1, 13, 16, 23]
        for height, width in itertools.product(sizes, sizes):
            for batch in (1, 3):
                shape = tuple(_run_once(model, (batch, 2, height, width)).shape)
                assert shape == (batch, 3, height, width), f"{shape} for {height} x {width} at depth {depth}"


def _convolutions(model, shape):
    """The weights and biases of all convolutions, in the order in which an image passes them."""
    used = []

    class Watch(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            kwargs = kwargs or {}
            if function is torch.conv2d:
                used.append((kwargs.get("weight", args[1] if len(args) > 1 else None), _bias(args, kwargs)))
            return function(*args, **kwargs)

    with Watch(), torch.no_grad():
        model(torch.rand(shape))
    return used


def _bias(args, kwargs):
    return kwargs.get("bias", args[2] if len(args) > 2 else None)


def _given_weights(plain, model, up_first):
    """Gives a network the weights of the plain one. False when its convolutions cannot be followed.

    Args:
        up_first: for each level, whether the map from below comes first in what is concatenated there.
    """
    order = list(itertools.chain(*plain.down, *(plain.up[level] for level in reversed(range(len(plain.up))))))
    used = _convolutions(model, (1, plain.down[0][0][0].shape[1], 16, 16))
    own = {id(parameter) for parameter in model.parameters()}
    if len(used) != len(order) + 1 or any(id(p) not in own for pair in used for p in pair):
        return False
    firsts = {id(plain.up[level][0][0]): level for level in plain.up}
    for (weight, bias), (its_weight, its_bias) in zip([*order, plain.head], used, strict=True):
        value, level = weight.detach(), firsts.get(id(weight))
        if level is not None and up_first[level]:
            value = torch.cat(value.tensor_split([len(value)], 1)[::-1], 1)
        if its_weight.shape != value.shape or its_bias.shape != bias.shape:
            return False
        with torch.no_grad():
            its_weight.copy_(value)
            its_bias.copy_(bias)
    return True


def _differences(plain, model, x, training):
    """By what share of the largest value logits and the images' gradients differ, and how many weights get none."""
    own, other = x.float().requires_grad_(), x.clone().requires_grad_()
    logits, expected = model.train(training)(own), plain(other)
    assert torch.equal(own.detach(), x.float()), "the images were changed"
    assert logits.shape == expected.shape, f"shape {tuple(logits.shape)}"
    direction = torch.randn_like(expected)
    model.zero_grad()
    (expected * direction).sum().backward()
    (logits * direction).sum().backward()
    off = (logits - expected).detach().abs().max() / expected.abs().max()
    slope = torch.inf if own.grad is None else (own.grad - other.grad).abs().max() / other.grad.abs().max()
    return off.item(), float(slope), sum(parameter.grad is None for parameter in model.parameters())


def as_the_plain_network(program):
    """With the same weights, logits and gradients are those of a U-Net written down operation by operation."""
    for depth, height, width, batch in ((1, 7, 5, 2), (2, 8, 8, 1), (2, 7, 11, 2), (3, 13, 21, 1), (3, 15, 9, 1)):
        classes = 1 + depth % 3
        plain = _Plain(3, classes, 2, depth)
        x = torch.randn(batch, 3, height, width, dtype=torch.float64)
        x[:, 1] *= 40
        for training in (False, True):
            found = []
            for up_first in itertools.product((False, True), repeat=depth):
                model = program.unet.UNet(in_channels=3, num_classes=classes, base=2, depth=depth)
                _run_once(model, (1, 3, 16, 16))
                if not _given_weights(plain, model, up_first):
                    return
                found.append(_differences(plain, model, x, training))
            off, slope, without = min(found)
            where = f"depth {depth}, {height} x {width}, training={training}"
            assert off < 1e-4, f"logits are {off:.2g} off: {where}"
            assert slope < 1e-3, f"gradients of the images are {slope:.2g} off: {where}"
            assert without == 0, f"{without} weights get no gradient: {where}"


def every_parameter_takes_part(program):
    """A loss on the logits gives every parameter a gradient."""
    model = program.unet.UNet(in_channels=3, num_classes=4, base=4, depth=2)
    _run_once(model, (1, 3, 8, 8))
    model(torch.randn(4, 3, 16, 16)).square().sum().backward()
    without = [tuple(p.shape) for p in model.parameters() if p.grad is None]
    assert not without, f"no gradient reaches {without}"


def block_of_two_convolutions(program):
    """DoubleConv keeps the size, has the parameters of two convolutions, and computes relu(conv(relu(conv(x))))."""
    for inputs, outputs in ((3, 2), (2, 5), (1, 1), (4, 4)):
        block = program.unet.DoubleConv(inputs, outputs)
        shape = tuple(_run_once(block, (2, inputs, 5, 7)).shape)
        assert shape == (2, outputs, 5, 7), shape
        total = sum(p.numel() for p in block.parameters())
        expected = 9 * inputs * outputs + outputs + 9 * outputs**2 + outputs
        assert total == expected, f"{total} parameters, not {expected}"
        used = _convolutions(block, (1, inputs, 5, 5))
        if len(used) != 2 or any(p is None for pair in used for p in pair):
            continue
        for training in (True, False):
            x = torch.randn(2, inputs, 6, 5)
            before = x.clone()
            result = block.train(training)(x)
            assert torch.equal(x, before), "the argument was changed"
            wanted = _double(before.double(), [(w.detach().double(), b.detach().double()) for w, b in used])
            assert torch.allclose(result.detach().double(), wanted, atol=1e-4), f"other values, training={training}"


def every_image_on_its_own(program):
    """Logits of an image do not depend on the others in its batch, nor on the mode, and are the same again."""
    model = program.unet.UNet(in_channels=3, num_classes=4, base=4, depth=2)
    x = torch.randn(3, 3, 9, 12)
    with torch.no_grad():
        model(x)
        expected = torch.cat([model.eval()(x[i : i + 1]) for i in range(3)])
        for training in (True, False, True):
            assert torch.allclose(model.train(training)(x), expected, atol=1e-5), f"other logits, training={training}"


def follows_the_device(program):
    """Network and images on another device give logits there."""
    model = program.unet.UNet(in_channels=3, num_classes=2, base=2, depth=2)
    _run_once(model, (1, 3, 8, 8))
    model.to("meta")
    logits = model(torch.zeros(2, 3, 9, 7, device="meta"))
    assert (logits.device.type, tuple(logits.shape)) == ("meta", (2, 2, 9, 7)), f"{logits.device}, {logits.shape}"


def a_quiet_start(program):
    """Importing the module and making a network prints nothing and sets no seed; two networks differ."""
    torch.manual_seed(3)
    state = torch.get_rng_state()
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        module = program.unet
    assert torch.equal(state, torch.get_rng_state()), "the global generator was seeded"
    with contextlib.redirect_stdout(io.StringIO()):
        models = [module.UNet(base=2, depth=1) for _ in range(2)]
        for model in models:
            _run_once(model, (1, 3, 4, 4))
    x = torch.rand(1, 3, 4, 4)
    with torch.no_grad():
        assert not torch.equal(models[0](x), models[1](x)), "two networks start with the same weights"
    assert printed.getvalue() == "", f"it prints {printed.getvalue()!r}"
