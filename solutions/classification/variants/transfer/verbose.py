"""Every step spelled out, torchvision's names, a Dataset of its own, relative imports."""

import torch
import torch.nn as nn
import torchvision


def freeze(model):
    """Make every parameter constant."""
    for parameter in model.parameters():
        parameter.requires_grad = False


def replace_head(model, num_classes):
    """Exchange the last linear layer."""
    number_of_features = model.fc.in_features
    new_head = nn.Linear(number_of_features, num_classes)
    model.fc = new_head
    return model


def build_finetune_model(num_classes, state_dict, feature_extract):
    """ResNet-18 with the given ImageNet weights and a new head."""
    model = torchvision.models.resnet18(weights=None, num_classes=1000)
    if state_dict is not None:
        model.load_state_dict(state_dict, strict=True)
    if feature_extract:
        freeze(model)
    model = replace_head(model, num_classes)
    return model


def make_optimizer(model, lr=0.001, momentum=0.9):
    """SGD over whatever is still trainable."""
    trainable = []
    for parameter in model.parameters():
        if parameter.requires_grad:
            trainable.append(parameter)
    return torch.optim.SGD(trainable, lr=lr, momentum=momentum, weight_decay=0)


def set_train_mode(model):
    """Training mode, but frozen batch norm keeps its statistics."""
    model.train()
    for module in model.modules():
        if not isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)):
            continue
        parameters = list(module.parameters())
        if len(parameters) == 0:
            continue
        all_frozen = True
        for parameter in parameters:
            if parameter.requires_grad:
                all_frozen = False
        if all_frozen:
            module.eval()
