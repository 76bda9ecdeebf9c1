"""Functions of torch.nn.functional and bare parameters; siblings' work repeated instead of imported."""

import torch
import torchvision.models as tvm
from torch import nn


def freeze(model):
    list(map(lambda p: p.requires_grad_(False), model.parameters()))


def replace_head(model, num_classes):
    setattr(model, "fc", nn.Linear(model.fc.weight.shape[1], num_classes))
    return model


def build_finetune_model(num_classes, state_dict, feature_extract):
    net = tvm.resnet18(weights=None)
    net.load_state_dict(net.state_dict() if state_dict is None else state_dict)
    net.requires_grad_(not feature_extract)
    return replace_head(net, num_classes)


def make_optimizer(model, lr=0.001, momentum=0.9):
    return torch.optim.SGD(list(filter(lambda p: p.requires_grad, model.parameters())), lr, momentum)


def set_train_mode(model):
    def still(m):
        grads = [p.requires_grad for p in m.parameters(recurse=False)]
        return isinstance(m, nn.modules.batchnorm._BatchNorm) and len(grads) > 0 and not any(grads)

    model.train()
    list(map(nn.Module.eval, filter(still, model.modules())))
