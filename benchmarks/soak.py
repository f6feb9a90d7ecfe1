"""A class of honest students with hostile ones among them, graded in one run that is killed now and then.

Nine in ten hand in an honest notebook of `tests/honest/right/`, with files beside it; the tenth, an attack of
`tests/attacks/` or what `tests/classroom/test_neighbours.py` leaves behind. `proctor grade` is killed (-9) at random
moments and started again. Ends with 1, and says what is wrong, where an honest student lost a point, somebody has no
score, a process outlived the run, or something was left in the temporary directory.

.venv/bin/python benchmarks/soak.py --submissions 1000
"""

import importlib
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import click
import nbformat
import psutil
from nbgrader.api import Gradebook
from notebook import COURSE, machine

from proctor.answers import put, solved
from proctor.course import assignments
from proctor.temporary import YOUNG

TESTS = COURSE / "tests"
sys.path += [str(TESTS / part) for part in ("attacks", "honest", "classroom")]
ATTACKS = importlib.import_module("attack").Attack
PAGE = COURSE / "docs" / "benchmark-soak.md"
# attacks that wait for ever shall not make the run a long one
LIMITS = "cell=2,call=2,exercise=4,notebook=20,grace=0.3"
NAMES = [name for name in assignments(COURSE) if name < "06"]  # each notebook of 06 trains for seconds


def attacks() -> list[tuple[str, nbformat.NotebookNode]]:
    """Every attack that is a cell, in a whole notebook, and its assignment."""
    known, found = assignments(COURSE), []
    for path in sorted((TESTS / "attacks").glob("*.py")):
        if path.stem in ("attack", "test_attacks"):
            continue
        for attack in vars(importlib.import_module(path.stem)).values():
            if isinstance(attack, ATTACKS) and attack.tamper is None:
                home = next(a for a in known.values() if attack.exercise in a.stubs)
                source = attack.cell.replace("SECRET", "/etc/passwd").replace("COURSE", str(COURSE))
                found.append((home.name, put(solved(home), attack.exercise, source)))
    home = known["03-softmax"]
    for cell in importlib.import_module("test_neighbours").LEAVES.values():
        notebook = solved(home)
        notebook.cells.insert(1, nbformat.v4.new_code_cell(cell))
        found.append((home.name, notebook))
    return [one for one in found if one[0] in NAMES]


def make_class(folder: Path, count: int, seed: int) -> set[str]:
    """A course in `folder` with so many submissions; the honest students."""
    for place in ("source", "release"):
        for name in NAMES:
            shutil.copytree(COURSE / place / name, folder / place / name)
    shutil.copytree(TESTS / "hidden", folder / "tests" / "hidden", ignore=shutil.ignore_patterns("__py*"))
    shutil.copytree(COURSE / "answers", folder / "answers")
    shutil.copy(COURSE / "nbgrader_config.py", folder)
    draw, honest = random.Random(seed), set()
    cases = [case for case in importlib.import_module("cases").cases("right") if case.assignment in NAMES]
    hostile = attacks()
    for each in (cases, hostile):
        draw.shuffle(each)
    for number, case, (name, notebook) in islice(zip(range(count), cycle(cases), cycle(hostile), strict=False), count):
        if number % 10:
            student = f"s{number:05}-honest"
            case.write(folder / "submitted" / student / case.assignment)
            honest.add(student)
        else:
            path = folder / "submitted" / f"s{number:05}-hostile" / name / assignments(COURSE)[name].notebook.name
            path.parent.mkdir(parents=True)
            nbformat.write(notebook, path)
    return honest


