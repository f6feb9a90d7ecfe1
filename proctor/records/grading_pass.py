"""One pass over attempts: which are to be judged, and what is then recorded of each student.

`proctor grade`, `proctor serve`, `nbgrader autograde` and the formgrader's button all go this way. Attempts are judged
if the rule needs their verdicts; all else is computed from stored verdicts, without running anything.
"""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from proctor.course import Assignment
from proctor.course.report import report_in
from proctor.errors import CannotRecord, GradingError, NoSandboxes, NotTaken
from proctor.examine.outcome import Outcome
from proctor.records.attempts import Attempt, State
from proctor.records.counting import answered_before, in_order
from proctor.records.engine import Job, Recorder
from proctor.records.folders import drop_old, is_placed, notice_by_hand
from proctor.records.gradebook import recording
from proctor.records.stale import COMPUTED, changed, made_of, matches
from proctor.records.standings import Standings
from proctor.records.store import Key
from proctor.sandbox.cell import Limits
from proctor.submission import answered
from proctor.submission.choose import load_submission

UNJUDGED = 3  # attempts in a row that find no sandbox, after which the next ones aren't tried
READ = 2.0  # seconds of CPU time in which an attempt that nobody judges is read
EARLIER = 3  # attempts that are read to see whether an earlier one answered more


