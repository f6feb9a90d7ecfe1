"""What grading a class costs: proctor beside stock nbgrader, one after another, in one run of 15 to 30 minutes.

No two submissions of a class are the same, and every way grades all of them.

.venv/bin/python benchmarks/grade.py --write
.venv/bin/python benchmarks/grade.py own --last 01 --scale 0.1    # to try it
"""

import contextlib
import ctypes
import json
import os
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from pathlib import Path

import click
import nbformat
from nbgrader.api import Gradebook
from shared import COURSE, Watch, forget_half, machine, make_course, submissions

from proctor.course import assignments
from proctor.grading.examination import open_examination
from proctor.sandbox.isolation import ONE_THREAD
from proctor.submission import with_released_cells

PAGE, SPEED = COURSE / "docs" / "benchmark-grade.md", COURSE / "docs" / "speed.md"
MARK = "% written by benchmarks/grade.py\n"
# the part of the page that benchmarks/again.py writes begins so
AGAIN = "## What a class costs again"
BARE, STOCK, STOCK_2 = "bare", "stock, 1 process", "stock, 2 processes"
SAME, SAME_2, GRADE, GRADE_2 = (
    "same work, 1 worker",
    "same work, 2 workers",
    "grade, 1 worker",
    "grade, 2 workers",
)
# what a user would type
NAMED = {
    GRADE: "proctor grade --workers 1",
    GRADE_2: "proctor grade --workers 2",
    "autograde": "nbgrader autograde",
    "cluster, 2 workers": "proctor grade --cluster, 2 workers",
    "serve, 2 workers": "proctor serve --once --workers 2",
}
OWN = "own, all seven"
# the class, its kind, the last of its assignments, its students, and the ways that grade it
PLAN = [
    (OWN, "own", "07", 6, (BARE, STOCK, STOCK_2, SAME, SAME_2, GRADE, GRADE_2)),
    ("right, 01–05", "right", "05", 1, (GRADE_2,)),
    ("right, 01–05", "right", "05", 12, (GRADE, GRADE_2)),
    ("right, 01–05", "right", "05", 40, (GRADE_2,)),
    ("mixed, 01–05", "mixed", "05", 12, tuple(NAMED)),
    ("mixed, 01–05", "mixed", "05", 60, (GRADE_2,)),
    ("mixed, all seven", "mixed", "07", 12, (GRADE_2,)),
    ("unknown, 01–05", "unknown", "05", 24, (GRADE_2,)),
]
WITHOUT = "without"  # the folder in which a package of proctor's name asks no hidden checks
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
# what a way adds to the course's configuration
MORE = {
    **dict.fromkeys((STOCK, STOCK_2), '\ndel c["Autograde"]\n'),
    **dict.fromkeys((SAME, SAME_2), "\nc.Examine.draw_all = True\n"),
    "serve, 2 workers": "\nc.ExchangeCollect.check_owner = False\n",
}
CLUSTER = """
from distributed import LocalCluster
with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
    print(cluster.scheduler_address, flush=True)
    input()
"""

HOW = """\
Measured by `benchmarks/grade.py --write`, one way after another. No two submissions of a class are equal.

Classes:

- **own**: the course's own notebooks, each exercise answered by its reference or a known right answer. With two stock processes,
  each grades all of them.
- **right**: as own, but every other submission begins with an honest notebook of `tests/honest/`.
- **mixed**: each exercise is right, a known wrong answer, or missing; every tenth submission has an attack of `tests/attacks/`.
- **unknown**: as mixed, without attacks, of references and of known answers that the course that grades them has lost.

Ways:

- **stock**: `nbgrader autograde` with nbgrader's own preprocessors: all cells, visible checks and figures, no hidden checks, no
  walls. Times are between the writing of two submissions, without the first one of each assignment: the mean, with minimum and
  maximum. With two processes a submission counts half.
- **same work**: `proctor grade` with `draw_all`: stock's work and the hidden checks.
- **grade**: `proctor grade` as configured here, without the course's figures and visible checks. **cluster**: the same with Dask
  workers on this machine. **autograde**: `nbgrader autograde` here. **serve**: `proctor serve --once` with pages.
- **bare**: the notebooks' own cells in a fork of a warm process, without IPython's shell, walls or checks.

Columns:

- **wall**, **CPU**: milliseconds for each submission, of whole commands except for stock. **command**, **workers**, **sandboxes**:
  the parts of CPU.
- **first**, **last**: wall and CPU in the first and the last tenth of each assignment, without the very first submission.
- **memory**: the peak of one process in MiB: command, worker, sandbox or kernel.
"""


