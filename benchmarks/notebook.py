"""What grading a notebook costs, stock nbgrader and proctor side by side, in one run and on the same notebooks.

Each repetition measures, one after another, so that a busy spell of the machine falls on all of them:

stock    `nbgrader autograde` with nbgrader's own Execute; the hidden checks run in the notebook's kernel
plain    the same, the line that names the hidden checks taken out of the course: what nbgrader's own work costs
proctor  `nbgrader autograde` with proctor's preprocessor
examine  `proctor.examine.examine`, the fork server having been started before
bare     the cells that examine runs, in a plain `exec` in a fork of a warm process: the limit, see bare.py

Commands are run over one student and over the whole class, which tells their start from what each further one costs. The submissions are the reference solutions; a run that does not give each of them full marks is an error.
"""

import contextlib
import ctypes
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

import click
import nbformat
import psutil
from nbgrader.api import Gradebook
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from proctor.answers import solved
from proctor.course import HIDDEN, Assignment, assignments
from proctor.examine.examine import examine
from proctor.sandbox.launcher import fork_server
from proctor.submission import Submission, restored

COURSE = Path(__file__).resolve().parent.parent
PAGE = COURSE / "docs" / "benchmark-notebook.md"
COMMANDS = ("stock", "plain", "proctor", "drawn")  # ways that are a whole command over the class
WAYS = (*COMMANDS, "examine", "bare")
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER

Cost = tuple[float, float]  # wall and CPU seconds

HOW = """\
Measured by `benchmarks/notebook.py`, all of it in one run, on the reference solutions handed in by as many students as
the table says. Each figure is for one submission: the cost of the whole class, divided by the number of students, the
median of {repeat} repetitions that take turns (stock, plain, proctor, drawn, examine, bare, then stock again). Each repetition
of a command starts from a fresh gradebook, and counts only if every submission got full marks.

- **stock**: `nbgrader autograde` with nbgrader's own Execute, everything else in the configuration unchanged. The hidden
  checks run in the notebook's kernel, by this course's own code, which starts pytest there: part of this time is theirs
  and not nbgrader's.
- **plain**: the same, with the line that names the hidden checks taken out of the course, so that only the cells run:
  what nbgrader itself costs. It checks less than the others do.
- **proctor**: `nbgrader autograde` as this course configures it. Commands are timed from start to end, with nbgrader's
  start, the start of the fork server and the attempts on the walls in it; nothing is subtracted.
- **examine**: `proctor.examine.examine` in a process that runs already, its fork server too: no nbgrader, no gradebook.
- **bare**: the cells that examine runs, in a plain `exec`, in a fork of a process that has imported PyTorch and
  matplotlib, taken an optimizer's step and drawn a figure. No IPython, no walls, no checks.

A command's *start* is what it costs before and after the submissions: the figures of one student and of the class make
a line, and the start is where it begins. *Each further* is its slope. stock and plain draw every figure of the course;
proctor, examine and bare leave out the cells that only draw (tagged `figure`), as grading does. `Examine.draw_all` has
them run: the column *drawn* is `proctor` with that.

CPU is user and system time of a command and of everything that it started, kernels and sandboxes included: the command runs
below a process that adopts orphans and waits for all of them. For examine, it is read from the processes of the warm
parent (the sandbox: cells and the checks' calls) and of the grading process (the trusted side). What proctor adds to the
notebook's own cells is examine less bare; the hidden checks and what they call are in it. Stock kernels use as many threads as PyTorch wants, sandboxes
and bare use one.
"""


class Class:
    """A copy of the course in which students handed in the reference solutions, ready to be autograded."""

    def __init__(self, folder: Path, assignment: Assignment, students: int, way: str):
        self.folder, self.name, self.students = folder, assignment.name, students
        hide = (lambda text: text) if way != "plain" else (lambda text: HIDDEN.sub("", text))
        config = (COURSE / "nbgrader_config.py").read_text()
        if way == "drawn":
            config += "\nc.Examine.draw_all = True\n"
        elif way != "proctor":
            config = config.replace('"proctor.nbgrader_plugins.autograde.Examine"', '"nbgrader.preprocessors.Execute"')
            config = config.replace("c.Autograde.exporter_class", "# c.Autograde.exporter_class")
        shutil.copytree(COURSE / "tests" / "hidden", folder / "tests" / "hidden")
        (folder / "nbgrader_config.py").write_text(config)
        for place in (assignment.source, assignment.notebook):
            target = folder / place.relative_to(COURSE)
            target.parent.mkdir(parents=True)
            nbformat.write(_without(nbformat.read(place, as_version=4), hide), target)
            for module in place.parent.glob("*.py"):
                shutil.copy(module, target.parent)
        submission = _without(solved(assignment), hide)
        for number in range(students):
            target = folder / "submitted" / f"student{number:02}" / self.name / assignment.notebook.name
            target.parent.mkdir(parents=True)
            nbformat.write(submission, target)
        self._nbgrader("generate_assignment", self.name, "--create", "--force")
        shutil.copy(folder / "gradebook.db", folder / "fresh.db")

    def autograde(self, students: int) -> Cost:
        """Autogrades one student or all of them, as if for the first time."""
        shutil.rmtree(self.folder / "autograded", ignore_errors=True)
        shutil.copy(self.folder / "fresh.db", self.folder / "gradebook.db")
        cost = self._nbgrader("autograde", self.name, *(["--student", "student00"] if students == 1 else []))
        with Gradebook(f"sqlite:///{self.folder / 'gradebook.db'}") as gradebook:
            submissions = gradebook.assignment_submissions(self.name)
            right = [s for s in submissions if s.score == s.max_score > 0]
        if len(right) != students:
            raise click.ClickException(f"{len(right)} of {students} submissions got full marks: no fair race")
        return cost

    def _nbgrader(self, *arguments: str) -> Cost:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PROCTOR_")}
        with open(self.folder / "output.txt", "wb") as output:
            command = [sys.executable, "-m", "nbgrader", *arguments]
            status, *cost = measured(command, cwd=self.folder, env=environment, stdout=output, stderr=output)
        if status:
            said = (self.folder / "output.txt").read_text()[-3000:]
            raise click.ClickException(f"nbgrader {' '.join(arguments)} failed:\n{said}")
        return tuple(cost)


