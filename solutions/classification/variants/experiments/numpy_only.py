"""NumPy wherever possible: look-up tables, softmax, log-sum-exp, accuracy; validates in two passes."""

import loaders
import training
from transfer import build_finetune_model


def run_experiments(train, val, test, num_classes, state_dict, epochs, device, batch_size=128):
    table = [("scratch", None, False), ("feature_extraction", state_dict, True), ("fine_tuning", state_dict, False)]
    results = {}
    for name, weights, extract in table:
        model = build_finetune_model(num_classes, weights, extract)
        train_loader = loaders.make_loader(train[0], train[1], batch_size, True)
        val_loader = loaders.make_loader(val[0], val[1], batch_size, False)
        history = training.fit(model, train_loader, val_loader, epochs, device)
        p = training.predict(model, loaders.make_loader(test[0], test[1], batch_size, False), device)
        results[name] = {"history": history, "test_accuracy": training.accuracy(p, test[1])}
    return results
