"""One pass over attempts: judges those that need it, and records those that count.

`proctor grade`, `proctor serve`, `nbgrader autograde` and the formgrader's button all go this way.
Attempts are judged if the rule needs their verdicts; all else is computed from stored verdicts,
without running anything.
"""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from proctor.course import Assignment
from proctor.course.codes import Code
from proctor.course.report import report_in
from proctor.errors import CannotRecord, GradingError, NoSandboxes
from proctor.grading.outcome import Outcome
from proctor.records.attempts import Attempt, State, Way
from proctor.records.counting import answered_before, earlier_than
from proctor.records.engine import Recorder
from proctor.records.folders import notice_by_hand
from proctor.records.gradebook import recording
from proctor.records.job import Job
from proctor.records.record import harvest_marks, record
from proctor.records.stale import COMPUTED, changed, made_of, matches
from proctor.records.standings import Standing, Standings
from proctor.records.store import Key
from proctor.sandbox.cell import Limits
from proctor.submission import answered
from proctor.submission.choose import load_submission

UNJUDGED = 3  # attempts in a row that find no sandbox, after which the next ones aren't tried
READ = 2.0  # seconds of CPU time in which an attempt that nobody judges is read
EARLIER = 3  # attempts that are read to see whether an earlier one answered more


@contextmanager
def error_noted(job: Job) -> Iterator[None]:
    """Notes an error that concerns one submission: the others are graded.

    An error that concerns all is raised.
    """
    try:
        yield
    except (CannotRecord, NoSandboxes):
        raise
    except GradingError as error:
        job.error = str(error)
    except Exception as error:
        job.error = f"{type(error).__name__}: {error}"


