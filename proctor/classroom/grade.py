"""`proctor grade`: a class is listed and recorded in this process; others read, run and judge its
submissions.
"""

import contextlib
import gc
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import starmap
from pathlib import Path

import click
from rich.console import Console

from proctor.classroom.one_exercise import OneExercise, counted
from proctor.classroom.show import GradingProgress, print_line, show, show_changes
from proctor.classroom.workers import Pool
from proctor.course import assignments
from proctor.course.files import RunFolder
from proctor.course.report import Report, report_in
from proctor.errors import CannotRecord, GradingError
from proctor.grading.outcome import Conditions, Outcome, pack
from proctor.records.attempts import Attempt, Way
from proctor.records.engine import Recorder
from proctor.records.grading_pass import GradingPass, error_noted
from proctor.records.job import Job, check_id
from proctor.records.plugins import Examine
from proctor.records.results import Results, results
from proctor.records.roster import Submitted, on_the_roster, read_roster, submissions
from proctor.records.store import Key
from proctor.text import shown

ASKED = 0.5  # seconds after which judging looks for more work, though nothing has ended


def judge(
    grading: GradingPass,
    next_attempt: Callable[[], Attempt | None],
    pool: Pool,
    known: Callable[[Job], Report | None] | None = None,
) -> Iterator[Job]:
    """Judges attempts, and yields each as soon as its outcome is kept.

    `next_attempt` is called whenever one more can be run, also after it gave None: more may have
    come. `known` gives the verdicts on an attempt that stay. The pool reads, runs and judges them.
    Raises `CannotRecord` if nothing can be written any more, `NoSandboxes` if nothing can be run.
    """
    # nbgrader works there, and returns there
    os.chdir(grading.recorder.course)
    # the imported objects stay: the garbage collector skips them
    gc.freeze()
    running = {}
    examine = Examine(config=grading.recorder.config)
    # a cluster's workers may become more
    with ThreadPoolExecutor(1000) as threads:
        try:
            while True:
                while len(running) < 2 * pool.workers:
                    attempt = next_attempt()
                    if attempt is None:
                        break
                    job = grading.begin(attempt)
                    if job is None:
                        continue
                    if job.error:
                        yield job
                    else:
                        running[threads.submit(_run, grading, examine, job, pool, known)] = job
                if not running:
                    break
                for ended in wait(running, ASKED, FIRST_COMPLETED).done:
                    job = running.pop(ended)
                    with error_noted(job):
                        grading.keep(job, ended.result())
                    yield job
        except BaseException:
            pool.close()
            raise


def _run(
    grading: GradingPass,
    examine: Examine,
    job: Job,
    pool: Pool,
    known: Callable[[Job], Report | None] | None,
) -> Outcome:
    conditions = Conditions(
        examine.limits,
        job.seed,
        grading.recorder.trust_students,
        examine.draw_all,
        known(job) if known else None,
    )
    return pool.run(pack(job.assignment), pool.reach(job.folder, job.assignment), conditions)


def strays(course: Path) -> list[str]:
    """The paths in `submitted/` where no assignment is looked for: a misspelt folder, or a notebook
    outside of one.
    """
    place, known = course / "submitted", assignments(course)
    above, inside = sorted(place.glob("[!.]*")), sorted(place.glob("[!.]*/[!.]*"))
    found = [path for path in inside if path.is_dir() and path.name not in known]
    found += [path for path in [*above, *inside] if path.suffix == ".ipynb" and path not in found]
    return ["/".join(map(shown, path.relative_to(course).parts)) for path in found]


def _handed_in(course: Path, names: list[str], student: str) -> list[Submitted]:
    """The submissions for these assignments, or for all; prints what is left aside.

    Raises `GradingError` if there is none.
    """
    if left := strays(course):
        where = "submitted/STUDENT/ASSIGNMENT/, the assignment called as in release/"
        click.secho(f"not graded: {', '.join(left)}; what is in {where}, is graded", err=True)
    found = submissions(course, names or list(assignments(course)), student)
    if not found:
        if student == "*":
            student = "STUDENT"
        place = course / "submitted" / student / (", ".join(names) or "ASSIGNMENT")
        raise GradingError(f"nothing to grade: there is no {place}: collect first")
    return found


