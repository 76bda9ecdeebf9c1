"""A small course for tests that need one but no suite."""

from pathlib import Path

from grader.course import Course, load_course

TEXT = """\
schema: 1
course: {id: demo, title: A demo}
limits: {files: 5, submission_mb: 1}
late: {grace_minutes: 15, per_day: 0.1, at_most: 0.5}
assignments:
  - id: regression
    title: Regression
    due: 2027-02-28T23:59:00+01:00
    extra_files: ["notes/*.txt", "*.py", "*.pth"]
    exercises:
      - {id: table, points: 10}
      - {id: scaling, points: 5}
  - id: head_ct
    title: Head CT
    exercises:
      - {id: metadata, points: 10}
"""


def small_course(folder: Path) -> Course:
    (folder / "course.yml").write_text(TEXT, encoding="utf-8")
    return load_course(folder)
