"""The markers that suites may use, as pytest wants them declared."""

MARKERS = (
    "points(weight): the check's share of its exercise's points, relative to the exercise's other checks",
    'needs("test_x", ...): blocked unless these checks passed ("exercise::test_x" for another exercise)',
    "hint(text): shown beside the message when the check fails",
    "limits(cpu_seconds=..., wall_seconds=...): limits of this check in place of the course's",
)
