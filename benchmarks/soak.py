"""A class of honest students with hostile ones among them, graded in one run that is killed now and then.

Nine in ten hand in an honest notebook with right answers; the tenth has an attack in it (`shared.submissions`).
`proctor grade` is killed (-9) at random moments and started again. Ends with 1, and says what is wrong, where an honest
student lost a point, somebody has no score, a process outlived the run, or something was left in the temporary directory.

.venv/bin/python benchmarks/soak.py --submissions 1000
"""

import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import click
from nbgrader.api import Gradebook
from shared import COURSE, SHORT_LIMITS, Watch, machine, make_course, submissions

from proctor.course import assignments
from proctor.course.files import YOUNG

PAGE = COURSE / "docs" / "benchmark-soak.md"
# each notebook of 06 trains for seconds
NAMES = [name for name in assignments(COURSE) if name < "06"]


def make_class(folder: Path, count: int, seed: int) -> set[str]:
    """A course in `folder` with so many submissions; the honest students."""
    make_course(folder, NAMES)
    drawn = {
        hostile: cycle(
            [
                submissions(assignments(COURSE)[name], seed, True, hostile, slow=True)
                for name in NAMES
            ]
        )
        for hostile in (0, 1)
    }
    honest = set()
    for number in range(count):
        case = next(next(drawn[number % 10 == 0]))
        student = f"s{number:05}-{'hostile' if case.name == 'hostile' else 'honest'}"
        case.write(folder / "submitted" / student / case.assignment)
        honest |= {student} - {f"s{number:05}-hostile"}
    return honest


def runs(
    folder: Path, temporary: Path, workers: int, kills: int, draw: random.Random
) -> Iterator[tuple[float, Watch]]:
    """Grades the class, killing the run so many times; the seconds of each run, and what was seen of its processes."""
    command = [str(Path(sys.executable).with_name("proctor")), "grade", "--workers", str(workers)]
    environment = os.environ | {"PROCTOR_LIMITS": SHORT_LIMITS, "TMPDIR": str(temporary)}
    for number in range(kills + 1):
        if number == kills:
            # what a killed run has left is removed by the next one, once it is this old
            time.sleep(YOUNG)
        began = time.monotonic()
        with (folder / f"run{number}.txt").open("w") as said:
            run = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)
            with Watch(run.pid) as seen:
                try:
                    run.wait(draw.uniform(4, 40) if number < kills else None)
                except subprocess.TimeoutExpired:
                    run.send_signal(signal.SIGKILL)
                    run.wait()
        yield time.monotonic() - began, seen
        if number < kills and run.returncode != -signal.SIGKILL:
            break


def wrong_with(
    folder: Path, temporary: Path, honest: set[str], count: int, seen: list[Watch]
) -> list[str]:
    """What isn't as it should be when the class has been graded."""
    known, scores = assignments(COURSE), {}
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        for name in NAMES:
            for one in gradebook.assignment_submissions(name):
                scores[one.student.id] = (
                    one.score,
                    sum(cell.points for cell in known[name].graded.values()),
                )
    found = [
        f"{student}: {scores.get(student)}"
        for student in sorted(honest)
        if len({*scores.get(student, (0, 1))}) > 1
    ]
    found += [f"{count - len(scores)} have no score"] if len(scores) != count else []
    time.sleep(2)
    found += [
        f"still there: {process.pid} {process.name()}" for each in seen for process in each.left()
    ]
    return found + [f"left in the temporary directory: {path.name}" for path in temporary.iterdir()]


@click.command()
@click.option("--submissions", "count", default=1000, show_default=True)
@click.option("--kills", default=10, show_default=True, help="How often the run is killed.")
@click.option("--workers", default=2, show_default=True)
@click.option(
    "--seed", default=1, show_default=True, help="Of the order, and of the moments of the kills."
)
@click.option("--write", is_flag=True, help=f"Write the table to {PAGE.relative_to(COURSE)}.")
def main(count: int, kills: int, workers: int, seed: int, write: bool) -> None:
    """Grades a class with hostile students in it, kills the run now and then, and looks at what is left."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="soak-") as place:
        folder, temporary = Path(place, "course"), Path(place, "tmp")
        temporary.mkdir()
        honest = make_class(folder, count, seed)
        seconds, seen = zip(
            *runs(folder, temporary, workers, kills, random.Random(seed)), strict=True
        )
        problems = wrong_with(folder, temporary, honest, count, seen)
        said = sorted(folder.glob("run*.txt"))[-1].read_text()
    for problem in problems:
        click.echo(problem)
    memory = [largest for each in seen for largest in each.largest]
    tenth = max(len(memory) // 10, 1)
    first, last = (statistics.mean(part) for part in (memory[:tenth], memory[-tenth:]))
    rows = {
        "submissions, one in ten hostile": f"{count}",
        "runs, all but the last killed": f"{len(seconds)}",
        "seconds in all": f"{sum(seconds):.0f}",
        "submissions a second": f"{count / sum(seconds):.1f}",
        "honest students without a point lost": f"{sum(1 for _ in honest) - sum('-honest' in p for p in problems)} of {len(honest)}",
        "largest trusted process, first tenth of the time": f"{first:.0f} MiB",
        "the same, last tenth": f"{last:.0f} MiB",
        "the same, at most": f"{max(memory):.0f} MiB",
        "processes left": f"{sum(len(each.left()) for each in seen)}",
        "left in the temporary directory": f"{sum('temporary directory' in problem for problem in problems)}",
    }
    table = "\n".join(
        ["| | |", "|---|---:|", *(f"| {what} | {value} |" for what, value in rows.items())]
    )
    click.echo(table)
    if write:
        how = f"By `benchmarks/soak.py --submissions {count} --kills {kills}`, with limits of {SHORT_LIMITS}. "
        how += f"The process that lived longest did so for {max(seconds):.0f} seconds."
        PAGE.write_text(
            f"# A class with hostile students in it\n\n{table}\n\n{how}\n\n{machine((load, os.getloadavg()[0]))}\n"
        )
    if problems:
        click.echo(said[-3000:])
        sys.exit(1)


if __name__ == "__main__":
    main()
