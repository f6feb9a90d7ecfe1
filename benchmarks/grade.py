"""What grading a class costs: stock nbgrader and otter-grader beside proctor, one after another, in one run.

Every submission of the class is another one (`shared.submissions`), and all of them are graded, but by stock nbgrader and
by otter-grader, which take seconds for each: they grade the first few. Each run adds what it measured to `--file`, so
that a long benchmark can be made in pieces; `--write` makes the page of all that the file holds.

.venv/bin/python benchmarks/grade.py --short
.venv/bin/python benchmarks/grade.py --students 1000 --file long.json 01 02 03 04 05
"""

import contextlib
import ctypes
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click
import nbformat
from nbgrader.api import Gradebook
from shared import COURSE, Watch, machine, make_course, submissions

from proctor.course import assignments
from proctor.examine.examination import open_examination
from proctor.submission import restored

PAGE, SPEED = COURSE / "docs" / "benchmark-grade.md", COURSE / "docs" / "speed.md"
MARK = "% written by benchmarks/grade.py\n"
OTHERS = ("stock", "checked", "otter")
NAMED = {
    "grade 1": "proctor grade --workers 1",
    "grade 2": "proctor grade --workers 2",
    "autograde": "nbgrader autograde",
    "cluster 2": "proctor grade --cluster, 2 workers",
    "cluster 4": "proctor grade --cluster, 4 workers",
    "serve": "proctor serve --once --workers 2",
}
WAYS = ("bare", *OTHERS, *NAMED)
BARE = 40  # submissions of each assignment whose cells are run without anything around them
WITHOUT = "without"  # the folder in which a package of proctor's name asks no hidden checks
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
STOCK = '\ndel c["Autograde"]\n'
SERVED = "\nc.ExchangeCollect.check_owner = False\n"
CLUSTER = """
from distributed import LocalCluster
with LocalCluster(n_workers={}, threads_per_worker=1, dashboard_address=None) as cluster:
    print(cluster.scheduler_address, flush=True)
    input()
"""
# otter-grader runs the cells, with the visible checks in them, and asks whether each exercise's names are there
OTTER = """
OK_FORMAT = True
suite = {{"type": "doctest", "scored": True, "setup": "", "teardown": "", "cases": [{{"code": {!r}, "hidden": False}}]}}
test = {{"name": {!r}, "points": 1, "suites": [suite]}}
"""
# the kind of class, the assignments up to which, students, how many stock nbgrader grades, ways
SHORT = [
    ("mixed", "05", 12, 1, WAYS),
    ("right", "05", 40, 1, ("bare", "stock", "grade 2")),
    ("mixed", "06", 4, 1, ("bare", "stock", "grade 2")),
]

HOW = """\
Measured by `benchmarks/grade.py`, each class by all its ways one after another. In a **mixed** class, every other
submission begins with an honest notebook of `tests/honest/`, the others with the course's own; for each exercise that it
leaves as the course has it, the reference, a known right answer, a known wrong one or none is drawn; every tenth has an
attack of `tests/attacks/` in it, but none that waits until its time is over: such a one costs the limit. In a class of
**right** answers there are honest notebooks, references and known right answers alone. No two submissions are the same.

- **stock** is `nbgrader autograde` with nbgrader's own preprocessors. It runs the cells, with the visible checks in them, and
  no hidden checks, as those of this course would have each kernel start a process that is no part of nbgrader; **checked**
  is the same with them. **otter** is `otter run` of otter-grader, without its containers, and without hidden checks, too.
  As they have no walls, they get no attacks, and, as they need the cells' metadata, the course's own notebooks with known
  answers in them; as many as are said. A command's start, measured without a submission, counts for them as for a whole class.
- **grade** is `proctor grade` with so many workers, **cluster** the same with as many workers of Dask's on this machine,
  whose start counts as CPU and not as wall time, **autograde** is `nbgrader autograde` as this course configures it,
  and **serve** is `proctor serve --once` with two workers, the submissions lying in the exchange; pages are made, too.
- **bare** is the notebooks' own cells, those that proctor runs, in a fork of a warm process: no IPython, walls or checks.
- **wall** and **CPU**, in milliseconds for each submission: whole commands, their start and all that they start in it.
  **command**, **workers** and **sandboxes** are the parts of CPU, the last with the notebook's cells and the checks' calls in it.
- **× stock**, **× in CPU**: how many times as much stock nbgrader takes of each.
- **first**, **last**: wall and CPU for each submission in the first tenth and in the last tenth of every assignment's.
- **memory**: the most that one process had resident: the command, a worker, a sandbox (or a kernel).
"""


