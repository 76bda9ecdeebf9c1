"""Rules for what PyTorch and NumPy programs get wrong: device, dtype, graph, mode, loss, optimiser, activation."""

from collections.abc import Iterator, Sequence

import libcst as cst

from grader.proof.operators.changes import Replacement, Rule

_FORGOTTEN = {
    *("detach", "clone", "copy", "cpu", "cuda", "to", "item", "float", "double", "long", "bool", "astype", "type"),
    *("reshape", "view", "flatten", "ravel", "squeeze", "unsqueeze", "contiguous", "permute", "transpose", "numpy"),
    *("sqrt", "abs", "clamp", "clip", "sort", "sort_values", "reset_index", "eval", "train", "requires_grad_"),
    *("softmax", "sigmoid", "argmax", "mean", "sum", "tolist", "backward", "repeat", "expand"),
}
_TYPES = {
    "float64": "float32",
    "float32": "float64",
    "int64": "int32",
    "int32": "int64",
    "uint8": "int8",
    "double": "float",
    "long": "int",
    "bool": "uint8",
}
_INSTEAD = {
    "eval": "train",
    "train": "eval",
    "no_grad": "enable_grad",
    "inference_mode": "enable_grad",
    "ReLU": "LeakyReLU",
    "relu": "leaky_relu",
    "softmax": "log_softmax",
    "log_softmax": "softmax",
    "sigmoid": "tanh",
    "Sigmoid": "Tanh",
    "mse_loss": "l1_loss",
    "MSELoss": "L1Loss",
    "cross_entropy": "nll_loss",
    "CrossEntropyLoss": "NLLLoss",
    "BCEWithLogitsLoss": "BCELoss",
    "binary_cross_entropy_with_logits": "binary_cross_entropy",
    "SGD": "Adam",
    "Adam": "SGD",
    "AdamW": "Adam",
    "MaxPool2d": "AvgPool2d",
    "max_pool2d": "avg_pool2d",
    "BatchNorm2d": "InstanceNorm2d",
    "randn": "rand",
    "rand": "randn",
    "cat": "stack",
    "stack": "cat",
    "deepcopy": "copy",
    "iloc": "loc",
    "dice": "iou",
    "train_loader": "val_loader",
    "val_loader": "train_loader",
}
_DEVICE = "device"


def forgotten_call(node: cst.CSTNode) -> Iterator[Replacement]:
    """`x` for `x.detach()`, `x.to(device)`, `x.reshape(-1)`, and so on."""
    match node:
        case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value=name))) if name in _FORGOTTEN:
            yield value


def other_type(node: cst.CSTNode) -> Iterator[Replacement]:
    """float32 for float64, int32 for int64, `.float()` for `.double()`."""
    match node:
        case cst.Attribute(attr=cst.Name(value=name)) if name in _TYPES:
            yield node.with_changes(attr=cst.Name(_TYPES[name]))
        case cst.SimpleString() if node.evaluated_value in _TYPES:
            yield cst.SimpleString(repr(_TYPES[str(node.evaluated_value)]))


def other_device(node: cst.CSTNode) -> Iterator[Replacement]:
    """The CPU for the device that was asked for; a GPU for the CPU."""
    match node:
        case cst.Arg(value=cst.Name(value=name)) if name == _DEVICE:
            yield node.with_changes(value=cst.SimpleString('"cpu"'))
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="cpu")), args=[]):
            yield node.with_changes(func=node.func.with_changes(attr=cst.Name("cuda")))
        case cst.SimpleString() if node.evaluated_value == "cpu":
            yield cst.SimpleString('"cuda"')


def other_part(node: cst.CSTNode) -> Iterator[Replacement]:
    """Another loss, optimiser, activation, pooling or mode than the one asked for."""
    match node:
        case cst.Attribute(attr=cst.Name(value=name)) if name in _INSTEAD:
            yield node.with_changes(attr=cst.Name(_INSTEAD[name]))
        case cst.Arg(value=cst.Name(value=name)) if name in _INSTEAD:
            yield node.with_changes(value=cst.Name(_INSTEAD[name]))


def removed_layer(node: cst.CSTNode) -> Iterator[Replacement]:
    """A layer of a list, a tuple or a call such as `nn.Sequential(...)` is left out."""
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="Sequential")), args=parts) if len(parts) > 1:
            for index in range(len(parts)):
                yield node.with_changes(args=_without(parts, index))
        case cst.List(elements=parts) if len(parts) > 1:
            for index in range(len(parts)):
                yield node.with_changes(elements=_without(parts, index))


RULES: dict[str, Rule] = {
    rule.__name__: rule for rule in (forgotten_call, other_type, other_device, other_part, removed_layer)
}


def _without(parts: Sequence[cst.CSTNode], index: int) -> list[cst.CSTNode]:
    rest = [part for place, part in enumerate(parts) if place != index]
    rest[-1] = rest[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return rest
