"""The short forms of `benchmarks/soak.py` and `benchmarks/grade.py`."""

import pytest


@pytest.mark.full
def test_a_class_with_hostile_students_in_a_run_that_is_killed(pytestconfig, run):
    done = run(
        pytestconfig.rootpath, "python", "benchmarks/soak.py", "--submissions", 10, "--kills", 1
    )
    assert "| honest students without a point lost | 9 of 9 |" in done.stdout, done.stdout


@pytest.mark.full
def test_a_class_is_measured(pytestconfig, run):
    done = run(
        pytestconfig.rootpath,
        "python",
        "benchmarks/grade.py",
        "right",
        "--last",
        "01",
        "--scale",
        0.01,
    )
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines()]
    (wall, cpu), *_ = [
        (int(cell.replace(",", "")) for cell in row[4:6])
        for row in rows
        if row and row[0].startswith("right")
    ]
    assert wall > 0 and cpu > 0, done.stdout
    assert "lost points" not in done.stderr, done.stderr
