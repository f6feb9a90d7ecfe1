"""The judge's CPU: the seconds that this process takes for each honest notebook, diagnosis included, the dearest first.

.venv/bin/python benchmarks/judge.py            # all of tests/honest/: half an hour on two idle cores
.venv/bin/python benchmarks/judge.py half       # those that are half right, which are diagnosed and are dearer
.venv/bin/python benchmarks/judge.py 05_ softmax

`JUDGE` in proctor/session/budget.py is five times the dearest. Each notebook is judged as the first of a class: no reply
is remembered, and the sandbox with the reference solutions has not started. The last columns are the bytes of memory that
the replies took, in MiB, and the seconds that the sandboxes took.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from shared import COURSE, ENDLESS, SHORT_LIMITS, honest_cases

from proctor.course import assignments
from proctor.diagnosis import known_answers as diagnose
from proctor.examine.examine import judge, protected
from proctor.grading.checking import check_memos
from proctor.grading.examination import open_examination
from proctor.sandbox.cell import Limits, limits_in
from proctor.sandbox.launcher import fork_server
from proctor.submission import Submission
from proctor.submission.choose import load_submission

LINE = "{:6.2f} s of CPU, {:6.1f} MiB, {:5.1f} s in sandboxes  {}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "which", nargs="*", help="right, half, or a part of a case's name; all where none is given"
    )
    wanted = parser.parse_args().which
    protected()
    found = []
    for folder in ("half", "right"):
        for case in honest_cases(folder):
            if not wanted or folder in wanted or any(part in case.name for part in wanted):
                found.append(measure(case))
                print(LINE.format(*found[-1]), file=sys.stderr, flush=True)
    for line in sorted(found, reverse=True):
        print(LINE.format(*line))


def measure(case) -> tuple[float, float, float, str]:
    """What judging a case takes: this process's CPU seconds, MiB of replies, seconds of the sandboxes."""
    assignment = assignments(COURSE)[case.assignment]
    with tempfile.TemporaryDirectory() as folder:
        path = case.write(Path(folder) / "submitted" / "student" / case.assignment)
        submission = load_submission(path.parent, assignment)
    limits = limits_in(SHORT_LIMITS) if case.name in ENDLESS else Limits()
    forget()
    return (*judged(submission, limits), case.name)


def judged(submission: Submission, limits: Limits) -> tuple[float, float, float]:
    began = time.process_time()
    examination = open_examination(submission, fork_server(), limits, draw_all=True)
    examination.wanted = (
        examination.assignment.graded.keys() - examination.assignment.self_checked.keys()
    )
    examination.seed = 7
    try:
        examination.session.take_files()
        judge(examination)
    finally:
        examination.session.close()
    budget = examination.session.budget
    return time.process_time() - began, budget.received / 2**20, budget.seconds


def forget() -> None:
    """Has nothing remembered of notebooks that were judged before."""
    check_memos.cache_clear()
    diagnose._replies.clear()
    if diagnose._current is not None:
        diagnose._current.close()


if __name__ == "__main__":
    main()