class Class:
    """A class that is graded in several ways, each in a copy of the course: who handed in what."""

    def __init__(self, folder: Path, kind: str, names: list[str], students: int, seed: int):
        self.folder, self.kind, self.names, self.students = folder, kind, names, students
        self.known = {name: assignments(COURSE)[name] for name in names}
        made = make_course(folder / "made", names)
        for name in names:
            command = [sys.executable, "-m", "nbgrader", "generate_assignment", name, "--create", "--force"]
            subprocess.run(command, cwd=made, check=True, capture_output=True)
        self.plain: dict[str, list[str]] = {name: [] for name in names}  # whose notebooks are the course's own
        for name, assignment in self.known.items():
            drawn = submissions(assignment, seed, kind == "right", hostile=0 if kind == "right" else 10)
            for number, case in enumerate(islice(drawn, students)):
                case.write(made / "submitted" / f"s{number:04}" / name)
                self.plain[name] += [f"s{number:04}"] * (case.name == "known answers")

    def ready(self, way: str, most: int) -> tuple[Path, int]:
        """A copy of the course for one way, `most` submissions of each assignment in it where it is others'; how many in all."""
        made = self.folder / "made"
        more = STOCK if way in ("stock", "checked") else SERVED if way == "serve" else ""
        folder = make_course(self.folder / way.replace(" ", ""), self.names, more)
        shutil.copy(made / "gradebook.db", folder)
        if way == "stock":
            (folder / WITHOUT / "proctor").mkdir(parents=True)
            (folder / WITHOUT / "proctor" / "__init__.py").write_text(
                # all else in it is the real one's: nbgrader_config.py names it
                f"__path__.append({str(COURSE / 'proctor')!r})\ndef hidden_checks(cell): ...\n"
            )
        found = sorted(made.glob("submitted/*/*"))
        if way in OTHERS:
            found = [path for path in found if path.parent.name in self.plain[path.name][:most]]
        for path in found:
            stamp = time.strftime("%Y-%m-%d %H:%M:%S.000000 UTC", time.gmtime())
            whose = f"{path.parent.name}+{path.name}+{stamp}+{secrets.token_hex(4)}"
            inbound = folder / "exchange" / "tiny-llm-math" / "inbound" / whose
            target = inbound if way == "serve" else folder / path.relative_to(made)
            shutil.copytree(path, target)
            if way == "serve":
                (target / "timestamp.txt").write_text(stamp)
                (target / "submission_secret.txt").write_text(secrets.token_hex(64))
                target.chmod(0o777)
        return folder, len(found)

    def bare(self) -> tuple[float, int]:
        """The CPU seconds of the cells of some submissions with nothing around them; and of how many."""
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        command = [sys.executable, str(Path(__file__).with_name("bare.py"))]
        spent, count = 0.0, 0
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | one
        ) as process:
            assert process.stdin and process.stdout
            for name, assignment in self.known.items():
                for student in self.plain[name][:BARE]:
                    path = self.folder / "made" / "submitted" / student / name / assignment.notebook.name
                    submission = restored(nbformat.read(path, as_version=4), assignment)
                    cells = [cell.source for cell in open_examination(submission, None).session.cells]
                    print(json.dumps([str(assignment.notebook.parent), cells]), file=process.stdin, flush=True)
                    spent, count = spent + float(process.stdout.readline()), count + 1
            process.stdin.close()
        return spent, count

    def without_full_marks(self, folder: Path) -> list[str]:
        """Who lost points, by the gradebook, or has none."""
        found = []
        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
            for name, assignment in self.known.items():
                most = sum(cell.points for cell in assignment.graded.values())
                scores = {each.student.id: each.score for each in gradebook.assignment_submissions(name)}
                every = [f"s{number:04}" for number in range(self.students)]
                found += [
                    f"{student}/{name}: {scores.get(student)}" for student in every if scores.get(student) != most
                ]
        return found


