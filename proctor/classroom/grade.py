"""`proctor grade`: a class is listed and recorded in this process; others read, run and judge its submissions."""

import contextlib
import gc
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import click
from rich.console import Console

from proctor.classroom.show import GradingProgress, print_line, show, show_changes
from proctor.classroom.similarity import keep_answers
from proctor.classroom.workers import Pool
from proctor.course import assignments
from proctor.course.files import RunFolder
from proctor.course.report import report_in
from proctor.errors import CannotRecord, GradingError, NoSandboxes
from proctor.examine.outcome import Outcome, pack
from proctor.records.engine import Job, Recorder
from proctor.records.gradebook import recording
from proctor.records.plugins import Examine
from proctor.records.results import Results, results
from proctor.records.roster import on_the_roster, read_roster
from proctor.records.stale import CHANGES, changed, made_of, matches
from proctor.records.store import Key
from proctor.text import shown

UNJUDGED = 3  # submissions in a row that find no sandbox, after which the next ones aren't tried
ASKED = 0.5  # seconds after which it is asked for more, though nothing has ended


@dataclass
class Class:
    """A class that is being graded; `seed`, where there is one, stands for the seeds of the attempts."""

    recorder: Recorder
    seed: int | None = None
    # submissions in a row, up to the last one, that found no sandbox
    unjudged: int = 0
    # by student and assignment, what stands for `seed`
    seeds: dict[Key, int] = field(default_factory=dict)
    # by assignment, what `similarity` keeps of the submissions that were graded
    written: dict[str, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))

    def todo(self, everything: list[Job], force: bool = False) -> dict[Job, str]:
        """The submissions that are to be graded, each with the reason; all of them where `force` says so."""
        recorded = self.recorder.recorded()
        with recording(self.recorder.course):
            reasons = {one: self._reason(one, recorded, force) for one in everything}
        return {one: reason for one, reason in reasons.items() if reason}

    def _reason(self, one: Job, recorded: dict[Key, dict[str, float | None]], force: bool) -> str:
        """Why a submission is to be graded; empty where its grade is up to date."""
        if one.key not in recorded:
            return "new"
        if force:
            return "forced"
        report = report_in(self.recorder.folder(*one.key) / one.assignment.notebook.name)
        # empty where what the grade was made of isn't known
        if not (before := report.get("made_of")):
            return "graded by other means, or not at all"
        if parts := changed(before, made_of(one.folder, one.assignment, self._examine.limits)):
            return CHANGES[parts[0]]
        return "" if matches(report.get("recorded", {}), recorded[one.key]) else "the gradebook is an older one"

    def grade(self, todo: Iterable[Job], pool: Pool) -> Iterator[Job]:
        """Grades submissions, and yields each as soon as its grade is recorded.

        `todo` is asked for one whenever one more can be run, also after it had none: more may have come.
        The pool reads, runs and judges them; they are recorded here, one at a time.
        Raises `CannotRecord` if nothing can be written any more, `NoSandboxes` if nothing can be run.
        """
        # where nbgrader goes, and comes back from
        os.chdir(self.recorder.course)
        # the imported objects stay: no collection need look through them again
        gc.freeze()
        waiting, running = iter(todo), {}
        # as many as there is work for: a cluster's workers may become more
        with ThreadPoolExecutor(1000) as threads:
            try:
                while True:
                    while len(running) < 2 * pool.workers and (job := next(waiting, None)):
                        with _error_noted(job):
                            self.recorder.begin(job, self._examine.limits, self.seeds.pop(job.key, self.seed))
                            running[threads.submit(self._run, job, pool)] = job
                        if job.error:
                            yield job
                    if not running:
                        break
                    for done in wait(running, ASKED, FIRST_COMPLETED).done:
                        job = running.pop(done)
                        with _error_noted(job):
                            self._record(job, done.result())
                        yield job
            except BaseException:
                pool.close()
                raise
        for name, written in self.written.items():
            keep_answers(self.recorder.store_folder, name, written)

    def _record(self, job: Job, outcome: Outcome) -> None:
        """Records the submission's outcome, or why it could not be run.

        Raises `NoSandboxes` where that has happened to several in a row: it will happen to the next one, too.
        """
        self.unjudged = self.unjudged + 1 if outcome.unjudged else 0
        if self.unjudged == UNJUDGED:
            raise NoSandboxes(
                f"the last {UNJUDGED} submissions found {outcome.unjudged}. 'proctor doctor' may say why; what was "
                "graded is recorded, so start again to go on"
            )
        if outcome.unjudged:
            job.error = f"{outcome.unjudged}; it is recorded as unjudged, and the next 'proctor grade' tries again"
        with recording(self.recorder.course):
            self.recorder.record(job, outcome)
        if outcome.written:
            digest, answers = outcome.written
            self.written[job.assignment.name][digest] = answers

    @cached_property
    def _examine(self) -> Examine:
        """The preprocessor, for its settings."""
        return Examine(config=self.recorder.config)

    def _run(self, job: Job, pool: Pool) -> Outcome:
        how = self._examine.limits, job.seed, self.recorder.trust_students, self._examine.draw_all
        return pool.run(pack(job.assignment), pool.reach(job.folder, job.assignment), *how)


