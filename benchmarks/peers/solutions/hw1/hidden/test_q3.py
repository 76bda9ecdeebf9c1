import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer


def accuracies(student):
    X, y = (torch.tensor(array, dtype=torch.float32) for array in load_breast_cancer(return_X_y=True))
    order = torch.from_numpy(np.random.permutation(len(X)))
    train, test = order[:427], order[427:]
    model = student.q3.train_regressor(X[train], y[train])
    rows = model(X[test])
    assert tuple(rows.shape) == (142,), f"train_regressor's model gives {tuple(rows.shape)} for 142 rows"
    return [float(((model(X[part]) > 0).float() == y[part]).float().mean()) for part in (train, test)]


@pytest.mark.points(3)
def test_train(student):
    """A trained model is right on the rows it has seen and on others."""
    seen, new = accuracies(student)
    student.score((1 * (seen > 0.95) + 2 * (new > 0.93)) / 3, f"right on {seen:.0%} of the rows it was trained on")
    assert seen > 0.95 or new > 0.93, f"after train_regressor the model is right on {new:.0%} of new rows"
