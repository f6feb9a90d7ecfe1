"""Submissions that come to `proctor serve` at a steady rate, hostile ones among them, while it is killed now and then.

Each is put into a real exchange as `nbgrader submit` does it. Nine in ten are right; every fourth student hands in twice;
the others are attacks of `tests/attacks/` and what no submission should be: links, a huge file, a pipe, names that lead
elsewhere. The service is killed (-9) at random moments and started again. At the end `proctor grade` grades the same
class anew, for comparison. Ends with 1, and says what is wrong, where a submission has no answer, was graded twice or
isn't in the gradebook, or where a right one lost a point.

.venv/bin/python benchmarks/serve.py --submissions 200 --rate 2 --kills 3
"""

import hashlib
import json
import os
import random
import resource
import secrets
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from shared import COURSE, machine, submissions

from proctor.answers import solved
from proctor.course import assignments
from proctor.course.configuration import configuration

NAMES = ("01-vectors", "03-softmax")
CONFIG = """
c.ExchangeCollect.check_owner = False
c.Serve.cool_down = 0
"""
LIMITS = "cell=2,call=2,exercise=4,notebook=20,grace=0.3"
ANSWERED = 'class="served"'


@dataclass
class Submitted:
    """What was handed in: whether it is right, when, and under which name its student looks for the feedback."""

    student: str
    name: str
    right: bool
    when: float
    page: str


def make_course(folder: Path) -> Path:
    """A copy of the course with an exchange; the exchange's folder of this course."""
    for place in ("source", "release"):
        for name in NAMES:
            shutil.copytree(COURSE / place / name, folder / place / name)
    shutil.copytree(
        COURSE / "tests" / "hidden",
        folder / "tests" / "hidden",
        ignore=shutil.ignore_patterns("__py*"),
    )
    shutil.copytree(COURSE / "answers", folder / "answers")
    (folder / "nbgrader_config.py").write_text((COURSE / "nbgrader_config.py").read_text() + CONFIG)
    grader = NbGraderAPI(config=configuration(folder))
    for name in NAMES:
        said = grader.generate_assignment(name)
        assert said["success"], said["log"]
    place = folder / "exchange" / "tiny-llm-math"
    (place / "inbound").mkdir(parents=True)
    (place / "inbound").chmod(0o2733)
    return place


def submit(
    inbound: Path, student: str, assignment: str, files: dict[str, object], right: bool
) -> Submitted:
    """Hands in as `nbgrader submit` does; a file may be a text, a link's target (a path), or a size (a number)."""
    stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
    secret, target = (
        secrets.token_hex(64),
        inbound / f"{student}+{assignment}+{stamp}+{secrets.token_urlsafe(9)}",
    )
    target.mkdir(mode=0o700)
    for name, content in files.items():
        if isinstance(content, Path):
            (target / name).symlink_to(content)
        elif isinstance(content, int):
            with (target / name).open("wb") as file:
                file.truncate(content)
        elif content is None:
            os.mkfifo(target / name)
        else:
            (target / name).write_text(str(content))
    (target / "timestamp.txt").write_text(stamp)
    (target / "submission_secret.txt").write_text(secret)
    target.chmod(0o777)
    stem = assignments(COURSE)[assignment].notebook.stem
    page = hashlib.md5((secret + stem).encode()).hexdigest() + ".html"
    return Submitted(student, target.name, right, time.time(), page)


def hostile(seed: int) -> list[tuple[str, dict[str, object]]]:
    """What nobody should hand in, by assignment."""
    draw, name = random.Random(seed), "03-softmax"
    found: list[tuple[str, dict[str, object]]] = [
        (name, {"softmax.ipynb": Path("/etc/passwd")}),
        (name, {"softmax.ipynb": 10**13}),
        (name, {"softmax.ipynb": None}),
        (name, {"softmax.ipynb": "{"}),
        (
            name,
            {
                "x" * 200 + ".ipynb": "[]",
                "expect.py": "raise SystemExit",
                "a b\n.txt": "",
                "-rf": "x",
            },
        ),
        (name, {"softmax.ipynb": Path("../../feedback"), "figures.py": Path("/dev/zero")}),
    ]
    for name in NAMES * 5:
        case = next(submissions(assignments(COURSE)[name], draw.random(), hostile=1, slow=True))
        found.append(
            (name, {assignments(COURSE)[name].notebook.name: nbformat.writes(case.notebook)})
        )
    return found