class Bare:
    """A process of bare.py."""

    def __init__(self):
        one = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
        command = [sys.executable, str(Path(__file__).with_name("bare.py"))]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | one
        )

    def run(self, cells: list[str], count: int) -> Cost:
        print(json.dumps([cells, count]), file=self.process.stdin, flush=True)
        return tuple(json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def measured(command: list[str], **options) -> tuple[int, float, float]:
    """The exit status of a command, its wall seconds, and the CPU seconds of all that it started.

    A child of ours runs the command and adopts what the command leaves behind (a sandbox's processes are no longer waited
    for once bubblewrap ends), so that the kernel adds up the times of every process.
    """
    start = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        status = 255
        try:
            ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
            status = subprocess.run(command, stdin=subprocess.DEVNULL, **options).returncode
            with contextlib.suppress(ChildProcessError):
                while True:
                    os.wait()
        finally:
            os._exit(status & 255)
    _, status, usage = os.wait4(pid, 0)
    return status, time.perf_counter() - start, usage.ru_utime + usage.ru_stime


def examined(submission: Submission, count: int) -> tuple[float, float, float]:
    """Wall seconds of `count` examinations, and the CPU seconds of the sandboxes and of this process."""
    sandboxes, own, start = rooms_cpu(), time.process_time(), time.perf_counter()
    for _ in range(count):
        report = examine(submission)
        if report.score != report.max_score:
            raise click.ClickException(f"examine gave {report.score:g} of {report.max_score:g}: no fair race")
    wall, own = time.perf_counter() - start, time.process_time() - own
    return wall, rooms_cpu() - sandboxes, own


def rooms_cpu() -> float:
    """CPU seconds of the fork server and of every sandbox that it has forked so far."""
    time.sleep(0.3)  # the last sandbox may still be ending
    parent = psutil.Process(fork_server().process.pid)
    return sum(sum(process.cpu_times()[:4]) for process in (parent, *parent.children(recursive=True)))


def _without(notebook: nbformat.NotebookNode, hide) -> nbformat.NotebookNode:
    for cell in notebook.cells:
        cell.source = hide(cell.source)
    return notebook


def measure(assignment: Assignment, students: int, repeat: int, bare: Bare, say) -> dict[str, float]:
    """The medians for one assignment, per submission: seconds by way, `WAY cpu`, `WAY start` and `WAY further`."""
    seen = defaultdict(list)
    notebook = solved(assignment)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    cells = [HIDDEN.sub("", source) for source in code if source not in assignment.figures]
    with tempfile.TemporaryDirectory() as folder:
        classes = {way: Class(Path(folder) / way, assignment, students, way) for way in COMMANDS}
        examined(restored(notebook, assignment), 1)
        bare.run(cells, 1)
        for round in range(repeat):
            costs = {}
            for way, group in classes.items():
                one, _ = group.autograde(1)
                wall, cpu = group.autograde(students)
                further = (wall - one) / (students - 1)
                costs |= {way: wall / students, f"{way} cpu": cpu / students}
                costs |= {f"{way} further": further, f"{way} start": one - further}
            wall, sandbox, trusted = (cost / students for cost in examined(restored(notebook, assignment), students))
            costs |= {"examine": wall, "sandbox cpu": sandbox, "trusted cpu": trusted, "examine cpu": sandbox + trusted}
            costs["bare"], costs["bare cpu"] = (cost / students for cost in bare.run(cells, students))
            for what, seconds in costs.items():
                seen[what].append(seconds)
            now = ", ".join(f"{way} {seen[way][-1]:.2f}" for way in WAYS)
            say(f"{assignment.name} {round + 1} of {repeat}: {now} s, load {os.getloadavg()[0]:.1f}")
    medians = {what: statistics.median(values) for what, values in seen.items()}
    spread = max((max(seen[way]) - min(seen[way])) / medians[way] for way in WAYS)
    return medians | {"students": students, "spread": spread}


WALL = ("notebook", "class", *WAYS, "stock / proctor", "plain / proctor")
FURTHER = (
    "notebook",
    *(f"{way} {part}" for part in ("start", "further") for way in COMMANDS),
    "stock / proctor",
    "plain / proctor",
)
CPU = ("notebook", *COMMANDS, "examine", "sandbox", "trusted", "bare", "examine - bare")


def tables(found: dict[str, dict[str, float]]) -> list[tuple[str, tuple[str, ...], list[list[str]]]]:
    """The title, the headings and the rows of each table."""
    wall, further, cpu = [], [], []
    for name, cost in found.items():
        ratios = [f"{cost[way] / cost['proctor']:.1f}" for way in ("stock", "plain")]
        wall.append([name, f"{cost['students']}", *(f"{cost[way]:.2f}" for way in WAYS), *ratios])
        ratios = [f"{cost[f'{way} further'] / cost['proctor further']:.1f}" for way in ("stock", "plain")]
        further.append([name, *(f"{cost[heading]:.2f}" for heading in FURTHER[1:-2]), *ratios])
        added = f"{1000 * (cost['examine cpu'] - cost['bare cpu']):.0f} ms"
        cpu.append([name, *(f"{cost[f'{way} cpu']:.2f}" for way in CPU[1:-1]), added])
    return [
        ("Wall seconds per submission", WALL, wall),
        ("A command's start, and what each further submission costs, in seconds", FURTHER, further),
        ("CPU seconds per submission", CPU, cpu),
    ]


def show(found: dict[str, dict[str, float]], console: Console) -> None:
    for title, headings, rows in tables(found):
        table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, show_edge=False)
        table.collapse_padding = True
        for heading in headings:
            first = heading == "notebook"
            table.add_column(
                heading.replace(" ", "\n", 1),
                justify="left" if first else "right",
                no_wrap=True,
            )
        for row in rows:
            table.add_row(*row)
        console.print(table, "")


