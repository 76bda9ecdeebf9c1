"""The course's own questions: every number is computed here, effects are tried out, and keys stay with the judge."""

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.metrics import accuracy_score, f1_score, jaccard_score, roc_auc_score
from torch import nn
from torchvision.models import resnet18

from grader.course import load_course
from grader.quiz.key import guessed, load_quiz
from grader.quiz.modules import quiz_files, stale_files
from grader.quiz.questions import as_markdown
from grader.release import student_edition
from grader.suite.student import LocalStudent

REPOSITORY = Path(__file__).parents[2]
ASSIGNMENTS = ("regression", "classification", "augmentation", "segmentation")
QUIZZES = {name: {entry.id: entry for entry in load_quiz(REPOSITORY / "solutions" / name)} for name in ASSIGNMENTS}
ENTRIES = [
    pytest.param(name, entry, id=f"{name}-{key}") for name, quiz in QUIZZES.items() for key, entry in quiz.items()
]


@pytest.fixture
def reference():
    """`reference("regression").network`: the reference's modules."""
    opened = []

    def of(name: str) -> LocalStudent:
        exercises = [one.id for one in load_course(REPOSITORY).assignment(name).exercises]
        opened.append(LocalStudent(REPOSITORY / "solutions" / name, exercises))
        return opened[-1]

    yield of
    for student in opened:
        student.close()


def parameters(model: nn.Module) -> int:
    return sum(one.numel() for one in model.parameters() if one.requires_grad)


def mlp_parameters(reference):
    return parameters(reference("regression").network.MLPRegressor(in_features=22, hidden=(32, 16)))


def broadcast(_):
    return ((torch.zeros(190, 1) - torch.zeros(190)) ** 2).numel()


def ddof(_):
    assert np.std([1, 2, 3, 6]) == pytest.approx(1.87, abs=0.005)
    return pd.Series([1, 2, 3, 6]).std()


def softmax_twice(_):
    logits = torch.full((6, 4), -1e4).scatter(1, torch.arange(6).unsqueeze(1) % 4, 1e4)
    return nn.CrossEntropyLoss()(logits.double().softmax(1), torch.arange(6) % 4).item()


def head_parameters(reference):
    return parameters(reference("classification").transfer.build_finetune_model(5, None, feature_extract=True))


def last_feature_map(_):
    model, seen = resnet18().eval(), []
    model.layer4.register_forward_hook(lambda module, args, output: seen.append(output.shape))
    model(torch.zeros(1, 3, 100, 100))
    return math.prod(seen[0][2:])


def mean_of_means(_):
    return float(np.mean([1.0] * 4 + [2.0] * 4 + [4.0] * 2))


def constant_f1(_):
    return f1_score([1] * 114 + [0] * 42, [1] * 156)


def mixed_length(reference):
    base = [(torch.zeros(1, 2, 2), 0)] * 546
    return len(reference("augmentation").mixed.mix(base, lambda image: image, augmented_fraction=0.75))


def accuracy_noise(_):
    right = np.arange(157)
    chances = np.array([math.comb(156, k) * 0.75**k * 0.25 ** (156 - k) for k in right])
    mean = (chances * right).sum()
    return 100 * math.sqrt((chances * (right - mean) ** 2).sum()) / 156


def dermis_iou(_):
    truth = np.repeat([1, 2, 3], [20, 5, 75])
    prediction = np.where(truth == 2, 1, truth)
    assert accuracy_score(truth, prediction) == 0.95
    return jaccard_score(truth == 1, prediction == 1)


def block_parameters(reference):
    return parameters(reference("segmentation").unet.DoubleConv(3, 16))


def receptive_field(reference):
    unet = reference("segmentation").unet
    first, second = unet.DoubleConv(1, 2), unet.DoubleConv(2, 1)
    for one in (*first.parameters(), *second.parameters()):
        nn.init.ones_(one)  # no ReLU is off, so nothing that could matter is hidden
    image = torch.ones(1, 1, 40, 40, dtype=torch.float64, requires_grad=True)
    pooled = nn.functional.avg_pool2d(first.double()(image), 2)  # the mean depends on all that the maximum may
    second.double()(pooled)[0, 0, 10, 10].backward()
    rows = image.grad[0, 0].abs().sum(1).nonzero()
    return int(rows.max() - rows.min()) + 1


NUMBERS = {
    ("regression", "mlp-parameters"): mlp_parameters,
    ("regression", "broadcast"): broadcast,
    ("regression", "ddof"): ddof,
    ("classification", "softmax-twice"): softmax_twice,
    ("classification", "head-parameters"): head_parameters,
    ("classification", "last-feature-map"): last_feature_map,
    ("classification", "mean-of-means"): mean_of_means,
    ("augmentation", "constant-f1"): constant_f1,
    ("augmentation", "mixed-length"): mixed_length,
    ("augmentation", "accuracy-noise"): accuracy_noise,
    ("segmentation", "dermis-iou"): dermis_iou,
    ("segmentation", "block-parameters"): block_parameters,
    ("segmentation", "receptive-field"): receptive_field,
}


