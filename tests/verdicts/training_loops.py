"""Training functions, right and wrong, that all try to do the same: two epochs of SGD, the best epoch's weights kept.

`fit(model, train_loader, val_loader, epochs)` gives one dict per epoch with `val_accuracy`. `RIGHT` are as different as
right programs get; each of `WRONG` has one fault, and words of the sentence that it should get.
"""

import copy
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD

Loader = Any
History = list[dict[str, Any]]
Fit = Callable[[nn.Module, Loader, Loader, int], History]
LR, MOMENTUM = 0.1, 0.9


@dataclass(frozen=True)
class Loop:
    """A training function; `sentence` is part of the fault, empty for a right one."""

    fit: Fit
    sentence: str = ""
    sgd: bool = True  # the optimiser is torch's SGD with the settings asked for


RIGHT: list[Loop] = []
WRONG: list[Loop] = []


def right(fit: Fit) -> Fit:
    RIGHT.append(Loop(fit))
    return fit


def right_without_sgd(fit: Fit) -> Fit:
    RIGHT.append(Loop(fit, sgd=False))
    return fit


def wrong(sentence: str) -> Callable[[Fit], Fit]:
    def add(fit: Fit) -> Fit:
        WRONG.append(Loop(fit, sentence))
        return fit

    return add


def make_model() -> nn.Sequential:
    return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3))


def sgd(model: nn.Module) -> SGD:
    return SGD([p for p in model.parameters() if p.requires_grad], lr=LR, momentum=MOMENTUM)


def set_modes(model: nn.Module) -> None:
    """Training mode, frozen batch norm excepted."""
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d) and not module.weight.requires_grad:
            module.eval()


def train(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        optimizer.zero_grad()
        cross_entropy(model(inputs), labels).backward()
        optimizer.step()


def accuracy(model: nn.Module, loader: Loader) -> float:
    model.eval()
    with torch.no_grad():
        return float(np.mean([float(hit) for x, y in loader for hit in model(x).argmax(1) == y]))


class Best:
    """Keeps the weights of the best epoch."""

    def __init__(self, model: nn.Module) -> None:
        self.model, self.score, self.state = model, -math.inf, copy.deepcopy(model.state_dict())

    def offer(self, score: float) -> None:
        if score > self.score:
            self.score, self.state = score, copy.deepcopy(self.model.state_dict())

    def restore(self) -> None:
        self.model.load_state_dict(self.state)


def frame(
    train_epoch: Callable[[nn.Module, Loader, Any], Any],
    evaluate: Callable[[nn.Module, Loader], float] = accuracy,
    make_optimizer: Callable[[nn.Module], Any] = sgd,
) -> Fit:
    """A right `fit` around the part that is looked at."""

    def fit(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
        optimizer, best, history = make_optimizer(model), Best(model), []
        for _ in range(epochs):
            train_epoch(model, train_loader, optimizer)
            history.append({"val_accuracy": evaluate(model, val_loader)})
            best.offer(history[-1]["val_accuracy"])
        best.restore()
        return history

    return fit


def framed(add: Callable[[Fit], Fit], **parts: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers `fit` made of a right frame and the decorated training of one epoch."""

    def decorate(train_epoch: Callable[..., Any]) -> Callable[..., Any]:
        fit = frame(train_epoch, **parts)
        fit.__name__ = train_epoch.__name__
        add(fit)
        return train_epoch

    return decorate


def framed_evaluation(add: Callable[[Fit], Fit]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The same for the decorated evaluation."""

    def decorate(evaluate: Callable[..., Any]) -> Callable[..., Any]:
        fit = frame(train, evaluate)
        fit.__name__ = evaluate.__name__
        add(fit)
        return evaluate

    return decorate


# --- Right ---


@framed(right)
def the_textbook_loop(model: nn.Module, loader: Loader, optimizer: Any) -> float:
    set_modes(model)
    criterion, total, count = nn.CrossEntropyLoss(), 0.0, 0
    for inputs, labels in loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), labels)
        loss.backward()
        optimizer.step()
        total, count = total + loss.item() * len(labels), count + len(labels)
    return total / count


@framed(right)
def clears_after_the_step(model: nn.Module, loader: Loader, optimizer: Any) -> Tensor:
    set_modes(model)
    losses = []
    for inputs, labels in loader:
        loss = F.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)
        losses.append(loss.detach())
    return torch.stack(losses).mean()


