"""One-liners and nested containers; siblings imported absolutely."""

import torch
from torch import nn
from torchvision.models import resnet18


def freeze(model): model.requires_grad_(False)


def replace_head(model, num_classes):
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    return model


def build_finetune_model(num_classes, state_dict, feature_extract):
    m = resnet18()
    if state_dict is not None: m.load_state_dict(state_dict)
    if feature_extract: freeze(m)
    return replace_head(m, num_classes)


def make_optimizer(model, lr=0.001, momentum=0.9):
    return torch.optim.SGD((p for p in model.parameters() if p.requires_grad), lr=lr, momentum=momentum)


def set_train_mode(model):
    model.train()
    for m in model.modules():
        if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.affine and not any(p.requires_grad for p in m.parameters()): m.eval()
