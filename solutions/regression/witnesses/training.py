"""What training.py must do, shown without the suite."""

import numpy as np
import torch


def plain_gradient_descent(program):
    """Losses and weights are those of full-batch gradient descent on the mean squared error."""
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(12, 3)), 3 * rng.normal(size=12)
    model = torch.nn.Linear(3, 1)
    w, b = model.weight.detach().double().numpy().ravel(), float(model.bias.detach())
    losses = program.training.train_regressor(model, X.astype(np.float32), y.astype(np.float32), epochs=15, lr=0.05)
    expected = []
    for _ in range(15):
        residual = X @ w + b - y
        expected.append((residual**2).mean())
        w, b = w - 0.1 * X.T @ residual / 12, b - 0.1 * residual.mean()
    assert np.allclose(losses, expected, rtol=1e-3), f"losses {losses[:3]}..., expected {expected[:3]}..."
    assert np.allclose(model.weight.detach().numpy().ravel(), w, atol=1e-4), "the weights differ"
    assert abs(float(model.bias.detach()) - b) < 1e-4, "the bias differs"