@contextmanager
def _error_noted(job: Job) -> Iterator[None]:
    """Notes an error that concerns one submission: the others are graded. An error that concerns all is raised."""
    try:
        yield
    except (CannotRecord, NoSandboxes):
        raise
    except GradingError as error:
        job.error = str(error)
    except Exception as error:
        job.error = f"{type(error).__name__}: {error}"


def submissions(course: Path, names: list[str], student: str = "*") -> list[Job]:
    """The submissions for these assignments, by assignment and student; hidden folders are no students, as in nbgrader."""
    found, folders = assignments(course), sorted((course / "submitted").glob("[!.]*/[!.]*"))
    return [
        Job(path.parent.name, found[name], path)
        for name in names
        for path in folders
        if path.name == name and student in ("*", path.parent.name)
    ]


def strays(course: Path) -> list[str]:
    """Paths in `submitted/` where no assignment is looked for: a misspelt folder, or a notebook outside of one."""
    place, known = course / "submitted", assignments(course)
    found = [path for path in sorted(place.glob("[!.]*/[!.]*")) if path.is_dir() and path.name not in known]
    found += [path for path in sorted([*place.glob("[!.]*"), *place.glob("[!.]*/[!.]*")]) if path.suffix == ".ipynb"]
    return ["/".join(map(shown, path.relative_to(course).parts)) for path in dict.fromkeys(found)]


def _handed_in(course: Path, names: list[str], student: str) -> list[Job]:
    """The submissions for these assignments, or for all; prints what is left aside. Raises `GradingError` where there is none."""
    if left := strays(course):
        where = "submitted/STUDENT/ASSIGNMENT/, the assignment called as in release/"
        click.secho(f"not graded: {', '.join(left)}; what is in {where}, is graded", err=True)
    found = submissions(course, names or list(assignments(course)), student)
    if not found:
        whose = f"{'STUDENT' if student == '*' else student}/{', '.join(names) or 'ASSIGNMENT'}"
        raise GradingError(f"nothing to grade: there is no {course / 'submitted' / whose}: collect first")
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
) -> list[Job]:
    """Grades what is new or has changed for the assignments `names`, or for all, and shows the points.

    `what_if`: in copies, which are gone afterwards; shows the points that students would gain or lose.
    `unknown`: also by who isn't on the roster. `student`: by this one alone, be they on the roster or not.
    Returns the submissions that could not be graded. Raises `GradingError`.
    """
    found = _handed_in(course, names, student)
    with contextlib.ExitStack() as opened:
        trial = Path(opened.enter_context(RunFolder())) if what_if else None
        recorder = Recorder(course, trial, trust_students=trust_students)
        opened.enter_context(contextlib.closing(recorder))
        if not unknown and student == "*":
            with recording(course), recorder.transaction() as gradebook:
                recorded = {each.id for each in gradebook.students}
                found, said = on_the_roster(found, read_roster(course, gradebook), recorded)
            for line in said:
                click.echo(line, err=True)
        names = names or list(dict.fromkeys(job.assignment.name for job in found))
        before = _results(recorder) if what_if else {}
        of_the_class = Class(recorder, seed)
        todo = of_the_class.todo(found, force)
        why = ", ".join(f"{count} {reason}" for reason, count in Counter(todo.values()).most_common())
        print_line(console, f"{len(todo)} to grade, {len(found) - len(todo)} unchanged{f' ({why})' if why else ''}")
        refused = set[str]()
        for assignment in {one.assignment.name: one.assignment for one in todo}.values():
            try:
                recorder.prepare(assignment)
            except CannotRecord:
                raise
            except GradingError as error:
                print_line(console, f"{assignment.name}: not graded: {error}")
                refused.add(assignment.name)
        failed = [one for one in todo if one.assignment.name in refused]
        ready = [one for one in todo if one.assignment.name not in refused]
        progress = GradingProgress(console, len(ready))
        with progress.bar:
            if ready:
                pool.require_walls(trust_students)
            for job in of_the_class.grade(ready, pool):
                progress.tell(job)
                failed += [job] if job.error else []
        if ready:
            progress.sum_up(pool)
        for line in recorder.settle(names, student):
            print_line(console, line)
        if what_if:
            concerned = {one.key for one in found}
            after = {key: grade for key, grade in _results(recorder).items() if key in concerned}
            lost = {one.key: _lost_stand_ins(one, course, trial) for one in found} if trial else {}
            show_changes(before, after, lost, console)
        else:
            with recording(course), recorder.transaction() as gradebook:
                show(course, gradebook, names, console, student)
    return failed


def _lost_stand_ins(one: Job, course: Path, trial: Path) -> dict[str, list[str]]:
    """The stand-ins with which cells of a submission passed in the course, and which they don't have in the trial."""
    path = Path("autograded", *one.key, one.assignment.notebook.name)
    before, after = (report_in(place / path).get("cells", []) for place in (course, trial))
    had = {cell["id"]: cell.get("given", []) for cell in before}
    return {
        cell["id"]: [name for name in had.get(cell["id"], []) if name not in cell.get("given", [])] for cell in after
    }


def _results(recorder: Recorder) -> Results:
    with recording(recorder.course), recorder.transaction() as gradebook:
        return results(gradebook)