def test_every_number_is_computed_here():
    asked = {(name, key) for name, quiz in QUIZZES.items() for key, entry in quiz.items() if entry.kind == "number"}
    assert asked == set(NUMBERS)


@pytest.mark.parametrize("question", NUMBERS, ids="-".join)
def test_numbers_are_right(question, reference):
    name, key = question
    assert QUIZZES[name][key].key == pytest.approx(NUMBERS[question](reference), rel=1e-9)


# Numbers that somebody gets by the mistake that a question is about.
MISTAKES = {
    ("regression", "mlp-parameters"): [1281 - 49, 22 * 32 + 32 * 16 + 16, 1282],
    ("regression", "broadcast"): [190, 380],
    ("regression", "ddof"): [math.sqrt(3.5), 14 / 3],
    ("classification", "softmax-twice"): [0, math.log(4), math.log(math.e + 8) - 1],
    ("classification", "head-parameters"): [2560, 11_179_077],
    ("classification", "last-feature-map"): [9, 4, 1, 49],
    ("classification", "mean-of-means"): [7 / 3],
    ("augmentation", "constant-f1"): [114 / 156, 0, 0.5],
    ("augmentation", "mixed-length"): [546 * 1.75, 1638, 2 * 546],
    ("augmentation", "accuracy-noise"): [0.0347, 43.3, 0.12, 18.75 / 1.56],
    ("segmentation", "dermis-iou"): [40 / 45, 0.95, 0.75],
    ("segmentation", "block-parameters"): [2736, 896],
    ("segmentation", "receptive-field"): [9, 10, 12, 18, 13],
}


@pytest.mark.parametrize("question", MISTAKES, ids="-".join)
def test_likely_mistakes_lie_outside_the_tolerance(question):
    entry = QUIZZES[question[0]][question[1]]
    assert entry.right(entry.key)
    assert not [number for number in MISTAKES[question] if entry.right(number)]
    assert MISTAKES.keys() == NUMBERS.keys()


@pytest.mark.parametrize(("name", "entry"), ENTRIES)
def test_a_question_can_be_answered_and_says_why(name, entry):
    assert len(entry.why.split()) >= 8
    assert entry.question().text.rstrip().endswith(("?", ".", ":"))
    if entry.kind != "number":
        lengths = [len(text) for text in entry.options.values()]
        assert len(lengths) >= 4
        right = {entry.key} if entry.kind == "choice" else set(entry.key)
        assert {"choice": len(right) == 1, "choices": 2 <= len(right) < len(lengths)}[entry.kind]


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_quizzes_are_worth_five_points_and_files_belong_to_them(name):
    assignment = load_course(REPOSITORY).assignment(name)
    assert (assignment.exercise("quiz").points, assignment.max_score) == (5, 100)
    assert len(QUIZZES[name]) == 8
    assert stale_files(REPOSITORY / "solutions" / name) == []


def test_one_letter_for_everything_earns_little():
    keys = [entry.key for quiz in QUIZZES.values() for entry in quiz.values() if entry.kind == "choice"]
    assert max(keys.count(letter) for letter in "abcdef") / len(keys) <= 0.4
    longest = [
        max(entry.options, key=lambda letter: len(entry.options[letter])) == entry.key
        for quiz in QUIZZES.values()
        for entry in quiz.values()
        if entry.kind == "choice"
    ]
    assert sum(longest) / len(longest) <= 0.5, "the longest option is the right one too often"


def test_the_expected_score_of_guessing_is_the_one_in_the_docs():
    text = (REPOSITORY / "docs" / "quizzes.md").read_text(encoding="utf-8")
    for name, quiz in QUIZZES.items():
        share = guessed(list(quiz.values()))
        row = rf"^\| {name} \| {100 * share:.1f} % \| {5 * (1 + 24 * share) / 25:.2f} \|$"
        assert re.search(row, text, re.MULTILINE), f"{name}: {share:.1%}, {5 * (1 + 24 * share) / 25:.2f} points"


