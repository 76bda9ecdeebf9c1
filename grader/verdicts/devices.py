"""Turns the evidence of `grader.probes.devices.two_pass` into a sentence about the student's function."""

from typing import Any

Evidence = dict[str, Any]


def device_fault(evidence: dict[str, Evidence], name: str, results_on_cpu: bool = True) -> str | None:
    """What is wrong with the way in which a function treats its argument `device`.

    Args:
        evidence: what `two_pass` gave.
        name: how the sentence calls the function, e.g. `"fit"`.
        results_on_cpu: whether tensors that it returns have to be on the CPU.

    Returns:
        A sentence; None when nothing is wrong.
    """
    on_cpu, on_device = evidence["cpu"], evidence.get("cuda:0")
    if fault := _fault_on_cpu(on_cpu, name):
        return fault
    if on_device is None:
        return f'{name} fails with device="cpu": {on_cpu["error"]["message"]}'
    if on_device["error"] is not None:
        return _crash(on_device, name)
    return _misplaced_work(on_device, name) or (_misplaced_result(on_device, name) if results_on_cpu else None)


def expect_device_respected(evidence: dict[str, Evidence], name: str, results_on_cpu: bool = True) -> None:
    """Fails with the sentence of `device_fault`, if there is one."""
    __tracebackhide__ = True
    fault = device_fault(evidence, name, results_on_cpu)
    if fault is not None:
        raise AssertionError(fault)


def _fault_on_cpu(evidence: Evidence, name: str) -> str | None:
    places = set(evidence["operations"]) | set(evidence["results"])
    places |= {place for call in evidence["calls"] for what in ("parameters", "inputs") for place in call[what]}
    if any(place.startswith("cuda") for place in places):
        return (
            f'{name} works on the GPU although it is asked for device="cpu": '
            "a device seems to be written into the code, or chosen by what the machine has, instead of the argument"
        )
    return None


def _crash(evidence: Evidence, name: str) -> str:
    error = evidence["error"]
    where = f" (at `{error['line']}`)" if error["line"] else ""
    if "numpy" in error["message"]:
        return f"{name} turns a tensor that is still on the GPU into a NumPy array, which PyTorch refuses{where}"
    if error["in_loss"]:
        return (
            f"{name} computes the loss from an output on the GPU and something that is still on the CPU, "
            f"such as labels or a weight of the loss itself{where}"
        )
    last = evidence["calls"][-1] if evidence["calls"] else None
    if last is not None and not last["outputs"] and last["parameters"] and last["inputs"]:
        model, batch = (_on_gpu(last[what]) for what in ("parameters", "inputs"))
        if batch and not any(place.startswith("cuda") for place in last["parameters"]):
            return f"{name} sends the batch to the device but leaves the model on the CPU{where}"
        if model and not any(place.startswith("cuda") for place in last["inputs"]):
            return f"{name} sends the model to the device but leaves the batch on the CPU{where}"
        return (
            f"inside the model called by {name}, tensors on the CPU meet tensors on the GPU; is there a tensor that "
            f"is made on the CPU in forward, or a layer or constant that does not move with the model{where}?"
        )
    return f"{name} mixes tensors on the CPU with tensors on the GPU{where}: {error['message']}"


def _misplaced_work(evidence: Evidence, name: str) -> str | None:
    calls = [call for call in evidence["calls"] if call["parameters"] or call["inputs"]]
    elsewhere = [call for call in calls if not _on_gpu(call["parameters"] + call["inputs"])]
    used = any(place.startswith("cuda") for place in evidence["operations"])
    if not used or (calls and len(elsewhere) == len(calls)):
        return (
            f'{name} ignores its argument device: asked for device="cuda:0", '
            "it leaves the model and the batches on the CPU"
        )
    if any(call["parameters"] for call in elsewhere):
        return f'{name} does part of its work on the CPU although it is asked for device="cuda:0"'
    return None


def _misplaced_result(evidence: Evidence, name: str) -> str | None:
    if any(place.startswith("cuda") for place in evidence["results"]):
        return f"{name} hands back a tensor that is still on the GPU, where the caller expects one on the CPU"
    return None


def _on_gpu(places: list[str]) -> bool:
    return bool(places) and all(place.startswith("cuda") for place in places)
