"""The convolution stays the same object, and its weight changes."""



def to_grayscale(model):
    conv = model.conv1
    conv.weight.data = conv.weight.data.sum(1, keepdim=True)
    conv.weight.grad = None
    conv.in_channels = 1
    return model
