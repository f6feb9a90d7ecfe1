"""The short forms of `benchmarks/soak.py` and `benchmarks/grade.py`."""

import pytest


@pytest.mark.full
def test_a_class_with_hostile_students_in_a_run_that_is_killed(course, run):
    done = run(course, "python", "benchmarks/soak.py", "--submissions", 10, "--kills", 1)
    assert "| honest students without a point lost | 9 of 9 |" in done.stdout, done.stdout


@pytest.mark.full
def test_a_class_is_measured_beside_stock_nbgrader(course, run):
    done = run(course, "python", "benchmarks/grade.py", "own", "--last", "01", "--scale", 0.01)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines()]
    own = {row[2]: row for row in rows if row and row[0] == "own, all seven"}
    # milliseconds of CPU, with and without anything around the cells
    bare, left_out, same = (
        int(own[way][5].replace(",", "")) for way in ("bare", "grade, 1 worker", "same work, 1 worker")
    )
    assert 0 < bare < left_out < same, done.stdout
    assert "lost points" not in done.stderr, done.stderr