def measured(
    commands: list[list[str]], folder: Path, beside: list[str] | None = None, status: int = 0
) -> tuple[float, float, Watch]:
    """The wall seconds of commands that end with `status`, the CPU seconds of all that they started, and what was seen.

    A child of ours runs them and adopts what they leave behind (a sandbox's processes are no longer waited for once
    bubblewrap ends), so that the kernel adds up the times of every process. Where a process is to run `beside` them, its
    first line is the commands' last argument.
    """
    said, (there, here) = folder / "output.txt", os.pipe()
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PROCTOR_", "OMP_"))}
    environment["PROCTOR_COURSE"] = str(folder)
    if (folder / WITHOUT).is_dir():
        environment["PYTHONPATH"] = str(folder / WITHOUT)
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
            other = beside and subprocess.Popen(beside, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            last = [other.stdout.readline().strip()] if other else []
            start, well = time.perf_counter(), True
            with said.open("a") as output:
                for command in commands:
                    done = subprocess.run(
                        [*command, *last],
                        cwd=folder,
                        env=environment,
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=output,
                    )
                    well &= done.returncode == status
            os.write(here, json.dumps([well, time.perf_counter() - start]).encode())
            if other:
                other.communicate("\n")
            while True:
                os.wait()
        os._exit(0)
    os.close(here)
    with Watch(pid) as seen, open(there, "rb") as answer:
        usage = os.wait4(pid, 0)[2]
        well, wall = json.loads(answer.read() or b"[false, 0]")
    if not well:
        raise click.ClickException(f"{' '.join(commands[0])} failed:\n{said.read_text()[-3000:]}")
    # what ends with a sandbox's namespace, killed, is in no process's times
    return wall, max(usage.ru_utime + usage.ru_stime, seen.total), seen


def otter(folder: Path) -> str:
    """The command `otter`, in an environment of its own that sees this one's packages, too; kept for the next run."""
    home = Path(tempfile.gettempdir()) / "proctor-benchmark-otter"
    if not (home / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([str(home / "bin" / "pip"), "install", "--quiet", "otter-grader"], check=True)
        (site,) = home.glob("lib/python*/site-packages")
        ours = Path(click.__file__).parent.parent
        (site / "ours.pth").write_text(f"import site; site.addsitedir({str(ours)!r})\n")
        (home / "ready").touch()
    return str(home / "bin" / "otter")


def otter_commands(group: Class, folder: Path) -> list[list[str]]:
    """How otter-grader grades the submissions in `folder`."""
    command, found = otter(folder), []
    for name, assignment in group.known.items():
        tests = folder / "otter" / name
        tests.mkdir(parents=True)
        for exercise in assignment.stubs:
            there = "\n".join(f">>> _ = {name}" for name in assignment.names_of(exercise))
            (tests / f"{exercise}.py").write_text(OTTER.format(there, exercise))
        beside = [str(path) for path in sorted((folder / "release" / name).glob("*.py"))]
        archive = str(tests / "autograder.zip")
        without = ["--no-config", "--no-requirements", "--no-environment"]
        made = [command, "generate", "-t", str(tests), "-o", archive, *without, *beside]
        subprocess.run(made, cwd=folder, check=True, capture_output=True)
        for path in sorted(folder.glob(f"submitted/*/{name}/*.ipynb")):
            found.append([command, "run", "-a", archive, "-o", str(path.parent), "--no-logo", str(path)])
    return found


def measure(group: Class, way: str, most: int) -> dict:
    """What one way costs: seconds of wall time and of CPU for each submission, and more where it is known."""
    if way == "bare":
        spent, count = group.bare()
        return {"submissions": count, "cpu": spent / count}
    folder, count = group.ready(way, most)
    nbgrader, proctor = [sys.executable, "-m", "nbgrader"], str(Path(sys.executable).with_name("proctor"))
    kind, _, number = way.partition(" ")
    autograde = [[*nbgrader, "autograde", name] for name in group.names]
    beside = None
    if kind in ("stock", "checked", "autograde"):
        commands = autograde
    elif kind == "otter":
        commands = otter_commands(group, folder)
    elif kind == "grade":
        commands = [[proctor, "grade", "--workers", number]]
    elif kind == "cluster":
        commands, beside = [[proctor, "grade", "--cluster"]], [sys.executable, "-c", CLUSTER.format(number)]
    else:
        commands = [[proctor, "serve", "--once", "--workers", "2"]]
    wall, cpu, seen = measured(commands, folder, beside)
    if way in NAMED:
        return {"submissions": count, "wall": wall / count, "cpu": cpu / count} | details(
            group, folder, count, cpu, seen
        )
    if kind != "otter":
        # as if the commands had graded the whole class
        start, start_cpu, _ = measured([[*autograde[0], "--student", "nobody"]], folder, status=1)
        share = len(commands) / count - 1 / group.students
        wall, cpu = wall - start * share * count, cpu - start_cpu * share * count
    return {"submissions": count, "wall": wall / count, "cpu": cpu / count, "peaks": seen.peaks}


def details(group: Class, folder: Path, count: int, cpu: float, seen: Watch) -> dict:
    """What is known of a way that graded the whole class: where the CPU time went, the memory, the first and the last tenth."""
    there = len(list(folder.glob("autograded/*/*/*.ipynb")))
    if there != count:
        raise click.ClickException(f"{there} of {count} submissions were graded in {folder}")
    lost = group.without_full_marks(folder) if group.kind == "right" else []
    parts = {role: sum(own for each, own in seen.own.values() if each == role) for role in ("command", "worker")}
    parts["sandbox"] = cpu - sum(parts.values())
    first, last, tenth = [0.0, 0.0], [0.0, 0.0], max(group.students // 10, 1)
    for name in group.names:
        ended = sorted(path.stat().st_mtime for path in folder.glob(f"autograded/*/{name}/*.ipynb"))
        for found, (begin, end) in ((first, (ended[0], ended[tenth])), (last, (ended[-1 - tenth], ended[-1]))):
            found[0] += (end - begin) / tenth / len(group.names)
            found[1] += (seen.until(end) - seen.until(begin)) / tenth / len(group.names)
    parts = {role: spent / count for role, spent in parts.items()}
    return {"parts": parts, "peaks": seen.peaks, "first": first, "last": last, "lost": lost}


HEADINGS = (
    *(
        "class",
        "students",
        "way",
        "submissions",
        "wall",
        "× stock",
        "CPU",
        "× in CPU",
        "command",
        "workers",
        "sandboxes",
    ),
    *("first", "last", "memory"),
)


def by_stock(found: list[dict]) -> dict[tuple[str, int], dict]:
    """What stock nbgrader took, by class and its size: each run has its own."""
    return {(one["class"], one["students"]): one for one in found if one["way"] == "stock"}


def rows(found: list[dict]) -> Iterator[list[str]]:
    stock = by_stock(found)

    def ms(seconds: float | None) -> str:
        return "" if seconds is None else f"{1000 * seconds:.0f}"

    for one in found:
        theirs = stock.get((one["class"], one["students"]), {})
        parts, peaks = one.get("parts", {}), one.get("peaks", {})
        times = [
            f"{theirs[what] / one[what]:.1f}" if what in theirs and what in one else "" for what in ("wall", "cpu")
        ]
        yield [
            *(one["class"], f"{one['students']}", one["way"], f"{one['submissions']}"),
            *(ms(one.get("wall")), times[0], ms(one["cpu"]), times[1]),
            *(ms(parts.get(role)) for role in ("command", "worker", "sandbox")),
            *(", ".join(map(ms, one[part])) if part in one else "" for part in ("first", "last")),
            ", ".join(f"{peaks[role]:.0f}" for role in ("command", "worker", "sandbox") if role in peaks),
        ]


def table(found: list[dict]) -> str:
    rule = ["---:" if heading not in ("class", "way") else "---" for heading in HEADINGS]
    return "\n".join(f"| {' | '.join(row)} |" for row in (HEADINGS, rule, *rows(found)))


def gets(found: list[dict]) -> str:
    """What a user gets, in one table: what the whole class takes, and what it would take stock nbgrader."""
    lines = ["| a class | graded by | takes | stock nbgrader would | times as long |", "|---|---|---:|---:|---:|"]
    stock = by_stock(found)
    for one in found:
        if one["way"] in NAMED and (one["class"], one["students"]) in stock:
            theirs = stock[one["class"], one["students"]]["wall"]
            takes, would = (_duration(each * one["submissions"]) for each in (one["wall"], theirs))
            students = f"{one['students']} students, {one['class'].replace(', ', ' answers, ')}"
            lines.append(f"| {students} | `{NAMED[one['way']]}` | {takes} | {would} | {theirs / one['wall']:.0f} |")
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


@click.command(context_settings={"max_content_width": 100})
@click.argument("names", nargs=-1, metavar="[ASSIGNMENT]...")
@click.option("--short", is_flag=True, help="Three small classes, in about five minutes on two idle cores.")
@click.option("--students", default=50, show_default=True, help="Students in the class.")
@click.option("--right", is_flag=True, help="A class of right answers alone.")
@click.option("--stock", default=2, show_default=True, help="Submissions of each assignment that others grade.")
@click.option("--ways", default=",".join(WAYS), show_default=True, help="What to measure.")
@click.option("--seed", default=1, show_default=True, help="By which the class is drawn.")
@click.option("--file", type=click.Path(path_type=Path), help="Add what is measured to what this file holds.")
@click.option("--write", is_flag=True, help="Write docs/benchmark-grade.md and the table in docs/speed.md.")
def main(
    names: tuple[str, ...],
    short: bool,
    students: int,
    right: bool,
    stock: int,
    ways: str,
    seed: int,
    file: Path | None,
    write: bool,
) -> None:
    """Measures what grading a class costs. With --ways '' only shows what --file holds."""
    known = assignments(COURSE)
    wanted = [name for name in known if any(name.startswith(each) for each in names or known)]
    if not wanted:
        raise click.UsageError(f"no such assignment: there are {', '.join(known)}")
    plans = [("right" if right else "mixed", wanted, students, stock, tuple(filter(None, ways.split(","))))]
    if short:
        plans = [
            (kind, [name for name in known if name[:2] <= last], many, few, each)
            for kind, last, many, few, each in SHORT
        ]
    found = json.loads(file.read_text()) if file and file.exists() else []
    begun = os.getloadavg()[0]
    for kind, chosen, many, few, each in plans:
        label = f"{kind}, {chosen[0][:2]}–{chosen[-1][:2]}" if len(chosen) > 1 else f"{kind}, {chosen[0]}"
        with tempfile.TemporaryDirectory() as place:
            group = Class(Path(place), kind, chosen, many, seed)
            for way in each:
                start = time.monotonic()
                try:
                    cost = measure(group, way, few)
                except (subprocess.CalledProcessError, OSError) as error:
                    if way != "otter":
                        raise
                    click.echo(f"otter-grader is left out: it can't be installed, or used ({error})", err=True)
                    continue
                found.append({"class": label, "students": many, "way": way} | cost)
                click.echo(f"{label}, {many} students, {way}: {time.monotonic() - start:.0f} s", err=True)
                for whose in cost.get("lost", []):
                    click.echo(f"a right submission lost points: {whose}", err=True)
                if file:
                    file.write_text(json.dumps(found, indent=1))
    click.echo(table(found))
    if write:
        how = ["## How it was measured", "", HOW, machine((begun, os.getloadavg()[0])), ""]
        PAGE.write_text("\n".join(["# What grading a class costs", "", table(found), "", *how]), encoding="utf-8")
        before, _, rest = SPEED.read_text(encoding="utf-8").partition(MARK)
        SPEED.write_text(f"{before}{MARK}\n{gets(found)}\n\n{MARK}{rest.partition(MARK)[2]}", encoding="utf-8")
        click.echo(f"written to {PAGE} and {SPEED}", err=True)


if __name__ == "__main__":
    main()
