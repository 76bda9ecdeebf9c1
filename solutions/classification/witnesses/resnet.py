"""What resnet.py must do, shown without the suite."""

import contextlib
import io
import sys
from collections import Counter
from unittest import mock

import torch
import torchvision
from torch import nn


def parameter_counts(program):
    """As many parameters as torchvision's resnet18 has for these classes and channels."""
    for classes, channels, wanted in ((9, 3, 11_181_129), (9, 1, 11_181_129 - 2 * 64 * 49), (2, 3, 11_177_538)):
        model = program.resnet.ResNet18(classes, channels)
        model.eval()(torch.zeros(1, channels, 28, 28))  # lazy layers need it
        count = sum(parameter.numel() for parameter in model.parameters())
        assert count == wanted, f"ResNet18({classes}, {channels}) has {count:,} parameters instead of {wanted:,}"
    program.resnet.ResNet18(9).eval()(torch.zeros(1, 3, 28, 28))


def logits_of_any_size(program):
    """Logits (B, num_classes) for any side from 28 on, square or not, for a single image, too; no softmax."""
    for classes, shape in ((9, (2, 3, 28, 28)), (5, (2, 1, 28, 28)), (9, (1, 3, 28, 28)), (9, (2, 3, 33, 47)),
                           (9, (2, 3, 64, 28)), (9, (1, 3, 97, 64)), (9, (1, 3, 28, 270))):  # fmt: skip
        model = program.resnet.ResNet18(classes, in_channels=shape[1]).eval()
        with torch.no_grad():
            outputs = model(torch.randn(shape))
        assert tuple(outputs.shape) == (shape[0], classes), f"{shape} gives {tuple(outputs.shape)}"
    outputs = program.resnet.ResNet18(4).train()(torch.randn(2, 3, 28, 28) * 3)
    assert (outputs.sum(1) - 1).abs().max() > 1e-3, "the outputs of an image add up to one"


def _backwards(output):
    """All steps of the computation that led to an output, earlier ones first."""
    order, done, stack = [], set(), [output.grad_fn]
    while stack:
        node = stack.pop()
        if node in done:
            continue
        waiting = [before for before, _ in node.next_functions if before is not None and before not in done]
        if waiting:
            stack += [node, *waiting]
        else:
            done.add(node)
            order.append(node)
    return order


def _variable(node):
    """The parameter at the beginning of a chain of views and copies."""
    while not hasattr(node, "variable"):
        node = node.next_functions[0][0]
    return node.variable


def _layers(output):
    """The weight of each convolution with a batch norm behind it, and the weight, bias, mean and variance of that."""
    depth, weights, norms = {}, {}, {}
    for node in _backwards(output):
        inputs = [before for before, _ in node.next_functions if before is not None]
        depth[node] = 1 + max((depth[before] for before in inputs), default=0)
        if "Convolution" in node.name():
            weights[node] = _variable(node.next_functions[1][0])
        elif "BatchNorm" in node.name():
            learned = [_variable(node.next_functions[i][0]) for i in (1, 2)]
            norms[node.next_functions[0][0]] = (*learned, node._saved_running_mean, node._saved_running_var)
    found = sorted(norms, key=lambda node: (tuple(weights[node].shape), depth[node]))
    return [(weights[node], *norms[node]) for node in found]


def _scrambled(model, images):
    """Random parameters and statistics."""
    with torch.no_grad():
        model.train()(images)  # lazy layers need it
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape) * (0.05 if parameter.ndim > 1 else 0.8))
        for _ in range(3):
            model.train()(torch.randn(images.shape) * 2 + 1)
    return model.eval()


def _hand_over(model, reference, images):
    """Gives the reference the weights that the model uses in the same places."""
    own, its = _layers(model(images)), _layers(reference(images))
    assert len(own) == len(its), f"{len(own)} convolutions instead of {len(its)}"
    with torch.no_grad():
        for given, taken in zip(own, its, strict=True):
            assert given[0].shape == taken[0].shape, f"a convolution of the shape {tuple(given[0].shape)}"
            for source, target in zip(given, taken, strict=True):
                target.copy_(source)
    used = {id(tensor) for layer in own for tensor in layer}
    return [parameter for parameter in model.parameters() if id(parameter) not in used]


def same_as_torchvision(program):
    """Computes what torchvision's resnet18 computes with the same weights, in both modes."""
    images = torch.randn(3, 3, 40, 40) + 0.5
    model = _scrambled(program.resnet.ResNet18(7), images)
    reference = torchvision.models.resnet18(num_classes=7).eval()
    left = sorted(_hand_over(model, reference, images), key=lambda parameter: parameter.numel())
    assert [parameter.numel() for parameter in left] == [7, 7 * 512], "not one linear layer with bias at the end"
    with torch.no_grad():
        bias, weight = left
        reference.fc.bias.copy_(bias.reshape(-1))
        reference.fc.weight.copy_(weight.flatten(1) if weight.shape[0] == 7 else weight.T)
        for training in (False, True, False):
            for size in ((40, 40), (28, 28), (61, 33)):
                images = torch.randn(3, 3, *size)
                outputs = [network.train(training)(images.clone()) for network in (model, reference)]
                _expect_close(*outputs, f"{size}, {'training' if training else 'evaluation'} mode")
        images = 30 * torch.randn(2, 3, 33, 33)
        _expect_close(*(network.eval()(images.clone()) for network in (model, reference)), "large values")


