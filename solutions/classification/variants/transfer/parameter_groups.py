"""requires_grad_ of modules, setattr, apply, an explicit network class, parameter groups."""

from collections import OrderedDict

import torch
import torch.nn as nn
from torchvision.models.resnet import BasicBlock, ResNet


def freeze(model):
    model.requires_grad_(False)


def replace_head(model, num_classes):
    width = model.fc.weight.shape[1]
    head = nn.Linear(width, num_classes, bias=True)
    nn.init.normal_(head.weight, std=0.01)
    nn.init.zeros_(head.bias)
    setattr(model, "fc", head)
    return model


def build_finetune_model(num_classes, state_dict, feature_extract):
    net = ResNet(BasicBlock, [2, 2, 2, 2])
    if state_dict is not None:
        net.load_state_dict(OrderedDict(state_dict), strict=True)
    net = replace_head(net, num_classes)
    for name, p in net.named_parameters():
        p.requires_grad = not feature_extract or name.startswith("fc.")
    return net


def make_optimizer(model, lr=0.001, momentum=0.9):
    free = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    weights = [p for name, p in free if name.endswith("weight")]
    others = [p for name, p in free if not name.endswith("weight")]
    groups = [{"params": group} for group in (weights, others) if group]
    return torch.optim.SGD(groups, lr=lr, momentum=momentum, weight_decay=0.0)


def set_train_mode(model):
    def set_mode(module):
        frozen = False
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)) and module.affine:
            frozen = not (module.weight.requires_grad or module.bias.requires_grad)
        module.training = not frozen

    model.apply(set_mode)