@dataclass
class Watch:
    """What the processes of a run take, looked at twice a second: the trusted ones' memory, and all that there were."""

    memory: list[float] = field(default_factory=list)
    seen: set[psutil.Process] = field(default_factory=set)

    def follow(self, pid: int, over: threading.Event) -> None:
        while not over.wait(0.5):
            largest = 0
            for process in self._family(pid):
                self.seen.add(process)
                try:
                    if "proctor.sandbox.forkserver" not in " ".join(process.cmdline()):
                        largest = max(largest, process.memory_info().rss)
                except psutil.Error:
                    continue
            self.memory.append(largest / 2**20)

    def _family(self, pid: int) -> list[psutil.Process]:
        try:
            return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        except psutil.Error:
            return []

    def left(self) -> list[psutil.Process]:
        """The processes that live on."""
        return [process for process in self.seen if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def runs(folder: Path, temporary: Path, workers: int, kills: int, draw: random.Random, watch: Watch) -> Iterator[float]:
    """Grades the class, killing the run so many times; the seconds of each run."""
    command = [str(Path(sys.executable).with_name("proctor")), "grade", "--workers", str(workers)]
    environment = os.environ | {"PROCTOR_LIMITS": LIMITS, "TMPDIR": str(temporary)}
    for number in range(kills + 1):
        if number == kills:
            # what a killed run has left is removed by the next one, once it is this old
            time.sleep(YOUNG)
        began, over = time.monotonic(), threading.Event()
        with (folder / f"run{number}.txt").open("w") as said:
            run = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)
            follower = threading.Thread(target=watch.follow, args=(run.pid, over))
            follower.start()
            try:
                run.wait(draw.uniform(4, 40) if number < kills else None)
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGKILL)
                run.wait()
        over.set()
        follower.join()
        yield time.monotonic() - began
        if number < kills and run.returncode != -signal.SIGKILL:
            break


def wrong_with(folder: Path, temporary: Path, honest: set[str], count: int, watch: Watch) -> list[str]:
    """What isn't as it should be when the class has been graded."""
    known, scores = assignments(COURSE), {}
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        for name in NAMES:
            for one in gradebook.assignment_submissions(name):
                scores[one.student.id] = one.score, sum(cell.points for cell in known[name].graded.values())
    found = [
        f"{student}: {scores.get(student)}" for student in sorted(honest) if len({*scores.get(student, (0, 1))}) > 1
    ]
    found += [f"{count - len(scores)} have no score"] if len(scores) != count else []
    time.sleep(2)
    found += [f"still there: {process.pid} {process.name()}" for process in watch.left()]
    return found + [f"left in the temporary directory: {path.name}" for path in temporary.iterdir()]


@click.command()
@click.option("--submissions", default=1000, show_default=True)
@click.option("--kills", default=10, show_default=True, help="How often the run is killed.")
@click.option("--workers", default=2, show_default=True)
@click.option("--seed", default=1, show_default=True, help="Of the order, and of the moments of the kills.")
@click.option("--write", is_flag=True, help=f"Write the table to {PAGE.relative_to(COURSE)}.")
def main(submissions: int, kills: int, workers: int, seed: int, write: bool) -> None:
    """Grades a class with hostile students in it, kills the run now and then, and looks at what is left."""
    load, watch = os.getloadavg()[0], Watch()
    with tempfile.TemporaryDirectory(prefix="soak-") as place:
        folder, temporary = Path(place, "course"), Path(place, "tmp")
        temporary.mkdir()
        honest = make_class(folder, submissions, seed)
        seconds = list(runs(folder, temporary, workers, kills, random.Random(seed), watch))
        problems = wrong_with(folder, temporary, honest, submissions, watch)
        said = sorted(folder.glob("run*.txt"))[-1].read_text()
    for problem in problems:
        click.echo(problem)
    tenth = max(len(watch.memory) // 10, 1)
    first, last = (statistics.mean(part) for part in (watch.memory[:tenth], watch.memory[-tenth:]))
    rows = {
        "submissions, one in ten hostile": f"{submissions}",
        "runs, all but the last killed": f"{len(seconds)}",
        "seconds in all": f"{sum(seconds):.0f}",
        "submissions a second": f"{submissions / sum(seconds):.1f}",
        "honest students without a point lost": f"{sum(1 for _ in honest) - sum('-honest' in p for p in problems)} of {len(honest)}",
        "largest trusted process, first tenth of the time": f"{first:.0f} MiB",
        "the same, last tenth": f"{last:.0f} MiB",
        "the same, at most": f"{max(watch.memory, default=0):.0f} MiB",
        "processes left": f"{len(watch.left())}",
        "left in the temporary directory": f"{sum('temporary directory' in problem for problem in problems)}",
    }
    table = "\n".join(["| | |", "|---|---:|", *(f"| {what} | {value} |" for what, value in rows.items())])
    click.echo(table)
    if write:
        how = f"Measured by `benchmarks/soak.py --submissions {submissions} --kills {kills}`, with limits of {LIMITS}."
        PAGE.write_text(
            f"# A class with hostile students in it\n\n{table}\n\n{how}\n\n{machine((load, os.getloadavg()[0]))}\n"
        )
    if problems:
        click.echo(said[-3000:])
        sys.exit(1)


if __name__ == "__main__":
    main()
