"""The course's own calibrations: fresh, passed by the references, failed by programs that do not learn."""

from pathlib import Path

import numpy as np
import pytest

from grader.calibrate.freshness import fresh_record
from grader.calibrate.loading import tasks_of
from grader.course import load_course
from grader.suite.student import LocalStudent
from grader.verdicts.thresholds import expect_learned

SOLUTIONS = Path(__file__).parents[2] / "solutions"
COURSE = load_course(SOLUTIONS.parent)
TASKS = {f"{one.id}: {task.name}": task for one in COURSE.assignments for task in tasks_of(COURSE.folder(one.id))}
FIT = TASKS["classification: fit_finds_lesions"]
REGRESSOR = TASKS["regression: train_regressor_finds_a_surface"]


def submission(task, folder, *changes):
    """The reference with pieces of training.py replaced."""
    for path in task.folder.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        for old, new in changes if path.name == "training.py" else ():
            assert text.count(old) == 1, f"{path}: {old!r} is there {text.count(old)} times"
            text = text.replace(old, new)
        (folder / path.name).write_text(text, encoding="utf-8")
    return LocalStudent(folder, [path.stem for path in folder.glob("*.py")])


@pytest.mark.parametrize("name", TASKS)
def test_calibrations_are_fresh(name):
    record = fresh_record(TASKS[name])
    assert len(record.values) >= 240
    assert record.threshold > record.control.bound


@pytest.mark.parametrize("name", TASKS)
def test_the_reference_passes(name, tmp_path):
    student = submission(TASKS[name], tmp_path)
    for seed in range(8):
        expect_learned(student, np.random.default_rng([8, seed]), TASKS[name])


STEP = ("        optimizer.step()\n", "")
SOFTMAX = "    return logits.softmax(dim=1)\n"
LABELS = "labels.to(device).long().reshape(-1)"
LOOP = "    for images, labels in loader:\n"
FIRST_BATCH = """\
    model.first = getattr(model, "first", None) or next(iter(loader))
    for images, labels in [model.first] * len(loader):
"""
CLASSIFIERS = {
    "no optimiser step": STEP,
    "labels shifted": (LABELS, f"(({LABELS} + 1) % 8)"),
    "argmin": (SOFTMAX, "    return (-logits).softmax(dim=1)\n"),
    "first batch only": (LOOP, FIRST_BATCH),
    "one batch per epoch": (LOOP, LOOP.replace("loader", "[next(iter(loader))]")),
    "constant output": (SOFTMAX, "    return torch.full_like(logits, 1 / logits.shape[1])\n"),
    "rows shuffled": (SOFTMAX, "    return logits.softmax(dim=1)[torch.randperm(len(logits))]\n"),
}
LOSS = "mse_loss(model(X), y)"
REGRESSORS = {
    "no optimiser step": STEP,
    "targets shifted": (LOSS, "mse_loss(model(X), y.roll(1, 0))"),
    "every row against every target": (LOSS, "mse_loss(model(X), y.reshape(-1))"),
    "first rows only": (LOSS, "mse_loss(model(X[:16]), y[:16])"),
    "sign lost": ("prediction.cpu()", "(-prediction).cpu()"),
    "constant prediction": ("prediction.cpu()", "(0 * prediction + prediction.mean()).cpu()"),
    "predictions shuffled": ("prediction.cpu()", "prediction[torch.randperm(len(prediction))].cpu()"),
}


@pytest.mark.parametrize(
    ("task", "change"),
    [(FIT, change) for change in CLASSIFIERS.values()] + [(REGRESSOR, change) for change in REGRESSORS.values()],
    ids=[*CLASSIFIERS, *REGRESSORS],
)
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_programs_that_do_not_learn_fail(task, change, tmp_path):
    student = submission(task, tmp_path, change)
    with pytest.raises(AssertionError, match="a right program reaches more than"):
        expect_learned(student, np.random.default_rng(9), task)


def test_a_divergent_run_fails(tmp_path):
    student = submission(FIT, tmp_path, ("        loss.backward()\n", "        (-loss).backward()\n"))
    with pytest.raises(AssertionError, match="NaN or infinity|a right program reaches more than"):
        expect_learned(student, np.random.default_rng(9), FIT)


LOOKUP = """\
    import math
    rows = []
    for images, _ in loader:
        for image in images:
            y, x = divmod(int(image[0].argmax()), 16)
            rows.append(torch.eye(8)[round(math.atan2(y - 7.5, x - 7.5) / math.tau * 8) % 8])
    return torch.stack(rows)
"""


def test_answers_that_were_not_learned_fail(tmp_path):
    body = "    logits, _ = _logits_and_labels(model, loader, device)\n" + SOFTMAX
    student = submission(FIT, tmp_path, (body, LOOKUP))
    with pytest.raises(AssertionError, match="although the training targets were in random order"):
        expect_learned(student, np.random.default_rng(9), FIT)