@contextmanager
def error_noted(job: Job) -> Iterator[None]:
    """Notes an error that concerns one submission: the others are graded. An error that concerns all is raised."""
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
    """Judges attempts, and records those that count; `seed`, if there is one, stands for their seeds."""

    recorder: Recorder
    known: dict[str, Assignment]
    limits: Limits
    seed: int | None = None
    # attempts in a row, up to the last one, that found no sandbox
    unjudged: int = 0
    # attempts that another process judges
    elsewhere: list[Attempt] = field(default_factory=list)
    # those that were judged now: none is judged twice by one pass
    done: set[tuple[str, str, int]] = field(default_factory=set)
    # the outcomes that are not kept, for there was no sandbox
    _lost: dict[Key, tuple[Job, Outcome]] = field(default_factory=dict)

    @cached_property
    def standings(self) -> Standings:
        """Which attempts count, as this pass found the due dates."""
        return self.recorder.standings(self.known, self.is_current)

    @cached_property
    def _recorded(self) -> dict[Key, dict[str, float | None]]:
        return self.recorder.recorded()

    def is_current(self, attempt: Attempt) -> bool:
        """Whether an attempt's verdicts were made of today's checks, grader and limits."""
        assignment = self.known[attempt.assignment]
        if not attempt.kept and attempt.number not in self.recorder.store.placed(attempt.key):
            # without its files it can't be judged again
            return True
        now = made_of(attempt.digest, assignment, self.limits)
        return not changed(attempt.made_of, now)

    def notice(self, key: Key) -> Attempt | None:
        """Makes an attempt of a student's folder in `submitted/` if somebody changed it."""
        recorder = self.recorder
        with recording(recorder.course):
            attempt = notice_by_hand(recorder.store, recorder.folders, key)
            if recorder.policy.counts == "best" and key in self._recorded:
                recorder.harvest_marks(key, self.known[key[1]])
        return attempt

    def needed(self, key: Key, force: bool = False) -> dict[Attempt, str]:
        """The attempts of a student that are to be judged now, and why."""
        attempts = self.recorder.store.of(*key)
        choice = self.standings.choose(attempts)
        again = any(each.judged for each in attempts)
        found = {one.number: self._reason(one, again) for one in choice.needed}
        if force and choice.attempt is not None:
            found[choice.attempt.number] = found.get(choice.attempt.number) or "forced"
        done = self.done
        return {
            attempt: found[attempt.number]
            for attempt in attempts
            if attempt.number in found and (*key, attempt.number) not in done
        }

    def _reason(self, attempt: Attempt, again: bool) -> str:
        if attempt.state != State.JUDGED:
            return "handed in again" if again else "new"
        now = made_of(attempt.digest, self.known[attempt.assignment], self.limits)
        return changed(attempt.made_of, now)

    def job(self, attempt: Attempt) -> Job:
        """An attempt on its way, with its files where they are now."""
        folders, store = self.recorder.folders, self.recorder.store
        placed = is_placed(store, folders, attempt)
        folder = folders.submitted(attempt.key) if placed else folders.files(attempt)
        assignment = self.known[attempt.assignment]
        return Job(attempt, assignment, folder, worth=self.recorder.points(assignment))

    def begin(self, attempt: Attempt) -> Job | None:
        """Readies an attempt to be judged; None if another process judges it."""
        self.done.add((*attempt.key, attempt.number))
        job = self.job(attempt)
        with error_noted(job):
            if not os.path.lexists(job.folder):
                self._fetch(attempt)
            if not self.recorder.begin(job, self.limits, self.seed):
                self.elsewhere.append(attempt)
                return None
        return job

    def _fetch(self, attempt: Attempt) -> None:
        """Copies an attempt's files from the exchange. Raises `GradingError` if they are not there any more."""
        with recording(self.recorder.course):
            try:
                self.recorder.fetch(attempt)
            except (NotTaken, FileNotFoundError) as error:
                attempt.state, attempt.why = State.FAILED, f"its files are gone ({error})"
                raise GradingError(f"attempt {attempt.number}: {attempt.why}") from None
            finally:
                self.recorder.store.save(attempt)

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
            self._lost[job.key] = job, outcome

    def settle(self, key: Key, force: bool = False) -> Job | None:
        """Records the attempt of a student that counts, if it isn't recorded so; computes, and runs nothing."""
        recorder = self.recorder
        attempts = recorder.store.of(*key)
        job = self._counting(attempts)
        if job is None:
            return self._record_lost(key)
        if not force and not self._why_computed(job):
            return None
        attempt = job.attempt
        outcome = recorder.folders.outcome(attempt)
        if outcome is None:
            job.error = "its files are not kept any more, so its grade stays as it was"
            return job
        with error_noted(job):
            job.fewer = self._fewer(job, attempts)
            job.folder = recorder.place(attempt)
            recorder.record(job, outcome)
            self._drop_old(key)
        return job

    def why_recorded(self, key: Key) -> str:
        """Why a student's grade is computed again, though nothing is judged again; empty if it is up to date."""
        job = self._counting(self.recorder.store.of(*key))
        return self._why_computed(job) if job else ""

    def _counting(self, attempts: list[Attempt]) -> Job | None:
        """The attempt that counts of those that were judged, on its way into the records."""
        attempt = self.standings.among_judged(attempts)
        if attempt is None:
            return None
        job = self.job(attempt)
        job.fixed = self.standings.fixed(attempt, attempts)
        return job

    def _why_computed(self, job: Job) -> str:
        """Why a grade is recorded again though nothing is judged again; empty if it is up to date."""
        if job.key not in self._recorded:
            return "new"
        if job.attempt.number != self.recorder.store.placed(job.key)[0]:
            return COMPUTED["attempt"]
        report = report_in(self.recorder.folder(*job.key) / job.assignment.notebook.name)
        # empty if what the grade was made of isn't known
        before = report.get("made_of")
        if not before:
            return "graded by other means, or not at all"
        if why := changed(before, job.made_of):
            return why
        up_to_date = matches(report.get("recorded", {}), self._recorded[job.key])
        return "" if up_to_date else "the gradebook is an older one"

    def _record_lost(self, key: Key) -> Job | None:
        """Records that an attempt could not be judged, if there is none that could."""
        job, outcome = self._lost.pop(key, (None, None))
        if job is not None and outcome is not None:
            error = job.error
            with error_noted(job):
                job.attempt.made_of = {}
                job.folder = self.recorder.place(job.attempt)
                self.recorder.record(job, outcome)
            job.error = job.error or error
        return job

    def _fewer(self, job: Job, attempts: list[Attempt]) -> list[int]:
        """How many exercises an earlier attempt answered, of how many, and how many this one; empty if no more."""
        attempt, most = job.attempt, len(job.assignment.stubs)
        if attempt.answered is None or attempt.answered == most:
            return []
        ordered = in_order(attempts)
        earlier = ordered[: [each.number for each in ordered].index(attempt.number)]
        for each in earlier[-EARLIER:]:
            if each.answered is None and each.may_count and each.state != State.JUDGED:
                self._count_answers(each, job.assignment)
        fuller = answered_before(attempt, attempts)
        return [fuller.answered or 0, most, attempt.answered] if fuller else []

    def _count_answers(self, attempt: Attempt, assignment: Assignment) -> None:
        """Reads an attempt that isn't judged, within limits, to count the exercises that it answers."""
        folder = self.job(attempt).folder
        with contextlib.suppress(Exception):
            if not folder.is_dir():
                self._fetch(attempt)
            found = load_submission(folder, assignment, cpu=READ)
            if not found.unreadable:
                attempt.answered = len(answered(found.notebook, assignment))
        self.recorder.store.save(attempt)

    def _drop_old(self, key: Key) -> None:
        recorder = self.recorder
        if recorder.folders.trial is not None:
            return
        attempts = recorder.store.of(*key)
        if sum(each.kept for each in attempts) > recorder.policy.keep:
            protected = self.standings.protected(attempts)
            drop_old(recorder.store, recorder.folders, attempts, protected, recorder.policy.keep)