def course_with_gradebook(folder: Path, names: list[str]) -> Path:
    """A copy of the course with these assignments, known to its gradebook."""
    made = make_course(folder, names)
    for name in names:
        command = [
            sys.executable,
            "-m",
            "nbgrader",
            "generate_assignment",
            name,
            "--create",
            "--force",
        ]
        subprocess.run(command, cwd=made, check=True, capture_output=True)
    return made


class Class:
    """A class that is graded in several ways, each in a copy of the course: who handed in what."""

    def __init__(self, folder: Path, course: Path, kind: str, names: list[str], students: int):
        self.folder, self.course, self.kind, self.names, self.students = (
            folder,
            course,
            kind,
            names,
            students,
        )
        self.known = {name: assignments(COURSE)[name] for name in names}
        unknown_to = None
        if kind == "unknown":
            unknown_to = make_course(folder / "half", names)
            forget_half(unknown_to)
        for name, assignment in self.known.items():
            right, hostile = kind in ("own", "right"), 10 if kind == "mixed" else 0
            drawn = submissions(assignment, 1, right, hostile, unknown_to=unknown_to)
            if kind == "own":
                drawn = (case for case in drawn if case.name == "known answers")
            for number, case in enumerate(islice(drawn, students)):
                case.write(folder / "submitted" / f"s{number:04}" / name)

    @property
    def count(self) -> int:
        """How many submissions there are."""
        return self.students * len(self.names)

    def ready(self, way: str, folder: Path) -> Path:
        """A copy of the course for one way, the submissions in it."""
        make_course(folder, self.names, MORE.get(way, ""))
        if self.kind == "unknown":
            forget_half(folder)
        shutil.copy(self.course / "gradebook.db", folder)
        if way in (STOCK, STOCK_2):
            (folder / WITHOUT / "proctor").mkdir(parents=True)
            (folder / WITHOUT / "proctor" / "__init__.py").write_text(
                # all else in it is the real one's: nbgrader_config.py names it
                f"__path__.append({str(COURSE / 'proctor')!r})\ndef hidden_checks(cell): ...\n"
            )
        if not way.startswith("serve"):
            shutil.copytree(self.folder / "submitted", folder / "submitted")
            return folder
        for path in sorted(self.folder.glob("submitted/*/*")):
            stamp = time.strftime("%Y-%m-%d %H:%M:%S.000000 UTC", time.gmtime())
            whose = f"{path.parent.name}+{path.name}+{stamp}+{secrets.token_hex(4)}"
            target = folder / "exchange" / "tiny-llm-math" / "inbound" / whose
            shutil.copytree(path, target)
            (target / "timestamp.txt").write_text(stamp)
            (target / "submission_secret.txt").write_text(secrets.token_hex(64))
            target.chmod(0o777)
        return folder

    def bare(self) -> float:
        """The CPU seconds of a submission's cells with nothing around them."""
        as_graded = ONE_THREAD | {"NBGRADER_EXECUTION": "autograde"}
        command = [sys.executable, str(Path(__file__).with_name("bare.py"))]
        spent = 0.0
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | as_graded,
        ) as process:
            assert process.stdin and process.stdout
            for path in sorted(self.folder.glob("submitted/*/*/*.ipynb")):
                assignment = self.known[path.parent.name]
                submission = with_released_cells(nbformat.read(path, as_version=4), assignment)
                cells = [cell.source for cell in open_examination(submission, None).session.cells]
                print(
                    json.dumps([str(assignment.notebook.parent), cells]),
                    file=process.stdin,
                    flush=True,
                )
                spent += float(process.stdout.readline())
            process.stdin.close()
        return spent / self.count

    def without_full_marks(self, folder: Path) -> list[str]:
        """Who lost points, by the gradebook, or has none."""
        found = []
        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
            for name, assignment in self.known.items():
                most = sum(cell.points for cell in assignment.graded.values())
                scores = {
                    each.student.id: each.score for each in gradebook.assignment_submissions(name)
                }
                every = [f"s{number:04}" for number in range(self.students)]
                found += [
                    f"{student}/{name}: {scores.get(student)}"
                    for student in every
                    if scores.get(student) != most
                ]
        return found


