"""Every step spelled out, torchvision's names, a Dataset of its own, relative imports."""

from .loaders import make_loader
from .resnet import ResNet18
from .training import accuracy, fit, predict
from .transfer import build_finetune_model


def run_experiments(train, val, test, num_classes, state_dict, epochs, device, batch_size=128):
    train_images, train_labels = train
    val_images, val_labels = val
    test_images, test_labels = test

    results = {}
    for arm in ["scratch", "feature_extraction", "fine_tuning"]:
        if arm == "scratch":
            model = ResNet18(num_classes, in_channels=3)
        elif arm == "feature_extraction":
            model = build_finetune_model(num_classes, state_dict, feature_extract=True)
        else:
            model = build_finetune_model(num_classes, state_dict, feature_extract=False)

        train_loader = make_loader(train_images, train_labels, batch_size, shuffle=True)
        val_loader = make_loader(val_images, val_labels, batch_size, shuffle=False)
        history = fit(model, train_loader, val_loader, epochs, device)

        test_loader = make_loader(test_images, test_labels, batch_size, shuffle=False)
        scores = predict(model, test_loader, device)
        results[arm] = {"history": history, "test_accuracy": accuracy(scores, test_labels)}
    return results
