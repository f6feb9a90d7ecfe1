"""The short form of `benchmarks/soak.py`."""

import pytest


@pytest.mark.full
def test_a_class_with_hostile_students_in_a_run_that_is_killed(course, run):
    done = run(course, "python", "benchmarks/soak.py", "--submissions", 10, "--kills", 1)
    assert "| honest students without a point lost | 9 of 9 |" in done.stdout, done.stdout