def measured(
    commands: list[list[str]], folders: list[Path], beside: list[str] | None
) -> tuple[float, float, Watch]:
    """The wall seconds of commands, one after another in each folder, in all folders at once; the CPU seconds of all that
    they started; and what was seen.

    A child of ours runs them and adopts what they leave behind (a sandbox's processes are no longer waited for once
    bubblewrap ends), so that the kernel adds up the times of every process. Where a process is to run `beside` them, its
    first line is the commands' last argument.
    """
    (there, here), before = (
        os.pipe(),
        {k: v for k, v in os.environ.items() if not k.startswith(("PROCTOR_", "OMP_"))},
    )
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
            other = beside and subprocess.Popen(
                beside, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            last = [other.stdout.readline().strip()] if other else []
            assert last != [""], "what runs beside has not started: 'make setup' installs it"
            program = " && ".join(shlex.join([*command, *last]) for command in commands)
            start, running = time.perf_counter(), []
            for folder in folders:
                environment = before | {
                    "PROCTOR_COURSE": str(folder),
                    "PYTHONPATH": str(folder / WITHOUT),
                }
                with (folder / "output.txt").open("w") as output:
                    running.append(
                        subprocess.Popen(
                            ["sh", "-c", program],
                            cwd=folder,
                            env=environment,
                            stdin=subprocess.DEVNULL,
                            stdout=output,
                            stderr=output,
                        )
                    )
            well = not any([process.wait() for process in running])
            os.write(here, json.dumps([well, time.perf_counter() - start]).encode())
            if other:
                other.communicate("\n")
            while True:
                os.wait()
        os._exit(0)
    os.close(here)
    with Watch(pid, of_ours=False) as seen, open(there, "rb") as answer:
        usage = os.wait4(pid, 0)[2]
        well, wall = json.loads(answer.read() or b"[false, 0]")
    if not well:
        said = "\n".join((folder / "output.txt").read_text()[-3000:] for folder in folders)
        raise click.ClickException(f"{' '.join(commands[0])} failed:\n{said}")
    # what ends with a sandbox's namespace, killed, is in no process's times
    return wall, max(usage.ru_utime + usage.ru_stime, seen.total), seen


def measure(group: Class, way: str) -> dict:
    """What one way costs: seconds of wall time and of CPU for each submission, and more where it is known."""
    if way == BARE:
        return {"submissions": group.count, "cpu": group.bare()}
    place = group.folder / way.replace(" ", "")
    folders = [group.ready(way, place / f"{number}") for number in range(1 + (way == STOCK_2))]
    nbgrader, proctor = (
        [sys.executable, "-m", "nbgrader"],
        str(Path(sys.executable).with_name("proctor")),
    )
    kind, _, workers = way.partition(", ")
    commands, beside = [[proctor, "grade", "--workers", workers[:1]]], None
    if kind in ("stock", "autograde"):
        commands = [[*nbgrader, "autograde", name] for name in group.names]
    elif kind == "cluster":
        commands, beside = [[proctor, "grade", "--cluster"]], [sys.executable, "-c", CLUSTER]
    elif kind == "serve":
        commands = [[proctor, "serve", "--once", "--workers", "2"]]
    wall, cpu, seen = measured(commands, folders, beside)
    there = sum(len(list(folder.glob("autograded/*/*/*.ipynb"))) for folder in folders)
    if there != group.count * len(folders):
        raise click.ClickException(
            f"{there} of {group.count * len(folders)} submissions were graded in {place}"
        )
    if kind == "stock":
        return {"submissions": there, "peaks": seen.peaks, "each": one_by_one(group, folders, seen)}
    found = {"submissions": there, "wall": wall / there, "cpu": cpu / there}
    return found | details(group, folders[0], cpu, seen)


def one_by_one(
    group: Class, folders: list[Path], seen: Watch
) -> dict[str, list[tuple[float, float]]]:
    """Wall and CPU of each submission after the first, by assignment: from when one was written until the next was."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in group.names}
    for folder in folders:
        for name, each in found.items():
            ended = sorted(
                path.stat().st_mtime for path in folder.glob(f"autograded/*/{name}/*.ipynb")
            )
            for begin, end in pairwise(ended):
                # of as many processes as there are folders, each wrote one meanwhile
                wall, cpu = end - begin, seen.until(end) - seen.until(begin)
                each.append((wall / len(folders), cpu / len(folders)))
    return found


def details(group: Class, folder: Path, cpu: float, seen: Watch) -> dict:
    """What is known of a way that isn't stock's: where the CPU time went, the memory, the first and the last tenth."""
    lost = group.without_full_marks(folder) if group.kind in ("own", "right") else []
    parts = {
        role: sum(own for each, own in seen.own.values() if each == role)
        for role in ("command", "worker")
    }
    parts["sandbox"] = cpu - sum(parts.values())
    parts = {role: spent / group.count for role, spent in parts.items()}
    found, tenth = {"parts": parts, "peaks": seen.peaks, "lost": lost}, max(group.students // 10, 1)
    first, last = [0.0, 0.0], [0.0, 0.0]
    if group.students == 1:
        return found
    for name in group.names:
        ended = sorted(path.stat().st_mtime for path in folder.glob(f"autograded/*/{name}/*.ipynb"))
        for spent, (begin, end) in (
            (first, (ended[0], ended[tenth])),
            (last, (ended[-1 - tenth], ended[-1])),
        ):
            spent[0] += (end - begin) / tenth / len(group.names)
            spent[1] += (seen.until(end) - seen.until(begin)) / tenth / len(group.names)
    return found | {"first": first, "last": last}


HEADINGS = [
    "class",
    "students",
    "way",
    "submissions",
    "wall",
    "CPU",
    "command",
    "workers",
    "sandboxes",
]
HEADINGS += ["first", "last", "memory"]


def ms(seconds: float) -> str:
    return f"{1000 * seconds:,.0f}"


def stock_of(found: list[dict], way: str, names: list[str]) -> list[tuple[float, float]]:
    """Wall and CPU of each submission of these assignments that stock nbgrader has graded in this way."""
    return [
        each for one in found if one["way"] == way for name in names for each in one["each"][name]
    ]


def beside(way: str) -> str:
    """The way of stock nbgrader's that has as many processes."""
    return STOCK_2 if "2" in way else STOCK


def mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


def rows(found: list[dict]) -> Iterator[list[str]]:
    for one in found:
        parts, peaks = one.get("parts", {}), one.get("peaks", {})
        if "each" in one:
            times = [
                spread(list(numbers))
                for numbers in zip(*stock_of([one], one["way"], one["names"]), strict=True)
            ]
        else:
            times = [ms(one[what]) if what in one else "" for what in ("wall", "cpu")]
        yield [
            *(one["class"], f"{one['students']}", one["way"], f"{one['submissions']}", *times),
            *(
                ms(parts[role]) if role in parts else ""
                for role in ("command", "worker", "sandbox")
            ),
            *(", ".join(map(ms, one[part])) if part in one else "" for part in ("first", "last")),
            ", ".join(
                f"{peaks[role]:.0f}" for role in ("command", "worker", "sandbox") if role in peaks
            ),
        ]


def spread(numbers: list[float]) -> str:
    return f"{ms(mean(numbers))} ({ms(min(numbers))} to {ms(max(numbers))})"


def table(headings: list[str], lines: Iterable[list[str]], numbers_from: int) -> str:
    rule = ["---:" if number >= numbers_from else "---" for number in range(len(headings))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, rule, *lines))


