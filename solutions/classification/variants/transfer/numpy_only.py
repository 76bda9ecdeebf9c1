"""NumPy wherever possible: look-up tables, softmax, log-sum-exp, accuracy; validates in two passes."""

import numpy as np
import torch
import torch.nn as nn
from torchvision.models import resnet18


def freeze(model):
    for p in model.parameters():
        p.requires_grad = False


def replace_head(model, num_classes):
    width = model.fc.in_features
    del model.fc
    model.fc = nn.Linear(width, num_classes)
    return model


def build_finetune_model(num_classes, state_dict, feature_extract):
    model = resnet18(weights=None)
    if state_dict is not None:
        if set(state_dict) != set(model.state_dict()):
            raise KeyError(sorted(set(state_dict) ^ set(model.state_dict())))
        model.load_state_dict(state_dict)
    model = replace_head(model, num_classes)
    if feature_extract:
        for name, p in model.named_parameters():
            p.requires_grad = name.startswith("fc.")
    return model


def make_optimizer(model, lr=0.001, momentum=0.9):
    params = [p for p in model.parameters() if p.requires_grad]
    return torch.optim.SGD(params, lr=lr, momentum=momentum, dampening=0, weight_decay=0, nesterov=False)


def set_train_mode(model):
    model.train()
    for m in model.modules():
        flags = np.array([p.requires_grad for p in m.parameters()], dtype=bool)
        if isinstance(m, nn.modules.batchnorm._BatchNorm) and flags.size and not flags.any():
            m.training = False
