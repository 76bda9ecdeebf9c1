"""What stem.py must do, shown without the suite."""

import copy

import torch
from torch import nn

_SETTINGS = (
    {"in_channels": 3, "out_channels": 64, "kernel_size": 7, "stride": 2, "padding": 3, "bias": False},
    {"in_channels": 3, "out_channels": 4, "kernel_size": 3, "padding": 1},
    {"in_channels": 2, "out_channels": 5, "kernel_size": (3, 5), "stride": (2, 1), "padding": (0, 2), "bias": True},
    {"in_channels": 4, "out_channels": 3, "kernel_size": 3, "dilation": (1, 2), "padding": 2, "bias": False},
    {"in_channels": 5, "out_channels": 2, "kernel_size": 5, "padding": 2, "padding_mode": "reflect"},
    {"in_channels": 3, "out_channels": 3, "kernel_size": 3, "padding": 1, "padding_mode": "circular"},
    {"in_channels": 3, "out_channels": 6, "kernel_size": 3, "padding": "same"},
    {"in_channels": 1, "out_channels": 2, "kernel_size": 3},
    {"in_channels": 1, "out_channels": 4, "kernel_size": 3, "bias": False},
)


class _Net(nn.Module):
    """A network whose first registered convolution is another one than conv1."""

    def __init__(self, dtype=torch.float32, **settings):
        super().__init__()
        width = settings["out_channels"]
        self.side = nn.Conv2d(width, 2, 1, dtype=dtype)
        self.conv1 = nn.Conv2d(dtype=dtype, **settings)
        self.bn1 = nn.BatchNorm2d(width, dtype=dtype)
        self.bn1.running_mean += torch.rand(width)
        self.fc = nn.Linear(width, 2, dtype=dtype)

    def forward(self, images):
        features = self.bn1(self.conv1(images)).relu()
        return self.fc(features.mean((2, 3))) + self.side(features).mean((2, 3))


def grey_gives_what_its_repetition_gave(program):
    """For many settings of conv1, a grey image gives what its repetition gave."""
    for settings in _SETTINGS:
        for dtype in (torch.float64, torch.float32):
            model = _Net(dtype, **settings).eval()
            grey = torch.randn(2, 1, 16, 19, dtype=dtype)
            with torch.no_grad():
                features = model.conv1(grey.expand(-1, settings["in_channels"], -1, -1))
                expected = model(grey.expand(-1, settings["in_channels"], -1, -1))
                program.stem.to_grayscale(model)
                assert model.conv1.weight.shape[1] == 1, f"{model.conv1.weight.shape[1]} channels"
                for result, wanted in ((model.conv1(grey), features), (model.eval()(grey), expected)):
                    assert result.shape == wanted.shape, f"{settings}: shape {tuple(result.shape)}"
                    assert torch.allclose(result, wanted, atol=1e-4), f"{settings}: the result differs"


def only_conv1_changes(program):
    """The same model comes back; every other parameter, buffer, mode and flag is as it was."""
    for training, settings in zip((True, False, True), _SETTINGS[:3], strict=True):
        model = _Net(**settings).train(training)
        model.fc.weight.requires_grad_(False)
        model.bn1.eval()
        before = copy.deepcopy(model)
        names = [name for name, _ in model.named_modules()]
        assert program.stem.to_grayscale(model) is model, "another object comes back"
        assert [name for name, _ in model.named_modules()] == names, "modules come or go"
        assert list(model.state_dict()) == list(before.state_dict()), "the state has other entries"
        for name, value in before.state_dict().items():
            if not name.startswith("conv1."):
                assert torch.equal(model.state_dict()[name], value), f"{name} changes"
                assert model.state_dict()[name].dtype == value.dtype, f"{name} has another dtype"
        for name, parameter in before.named_parameters():
            assert dict(model.named_parameters())[name].requires_grad == parameter.requires_grad, (
                f"{name} trains otherwise"
            )
        for name, module in before.named_modules():
            if name not in ("conv1",):
                assert dict(model.named_modules())[name].training == module.training, f"{name} changes its mode"


def settings_carry_over(program):
    """requires_grad of weight and bias each for itself, dtype and device."""
    for weight in (True, False):
        for bias in (True, False, None):
            model = _Net(in_channels=3, out_channels=4, kernel_size=3, bias=bias is not None)
            model.conv1.weight.requires_grad_(weight)
            if bias:
                nn.init.zeros_(model.conv1.bias)
            if bias is not None:
                model.conv1.bias.requires_grad_(bias)
            conv = program.stem.to_grayscale(model).conv1
            assert conv.weight.requires_grad == weight, f"weight: requires_grad was {weight}"
            assert isinstance(conv.weight, nn.Parameter), "the weight is no parameter"
            assert conv.weight.is_leaf, "the weight is no leaf"
            assert (conv.bias is None) == (bias is None), "bias comes or goes"
            assert bias is None or conv.bias.requires_grad == bias, f"bias: requires_grad was {bias}"
    for dtype in (torch.float16, torch.bfloat16, torch.float64):
        conv = program.stem.to_grayscale(_Net(dtype, in_channels=3, out_channels=4, kernel_size=3)).conv1
        assert conv.weight.dtype == conv.bias.dtype == dtype, f"{dtype} becomes {conv.weight.dtype}, {conv.bias.dtype}"
    model = _Net(in_channels=3, out_channels=4, kernel_size=3).to("meta")
    conv = program.stem.to_grayscale(model).conv1
    assert conv.weight.device.type == conv.bias.device.type == "meta", "the device is lost"


def seeds_nothing(program):
    """No global seed is set: what is drawn afterwards differs from run to run."""
    drawn = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        program.stem.to_grayscale(_Net(in_channels=3, out_channels=4, kernel_size=3))
        drawn.append(torch.rand(3))
    assert not torch.equal(*drawn), "the global generator is seeded"