def _expect_close(output, wanted, what):
    assert output.shape == wanted.shape, f"{what}: shape {tuple(output.shape)}"
    difference = (output - wanted).abs().max() / wanted.abs().max()
    assert difference < 1e-3, f"{what}: differs by {difference:.2g}"


def block_shapes(program):
    """Shapes and parameters of blocks; a projection only where the shape changes."""
    for inputs, outputs, stride, height, width in ((4, 4, 1, 9, 7), (4, 8, 2, 9, 7), (4, 8, 1, 6, 6), (4, 4, 2, 6, 5)):
        block, what = program.resnet.BasicBlock(inputs, outputs, stride).eval(), f"block {inputs}-{outputs}/{stride}"
        maps = block(torch.randn(2, inputs, height, width))
        assert tuple(maps.shape) == (2, outputs, -(-height // stride), -(-width // stride)), f"{what}: {maps.shape}"
        shapes = [(outputs, inputs, 3, 3), (outputs, outputs, 3, 3), *[(outputs,)] * 4]
        if stride != 1 or inputs != outputs:
            shapes += [(outputs, inputs, 1, 1), *[(outputs,)] * 2]
        count = sum(torch.Size(shape).numel() for shape in shapes)
        assert sum(parameter.numel() for parameter in block.parameters()) == count, f"{what}: not {count} parameters"
    assert program.resnet.BasicBlock(4, 4).eval()(torch.randn(1, 4, 5, 5)).shape == (1, 4, 5, 5), "the default stride"


def same_block_as_torchvision(program):
    """Computes what torchvision's block computes with the same weights, with and without projection."""
    for inputs, outputs, stride in ((6, 6, 1), (6, 10, 2), (6, 10, 1), (6, 6, 2)):
        images = torch.randn(3, inputs, 9, 8)
        projection = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        projection = projection if stride != 1 or inputs != outputs else None
        reference = torchvision.models.resnet.BasicBlock(inputs, outputs, stride, projection).eval()
        block = _scrambled(program.resnet.BasicBlock(inputs, outputs, stride), images)
        left = _hand_over(block, reference, images)
        assert not left, f"parameters besides convolutions and batch norm: {Counter(tuple(p.shape) for p in left)}"
        with torch.no_grad():
            for training in (False, True, False):
                results = [network.train(training)(images.clone()) for network in (block, reference)]
                _expect_close(*results, f"block {inputs}-{outputs}/{stride}")


def identity_shortcut(program):
    """A block whose convolutions give nothing computes the ReLU of its input, which it leaves alone."""
    block = program.resnet.BasicBlock(4, 4).eval()
    maps = torch.randn(2, 4, 6, 6)
    given = maps.clone()
    with torch.no_grad():
        block(given)
        assert torch.equal(given, maps), "the block changed its input"
        for parameter in block.parameters():
            parameter.zero_()
        outputs = block(given)
    assert torch.equal(given, maps), "the block changed its input"
    assert torch.allclose(outputs, maps.relu(), atol=1e-6), "not the ReLU of the input"


def built_without_torchvision(program):
    """Works where torchvision cannot be imported."""
    hidden = {name: None for name in sys.modules if name.partition(".")[0] == "torchvision"}
    with mock.patch.dict(sys.modules, hidden):
        program.resnet.ResNet18(3)
        program.resnet.BasicBlock(2, 2)


def modes_are_the_callers(program):
    """A pass changes no mode, and moves the statistics in training mode alone."""
    model, images = program.resnet.ResNet18(3), torch.randn(2, 3, 40, 40)
    model(images)
    for training in (True, False):
        model.train(training)
        before = [buffer.clone() for buffer in model.buffers() if buffer.is_floating_point()]
        model(images)
        assert all(module.training == training for module in model.modules()), "a pass changed a mode"
        after = [buffer for buffer in model.buffers() if buffer.is_floating_point()]
        moved = sum(not torch.equal(one, other) for one, other in zip(before, after, strict=True))
        assert (moved >= 40) == training, f"{moved} statistics moved"
    outputs = model.train()(images)
    before = [buffer.clone() for buffer in model.buffers()]
    outputs.sum().backward()
    kept = [torch.equal(one, other) for one, other in zip(before, model.buffers(), strict=True)]
    assert all(kept), "the backward pass moved statistics"


def every_parameter_is_trained(program):
    """Every parameter gets a gradient."""
    model = program.resnet.ResNet18(3).train()
    model(torch.randn(3, 3, 40, 40)).square().sum().backward()
    without = [tuple(parameter.shape) for parameter in model.parameters() if parameter.grad is None]
    assert not without, f"no gradient for {without[:3]}"


def on_the_device(program):
    """The network is made on the CPU, though there seems to be a GPU, and works on another device."""
    with mock.patch.object(torch.cuda, "is_available", return_value=True):
        model = program.resnet.ResNet18(3).eval()
        images = torch.zeros(1, 3, 28, 28)
        assert model(images).device.type == "cpu"
        assert all(parameter.device.type == "cpu" for parameter in model.parameters())
        assert model.to("meta")(images.to("meta")).device.type == "meta"


def no_global_seed(program):
    """Two networks made one after the other differ, and so does what is drawn afterwards."""
    drawn = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        program.resnet.ResNet18(2)(torch.zeros(2, 3, 33, 33))
        drawn.append(torch.rand(1).item())
    assert drawn[0] != drawn[1], "a global seed is set"


def a_quiet_import(program):
    """Importing the module prints nothing, draws nothing and sets no seed."""
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        _ = program.resnet
    assert printed.getvalue() == "", printed.getvalue()
    assert torch.rand(1) == expected, "it draws random numbers or sets a seed"
