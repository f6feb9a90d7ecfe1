"""What recording costs: a class is listed and recorded by one process, whose workers answer at once with ready outcomes.

The outcomes are those of a few submissions of one assignment, each really graded beforehand. Counted is the CPU time of the
process that records, from listing to the last grade: the limit of how many workers one such process can feed. A commit
before is measured beside this one, in turns, in the same run.

.venv/bin/python benchmarks/record.py --submissions 500 --against main
"""

import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import click
from shared import COURSE, machine, make_course, submissions

from proctor.classroom.grade import judge
from proctor.classroom.grade import submissions as handed_in
from proctor.course import assignments
from proctor.examine.examine import run_submission
from proctor.grading.outcome import Conditions
from proctor.records.engine import Recorder
from proctor.records.grading_pass import GradingPass
from proctor.sandbox.cell import Limits
from proctor.submission.choose import load_submission

NAME = "01-vectors"
DIFFERENT = 10  # outcomes, which return in turn


class Ready:
    """In place of `proctor.classroom.workers.Pool`: what it runs comes back at once, as from another process."""

    workers = 2

    def __init__(self, outcomes: list[bytes]):
        self._outcomes = cycle(outcomes)

    def reach(self, folder: Path, *_: Any) -> Path:
        return folder

    def run(self, *_: Any) -> Any:
        return pickle.loads(next(self._outcomes))

    def close(self) -> None: ...


def record(folder: Path, count: int, name: str = NAME) -> float:
    """The milliseconds of CPU that each of so many submissions takes the process that records them."""
    make_course(folder, [name])
    assignment = assignments(folder)[name]
    cases = list(islice(submissions(assignment, 1, hostile=0), DIFFERENT))
    for number, case in zip(range(count), cycle(cases), strict=False):
        case.write(folder / "submitted" / f"s{number:05}" / name)
    keys = handed_in(folder, [name])
    first = [folder / "submitted" / each.student / name for each in keys[:DIFFERENT]]
    conditions = Conditions(Limits(), 1, trust_students=True)
    outcomes = []
    for one in first:
        outcome = run_submission(load_submission(one, assignment), conditions)
        outcomes.append(pickle.dumps(outcome))
    with closing(Recorder(folder)) as recorder:
        recorder.prepare(assignment)
        grading, began = GradingPass(recorder, {name: assignment}, Limits()), time.process_time()
        for key in keys:
            grading.notice(key)
        todo = [attempt for key in keys for attempt in grading.needed(key)]
        failed = []
        for job in judge(grading, partial(next, iter(todo), None), Ready(outcomes)):  # pyright: ignore[reportArgumentType]
            failed += [one.error for one in [job, *grading.settle(job.key)] if one.error]
        spent = time.process_time() - began
    assert len(todo) == count and not failed, failed[:3]
    return 1000 * spent / count


@click.command()
@click.option("--submissions", "count", default=500, show_default=True)
@click.option("--rounds", default=3, show_default=True)
@click.option("--against", default="HEAD~1", show_default=True, help="The commit to compare with.")
@click.option("--inside", is_flag=True, hidden=True)
def main(count: int, rounds: int, against: str, inside: bool) -> None:
    """Measures this commit's recording, and that of another one, in turns."""
    with tempfile.TemporaryDirectory(prefix="record-") as place:
        if inside:
            click.echo(record(Path(place, "course"), count))
            return
        load, git = os.getloadavg()[0], ["git", "-C", str(COURSE), "worktree"]
        found: dict[str, list[float]] = {"this commit": [], against: []}
        command = [sys.executable, __file__, "--inside", "--submissions", str(count)]
        subprocess.run(
            [*git, "add", "--detach", f"{place}/before", against], check=True, capture_output=True
        )
        try:
            for _ in range(rounds):
                for which, home in zip(found, (COURSE, Path(place, "before")), strict=True):
                    done = subprocess.run(
                        command,
                        env=os.environ | {"PYTHONPATH": str(home), "OMP_NUM_THREADS": "1"},
                        cwd=place,
                        capture_output=True,
                        text=True,
                    )
                    if done.returncode:
                        raise click.ClickException(done.stderr[-3000:])
                    found[which].append(float(done.stdout.split()[-1]))
        finally:
            subprocess.run([*git, "remove", "--force", f"{place}/before"], check=True)
    for which, each in found.items():
        click.echo(
            f"{which}: {statistics.median(each):.1f} ms of CPU a submission ({', '.join(f'{one:.1f}' for one in each)})"
        )
    click.echo(machine((load, os.getloadavg()[0])))


if __name__ == "__main__":
    main()
