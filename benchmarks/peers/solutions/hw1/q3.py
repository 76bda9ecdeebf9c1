"""A small classifier of the breast-cancer table."""

import torch
from torch import nn


def train_regressor(X, y, epochs=500, batch_size=32):
    ### BEGIN SOLUTION
    mean, std = X.mean(0), X.std(0)
    model = nn.Sequential(nn.Linear(X.shape[1], 64), nn.ReLU(), nn.Linear(64, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for _ in range(epochs):
        order = torch.randperm(len(X))
        for rows in order.split(batch_size):
            optimizer.zero_grad()
            logits = model((X[rows] - mean) / std).squeeze(-1)
            nn.functional.binary_cross_entropy_with_logits(logits, y[rows]).backward()
            optimizer.step()
    return lambda inputs: model((inputs - mean) / std).squeeze(-1)
    ### END SOLUTION
