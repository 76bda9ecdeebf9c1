"""ModuleDict and ModuleList in scrambled order, a DataLoader subclass, imports inside functions."""

def run_experiments(train, val, test, num_classes, state_dict, epochs, device, batch_size=128):
    from loaders import make_loader
    from resnet import ResNet18
    from training import accuracy, fit, predict
    from transfer import build_finetune_model

    models = {
        "scratch": lambda: ResNet18(num_classes),
        "feature_extraction": lambda: build_finetune_model(num_classes, state_dict, True),
        "fine_tuning": lambda: build_finetune_model(num_classes, state_dict, False),
    }
    report = dict.fromkeys(models)
    for name in models:
        model = models[name]()
        report[name] = {
            "history": fit(model, make_loader(*train, batch_size, True), make_loader(*val, batch_size, False), epochs, device),
            "test_accuracy": None,
        }
        scores = predict(model, make_loader(*test, batch_size, False), device)
        report[name]["test_accuracy"] = accuracy(scores, test[1])
    return report
