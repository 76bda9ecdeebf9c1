"""calibration.svg: every run of the reference and of its control as a dot, and the threshold between them."""

from collections.abc import Iterable
from html import escape

from grader.calibrate.record import Calibration, TaskRecord

WIDTH, LEFT, RIGHT = 860, 30, 30
ROW, PANEL, FOOT = 34, 190, 40
REFERENCE, CONTROL, THRESHOLD, INK = "#1b6ca8", "#b5651d", "#b00020", "#333333"
_BINS = 120


def svg(calibration: Calibration) -> str:
    """The picture, a panel per task."""
    height = PANEL * len(calibration.tasks) + FOOT
    panels = "".join(_panel(name, task, i * PANEL) for i, (name, task) in enumerate(calibration.tasks.items()))
    versions = ", ".join(f"{name} {version}" for name, version in calibration.versions.items())
    foot = _text(LEFT, height - 14, f"{calibration.assignment}, {calibration.made.isoformat()}, {versions}", size=11)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="system-ui, sans-serif" fill="{INK}">\n'
        f"<title>Runs of the reference and thresholds: {escape(calibration.assignment)}</title>\n"
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>\n{panels}{foot}</svg>\n'
    )


def _panel(name: str, task: TaskRecord, top: float) -> str:
    low = min(task.threshold, *task.values, *task.control.values)
    high = max(task.threshold, task.control.bound, *task.values, *task.control.values)

    def x(value: float) -> float:
        return LEFT + (value - low) / (high - low or 1) * (WIDTH - LEFT - RIGHT)

    base = top + PANEL - 45
    at = x(task.threshold)
    anchor = "start" if at < WIDTH / 2 else "end"
    return (
        _text(LEFT, top + 24, f"{name}: {task.metric}", size=15)
        + _text(LEFT, top + 42, f"{len(task.values)} runs, {task.steps} optimiser steps each", size=11)
        + f'<line x1="{LEFT}" y1="{base}" x2="{WIDTH - RIGHT}" y2="{base}" stroke="{INK}"/>\n'
        + "".join(_tick(x(value), base, f"{value:.3g}") for value in (low + i * (high - low) / 5 for i in range(6)))
        + _dots((x(value) for value in task.control.values), base, CONTROL)
        + _dots((x(value) for value in task.values), base, REFERENCE)
        + f'<line x1="{at:.1f}" y1="{top + 62}" x2="{at:.1f}" y2="{base}" stroke="{THRESHOLD}" stroke-width="2"/>\n'
        + _text(at, top + 58, f"threshold {task.threshold:.3f}", 11, THRESHOLD, anchor)
        + _text(WIDTH - RIGHT, top + 24, "● reference", 11, REFERENCE, "end")
        + _text(WIDTH - RIGHT, top + 40, "● permuted targets", 11, CONTROL, "end")
    )


def _dots(places: Iterable[float], base: float, colour: str) -> str:
    """A stacked dot for each run; a stack that would leave the panel is squeezed."""
    stacks: dict[int, int] = {}
    for place in places:
        column = round((place - LEFT) / (WIDTH - LEFT - RIGHT) * _BINS)
        stacks[column] = stacks.get(column, 0) + 1
    step = min(5.0, (PANEL - 115) / max(stacks.values()))
    return "".join(
        f'<circle cx="{LEFT + column * (WIDTH - LEFT - RIGHT) / _BINS:.1f}" cy="{base - 4 - i * step:.1f}" r="2.4" '
        f'fill="{colour}" fill-opacity="0.75"/>\n'
        for column, count in sorted(stacks.items())
        for i in range(count)
    )


def _tick(x: float, base: float, label: str) -> str:
    line = f'<line x1="{x:.1f}" y1="{base}" x2="{x:.1f}" y2="{base + 5}" stroke="{INK}"/>\n'
    return line + _text(x, base + 18, label, 11, anchor="middle")


def _text(x: float, y: float, text: str, size: int, colour: str = INK, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-size="{size}" fill="{colour}">{escape(text)}</text>\n'
