"""Functions of torch.nn.functional and bare parameters; siblings' work repeated instead of imported."""

from functools import partial

try:
    from . import loaders, resnet, training, transfer
except ImportError:
    import loaders, resnet, training, transfer


def run_experiments(train, val, test, num_classes, state_dict, epochs, device, batch_size=128):
    builders = {
        "scratch": partial(resnet.ResNet18, num_classes),
        "feature_extraction": partial(transfer.build_finetune_model, num_classes, state_dict, True),
        "fine_tuning": partial(transfer.build_finetune_model, num_classes, state_dict, False),
    }
    load = lambda pair, shuffle: loaders.make_loader(pair[0], pair[1], batch_size, shuffle)

    def arm(build):
        model = build()
        history = training.fit(model, load(train, True), load(val, False), epochs, device)
        return {"history": history, "test_accuracy": training.accuracy(training.predict(model, load(test, False), device), test[1])}

    return {name: arm(build) for name, build in builders.items()}
