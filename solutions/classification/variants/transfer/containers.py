"""ModuleDict and ModuleList in scrambled order, a DataLoader subclass, imports inside functions."""

import torch
from torch import nn


def freeze(model):
    for p in model.parameters():
        p.requires_grad_(False)


def replace_head(model, num_classes):
    old = model.fc
    new = nn.Linear(old.in_features, num_classes, bias=old.bias is not None)
    model.fc = new.to(device=old.weight.device, dtype=old.weight.dtype)
    return model


def build_finetune_model(num_classes, state_dict, feature_extract):
    from torchvision.models.resnet import BasicBlock, ResNet

    model = ResNet(BasicBlock, [2, 2, 2, 2])
    if state_dict is not None:
        missing, unexpected = model.load_state_dict(state_dict, strict=False)
        if missing or unexpected:
            raise RuntimeError(f"missing {missing}, unexpected {unexpected}")
    if feature_extract:
        freeze(model)
    return replace_head(model, num_classes)


def make_optimizer(model, lr=0.001, momentum=0.9):
    groups = [{"params": [p]} for p in model.parameters() if p.requires_grad]
    return torch.optim.SGD(groups, lr=lr, momentum=momentum)


def set_train_mode(model):
    model.train()
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
    for m in model.modules():
        if isinstance(m, kinds):
            own = list(m.parameters())
            m.train(not own or any(p.requires_grad for p in own))
