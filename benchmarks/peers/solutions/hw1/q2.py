"""Only the head stays trainable."""


def freeze_backbone(model):
    ### BEGIN SOLUTION
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.startswith("fc.")
    return model
    ### END SOLUTION
