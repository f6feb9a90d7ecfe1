"""What grading a class costs: stock `nbgrader autograde` beside `proctor grade` with one worker and with two.

The class is the mix of the sample class: right answers, other right answers, wrong ones, half of them, none, built-ins
that the exercise rules out, and a file that is no notebook. Stock nbgrader grades a few of its submissions; what the
whole class would take is extrapolated. Each run of this program adds what it measured to a file, so that a long
benchmark can be made in pieces; `--write` makes the page of all that the file holds.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from itertools import cycle, islice
from pathlib import Path

import click
import psutil
from notebook import COURSE, machine, measured
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from proctor.authoring.sample import sample_class
from proctor.course import assignments

PAGE = COURSE / "docs" / "benchmark-grade.md"
KINDS = ("ada", "ben", "chloe", "dario", "emre", "fatou", "gita", "broken")  # of the sample class's students
PARSED = KINDS[:6]  # what stock nbgrader gets: for the others it has no counterpart

HOW = """\
Measured by `benchmarks/grade.py`. The students of the class take turns in handing in what these students of the sample
class do: {kinds}; the last is a file that is no notebook. `stock` is
`nbgrader autograde` with nbgrader's own Execute and exporter, everything else in the configuration unchanged, one
assignment after another, for the first students of that list only. Where a piece was measured more than once, each is
shown, and a ratio is to the mean of stock's. What is said of a whole class is **extrapolated**: seconds for each
submission, times the number of submissions.

- **wall** and **CPU**: of the whole command for each submission, its start and its end in it. CPU is user and system time
  of all that the command started, sandboxes and kernels included.
- **stock / this**: how many times as long stock nbgrader takes. Other work on the machine slows a way that keeps all
  cores busy more than one that uses one of them. **the same in CPU** leaves that out, and what a second core gains.
- **load**: the load average when the piece began and when it ended, the piece's own work included.
- **main** and **all**: the largest memory of the process that was started (resident), and of all its processes together
  (memory that several share is counted once), looked at twice a second.
- **busy**: the share of the workers' time, from when they are ready, in which they had a submission in a sandbox or
  judged it.
- **first tenth**, **last tenth**: seconds for each submission between the first and the last results of every assignment's
  first and last tenth, together.