def like_for_like(found: list[dict]) -> str:
    """The same submissions in several ways, with stock nbgrader of as many processes as 1."""
    own = {one["way"]: one for one in found if one["class"] == OWN}
    visible, hidden = "all figures, all visible checks", "the hidden checks"
    lines = []
    for way, who, what in (
        (STOCK, "stock `nbgrader autograde`", visible),
        (SAME, "`proctor grade --workers 1`, `draw_all`", f"{visible}, {hidden}"),
        (GRADE, "`proctor grade --workers 1`", hidden),
        (STOCK_2, "stock `nbgrader autograde`, 2 processes", visible),
        (SAME_2, "`proctor grade --workers 2`, `draw_all`", f"{visible}, {hidden}"),
        (GRADE_2, "`proctor grade --workers 2`", hidden),
        (BARE, "the notebooks' own cells in a warm process", "none of these"),
    ):
        theirs = stock_of(found, beside(way), own[way]["names"])
        cells = []
        for number, each in enumerate(("wall", "cpu")):
            base, value = mean([one[number] for one in theirs]), own[way].get(each)
            if way in (STOCK, STOCK_2):
                cells += [spread([one[number] for one in theirs]), "1"]
            else:
                cells += [ms(value), f"{base / value:.1f}"] if value else ["", ""]
        lines.append([who, what, *cells])
    return table(
        [
            "graded by",
            "besides the student's cells",
            "a submission: wall, ms",
            "× stock",
            "CPU, ms",
            "× stock",
        ],
        lines,
        2,
    )