def start(folder: Path, workers: int, log: Path) -> subprocess.Popen:
    command = [Path(sys.executable).parent / "proctor", "serve", "--workers", str(workers)]
    environment = os.environ | {"PROCTOR_LIMITS": LIMITS, "OMP_NUM_THREADS": "1"}
    with log.open("a") as file:
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=file)


def answered(feedback: Path, submitted: list[Submitted]) -> list[Submitted]:
    """What has an answer: a page on what it came to, or why it isn't graded."""
    found = []
    for each in submitted:
        path = feedback / each.page
        text = path.read_text() if path.is_file() else ""
        if ANSWERED in text or "could not be graded: " in text or "newer one before" in text:
            found.append(each)
    return found


def until_answered(
    feedback: Path, submitted: list[Submitted], service: subprocess.Popen, patience: float
) -> None:
    end, left = time.monotonic() + patience, submitted
    while left and time.monotonic() < end:
        if service.poll() is not None:
            raise SystemExit(f"the service ended by itself, with {service.returncode}")
        time.sleep(0.5)
        have = answered(feedback, left)
        left = [each for each in left if each not in have]


@click.command()
@click.option("--submissions", default=200, show_default=True)
@click.option("--rate", default=2.0, show_default=True, help="Submissions a second.")
@click.option("--kills", default=2, show_default=True)
@click.option(
    "--hostile",
    "every",
    default=10,
    show_default=True,
    help="Each how many-th is hostile; 0 for none.",
)
@click.option("--workers", default=2, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--mixed", is_flag=True, help="No two alike, half of the answers wrong.")
def main(
    submissions: int, rate: float, kills: int, every: int, workers: int, seed: int, mixed: bool
) -> None:
    with tempfile.TemporaryDirectory(prefix="proctor-serve-") as made:
        folder = Path(made)
        place = make_course(folder)
        wrong = serve(folder, place, submissions, rate, kills, every, workers, seed, mixed)
    for line in wrong:
        click.echo(f"WRONG: {line}", err=True)
    sys.exit(1 if wrong else 0)


def serve(
    folder: Path,
    place: Path,
    count: int,
    rate: float,
    kills: int,
    every: int,
    workers: int,
    seed: int,
    mixed: bool,
) -> list[str]:
    """Has all of it served, and prints what was measured; what is wrong."""
    inbound, feedback, log, draw = (
        place / "inbound",
        place / "feedback",
        folder / "serve.log",
        random.Random(seed),
    )
    right = {name: nbformat.writes(solved(assignments(COURSE)[name])) for name in NAMES}
    drawn = {name: submissions(assignments(COURSE)[name], seed, hostile=0) for name in NAMES}
    bad = hostile(seed)
    if every:
        (inbound / f"eve+{NAMES[0]}+0000-01-01 00:00:00 UTC+x").mkdir()
        (inbound / f"eve+{NAMES[0]}+0000-01-01 00:00:00 UTC+x").chmod(0o777)
        (inbound / f"+{NAMES[0]}+2030-01-01 00:00:00 UTC+x").symlink_to(folder)
    load, service = os.getloadavg()[0], start(folder, workers, log)
    warm = [
        submit(
            inbound,
            "warm",
            NAMES[i % 2],
            {f"{stem(NAMES[i % 2])}.ipynb": right[NAMES[i % 2]]},
            True,
        )
        for i in range(2)
    ]
    until_answered(feedback, warm, service, 300)
    at = sorted(draw.uniform(0, count / rate) for _ in range(kills))
    done: list[Submitted] = []
    began, killed = time.monotonic(), []
    for number in range(count):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        if at and time.monotonic() - began > at[0]:
            at.pop(0)
            service.send_signal(signal.SIGKILL)
            service.wait()
            killed.append(time.time())
            service = start(folder, workers, log)
        if every and number % every == every - 1:
            name, files = bad[number // every % len(bad)]
            done.append(submit(inbound, f"eve{number:04}", name, files, False))
        else:
            name = NAMES[number % 2]
            student = f"s{number - 2 * (number % 4 == 2 and number > 2):04}"
            text = nbformat.writes(next(drawn[name]).notebook) if mixed else right[name]
            files: dict[str, object] = {f"{stem(name)}.ipynb": text}
            done.append(submit(inbound, student, name, files, not mixed))
    offered = time.monotonic() - began
    until_answered(feedback, done, service, 600)
    took = time.monotonic() - began
    service.send_signal(signal.SIGTERM)
    service.wait(60)
    return report(folder, feedback, done, (offered, took, load), killed, workers)


def stem(name: str) -> str:
    return assignments(COURSE)[name].notebook.stem


def report(
    folder: Path,
    feedback: Path,
    done: list[Submitted],
    facts: tuple[float, float, float],
    killed: list[float],
    workers: int,
) -> list[str]:
    """Prints what was measured; what is wrong. `facts`: for how long it was offered and served, and the load before."""
    offered, took, load = facts
    have = answered(feedback, done)
    wrong = [f"{each.student} has no answer: {each.name}" for each in done if each not in have]
    waits = sorted((feedback / each.page).stat().st_mtime - each.when for each in have)
    usual = sorted(
        (feedback / each.page).stat().st_mtime - each.when
        for each in have
        if each.right and not any(gone - 30 < each.when < gone + 30 for gone in killed)
    )
    database = sqlite3.connect(folder / "proctor.db")
    found = database.execute(
        "SELECT name, student, assignment, state, verdicts, number FROM attempts WHERE name != ''"
    )
    rows = [
        (*facts, [share for _, share in json.loads(verdicts).values()], number)
        for *facts, verdicts, number in found
    ]
    scores = {name: (state, sum(shares), len(shares)) for name, _, _, state, shares, _ in rows}
    for each in done:
        state, score, most = scores.get(each.name, ("lost", 0, 0))
        if each.right and state not in ("judged", "superseded"):
            wrong.append(f"{each.student} is {state}")
        elif each.right and state == "judged" and score != most:
            wrong.append(f"{each.student} got {score} of {most}")
    numbers: dict[tuple[str, str], list[int]] = {}
    for _, student, assignment, state, _, number in rows:
        if state == "judged":
            numbers.setdefault((student, assignment), []).append(number)
    wrong += [
        f"{key} has attempts {found}"
        for key, found in numbers.items()
        if len(set(found)) != len(found)
    ]
    said = (folder / "serve.log").read_text()
    times = Counter(
        line.split(" ", 2)[2].split(",")[0] for line in said.splitlines() if ": attempt " in line
    )
    wrong += [f"graded {many} times: {what}" for what, many in times.items() if many > 1]
    wrong += ["a traceback in the log"] if "Traceback" in said else []
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        recorded = [each for name in NAMES for each in gradebook.assignment_submissions(name)]
        wrong += (
            [f"{len(recorded)} of {len(numbers)} are in the gradebook"]
            if len(recorded) != len(numbers)
            else []
        )
    began, before = time.monotonic(), cpu_of_children()
    command = [
        Path(sys.executable).parent / "proctor",
        "grade",
        "--force",
        "--workers",
        str(workers),
    ]
    environment = os.environ | {"PROCTOR_LIMITS": LIMITS, "OMP_NUM_THREADS": "1"}
    graded = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    alone = time.monotonic() - began
    many = len(numbers)
    states = Counter(state for _, _, _, state, *_ in rows)
    for what, value in (
        ("machine", machine((load, os.getloadavg()[0]))),
        ("submissions, a second", f"{len(done)}, {len(done) / offered:.2f}"),
        ("what became of them", json.dumps(states)),
        ("kills; what is wrong", f"{len(killed)}; {len(wrong)}"),
        ("seconds to the answer: median, p95, longest", middle(waits)),
        ("the same of the right ones, but for 30 s around a kill", middle(usual)),
        ("submissions a second, answered", f"{len(done) / took:.2f}"),
        (f"proctor grade --force of {many}, a second, {graded.returncode}", f"{many / alone:.2f}"),
        ("CPU seconds of that, for each", f"{(cpu_of_children() - before) / many:.2f}"),
        (
            "CPU seconds of the service, for each, without what was killed",
            f"{before / states['judged']:.2f}",
        ),
    ):
        click.echo(f"| {what} | {value} |")
    return wrong


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def middle(times: list[float]) -> str:
    if len(times) < 2:
        return "–"
    return f"{statistics.median(times):.1f}, {statistics.quantiles(times, n=20, method='inclusive')[-1]:.1f}, {times[-1]:.1f}"


if __name__ == "__main__":
    main()