"""


def make_class(folder: Path, names: list[str], students: int, stock: bool) -> int:
    """A copy of the course with a class of so many students; the number of submissions."""
    folder.mkdir()
    shutil.copytree(COURSE / "tests", folder / "tests", ignore=shutil.ignore_patterns("__py*", "proctor", "browser"))
    for name in names:
        for place in ("source", "release"):
            shutil.copytree(COURSE / place / name, folder / place / name)
    config = (COURSE / "nbgrader_config.py").read_text()
    if stock:
        config = config.replace('"proctor.nbgrader_plugins.autograde.Examine"', '"nbgrader.preprocessors.Execute"')
        config = config.replace("c.Autograde.exporter_class", "# c.Autograde.exporter_class")
    (folder / "nbgrader_config.py").write_text(config)
    sample_class(folder)
    sample = (folder / "submitted").rename(folder / "sample")
    for assignment in assignments(folder).values():
        place = sample / "broken" / assignment.name / assignment.notebook.name
        place.parent.mkdir(parents=True)
        place.write_text("{")
    for number, kind in enumerate(islice(cycle(PARSED if stock else KINDS), students)):
        for work in (sample / kind).glob("*"):
            shutil.copytree(work, folder / "submitted" / f"student{number:04}" / work.name)
    for name in names:
        command = [sys.executable, "-m", "nbgrader", "generate_assignment", name, "--create", "--force"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return len(list((folder / "submitted").glob("*/*")))


class Memory(threading.Thread):
    """The largest memory of the processes below this one, while it looks: of the first of them, and of all, in bytes."""

    def __init__(self):
        super().__init__(daemon=True)
        self.main = self.all = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.5):
            together = 0
            for process in psutil.Process().children(recursive=True):
                try:
                    if "grade" in (command := process.cmdline()) or "autograde" in command:
                        self.main = max(self.main, process.memory_info().rss)
                    together += process.memory_full_info().pss
                except psutil.Error:
                    continue
            self.all = max(self.all, together)


def measure(folder: Path, names: list[str], way: str) -> dict[str, float]:
    """What it costs to grade the class in `folder`."""
    proctor = [str(Path(sys.executable).with_name("proctor")), "grade", "--workers", way]
    commands = (
        [proctor] if way != "stock" else [[sys.executable, "-m", "nbgrader", "autograde", name] for name in names]
    )
    memory = Memory()
    memory.start()
    wall = cpu = 0.0
    said = folder / "output.txt"
    for command in commands:
        with said.open("a") as output:
            status, *cost = measured(command, cwd=folder, stdout=output, stderr=output)
        if status:
            raise click.ClickException(f"{' '.join(command)} failed:\n{said.read_text()[-3000:]}")
        wall, cpu = wall + cost[0], cpu + cost[1]
    memory.over.set()
    memory.join()
    found = {"wall": wall, "cpu": cpu, "main": memory.main / 2**20, "all": memory.all / 2**20}
    if way != "stock":
        found["busy"] = float(re.search(r"busy (\d+)%", said.read_text())[1]) / 100
        found["first"], found["last"] = tenths(folder, names)
    return found


def tenths(folder: Path, names: list[str]) -> tuple[float, float]:
    """Seconds for a submission in the first tenth and in the last tenth of every assignment."""
    first, last, count = 0.0, 0.0, 0
    for name in names:
        ended = sorted(path.stat().st_mtime for path in folder.glob(f"autograded/*/{name}/*.ipynb"))
        tenth = max(len(ended) // 10, 1)
        first, last, count = first + ended[tenth] - ended[0], last + ended[-1] - ended[-1 - tenth], count + tenth
    return first / count, last / count


SUMS = ("submissions", "wall", "cpu")
HEADINGS = (
    "assignments",
    "students",
    "way",
    "submissions",
    "wall",
    "CPU",
    "a second",
    "stock / this",
    "the same in CPU",
)
HEADINGS += ("main", "all", "busy", "first tenth", "last tenth", "load")


def together(seen: list[dict]) -> list[dict]:
    """Pieces that measured the same, as one: what they took together."""
    found: dict[tuple, dict] = {}
    for one in seen:
        same = found.setdefault((one["names"], one["way"], one["students"]), dict.fromkeys(SUMS, 0))
        same |= {what: one[what] for what in ("names", "way", "students")}
        same |= {what: same[what] + one[what] for what in SUMS}
    return list(found.values())


def rows(seen: list[dict]) -> list[list[str]]:
    stock = {one["names"]: one for one in together(seen) if one["way"] == "stock"}
    found = []
    for one in sorted(seen, key=lambda one: (one["names"], one["way"] != "stock", one["way"], one["students"])):
        each = {what: one[what] / one["submissions"] for what in ("wall", "cpu")}
        row = [one["names"], f"{one['students']}", one["way"], f"{one['submissions']}"]
        row += [f"{each['wall']:.3f} s", f"{each['cpu']:.3f} s", f"{1 / each['wall']:.2f}"]
        theirs = stock.get(one["names"])
        row += [
            f"{theirs[what] / theirs['submissions'] / each[what]:.1f}" if theirs else "" for what in ("wall", "cpu")
        ]
        row += [f"{one['main']:.0f} MiB", f"{one['all']:.0f} MiB"]
        row += [f"{one['busy']:.0%}", f"{one['first']:.3f} s", f"{one['last']:.3f} s"] if "busy" in one else [""] * 3
        found.append([*row, f"{one['load'][0]:.1f}–{one['load'][1]:.1f}"])
    return found


def show(seen: list[dict], console: Console) -> None:
    table = Table(title="Grading a class, for each submission", title_justify="left", box=SIMPLE_HEAD, show_edge=False)
    table.collapse_padding = True
    for heading in HEADINGS:
        justify = "left" if heading == "assignments" else "right"
        table.add_column(heading.replace(" ", "\n"), justify=justify, no_wrap=True)
    for row in rows(seen):
        table.add_row(*row)
    console.print(table)


def page(seen: list[dict]) -> str:
    """The table as Markdown, with how and on what it was measured."""
    rule = ["---" if heading == "assignments" else "---:" for heading in HEADINGS]
    lines = ["# What grading a class costs", ""]
    lines += [f"| {' | '.join(row)} |" for row in (HEADINGS, rule, *rows(seen))]
    lines += ["", *extrapolated(seen), "", "## How it was measured", "", HOW.format(kinds=", ".join(KINDS))]
    return "\n".join([*lines, machine((seen[0]["load"][0], seen[-1]["load"][1])), ""])


def extrapolated(seen: list[dict]) -> list[str]:
    """What a class took for each way, and what it would take with stock nbgrader."""
    groups, said = together(seen), []
    stock = {one["names"]: one["wall"] / one["submissions"] for one in groups if one["way"] == "stock"}
    for one in groups:
        if one["way"] != "stock" and one["names"] in stock:
            each, theirs = one["wall"] / one["submissions"], stock[one["names"]]
            said.append(
                f"- 1000 submissions of {one['names']} at the pace of {one['students']} students: {each * 1000 / 60:.0f} "
                f"minutes with --workers {one['way']}, {theirs * 1000 / 60:.0f} with stock nbgrader. Both extrapolated."
            )
    return said


@click.command(context_settings={"max_content_width": 100})
@click.argument("names", nargs=-1, metavar="[ASSIGNMENT]...")
@click.option("--students", default=200, show_default=True, help="Students in the class.")
@click.option("--stock", default=2, show_default=True, help="Students whom stock nbgrader grades.")
@click.option("--ways", default="stock,1,2", show_default=True, help="What to measure: stock, or a number of workers.")
@click.option("--file", type=click.Path(path_type=Path), help="Add what is measured to what this file holds.")
@click.option("--write", is_flag=True, help=f"Write the table to {PAGE.relative_to(COURSE)}.")
def main(names: tuple[str, ...], students: int, stock: int, ways: str, file: Path | None, write: bool) -> None:
    """Measures what grading a class costs. With --ways '' only shows what --file holds."""
    known = list(assignments(COURSE))
    chosen = [name for name in known if any(name.startswith(wanted) for wanted in names or known)]
    if not chosen:
        raise click.UsageError(f"no such assignment: there are {', '.join(known)}")
    label = f"{chosen[0][:2]}–{chosen[-1][:2]}" if len(chosen) > 1 else chosen[0]
    seen = json.loads(file.read_text()) if file and file.exists() else []
    console = Console()
    for way in filter(None, ways.split(",")):
        count, begun, start = stock if way == "stock" else students, os.getloadavg()[0], time.monotonic()
        with tempfile.TemporaryDirectory() as place:
            submissions = make_class(Path(place) / "course", chosen, count, way == "stock")
            found = measure(Path(place) / "course", chosen, way)
        load = (begun, os.getloadavg()[0])
        seen.append({"names": label, "students": count, "way": way, "submissions": submissions, "load": load} | found)
        console.print(f"{label}, {count} students, {way}: {time.monotonic() - start:.0f} s", highlight=False)
        if file:
            file.write_text(json.dumps(seen, indent=1))
    console.width = max(console.width, 150)
    show(seen, console)
    if write:
        PAGE.write_text(page(seen), encoding="utf-8")
        console.print(f"written to {PAGE.relative_to(COURSE)}")


if __name__ == "__main__":
    main()
