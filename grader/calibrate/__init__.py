"""Thresholds for checks that train: what the reference reaches, and how low a right program may fall by chance.

An author defines a task once, in `solutions/<assignment>/hidden/calibrated.py` (`calibrated`, `Trial`).
`grader calibrate` runs it on the reference over many seeds and writes `solutions/<assignment>/calibration.json`;
the hidden check runs the same task on the submission (`grader.verdicts.thresholds.expect_learned`).
"""

from grader.calibrate.task import Task, Trial, calibrated

__all__ = ["Task", "Trial", "calibrated"]