@framed(right)
def clears_by_hand(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        for parameter in model.parameters():
            parameter.grad = None
        cross_entropy(model(inputs), labels).backward()
        optimizer.step()


@framed(right)
def clears_through_the_model(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    running = torch.zeros(())
    for batch in loader:
        log_probabilities = model(batch[0]).log_softmax(1)
        model.zero_grad()
        loss = F.nll_loss(log_probabilities, batch[1])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        running += loss.detach()


@framed(right)
def two_losses_for_one_batch(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        optimizer.zero_grad()
        logits = model(inputs)
        (0.5 * cross_entropy(logits, labels)).backward(retain_graph=True)
        (0.5 * cross_entropy(logits, labels, label_smoothing=0.1)).backward()
        optimizer.step()


@framed(right)
def a_loss_written_out(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        optimizer.zero_grad()
        probabilities = model(inputs).softmax(1)
        loss = -probabilities.gather(1, labels[:, None]).log().mean()
        torch.autograd.backward(loss)
        optimizer.step()


@framed(right)
def the_step_takes_a_closure(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:

        def closure(inputs: Tensor = inputs, labels: Tensor = labels) -> Tensor:
            optimizer.zero_grad()
            loss = cross_entropy(model(inputs), labels)
            loss.backward()
            return loss

        optimizer.step(closure)


@framed(right, make_optimizer=lambda model: SGD([{"params": [p]} for p in model.parameters()], LR, MOMENTUM))
def one_group_per_parameter(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    train(model, loader, optimizer)


@framed(right)
def children_switched_one_by_one(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    for child in model.children():
        child.train()
    for inputs, labels in loader:
        optimizer.zero_grad(True)
        cross_entropy(model(inputs), labels).backward()
        optimizer.step()


@framed(right)
def layers_called_one_by_one(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        optimizer.zero_grad()
        for layer in model:
            inputs = layer(inputs)
        cross_entropy(inputs, labels).backward()
        optimizer.step()


@framed(right)
def gradients_set_by_hand(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    parameters = list(model.parameters())
    for inputs, labels in loader:
        gradients = torch.autograd.grad(cross_entropy(model(inputs), labels), parameters)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        optimizer.step()


@framed(right, make_optimizer=lambda model: torch.optim.lr_scheduler.ConstantLR(sgd(model), 1.0))
def a_scheduler_that_holds_the_rate(model: nn.Module, loader: Loader, scheduler: Any) -> None:
    train(model, loader, scheduler.optimizer)
    scheduler.step()


@framed_evaluation(right)
def evaluates_in_inference_mode(model: nn.Module, loader: Loader) -> float:
    model.train(False)
    with torch.inference_mode():
        return torch.cat([model(x).argmax(1) == y for x, y in loader]).float().mean().item()


@framed_evaluation(right)
@torch.no_grad()
def gives_every_module_its_mode_back(model: nn.Module, loader: Loader) -> float:
    modes = {module: module.training for module in model.modules()}
    model.eval()
    hits = torch.cat([model(x).softmax(1).argmax(1) == y for x, y in loader])
    for module, mode in modes.items():
        module.training = mode
    return hits.double().mean().item()


@framed_evaluation(right)
def evaluates_on_frozen_weights(model: nn.Module, loader: Loader) -> float:
    twin = copy.deepcopy(model).eval().requires_grad_(False)
    return float(torch.cat([twin(x).argmax(1) == y for x, y in loader]).float().mean())


@right_without_sgd
def updates_by_hand(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    best, history = Best(model), []
    velocity = {p: torch.zeros_like(p) for p in model.parameters()}
    for _ in range(epochs):
        set_modes(model)
        for inputs, labels in train_loader:
            model.zero_grad()
            cross_entropy(model(inputs), labels).backward()
            with torch.no_grad():
                for p in model.parameters():
                    velocity[p].mul_(MOMENTUM).add_(p.grad)
                    p -= LR * velocity[p]
        history.append({"val_accuracy": accuracy(model, val_loader)})
        best.offer(history[-1]["val_accuracy"])
    best.restore()
    return history


@right_without_sgd
def updates_data_by_hand(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    best, history = Best(model), []
    for _ in range(epochs):
        set_modes(model)
        for inputs, labels in train_loader:
            cross_entropy(model(inputs), labels).backward()
            for p in model.parameters():
                p.data.sub_(LR * p.grad)
                p.grad.zero_()
        history.append({"val_accuracy": accuracy(model, val_loader)})
        best.offer(history[-1]["val_accuracy"])
    best.restore()
    return history


@right_without_sgd
def functional_all_the_way(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    weights = {name: p.detach().clone().requires_grad_() for name, p in model.named_parameters()}
    history = []
    for _ in range(epochs):
        set_modes(model)
        for inputs, labels in train_loader:
            loss = cross_entropy(torch.func.functional_call(model, weights, (inputs,)), labels)
            gradients = torch.autograd.grad(loss, list(weights.values()))
            weights = {
                name: (value - LR * gradient).detach().requires_grad_()
                for (name, value), gradient in zip(weights.items(), gradients, strict=True)
            }
        model.load_state_dict(weights, strict=False)
        history.append({"val_accuracy": accuracy(model, val_loader)})
    return [{"val_accuracy": float(i)} for i in range(len(history))]  # the last one counts as the best


@right_without_sgd
def functional_sgd(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    from torch.optim.sgd import sgd as functional

    parameters, best, history = list(model.parameters()), Best(model), []
    buffers: list[Tensor | None] = [None] * len(parameters)
    for _ in range(epochs):
        set_modes(model)
        for inputs, labels in train_loader:
            gradients = torch.autograd.grad(cross_entropy(model(inputs), labels), parameters)
            with torch.no_grad():
                functional(
                    parameters,
                    list(gradients),
                    buffers,
                    weight_decay=0.0,
                    momentum=MOMENTUM,
                    lr=LR,
                    dampening=0.0,
                    nesterov=False,
                    maximize=False,
                )
        history.append({"val_accuracy": accuracy(model, val_loader)})
        best.offer(history[-1]["val_accuracy"])
    best.restore()
    return history


class PlainSGD(torch.optim.Optimizer):
    """An optimiser of one's own."""

    def __init__(self, parameters: Iterable[Tensor]) -> None:
        super().__init__(parameters, {"lr": LR})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.add_(p.grad, alpha=-group["lr"])


RIGHT.append(Loop(frame(train, make_optimizer=lambda model: PlainSGD(model.parameters())), sgd=False))
RIGHT.append(Loop(frame(train, make_optimizer=lambda model: torch.optim.Adam(model.parameters())), sgd=False))
RIGHT.append(
    Loop(frame(train, make_optimizer=lambda model: torch.optim.AdamW(model.parameters(), foreach=False)), sgd=False)
)
for loop, name in zip(RIGHT[-3:], ("an_optimizer_of_ones_own", "adam", "rmsprop"), strict=True):
    loop.fit.__name__ = name


@framed(right_without_sgd, make_optimizer=lambda model: torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=3))
def lbfgs(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    the_step_takes_a_closure(model, loader, optimizer)


@framed(right_without_sgd, make_optimizer=lambda model: [SGD([p], lr=LR) for p in model.parameters()])
def one_optimizer_per_parameter(model: nn.Module, loader: Loader, optimizers: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        for optimizer in optimizers:
            optimizer.zero_grad()
        cross_entropy(model(inputs), labels).backward()
        for optimizer in optimizers:
            optimizer.step()


@right
def keeps_an_average_of_the_weights(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    average, optimizer, best, history = torch.optim.swa_utils.AveragedModel(model), sgd(model), Best(model), []
    for _ in range(epochs):
        set_modes(model)
        for inputs, labels in train_loader:
            optimizer.zero_grad()
            cross_entropy(model(inputs), labels).backward()
            optimizer.step()
            average.update_parameters(model)
        history.append({"val_accuracy": accuracy(model, val_loader)})
        best.offer(history[-1]["val_accuracy"])
    best.restore()
    return history


@right
def with_a_gradient_scaler_and_checkpoints(
    model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int
) -> History:
    from torch.utils.checkpoint import checkpoint

    scaler, optimizer, best, history = torch.amp.GradScaler("cpu"), sgd(model), Best(model), []
    for _ in range(epochs):
        set_modes(model)
        for inputs, labels in train_loader:
            optimizer.zero_grad()
            hidden = checkpoint(model[0], inputs, use_reentrant=False)
            loss = cross_entropy(model[4](model[3](model[2](model[1](hidden)))), labels)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        history.append({"val_accuracy": accuracy(model, val_loader)})
        best.offer(history[-1]["val_accuracy"])
    best.restore()
    return history


@right
def evaluates_more_than_asked(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    accuracy(model, val_loader)
    optimizer, best, history = sgd(model), Best(model), []
    for _ in range(epochs):
        train(model, train_loader, optimizer)
        accuracy(model, train_loader)
        history.append({"val_accuracy": accuracy(model, val_loader)})
        accuracy(model, val_loader)
        best.offer(history[-1]["val_accuracy"])
    best.restore()
    accuracy(model, val_loader)
    return history


@right
def calls_forward_directly(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    optimizer, best, history = sgd(model), Best(model), []
    for _ in range(epochs):
        set_modes(model)
        for inputs, labels in train_loader:
            optimizer.zero_grad()
            cross_entropy(model.forward(inputs), labels).backward()
            optimizer.step()
        model.eval()
        with torch.set_grad_enabled(False):
            hits = torch.cat([model.forward(x).argmax(1) == y for x, y in val_loader])
        history.append({"val_accuracy": hits.float().mean().item()})
        best.offer(history[-1]["val_accuracy"])
    best.restore()
    return history


@framed(right)
def a_scaler_that_leaves_steps_out(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127, growth_interval=1)
    set_modes(model)
    for inputs, labels in loader:
        optimizer.zero_grad()
        scaler.scale(cross_entropy(model(inputs), labels) * 4).backward()
        scaler.step(optimizer)
        scaler.update()


@framed(right)
def batches_in_a_list(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    batches = list(loader)
    set_modes(model)
    for i in range(len(batches)):
        optimizer.zero_grad()
        loss = cross_entropy(model(batches[i][0].double().float()), batches[i][1])
        loss.backward()
        optimizer.step()


@framed(right)
def set_grad_enabled_and_kept_gradients(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    for phase in ("train", "look"):
        set_modes(model) if phase == "train" else model.eval()
        for inputs, labels in loader:
            optimizer.zero_grad(set_to_none=False)
            with torch.set_grad_enabled(phase == "train"):
                loss = nn.CrossEntropyLoss()(model(inputs), labels)
            if phase == "train":
                loss.backward()
                optimizer.step()


@framed(right)
def a_squared_error_that_fits(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        optimizer.zero_grad()
        outputs = model(inputs)
        targets = labels.float().reshape(-1, 1)
        (F.mse_loss(outputs[:, :1], targets) + (outputs - targets).abs().mean()).backward()
        optimizer.step()


# --- Wrong: forward, backward, step ---


@framed(wrong("lets gradients add up"))
def never_clears(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        cross_entropy(model(inputs), labels).backward()
        optimizer.step()


@framed(wrong("lets gradients add up"))
def clears_once_per_epoch(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    optimizer.zero_grad()
    for inputs, labels in loader:
        cross_entropy(model(inputs), labels).backward()
        optimizer.step()


@framed(wrong("cleared after the backward pass and before the step"))
def clears_too_late(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        cross_entropy(model(inputs), labels).backward()
        optimizer.zero_grad()
        optimizer.step()


@framed(wrong("never changes the weights: no step follows"))
def never_steps(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        optimizer.zero_grad()
        cross_entropy(model(inputs), labels).backward()


@framed(wrong("makes one optimiser step for 3 batches"))
def steps_once_per_epoch(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    optimizer.zero_grad()
    for inputs, labels in loader:
        cross_entropy(model(inputs), labels).backward()
    optimizer.step()


@framed(wrong("makes one optimiser step for 3 batches"))
def steps_on_the_sum_of_an_epoch(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    optimizer.zero_grad()
    sum(cross_entropy(model(inputs), labels) for inputs, labels in loader).backward()
    optimizer.step()


@framed(wrong("makes an optimiser step before the gradients of the batch are there"))
def steps_before_backward(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        optimizer.step()
        optimizer.zero_grad()
        cross_entropy(model(inputs), labels).backward()


@framed(wrong("makes more than one optimiser step for one batch"))
def steps_twice(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        optimizer.zero_grad()
        cross_entropy(model(inputs), labels).backward()
        optimizer.step()
        optimizer.step()


@framed(wrong("never computes gradients: there is no backward pass"))
def never_goes_backward(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        optimizer.zero_grad()
        cross_entropy(model(inputs), labels)
        optimizer.step()


@framed(wrong("runs the model on 4 training batches without a backward pass"))
def goes_backward_once_per_epoch(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), labels)
    loss.backward()
    optimizer.step()


@framed(wrong("keeps the computation graph of earlier batches in memory"))
def sums_losses_with_their_graphs(model: nn.Module, loader: Loader, optimizer: Any) -> Any:
    set_modes(model)
    total: Any = getattr(optimizer, "total", 0.0)
    for inputs, labels in loader:
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        total += loss * len(labels)
    optimizer.total = total
    return total


@wrong("keeps the computation graph of earlier batches in memory")
def a_history_of_tensors(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    optimizer, best, history = sgd(model), Best(model), []
    for _ in range(epochs):
        set_modes(model)
        losses = []
        for inputs, labels in train_loader:
            optimizer.zero_grad()
            losses.append(cross_entropy(model(inputs), labels))
            losses[-1].backward()
            optimizer.step()
        history.append({"losses": losses, "val_accuracy": accuracy(model, val_loader)})
        best.offer(history[-1]["val_accuracy"])
    best.restore()
    return history


@framed(wrong("hands probabilities to the cross-entropy loss"))
def softmax_before_cross_entropy(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        optimizer.zero_grad()
        cross_entropy(model(inputs).softmax(1), labels).backward()
        optimizer.step()


@framed(wrong("hands something else than log-probabilities"))
def likelihood_of_logits(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    criterion = nn.NLLLoss()
    for inputs, labels in loader:
        optimizer.zero_grad()
        criterion(model(inputs), labels).backward()
        optimizer.step()


@framed(wrong("hands probabilities to a binary cross-entropy"))
def sigmoid_before_binary_cross_entropy(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        optimizer.zero_grad()
        targets = F.one_hot(labels, 3).float()
        F.binary_cross_entropy_with_logits(torch.sigmoid(model(inputs)), targets).backward()
        optimizer.step()


@framed(wrong("compares predictions of shape (4, 1) with targets of shape (4,): that makes 16 differences for 4"))
def targets_that_broadcast(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        optimizer.zero_grad()
        (model(inputs)[:, :1] - labels).square().mean().backward()
        optimizer.step()


@framed(wrong("compares predictions of shape (4,) with targets of shape (4, 1): that makes 16 differences for 4"))
def a_loss_that_broadcasts(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        optimizer.zero_grad()
        nn.MSELoss()(model(inputs)[:, 0], labels.float().unsqueeze(1)).backward()
        optimizer.step()


# --- Wrong: modes ---


@framed(wrong("trains with the model in evaluation mode"))
def trains_in_evaluation_mode(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    model.eval()
    for inputs, labels in loader:
        optimizer.zero_grad()
        cross_entropy(model(inputs), labels).backward()
        optimizer.step()


@wrong("starts in training mode but goes on in evaluation mode")
def sets_training_mode_once(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    set_modes(model)
    optimizer, best, history = sgd(model), Best(model), []
    for _ in range(epochs):
        for inputs, labels in train_loader:
            optimizer.zero_grad()
            cross_entropy(model(inputs), labels).backward()
            optimizer.step()
        history.append({"val_accuracy": accuracy(model, val_loader)})
        best.offer(history[-1]["val_accuracy"])
    best.restore()
    return history


@framed_evaluation(wrong("evaluates with the model still in training mode: parts that work differently"))
def evaluates_with_dropout(model: nn.Module, loader: Loader) -> float:
    model.eval()
    model[3].train()
    with torch.no_grad():
        return torch.cat([model(x).argmax(1) == y for x, y in loader]).float().mean().item()


@wrong("evaluates with the model still in training mode: batch-norm statistics change")
def never_evaluates_properly(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    optimizer, history, states = sgd(model), [], []
    for _ in range(epochs):
        train(model, train_loader, optimizer)
        states.append(copy.deepcopy(model.state_dict()))
        with torch.no_grad():
            hits = torch.cat([model(x).argmax(1) == y for x, y in val_loader])
        history.append({"val_accuracy": hits.float().mean().item()})
    scores = [entry["val_accuracy"] for entry in history]
    model.load_state_dict(states[scores.index(max(scores))])
    return history


@framed_evaluation(wrong("records gradients while it evaluates"))
def evaluates_with_gradients(model: nn.Module, loader: Loader) -> float:
    model.eval()
    return torch.cat([model(x).argmax(1) == y for x, y in loader]).float().mean().item()


# --- Wrong: optimiser and parameters ---


@framed(wrong("trains with momentum=0 instead of 0.9"), make_optimizer=lambda model: SGD(model.parameters(), lr=LR))
def forgets_momentum(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    train(model, loader, optimizer)


@framed(
    wrong("trains with weight_decay=0.01 instead of 0"),
    make_optimizer=lambda model: SGD(model.parameters(), LR, MOMENTUM, weight_decay=0.01),
)
def decays_weights(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    train(model, loader, optimizer)


@framed(
    wrong("trains with Adam instead of SGD"), make_optimizer=lambda model: torch.optim.Adam(model.parameters(), lr=LR)
)
def takes_another_optimizer(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    train(model, loader, optimizer)


@framed(
    wrong("misses parameters that should be trained (0.bias, 0.weight"),
    make_optimizer=lambda model: SGD(model[1:].parameters(), LR, MOMENTUM),
)
def optimises_too_little(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        model.zero_grad()
        cross_entropy(model(inputs), labels).backward()
        optimizer.step()


def with_a_consumed_generator(model: nn.Module) -> SGD:
    parameters = model.parameters()
    if sum(p.numel() for _, p in zip(range(4), parameters, strict=False)) > 10**6:
        raise ValueError("too large")
    return SGD(parameters, LR, MOMENTUM)


@framed(wrong("misses parameters that should be trained"), make_optimizer=with_a_consumed_generator)
def counts_parameters_first(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    optimises_too_little(model, loader, optimizer)


@wrong("it was built before a layer was replaced")
def builds_the_optimizer_too_early(model: Any, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    optimizer = sgd(model)
    model[4] = nn.Linear(8, 3)

    def train_epoch(model: nn.Module, loader: Loader, optimizer: Any) -> None:
        optimises_too_little(model, loader, optimizer)

    return frame(train_epoch, make_optimizer=lambda model: optimizer)(model, train_loader, val_loader, epochs)


@framed(
    wrong("holds the parameters of another model than the one that is trained"),
    make_optimizer=lambda model: sgd(copy.deepcopy(model)),
)
def optimises_a_copy(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    optimises_too_little(model, loader, optimizer)


@framed(wrong("no gradient reaches some trainable parameters"))
def detaches_the_features(model: Any, loader: Loader, optimizer: Any) -> None:
    set_modes(model)
    for inputs, labels in loader:
        optimizer.zero_grad()
        cross_entropy(model[4](model[:4](inputs).detach()), labels).backward()
        optimizer.step()


@wrong("builds a new optimiser during training")
def a_new_optimizer_for_every_epoch(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    return frame(lambda model, loader, _: train(model, loader, sgd(model)))(model, train_loader, val_loader, epochs)


# --- Wrong: data ---


@framed(wrong("trains on 8 of 10 training samples: the last, smaller batch is dropped"))
def drops_the_last_batch(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    train(model, [batch for batch in loader if len(batch[0]) == 4], optimizer)


@framed(wrong("trains on training data but skips some: 10 samples in each of 2 epochs make 20, not 8"))
def stops_after_the_first_batch(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    train(model, list(loader)[:1], optimizer)


@framed(wrong("trains on some training samples more than once per epoch"))
def goes_over_the_data_twice(model: nn.Module, loader: Loader, optimizer: Any) -> None:
    train(model, [*loader, *loader], optimizer)


@wrong("trains on the val data")
def trains_on_validation_data(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    def train_epoch(model: nn.Module, loader: Loader, optimizer: Any) -> None:
        train(model, [*loader, *val_loader], optimizer)

    return frame(train_epoch)(model, train_loader, val_loader, epochs)


@wrong("evaluates on the train data instead of the val data")
def validates_on_training_data(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    return frame(train)(model, train_loader, train_loader, epochs)


@framed_evaluation(wrong("evaluates on 4 of 6 val samples: the last, smaller batch is dropped"))
def drops_the_last_batch_of_validation(model: nn.Module, loader: Loader) -> float:
    return accuracy(model, list(loader)[:1])


# --- Wrong: what is left behind ---


def scripted(states: Callable[[list[Any], Any], Any]) -> Fit:
    """Trains, then leaves weights behind that `states` chooses; epoch 1 is reported as the best one."""

    def fit(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
        optimizer, kept = sgd(model), []
        for _ in range(epochs):
            train(model, train_loader, optimizer)
            accuracy(model, val_loader)
            kept.append(copy.deepcopy(model.state_dict()))
        states(kept, model)
        return [{"val_accuracy": float(-epoch)} for epoch in range(epochs)]

    return fit


def keep_parameters_only(kept: list[Any], model: nn.Module) -> None:
    names = {name for name, _ in model.named_parameters()}
    model.load_state_dict({name: value for name, value in kept[0].items() if name in names}, strict=False)


RIGHT.append(Loop(scripted(lambda kept, model: model.load_state_dict(kept[0]))))
WRONG.append(
    Loop(scripted(lambda kept, model: None), "ends with the weights of the last epoch instead of those of epoch 1")
)
WRONG.append(Loop(scripted(keep_parameters_only), "ends with weights that no epoch had"))
for loop, name in zip(
    (RIGHT[-1], *WRONG[-2:]), ("restores_the_first", "keeps_the_last", "forgets_the_buffers"), strict=True
):
    loop.fit.__name__ = name


@wrong("sets the global seed of torch")
def seeds_torch(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    torch.manual_seed(0)
    return frame(train)(model, train_loader, val_loader, epochs)


@wrong("sets the global seed of numpy")
def seeds_numpy(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    np.random.seed(0)
    return frame(train)(model, train_loader, val_loader, epochs)


@right
def seeds_and_puts_back(model: nn.Module, train_loader: Loader, val_loader: Loader, epochs: int) -> History:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        torch.rand(3)
    return frame(train)(model, train_loader, val_loader, epochs)