def test_students_get_questions_and_no_key():
    edition = student_edition(load_course(REPOSITORY))
    text = b"\n".join(edition.values()).decode(errors="replace")
    for name, quiz in QUIZZES.items():
        folder = REPOSITORY / "solutions" / name
        assert f"{name}/quiz.yml" not in edition
        assert edition[f"{name}/quiz.md"].decode() == quiz_files(folder)["quiz.md"]
        answers: dict = {}
        exec(edition[f"{name}/quiz.py"], answers)
        assert answers["ANSWERS"] == dict.fromkeys(quiz)
        for entry in quiz.values():
            assert as_markdown(entry.question()) in edition[f"{name}/quiz.md"].decode()
            assert " ".join(entry.why.split())[:40] not in " ".join(text.split())
    assert not [path for path in edition if "hidden" in path or "quiz.yml" in path]
    released = REPOSITORY / "assignments"
    assert not [path for path in released.rglob("*") if path.name == "quiz.yml"]


# What options say, tried out.


def test_leaks_by_selection_and_without():
    rng = np.random.default_rng(0)
    leaky, honest = [], []
    for _ in range(10):
        x, y = rng.normal(size=(60, 2000)), rng.normal(size=60)
        order = rng.permutation(60)
        train, test = order[:40], order[40:]
        for rows, found in ((order, leaky), (train, honest)):
            r = [abs(np.corrcoef(x[rows, column], y[rows])[0, 1]) for column in range(2000)]
            best = np.argsort(r)[-5:]
            model = LinearRegression().fit(x[train][:, best], y[train])
            found.append(model.score(x[test][:, best], y[test]))
    assert np.mean(leaky) > 0.1
    assert np.mean(honest) < -0.1
    assert sorted(QUIZZES["regression"]["selection-leak"].key) == ["b", "d"]


def test_operations_that_keep_the_predicted_class():
    z = torch.randn(400, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    z += torch.linspace(-2, 2, 9)
    after = {
        "a": z.softmax(1),
        "b": z.softmax(0),
        "c": z + torch.linspace(-5, 5, 400).unsqueeze(1),
        "d": z - z.mean(0),
        "e": z.sigmoid(),
    }
    kept = [letter for letter, values in after.items() if torch.equal(values.argmax(1), z.argmax(1))]
    assert kept == sorted(QUIZZES["classification"]["same-class"].key)


def test_predicting_in_training_mode():
    torch.manual_seed(0)
    model = resnet18(num_classes=2)
    images = torch.randn(8, 3, 64, 64)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        alone, together = model.train()(images[:2]), model.train()(images)[:2]
        evaluated = model.eval()(images)[:2]
    moved = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    claims = {
        "a": not torch.allclose(alone, together, atol=1e-3),
        "b": any("conv" in name for name in moved),
        "c": any("running_mean" in name for name in moved),
        "d": torch.allclose(together, evaluated, atol=1e-3),
    }
    assert [letter for letter, true in claims.items() if true] == sorted(
        QUIZZES["classification"]["training-mode-test"].key
    )


def test_an_optimiser_made_before_the_head(reference):
    model = resnet18(num_classes=4)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    reference("classification").transfer.replace_head(model, 9)
    head, stem = model.fc.weight.clone(), model.conv1.weight.clone()
    nn.CrossEntropyLoss()(model(torch.randn(4, 3, 64, 64)), torch.arange(4)).backward()
    optimizer.step()
    assert torch.equal(model.fc.weight, head)
    assert not torch.equal(model.conv1.weight, stem)
    assert QUIZZES["classification"]["optimizer-before-head"].key == "d"


def test_a_common_factor_of_class_weights_cancels():
    logits, target = torch.randn(5, 4, 3, 3), torch.randint(4, (5, 3, 3))
    weights = torch.rand(4) + 0.1
    losses = [nn.CrossEntropyLoss(weight=factor * weights)(logits, target).item() for factor in (1, 2)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert "c" in QUIZZES["segmentation"]["class-weights"].key


def test_ranking_well_on_one_side_of_the_threshold():
    rng = np.random.default_rng(0)
    truth = np.repeat([1, 0], [114, 42])
    scores = 1 / (1 + np.exp(-(3 + 0.7 * (truth + rng.normal(scale=0.7, size=156)))))
    assert roc_auc_score(truth, scores) > 0.8
    assert accuracy_score(truth, scores > 0.5) == pytest.approx(114 / 156)
    assert roc_auc_score(truth, np.full(156, 0.73)) == 0.5


def test_the_step_that_gradient_descent_bears():
    rng = np.random.default_rng(0)
    x = np.hstack([rng.random((50, 3)), np.ones((50, 1))])
    y = rng.random(50)
    limit = 2 / np.linalg.eigvalsh(2 * x.T @ x / 50).max()
    ends = []
    for rate in (0.98 * limit, 1.02 * limit):
        w = np.zeros(4)
        for _ in range(3000):
            w -= rate * 2 * x.T @ (x @ w - y) / 50
        ends.append(np.mean((x @ w - y) ** 2))
    assert ends[0] < 0.2 < 1e10 < ends[1]
    assert QUIZZES["regression"]["learning-rate-limit"].key == "a"
