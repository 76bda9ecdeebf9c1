"""scratch uses the module resnet; all arms are trained first and tested afterwards, in another order."""

import torch

import loaders
import training
import transfer
from resnet import ResNet18


def run_experiments(train, val, test, num_classes, state_dict, epochs, device, batch_size=128):
    models = {
        "fine_tuning": transfer.build_finetune_model(num_classes, state_dict, False),
        "scratch": ResNet18(num_classes),
        "feature_extraction": transfer.build_finetune_model(num_classes, state_dict, True),
    }
    histories = {
        arm: training.fit(
            model,
            loaders.make_loader(train[0], train[1], batch_size, True, torch.Generator().manual_seed(int(torch.randint(2**31, ())))),
            loaders.make_loader(val[0], val[1], batch_size, False),
            epochs,
            device,
        )
        for arm, model in models.items()
    }
    report = {}
    for arm in ("scratch", "feature_extraction", "fine_tuning"):
        scores = training.predict(models[arm], loaders.make_loader(test[0], test[1], 2, False), device)
        report[arm] = dict(history=histories[arm], test_accuracy=training.accuracy(scores, test[1]))
    return report
