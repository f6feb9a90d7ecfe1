"""The short forms of `benchmarks/soak.py` and `benchmarks/grade.py`."""

import pytest


@pytest.mark.full
def test_a_class_with_hostile_students_in_a_run_that_is_killed(course, run):
    done = run(course, "python", "benchmarks/soak.py", "--submissions", 10, "--kills", 1)
    assert "| honest students without a point lost | 9 of 9 |" in done.stdout, done.stdout


@pytest.mark.full
def test_a_class_is_measured_beside_stock_nbgrader(course, run):
    ways = "bare,stock,grade 1,cluster 1,serve"
    done = run(
        course, "python", "benchmarks/grade.py", "--right", "--students", 2, "--stock", 1, "--ways", ways, "01-vectors"
    )
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines()[2:]]
    assert [(row[2], row[3]) for row in rows] == list(zip(ways.split(","), "11222", strict=True)), done.stdout
    # milliseconds of CPU, with and without anything around the cells
    bare, _, *ours = (int(row[6]) for row in rows)
    assert 0 < bare < min(ours), done.stdout
    assert "lost points" not in done.stderr, done.stderr