def page(found: dict[str, dict[str, float]], repeat: int, load: tuple[float, float]) -> str:
    """The tables as Markdown, with how and on what they were measured."""
    lines = ["# What grading a notebook costs", ""]
    for title, headings, rows in tables(found):
        rule = ["---" if heading == "notebook" else "---:" for heading in headings]
        lines += [f"## {title}", "", *(f"| {' | '.join(row)} |" for row in (headings, rule, *rows)), ""]
    if repeat > 1:
        spread = max(cost["spread"] for cost in found.values())
        lines += [f"Repetitions differed in wall time by up to {spread:.0%} of their median.", ""]
    lines += ["## How it was measured", "", HOW.format(repeat=repeat), machine(load), ""]
    return "\n".join(lines)


def machine(load: tuple[float, float]) -> str:
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("torch", "nbgrader", "ipykernel", "matplotlib", "pytest")
    )
    return (
        f"The machine: {os.cpu_count()} cores ({platform.machine()}, {platform.system()}), shared with other work: the "
        f"load average was {load[0]:.1f} when the run began and {load[1]:.1f} when it ended, the run's own included. "
        f"Python {platform.python_version()}, {packages}."
    )


@click.command(context_settings={"max_content_width": 100})
@click.argument("names", nargs=-1, metavar="[ASSIGNMENT[:STUDENTS]]...")
@click.option("--students", default=10, show_default=True, help="Students in the class, where no ASSIGNMENT says it.")
@click.option("--repeat", default=3, show_default=True, help="Repetitions of everything; medians are shown.")
@click.option("--write", is_flag=True, help=f"Write the tables to {PAGE.relative_to(COURSE)}.")
def main(names: tuple[str, ...], students: int, repeat: int, write: bool) -> None:
    """Measures what grading a notebook costs with stock nbgrader, with proctor, and at the least."""
    known = assignments(COURSE)
    wanted = {}
    for name in names or known:
        name, _, count = name.partition(":")
        if name not in known or not (count or "1").isdigit():
            raise click.UsageError(f"no assignment {name!r}: there are {', '.join(known)}")
        wanted[name] = int(count or students)
    console, begun = Console(), os.getloadavg()[0]
    console.width = max(console.width, 100)
    bare = Bare()
    try:
        say = Console(stderr=True, highlight=False).print
        found = {name: measure(known[name], count, repeat, bare, say) for name, count in wanted.items()}
    finally:
        bare.close()
    show(found, console)
    if write:
        PAGE.write_text(page(found, repeat, (begun, os.getloadavg()[0])), encoding="utf-8")
        console.print(f"written to {PAGE.relative_to(COURSE)}")


if __name__ == "__main__":
    main()
