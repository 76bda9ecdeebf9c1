"""What network.py must do, shown without the suite."""

import contextlib
import io

import torch


def one_linear_layer(program):
    """LinearRegressor is linear, with a bias, and returns (N, 1)."""
    for features in (30, 4, 1):
        count = sum(p.numel() for p in program.network.LinearRegressor(features).parameters())
        assert count == features + 1, f"{count} parameters for {features} features"
    model, x = program.network.LinearRegressor(30).train(), torch.randn(64, 30) * 5
    output = model(x)
    assert output.shape == (64, 1), tuple(output.shape)
    assert model(x[:1]).shape == (1, 1), tuple(model(x[:1]).shape)
    offset = model(torch.zeros(1, 30))
    assert torch.allclose(model(3 * x) - offset, 3 * (output - offset), atol=1e-3), "it is not linear"


def layers_as_asked(program):
    """MLPRegressor has linear layers with bias of the widths asked for, and nothing else with parameters."""
    for features, hidden in ((30, None), (3, (5, 7)), (4, (6,)), (5, (4, 4, 4)), (2, [3, 4, 5, 6])):
        model = program.network.MLPRegressor(features, *([] if hidden is None else [hidden]))
        widths = [features, *(hidden or (64, 64)), 1]
        expected = sum((before + 1) * after for before, after in zip(widths, widths[1:], strict=False))
        count = sum(p.numel() for p in model.parameters())
        assert count == expected, f"{count} parameters for widths {widths}, expected {expected}"
        for rows in (9, 1):
            shape = tuple(model(torch.randn(rows, features)).shape)
            assert shape == (rows, 1), f"{rows} rows give {shape}"


def relu_between_layers(program):
    """MLPRegressor computes linear layers with ReLU between them, none at the end, in both modes."""
    for hidden in ((5, 7), (6,), (4, 8, 9)):
        model = program.network.MLPRegressor(3, hidden=hidden).double()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(torch.randn(parameter.shape, dtype=torch.float64))
        x = torch.randn(50, 3, dtype=torch.float64) * 3
        expected = _by_hand(model, [3, *hidden, 1], x)
        for training in (True, False):
            difference = (model.train(training)(x.clone()) - expected).abs().max()
            assert difference < 1e-8, f"hidden={hidden}: differs by {difference:.3g}"


def _by_hand(model, widths, x):
    """The output for parameters recognised by their sizes, however they are stored."""
    left = [parameter.detach() for parameter in model.parameters()]
    for number, (before, after) in enumerate(zip(widths, widths[1:], strict=False)):
        weight, bias = _taken(left, before * after, is_weight=True), _taken(left, after, is_weight=False)
        x = x @ (weight if tuple(weight.shape) == (before, after) else weight.reshape(after, before).T)
        x = x + bias.reshape(-1)
        if number < len(widths) - 2:
            x = x.clamp(min=0)
    return x


def _taken(tensors, size, is_weight):
    """The first tensor of that size, taken out of the list; weights have more dimensions than biases."""
    in_order = sorted(tensors, key=lambda tensor: tensor.ndim, reverse=is_weight)
    found = next((tensor for tensor in in_order if tensor.numel() == size), None)
    assert found is not None, "a layer or its bias is missing"
    tensors[:] = [tensor for tensor in tensors if tensor is not found]
    return found


def nothing_is_changed(program):
    """Constructor and forward leave their arguments alone."""
    hidden = [8, 4]
    program.network.MLPRegressor(6, hidden)
    program.network.MLPRegressor(6, hidden)
    assert hidden == [8, 4], f"hidden became {hidden}"
    x = torch.randn(5, 6)
    before = x.clone()
    program.network.MLPRegressor(6, (8,))(x)
    assert torch.equal(x, before), "forward changed its input"


def a_quiet_import(program):
    """Importing the module prints nothing and sets no seed."""
    torch.manual_seed(3)
    expected = float(torch.rand(1))
    torch.manual_seed(3)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        _ = program.network
    assert printed.getvalue() == "", f"it prints {printed.getvalue()!r}"
    assert float(torch.rand(1)) == expected, "it draws random numbers or sets a seed"


def no_global_seed(program):
    """What is drawn after a network was made depends on the seed set before."""
    for make in (program.network.LinearRegressor, program.network.MLPRegressor):
        drawn = []
        for seed in (1, 2):
            torch.manual_seed(seed)
            make(3)(torch.ones(2, 3))
            drawn.append(float(torch.rand(1)))
        assert drawn[0] != drawn[1], f"{make.__name__} sets the seed"
