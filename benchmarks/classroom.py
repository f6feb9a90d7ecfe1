"""What grading a class costs: stock `nbgrader autograde` on a part of it, `proctor grade` on all of it, in one run.

The class is made of the sample class's submissions, over and over, under as many names as there are students. Stock
nbgrader grades the first few of them, one after another, and its time is extrapolated to the class: it says so.
"""

import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import click
import psutil
from notebook import COURSE, measured
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from proctor.course import assignments
from proctor.sample import sample_class

BIN = Path(sys.executable).parent


def make_class(folder: Path, names: list[str], students: int) -> int:
    """A copy of the course with a class in its `submitted/`; how many submissions there are."""
    for part in (
        "nbgrader_config.py",
        "source",
        "release",
        *(f"tests/{x}" for x in ("hidden", "misconceptions", "right")),
    ):
        copy = shutil.copytree if (COURSE / part).is_dir() else shutil.copy
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        copy(COURSE / part, folder / part)
    with tempfile.TemporaryDirectory() as sample:
        shutil.copytree(folder, sample, dirs_exist_ok=True)
        sample_class(Path(sample))
        made = 0
        for name in names:
            models = sorted(Path(sample, "submitted").glob(f"*/{name}"))
            for number in range(students):
                shutil.copytree(models[number % len(models)], folder / "submitted" / f"student{number:04}" / name)
                made += 1
    return made


def peak_memory(stop: threading.Event, found: list[float]) -> None:
    """Appends the most memory, in MiB, that this process's descendants held together until `stop` is set."""
    most = 0.0
    while not stop.wait(0.5):
        held = 0
        for process in psutil.Process().children(recursive=True):
            try:
                held += process.memory_full_info().pss
            except psutil.Error:
                continue
        most = max(most, held / 2**20)
    found.append(most)


def timed(folder: Path, *command: str) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds, and peak MiB of one of this environment's commands."""
    stop, found = threading.Event(), []
    watcher = threading.Thread(target=peak_memory, args=(stop, found))
    watcher.start()
    with open(folder / "output.txt", "wb") as output:
        status, wall, cpu = measured([str(BIN / command[0]), *command[1:]], cwd=folder, stdout=output, stderr=output)
    stop.set()
    watcher.join()
    if status not in (0, 1):
        raise click.ClickException((folder / "output.txt").read_text()[-3000:])
    return wall, cpu, found[0]


@click.command()
@click.argument("names", nargs=-1, metavar="[ASSIGNMENT...]")
@click.option("--students", default=200, show_default=True)
@click.option("--stock", default=8, show_default=True, help="Students that stock nbgrader grades, of each assignment.")
@click.option("--workers", default="1,2", show_default=True)
def main(names: tuple[str, ...], students: int, stock: int, workers: str) -> None:
    """Measures what grading a class costs."""
    names = list(names or assignments(COURSE))
    table = Table(title=f"{students} students, {', '.join(names)}", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("", "submissions", "wall s", "submissions / s", "CPU s each", "peak MiB", "times stock"):
        table.add_column(heading, justify="right" if heading else "left")
    with tempfile.TemporaryDirectory() as folder:
        few = Path(folder, "stock")
        made = make_class(few, names, stock)
        config = few / "nbgrader_config.py"
        plain = config.read_text().replace('"proctor.autograde.Examine"', '"nbgrader.preprocessors.Execute"')
        config.write_text(plain.replace('c.Autograde.exporter_class = "proctor.intake.Intake"', ""))
        wall = cpu = memory = 0.0
        for name in names:
            subprocess.run([BIN / "nbgrader", "generate_assignment", name, "--create", "--force"], cwd=few, check=True)
            cost = timed(few, "nbgrader", "autograde", name)
            wall, cpu, memory = wall + cost[0], cpu + cost[1], max(memory, cost[2])
        each = wall / made
        numbers = [f"{wall:.0f}", f"{made / wall:.2f}", f"{cpu / made:.2f}", f"{memory:.0f}", "1"]
        table.add_row("stock, a part", f"{made}", *numbers)
        for count in workers.split(","):
            whole = Path(folder, f"workers{count}")
            made = make_class(whole, names, students)
            wall, cpu, memory = timed(whole, "proctor", "grade", "--workers", count)
            numbers = [f"{wall:.0f}", f"{made / wall:.2f}", f"{cpu / made:.2f}", f"{memory:.0f}"]
            table.add_row(f"proctor, {count} workers", f"{made}", *numbers, f"{each / (wall / made):.1f}")
    Console().print(table)
    print(f"stock nbgrader would take {each * made / 60:.0f} minutes for the {made}, by what it took for its part")


if __name__ == "__main__":
    main()