@dataclass
class GradingPass:
    """Judges attempts, and records those that count; `seed`, if there is one, stands for their
    seeds.
    """

    recorder: Recorder
    known: dict[str, Assignment]
    limits: Limits
    seed: int | None = None
    # attempts in a row, up to the last one, that found no sandbox
    unjudged: int = 0
    # attempts that another process judges
    elsewhere: list[Attempt] = field(default_factory=list)
    # those that were judged now: none is judged twice by one pass
    done: set[Attempt] = field(default_factory=set)
    # those that could not be run, each with the reason
    _not_run: dict[Attempt, str] = field(default_factory=dict)

    @cached_property
    def standings(self) -> Standings:
        """Which attempts count, as this pass found the due dates."""
        return self.recorder.standings(self.known, self.is_current)

    @cached_property
    def recorded(self) -> dict[Key, dict[str, float | None]]:
        """Every submission in the gradebook, with its automatic scores."""
        return self.recorder.recorded()

    def is_current(self, attempt: Attempt) -> bool:
        """Whether an attempt's verdicts were made of today's checks, grader and limits."""
        # without its files it can't be judged again
        lost = not attempt.kept and attempt.id not in self.recorder.store.placed(attempt.key)
        return lost or not self._changed(attempt)

    def _changed(self, attempt: Attempt) -> str:
        """The change since an attempt was judged, in words; empty if there is none."""
        now = made_of(attempt.digest, self.known[attempt.assignment], self.limits)
        return changed(attempt.made_of, now)

    def notice(self, key: Key) -> None:
        """Makes an attempt of a student's folder in `submitted/` if somebody changed it."""
        recorder = self.recorder
        with recording(recorder.course):
            notice_by_hand(recorder.store, recorder.folders, key)
            if recorder.policy.counts == "best" and key in self.recorded:
                # read in a transaction of its own
                recorder.known(self.known[key[1]])
                with recorder.writing(), recorder.transaction() as gradebook:
                    harvest_marks(recorder, gradebook, key, self.known[key[1]])

    def needed(self, key: Key, force: bool = False) -> dict[Attempt, str]:
        """The attempts of a student that are to be judged now, and why."""
        standing = self.standings.of(key)
        choice = standing.choose()
        new = "handed in again" if any(each.judged for each in standing.attempts) else "new"
        found = {}
        for each in standing.attempts:
            if each in self.done:
                continue
            if each in choice.needed:
                found[each] = new
                if each in standing.judged:
                    found[each] = self._changed(each)
            elif force and each == choice.attempt:
                found[each] = "forced"
        return found

    def job(self, attempt: Attempt, key: Key | None = None) -> Job:
        """An attempt on its way into the records of a student."""
        assignment = self.known[attempt.assignment]
        folder = self.recorder.files(attempt)
        return Job(
            key or attempt.key, attempt, assignment, folder, worth=self.recorder.points(assignment)
        )

    def begin(self, attempt: Attempt) -> Job | None:
        """Readies an attempt to be judged; None if another process judges it."""
        self.done.add(attempt)
        job = self.job(attempt)
        with error_noted(job):
            if not os.path.lexists(job.folder):
                self.recorder.fetch(attempt)
            if not self.recorder.begin(job, self.limits, self.seed):
                self.elsewhere.append(attempt)
                return None
        return job

    def keep(self, job: Job, outcome: Outcome) -> None:
        """Keeps an attempt's outcome.

        Raises `NoSandboxes` if several in a row could not be run: the next one could not either.
        """
        self.unjudged = self.unjudged + 1 if outcome.unjudged else 0
        if self.unjudged == UNJUDGED:
            raise NoSandboxes(
                f"the last {UNJUDGED} submissions found {outcome.unjudged}. 'proctor doctor' may say why; what was "
                "graded is recorded, so start again to go on"
            )
        self.recorder.keep(job, outcome)
        if outcome.unjudged:
            job.error = f"{outcome.unjudged}; it is recorded as unjudged, and the next 'proctor grade' tries again"
            self._not_run[job.attempt] = job.error

    def settle(self, key: Key, force: bool = False) -> list[Job]:
        """Records the attempt that counts for each member of a student's group, if it isn't
        recorded so; runs nothing.
        """
        found = []
        for member in self.recorder.store.members(key):
            job = self._settle(member, force)
            if job is not None:
                found.append(job)
        return found

    def _settle(self, key: Key, force: bool) -> Job | None:
        recorder, standing = self.recorder, self.standings.of(key)
        job = self._counting(standing)
        if job is None or not (force or self._why_computed(job)):
            return None
        outcome = recorder.folders.outcome(job.attempt)
        if outcome is None:
            job.error = "its files are not kept any more, so its grade stays as it was"
            return job
        with error_noted(job):
            job.fewer = self._fewer(job, standing.attempts)
            self._note_replaced(job)
            job.folder = recorder.place(key, job.attempt)
            record(recorder, job, outcome)
            self.recorded[key] = job.scores
            self._drop_old(standing)
        job.error = job.error or self._not_run.get(job.attempt, "")
        return job

    def _note_replaced(self, job: Job) -> None:
        """Notes that a folder which somebody put into `submitted/` doesn't count."""
        store = self.recorder.store
        for each in store.rows("id = ?", store.placed(job.key)[0]):
            if each.way == Way.BY_HAND and each != job.attempt:
                job.notes.append(Code.REPLACED(number=each.number, counts=job.attempt.number))

    def why_recorded(self, key: Key) -> str:
        """Why a student's grade is computed again, though nothing is judged again; empty if it is
        up to date.
        """
        job = self._counting(self.standings.of(key))
        return self._why_computed(job) if job else ""

    def _counting(self, standing: Standing) -> Job | None:
        """The attempt that counts of those that were judged, or else could not be run, on its way
        into the records.
        """
        not_run = [each for each in standing.attempts if each in self._not_run]
        attempt = standing.among_judged() or next(reversed(not_run), None)
        if attempt is None:
            return None
        job = self.job(attempt, standing.key)
        job.fixed = standing.fixed(attempt)
        return job

    def _why_computed(self, job: Job) -> str:
        """Why a grade is recorded again though nothing is judged again; empty if it is up to
        date.
        """
        if job.key not in self.recorded:
            return "new"
        if job.attempt.id != self.recorder.store.placed(job.key)[0]:
            return COMPUTED["attempt"]
        report = report_in(self.recorder.folder(*job.key) / job.assignment.notebook.name)
        # empty if the inputs of the grade aren't known
        before = report.get("made_of")
        if not before:
            return "graded by other means, or not at all"
        if why := changed(before, job.made_of):
            return why
        stays = self.recorder.marks_stay
        if report.get("marks_stay", stays) != stays:
            return "other marks by hand count"
        up_to_date = matches(report.get("recorded", {}), self.recorded[job.key])
        return "" if up_to_date else "the gradebook is an older one"

    def _fewer(self, job: Job, attempts: list[Attempt]) -> list[int]:
        """How many exercises an earlier attempt answered, of how many, and how many this one; empty
        if no more.
        """
        attempt, most = job.attempt, len(job.assignment.stubs)
        if attempt.answered is None or attempt.answered == most:
            return []
        for each in earlier_than(attempt, attempts)[-EARLIER:]:
            if each.answered is None and each.may_count and each.state != State.JUDGED:
                self._count_answers(each, job.assignment)
        fuller = answered_before(attempt, attempts)
        return [fuller.answered or 0, most, attempt.answered] if fuller else []

    def _count_answers(self, attempt: Attempt, assignment: Assignment) -> None:
        """Reads an attempt that isn't judged, within limits, to count the exercises that it
        answers.
        """
        folder = self.job(attempt).folder
        with contextlib.suppress(Exception):
            if not folder.is_dir():
                self.recorder.fetch(attempt)
            found = load_submission(folder, assignment, cpu=READ)
            if not found.unreadable:
                attempt.answered = len(answered(found.notebook, assignment))
        self.recorder.store.save(attempt)

    def _drop_old(self, standing: Standing) -> None:
        """Removes the files of a group's oldest judged attempts, but not of those that may count
        for a member.
        """
        recorder, keep = self.recorder, self.recorder.policy.keep
        old = [each for each in standing.attempts if each.kept and each.judged][:-keep]
        if not old or recorder.folders.trial is not None:
            return
        protected = set[Attempt]()
        for member in recorder.store.members(standing.key):
            protected.update(self.standings.of(member).protected())
        for attempt in old:
            if attempt not in protected:
                recorder.folders.drop(attempt)
                attempt.why = f"its files are gone: {keep} attempts are kept"
                recorder.store.save(attempt)
