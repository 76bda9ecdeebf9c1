"""What a trace writes down, and that it changes nothing in the run."""

import json
import random
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import _len_torch_function_stack
from torch.utils.data import DataLoader, TensorDataset

from grader.probes.accelerator import simulated
from grader.probes.training import trace, traced, traced_twice


def make_model() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Dropout(0.5), nn.Linear(5, 3))


def fit(model: nn.Module, loader: Any, epochs: int = 1, device: str = "cpu") -> list[float]:
    model.to(device)
    optimizer, losses = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9), []
    for _ in range(epochs):
        model.train()
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(inputs.to(device)), labels.to(device))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def make_loader(inputs: Tensor, shuffle: bool = False) -> DataLoader:
    return DataLoader(TensorDataset(inputs, torch.arange(len(inputs)) % 3), batch_size=4, shuffle=shuffle)


def kinds(evidence: dict[str, Any]) -> list[str]:
    return [event["kind"] for event in evidence["events"]]


def of_kind(evidence: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [event for event in evidence["events"] if event["kind"] == kind]


def test_events_come_in_order() -> None:
    outcome = traced(fit, make_model(), make_loader(torch.randn(6, 4)))
    assert len(outcome["result"]) == 2
    assert kinds(outcome["trace"]) == ["forward", "loss", "backward", "step"] * 2


def test_forward_passes_say_what_they_saw_and_how() -> None:
    model, inputs = make_model(), torch.randn(6, 4)
    model[1].requires_grad_(False)
    evidence = traced(fit, model, make_loader(inputs.clone()), splits={"train": inputs})["trace"]
    first, last = of_kind(evidence, "forward")
    assert first["indices"] == [["train", index] for index in range(4)]
    assert last["indices"] == [["train", 4], ["train", 5]]
    assert first["training"]
    assert first["modes"] == {"1": True, "3": True}
    assert first["fixed_norms"] == ["1"]
    assert first["grad"]
    assert first["attached"]
    assert first["trained"]
    assert first["devices"] == ["cpu"]
    assert first["weights"] != last["weights"]
    statistics = {evidence["parameters"][number]["name"] for number in first["buffers_changed"]}
    assert statistics == {"1.running_mean", "1.running_var", "1.num_batches_tracked"}
    assert evidence["splits"] == {"train": 6}


def test_evaluation_leaves_no_trace_of_training() -> None:
    model, inputs = make_model().eval(), torch.randn(2, 4)

    def predict() -> Tensor:
        with torch.no_grad():
            return model(inputs)

    (event,) = traced(predict)["trace"]["events"]
    assert not any((event["training"], event["grad"], event["attached"], event["trained"]))
    assert event["modes"] == {"1": False, "3": False}
    assert event["buffers_changed"] == []


def test_steps_say_what_they_changed_and_with_which_settings() -> None:
    model = make_model()
    evidence = traced(fit, model, make_loader(torch.randn(8, 4)))["trace"]
    first, _ = of_kind(evidence, "step")
    names = {evidence["parameters"][number]["name"] for number in first["changed"]}
    everything = {name for name, _ in model.named_parameters()}
    assert everything - {"0.bias"} <= names <= everything  # batch norm cancels the bias before it
    assert evidence["optimizers"] == ["SGD"]
    (group,) = first["groups"]
    assert (group["lr"], group["momentum"], group["weight_decay"]) == (0.1, 0.9, 0)
    assert group["parameters"] == first["with_gradient"] == first["nonzero"]


def test_gradients_that_were_there_before() -> None:
    model, inputs = nn.Linear(4, 3), torch.randn(4, 4)

    def twice() -> None:
        model(inputs).sum().backward()
        model(inputs).sum().backward()

    first, second = of_kind(traced(twice)["trace"], "backward")
    assert first["dirty"] == []
    assert len(second["dirty"]) == 2


def test_a_change_by_hand_is_an_update() -> None:
    model = nn.Linear(4, 3)

    def change() -> None:
        model(torch.ones(1, 4))
        model.bias.data += 1e-6  # leaves no mark in autograd

    evidence = traced(change)["trace"]
    assert kinds(evidence) == ["forward", "update"]
    assert [evidence["parameters"][number]["name"] for number in evidence["events"][1]["changed"]] == ["bias"]


def test_opposite_changes_are_seen_too() -> None:
    model = nn.Linear(1, 2)
    with torch.no_grad():
        model.bias.copy_(torch.tensor([0.3, 0.4]))

    def change() -> None:
        model(torch.ones(1, 1))
        model.bias.data += torch.tensor([1.0, -1.0]) * 2**-10

    assert kinds(traced(change)["trace"]) == ["forward", "update"]


def test_nan_is_no_change() -> None:
    model = nn.Linear(1, 1)
    nn.init.constant_(model.bias, float("nan"))

    def look() -> None:
        for _ in range(3):
            model(torch.ones(1, 1))

    assert kinds(traced(look)["trace"]) == ["forward"] * 3


def test_losses_are_described() -> None:
    logits = torch.tensor([[2.0, 0.0, -1.0], [1.5, 0.5, 0.0]])
    labels = torch.tensor([0, 1])

    def compute() -> None:
        F.cross_entropy(logits, labels)
        nn.CrossEntropyLoss()(logits.softmax(1), labels)
        F.nll_loss(logits.log_softmax(1), labels)

    raw, probabilities, log_probabilities = of_kind(traced(compute)["trace"], "loss")
    assert (raw["function"], raw["minimum"], raw["maximum"], raw["count"]) == ("cross_entropy", -1.0, 2.0, 6)
    assert raw["row_sum"] > 0.1
    assert probabilities["row_sum"] < 1e-6
    assert log_probabilities["row_logsumexp"] < 1e-6


def test_graphs_that_stay_in_memory_are_counted() -> None:
    model, kept = nn.Linear(4, 3), []

    def run(keep: bool) -> None:
        for _ in range(4):
            loss = model(torch.ones(1, 4)).sum()
            loss.backward()
            kept.append(loss if keep else loss.detach())

    assert [event["alive"] for event in of_kind(traced(run, True)["trace"], "backward")] == [0, 1, 2, 3]
    assert max(event["alive"] for event in of_kind(traced(run, False)["trace"], "backward")) <= 1


def test_use_of_global_random_numbers() -> None:
    nothing = {"changed": False, "seeded": False}
    assert traced(lambda: None)["trace"]["random"] == {"torch": nothing, "numpy": nothing, "python": nothing}
    drawn = traced(lambda: (torch.rand(1), np.random.rand(), random.random()))["trace"]["random"]
    assert all(use == {"changed": True, "seeded": False} for use in drawn.values())
    seeded = traced(lambda: (torch.manual_seed(1), np.random.seed(1), random.seed(1)))["trace"]["random"]
    assert all(use == {"changed": True, "seeded": True} for use in seeded.values())


def test_tracing_changes_no_number_and_no_random_state() -> None:
    inputs = torch.randn(10, 4)
    results, states = [], []
    for with_trace in (False, True):
        torch.manual_seed(3)
        model, loader = make_model(), make_loader(inputs, shuffle=True)
        results.append(traced(fit, model, loader, 2)["result"] if with_trace else fit(model, loader, 2))
        states.append((torch.get_rng_state(), [value.clone() for value in model.state_dict().values()]))
    assert results[0] == results[1]
    assert torch.equal(states[0][0], states[1][0])
    assert all(torch.equal(a, b) for a, b in zip(states[0][1], states[1][1], strict=True))


def test_the_evidence_is_plain_data() -> None:
    inputs = torch.randn(6, 4)
    evidence = traced(fit, make_model(), make_loader(inputs), splits={"train": inputs})["trace"]
    assert json.loads(json.dumps(evidence)) == evidence


def test_nothing_is_left_behind_even_after_an_exception() -> None:
    from torch.nn.modules import module
    from torch.optim.optimizer import _global_optimizer_post_hooks, _global_optimizer_pre_hooks

    hooks = (module._global_forward_hooks, module._global_forward_pre_hooks)
    before = (torch.autograd._engine_run_backward, torch.amp.GradScaler.step, np.random.seed, random.seed)
    with pytest.raises(ZeroDivisionError), trace():
        raise ZeroDivisionError
    assert (torch.autograd._engine_run_backward, torch.amp.GradScaler.step, np.random.seed, random.seed) == before
    assert [len(hook) for hook in hooks] == [0, 0]
    assert _len_torch_function_stack() == 0
    assert not _global_optimizer_pre_hooks
    assert not _global_optimizer_post_hooks


def test_a_recomputed_forward_pass_counts_once() -> None:
    from torch.utils.checkpoint import checkpoint

    model = nn.Linear(4, 3)
    evidence = traced(lambda: checkpoint(model, torch.ones(1, 4), use_reentrant=False).sum().backward())["trace"]
    assert kinds(evidence) == ["forward", "backward"]


def test_a_step_left_out_by_a_gradient_scaler_is_an_overflow() -> None:
    model = nn.Linear(4, 3)

    def run() -> None:
        scaler, optimizer = torch.amp.GradScaler("cpu", init_scale=2.0**127), torch.optim.SGD(model.parameters(), 0.1)
        scaler.scale(model(torch.ones(1, 4)).sum() * 4).backward()
        scaler.step(optimizer)

    assert kinds(traced(run)["trace"]) == ["forward", "backward", "overflow"]


def test_two_calls_start_from_equal_random_states() -> None:
    seen: list[float] = []

    def draw(model: nn.Module) -> None:
        seen.append(torch.rand(()).item() + np.random.rand() + random.random())
        model(torch.ones(2, 4))

    first, second = traced_twice(draw, lambda: [make_model()])
    assert seen[0] == seen[1]
    assert first["models"] == second["models"]


def test_it_works_on_a_simulated_device() -> None:
    inputs = torch.randn(6, 4)
    with simulated():
        evidence = traced(fit, make_model(), make_loader(inputs), device="cuda", splits={"train": inputs})["trace"]
    assert kinds(evidence) == ["forward", "loss", "backward", "step"] * 2
    first = of_kind(evidence, "forward")[0]
    assert first["devices"] == ["cuda:0"]
    assert first["indices"][0] == ["train", 0]


def test_a_model_that_only_ever_runs_on_other_parameters_is_traced():
    model = nn.Linear(3, 2)
    with trace() as recorded:
        other = {name: value.detach().clone().requires_grad_() for name, value in model.named_parameters()}
        torch.func.functional_call(model, other, (torch.randn(4, 3),)).sum().backward()
    assert len(recorded.evidence()["models"]) == 1