def grade_class(
    course: Path,
    names: list[str],
    pool: Pool,
    console: Console,
    *,
    seed: int | None = None,
    force: bool = False,
    what_if: bool = False,
    unknown: bool = False,
    trust_students: bool = False,
    student: str = "*",
    exercise: str | None = None,
) -> list[str]:
    """Grades what is new or has changed for the assignments `names`, or for all, and shows the
    points.

    `what_if`: in copies, which are gone afterwards; shows the points that students would gain or
    lose. `unknown`: also by who isn't on the roster. `student`: by this one alone, be they on the
    roster or not. `exercise`: judges only this one again, also if nothing has changed, and those
    that depend on its stand-ins. Returns the submissions that could not be graded. Raises
    `GradingError`.
    """
    found = _handed_in(course, names, student)
    with contextlib.ExitStack() as opened:
        trial = Path(opened.enter_context(RunFolder())) if what_if else None
        recorder = Recorder(course, trial, trust_students=trust_students)
        opened.enter_context(contextlib.closing(recorder))
        if not unknown and student == "*":
            with recorder.transaction() as gradebook:
                recorded = {each.id for each in gradebook.students}
                found, said = on_the_roster(found, read_roster(course, gradebook), recorded)
            for line in said:
                click.echo(line, err=True)
        names = names or list(dict.fromkeys(each.assignment for each in found))
        members = []
        for each in found:
            members += starmap(Submitted, recorder.store.members(each))
        found = list(dict.fromkeys(members))
        before = _results(recorder) if trial else {}
        grading = GradingPass(
            recorder, assignments(course), Examine(config=recorder.config).limits, seed
        )
        if gone := _gone(grading, names, student):
            mend = "'nbgrader collect' puts back what came through the exchange"
            click.echo(f"not in submitted/ any more: {', '.join(gone)}: {mend}", err=True)
        one = OneExercise(recorder.folders, exercise) if exercise else None
        failed = _grade_all(grading, found, pool, console, force, one)
        lines = recorder.settle(names, student)
        if one:
            lines = [*one.lines(), *lines]
        for line in lines:
            print_line(console, line)
        if trial:
            after = {key: grade for key, grade in _results(recorder).items() if key in found}
            lost = dict[Key, dict[str, list[str]]]()
            for key in found:
                lost[key] = _lost_stand_ins(key, course, trial)
            show_changes(before, after, lost, console)
        else:
            with recorder.transaction() as gradebook:
                show(course, gradebook, names, console, student)
    return failed


def _gone(grading: GradingPass, names: list[str], student: str) -> list[str]:
    """The attempts in the gradebook whose folders in `submitted/` are gone: their grades stay."""
    gone = []
    for key in sorted(grading.recorded):
        if key[1] in names and student in ("*", key[0]):
            has_folder = os.path.lexists(grading.recorder.folders.submitted(key))
            if not has_folder and grading.recorder.store.of(*key):
                gone.append("/".join(map(shown, key)))
    return gone


def _lost_stand_ins(key: Submitted, course: Path, trial: Path) -> dict[str, list[str]]:
    """The stand-ins with which cells of a submission passed in the course, and which they don't
    have in the trial.
    """
    path = Path("autograded", *key, assignments(course)[key.assignment].notebook.name)
    had = _stand_ins(course / path)
    lost = {}
    for cell, given in _stand_ins(trial / path).items():
        lost[cell] = [name for name in had.get(cell, []) if name not in given]
    return lost


def _stand_ins(path: Path) -> dict[str, list[str]]:
    """The stand-ins with which each cell of a graded notebook passed."""
    return {cell["id"]: cell.get("given", []) for cell in report_in(path).get("cells", [])}


def _grade_all(
    grading: GradingPass,
    found: list[Submitted],
    pool: Pool,
    console: Console,
    force: bool,
    one: OneExercise | None,
) -> list[str]:
    """Judges what must be judged, and records what counts; returns the submissions that could not
    be graded.
    """
    ready, failed = _prepared(grading, found, console)
    force = force or one is not None
    todo: dict[Attempt, str] = {}
    computed: dict[Submitted, str] = {}
    same = 0
    for key in ready:
        if needed := grading.needed(key, force):
            todo |= needed
        elif why := grading.why_recorded(key):
            computed[key] = why
        else:
            same += 1
    print_line(console, f"{len(todo)} to grade, {same} unchanged{counted(todo.values())}")
    if computed:
        print_line(
            console,
            f"{len(computed)} to compute again from what was found{counted(computed.values())}",
        )
    progress = GradingProgress(console, len(todo))
    queue = deque(todo)
    known = one.known if one else None
    with progress.bar:
        if todo:
            pool.require_walls(grading.recorder.trust_students)
        for job in judge(grading, lambda: queue.popleft() if queue else None, pool, known):
            more = {} if job.error else grading.needed(job.key)
            queue.extend(more)
            progress.add(len(more))
            if not more:
                for recorded in grading.settle(job.key, force):
                    job.error = job.error or recorded.error
            progress.tell(job)
            if job.error:
                failed.append(str(job))
    if todo:
        progress.sum_up()
    for key in computed:
        for job in grading.settle(key):
            if job.error:
                print_line(console, f"{job}: not graded: {job.error}")
                failed.append(str(job))
    if grading.elsewhere:
        whose = ", ".join("/".join(map(shown, each.key)) for each in grading.elsewhere)
        print_line(console, f"judged by another program now, and left to it: {whose}")
    return failed


def _prepared(
    grading: GradingPass, found: list[Submitted], console: Console
) -> tuple[list[Submitted], list[str]]:
    """The submissions that can be graded, each of which is an attempt now, and the others; says why
    they can't.
    """
    ready, failed = list[Submitted](), list[str]()
    for key in found:
        job = Job(key, Attempt(*key, way=Way.BY_HAND), grading.known[key.assignment], Path())
        with error_noted(job):
            check_id(key.student)
            grading.notice(key)
            if grading.recorder.store.of(*key):
                ready.append(key)
        if job.error:
            print_line(console, f"{job}: not graded: {job.error}")
            failed.append(str(job))
    for name in dict.fromkeys(key.assignment for key in ready):
        try:
            grading.recorder.prepare(grading.known[name])
        except CannotRecord:
            raise
        except GradingError as error:
            print_line(console, f"{name}: not graded: {error}")
            failed += [str(key) for key in ready if key.assignment == name]
            ready = [key for key in ready if key.assignment != name]
    return ready, failed


def _results(recorder: Recorder) -> Results:
    with recorder.transaction() as gradebook:
        return results(gradebook)
