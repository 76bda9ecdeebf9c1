"""A released notebook in JupyterLab, in a real browser."""

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def student_edition(tmp_path):
    """What a student has, with one exercise solved in a file beside the notebook."""
    folder = tmp_path / "course"
    shutil.copytree(ROOT / "assignments", folder)
    shutil.copy(ROOT / "solutions" / "regression" / "metrics.py", folder / "regression")
    return folder


def test_a_check_cell_runs_in_jupyterlab(student_edition, jupyter, page):
    address = jupyter(student_edition)
    page.goto(address.format(path="lab/tree/regression/regression.ipynb"))
    page.get_by_text("%load_ext grader").first.wait_for()
    run(page, "%load_ext grader")
    run(page, 'check("metrics")')
    answer = page.locator(".jp-OutputArea-output").filter(has_text="metrics").last
    answer.wait_for()
    assert "points in 12 visible checks" in answer.inner_text()


def test_the_knowledge_check_is_answered_in_a_form(student_edition, jupyter, page):
    address = jupyter(student_edition)
    page.goto(address.format(path="lab/tree/regression/regression.ipynb"))
    page.get_by_text("%load_ext grader").first.wait_for()
    run(page, "%load_ext grader")
    run(page, "quiz()")
    options = page.locator(".jp-OutputArea-output input[type=radio]")
    options.first.wait_for()
    options.first.scroll_into_view_if_needed()
    options.first.click()
    answers = student_edition / "regression" / "quiz.py"
    for _ in range(60):  # saved in the background
        if '"a"' in answers.read_text(encoding="utf-8"):
            break
        page.wait_for_timeout(500)
    assert '"a"' in answers.read_text(encoding="utf-8")


def run(page, text):
    """Runs the cell with this text, once it is the active one: the page moves while cells above are drawn."""
    cell = page.locator(".jp-CodeCell").filter(has_text=text).first
    active = page.locator(".jp-CodeCell.jp-mod-active").filter(has_text=text)
    for _ in range(20):
        cell.scroll_into_view_if_needed()
        cell.locator(".cm-content").click()
        page.wait_for_timeout(500)
        if active.count():
            break
    assert active.count()
    page.keyboard.press("Shift+Enter")
    cell.locator(".jp-InputPrompt", has_text=re.compile(r"\d")).wait_for()  # it has run