def gets(found: list[dict]) -> str:
    """What a user gets: what the whole class takes, and what it would take stock nbgrader."""
    lines = []
    for one in found:
        if one["way"] in NAMED and one["class"] != OWN:
            theirs = mean([wall for wall, _ in stock_of(found, beside(one["way"]), one["names"])])
            takes, would = (_duration(each * one["submissions"]) for each in (one["wall"], theirs))
            students = f"{one['students']} student{'s' * (one['students'] > 1)}, {one['class'].replace(', ', ' answers, ')}"
            each = [ms(one["wall"]), ms(one["cpu"])]
            lines.append(
                [
                    students,
                    f"`{NAMED[one['way']]}`",
                    takes,
                    *each,
                    would,
                    f"{theirs / one['wall']:.1f}",
                ]
            )
    return table(
        [
            "a class",
            "graded by",
            "takes",
            "a submission: wall, ms",
            "CPU, ms",
            "stock would take",
            "× stock",
        ],
        lines,
        2,
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


@click.command()
@click.argument("kinds", nargs=-1, metavar="[KIND]...")
@click.option("--last", default="07", show_default=True, help="No assignment after this one.")
@click.option("--scale", default=1.0, show_default=True, help="So many times as many students.")
@click.option(
    "--write", is_flag=True, help="Write docs/benchmark-grade.md and the tables in docs/speed.md."
)
def main(kinds: tuple[str, ...], last: str, scale: float, write: bool) -> None:
    """Measures what grading a class costs, in about half an hour on two idle cores.

    KIND names the classes to measure: own, right, mixed, unknown. All by default, and for the pages.
    """
    found, begun = [], os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as place:
        every = [name for name in assignments(COURSE) if name[:2] <= last]
        course = course_with_gradebook(Path(place, "course"), every)
        for number, (label, kind, end, many, ways) in enumerate(PLAN):
            if kinds and kind not in kinds:
                continue
            names, students = [name for name in every if name[:2] <= end], round(many * scale)
            # of the course's own the first of each assignment isn't counted; the page tells of five others at least
            fewest = (6 if write else 2) if kind == "own" else 1
            group = Class(Path(place, f"class{number}"), course, kind, names, max(students, fewest))
            for way in ways:
                # on a small scale some classes of the plan are the same
                if (label, group.students, way) in [
                    (one["class"], one["students"], one["way"]) for one in found
                ]:
                    continue
                start = time.monotonic()
                cost = measure(group, way)
                found.append(
                    {"class": label, "students": group.students, "names": names, "way": way} | cost
                )
                click.echo(
                    f"{label}, {group.students} students, {way}: {time.monotonic() - start:.0f} s",
                    err=True,
                )
                for whose in cost.get("lost", []):
                    click.echo(f"a right submission lost points: {whose}", err=True)
            shutil.rmtree(group.folder)
    whole = table(HEADINGS, rows(found), 3)
    click.echo(whole)
    if found[0]["class"] != OWN:
        return
    tables = like_for_like(found), gets(found)
    click.echo("\n\n".join(["", *tables]))
    if write:
        how = ["## How it was measured", "", HOW, machine((begun, os.getloadavg()[0])), ""]
        _, heading, rest = PAGE.read_text(encoding="utf-8").partition(AGAIN)
        parts = ["# The cost of grading a class", "", whole, "", *how, heading + rest]
        PAGE.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")
        # between two marks each
        parts = SPEED.read_text(encoding="utf-8").split(MARK)
        parts[1::2] = [f"\n{each}\n\n" for each in tables]
        SPEED.write_text(MARK.join(parts), encoding="utf-8")
        click.echo(f"written to {PAGE} and {SPEED}", err=True)


if __name__ == "__main__":
    main()
