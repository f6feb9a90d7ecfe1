"""Judges what came to the service, records the attempts that count, and answers the students."""

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.classroom.grade import judge
from proctor.classroom.workers import Pool
from proctor.course.files import RunFolder
from proctor.course.report import readable
from proctor.errors import GradingError
from proctor.records.attempts import Attempt, State, Way
from proctor.records.engine import Job, Recorder
from proctor.records.feedback_page import recorded
from proctor.records.gradebook import recording
from proctor.records.grading_pass import GradingPass
from proctor.records.roster import read_roster
from proctor.records.served import STUCK, name_of, stuck
from proctor.serve import page

if TYPE_CHECKING:
    from proctor.serve.service import Service

LATER = 60.0  # seconds after which what is no student's fault is tried again
TRIES = 5  # of one attempt


def serve_attempts(service: "Service", grading: GradingPass, pool: Pool | None) -> bool:
    """Does what is due, all but judging if there is no `pool`; whether there was, or is, something to judge."""
    store, now = service.store, time.time()
    for attempt in store.rows("state = ? AND page = '' AND way = ?", State.JUDGED, Way.SERVE):
        # the service ended before it recorded or answered it
        _settle_and_answer(service, grading, attempt)
    if not service.checked:
        for attempt in store.rows("state = ? AND page != ''", State.JUDGED):
            if attempt.id == store.placed(attempt.key)[0] and attempt.assignment in grading.known:
                grading.settle(attempt.key)
    # answers that held something back before the due date are told in full after it
    for attempt in store.rows("state = ? AND page = 'told' AND way = ?", State.JUDGED, Way.SERVE):
        due = service.due(attempt)
        counts = attempt.id == store.placed(attempt.key)[0]
        if due and attempt.judged < due <= now and counts and _is_there(grading, attempt):
            _answer(service, grading, attempt)
    service.checked = now
    service.dues = {service.due(attempt) or 0.0 for attempt in store.rows("page = 'told'")}
    if pool is None:
        return False
    did = False
    with recording(service.course):
        try:
            for job in judge(grading, Waiting(service, grading).next, pool):
                did = True
                _end_of(service, grading, job)
        except GradingError:
            # an attempt that was being judged when something else failed has used up no try
            for attempt in service.running.values():
                attempt.tries -= attempt.state == State.WAITING
                store.save(attempt)
            raise
    return did


class Waiting:
    """The attempts that are to be judged now, in turn."""

    def __init__(self, service: "Service", grading: GradingPass):
        self.service, self.grading = service, grading
        self._troubles: dict[str, str] = {}
        with recording(service.course), grading.recorder.transaction() as gradebook:
            self._roster = read_roster(service.course, gradebook)

    def next(self) -> Attempt | None:
        """The next attempt to judge; None if none waits now."""
        service = self.service
        while self.grading.elsewhere:
            # another program is judging it: it is looked at again later
            attempt = self.grading.elsewhere.pop()
            attempt.not_before = time.time() + LATER
            service.store.save(attempt)
            service.running.pop(attempt.key, None)
        service.look()
        if service.times != self.grading.standings.times:
            # an extension was given, say: it is read again when it is needed
            del self.grading.standings
        for attempt in service.store.next_in_queue(time.time()):
            if attempt.key not in service.running and self._may(attempt):
                attempt.tries += 1
                service.store.save(attempt)
                service.running[attempt.key] = attempt
                return attempt
        return None

    def _may(self, attempt: Attempt) -> bool:
        """Whether an attempt may be judged; notes why not."""
        why = ""
        if self._roster and attempt.student not in self._roster:
            why, attempt.not_before = "nobody on the class's roster is called so", time.time() + LATER
            words = "waits until your instructor has put you on the list of the class"
            if attempt.why != why:
                self.service.print_line(f"{name_of(attempt)} waits: {why}")
        elif attempt.tries >= TRIES:
            attempt.state = State.FAILED
            attempt.why = attempt.why or f"the service ended {TRIES} times while it was at it"
            words = "could not be graded, by no fault of yours; your instructor is told"
            self.service.print_line(f"{name_of(attempt)} is not tried again: {attempt.why}")
        elif trouble := self._trouble(attempt):
            why, attempt.not_before = trouble, time.time() + LATER
            words = "could not be graded yet, by no fault of yours; it is tried again"
            self.service.print_line(f"{name_of(attempt)} could not be graded: {readable(trouble)}")
        else:
            return True
        # why it can't be read is told its student later
        if why and not attempt.unreadable:
            attempt.why = why
        self.service.store.save(attempt)
        self.service.notice(attempt, words)
        return False

    def _trouble(self, attempt: Attempt) -> str:
        """Why an attempt's assignment can't be graded now; empty where it can."""
        name, known = attempt.assignment, self.grading.known
        if name not in known:
            return "there is no such assignment in release/"
        if name not in self._troubles:
            try:
                self.grading.recorder.prepare(known[name])
                self._troubles[name] = ""
            except GradingError as error:
                self._troubles[name] = str(error)
        return self._troubles[name]


def _end_of(service: "Service", grading: GradingPass, job: Job) -> None:
    """Records the attempt that counts now, and answers."""
    attempt, key = job.attempt, job.key
    service.running.pop(key, None)
    if not job.error and attempt.state == State.JUDGED:
        _settle_and_answer(service, grading, attempt, job)
    if job.error:
        service.print_line(f"{name_of(attempt)} could not be graded: {readable(job.error)}")
        attempt.why, attempt.not_before = readable(job.error), time.time() + LATER
        service.store.save(attempt)
        service.notice(attempt, "could not be graded yet, by no fault of yours; it is tried again")


def _settle_and_answer(service: "Service", grading: GradingPass, attempt: Attempt, job: Job | None = None) -> None:
    """Has the gradebook hold the attempt that counts, and answers the one that was judged."""
    store, key = service.store, attempt.key
    if attempt.assignment not in grading.known:
        return
    for member in store.members(key):
        grading.notice(member)
    if errors := [each.error for each in grading.settle(key) if each.error]:
        # it is judged again later
        attempt.state, attempt.not_before = State.WAITING, time.time() + LATER
        store.save(attempt)
        if job is not None:
            job.error = errors[0]
        return
    _answer(service, grading, attempt)
    standing = grading.standings.of(key)
    found = standing.as_recorded()
    this = next(each for each in found if each == attempt)
    points = page.of_points(this, grading.known[key[1]])
    took = time.time() - attempt.collected
    service.print_line(f"{name_of(attempt)}: attempt {attempt.number}, {points}, {took:.1f} s after it came")
    failed = stuck(grading.known[key[1]], found)
    if now := [exercise for exercise, times in failed.items() if times == STUCK]:
        service.print_line(f"{name_of(attempt)}: {', '.join(now)} failed {STUCK} times in a row")
    waiting = store.rows("state = ? AND student = ? AND assignment = ?", State.WAITING, *key)
    for each in waiting:
        each.not_before = service.policy.not_before(service.judged_at(key))
    store.save(*waiting)
    service.drop_old_copies(attempt.student, standing.protected(), key)


def _answer(service: "Service", grading: GradingPass, attempt: Attempt) -> None:
    """Puts the page on an attempt where its student finds it; on the one that counts if it can't be read."""
    due, assignment, key = service.due(attempt), grading.known[attempt.assignment], attempt.key
    attempts = grading.standings.of(key).as_recorded()
    placed, _ = service.store.placed(key)
    this = next(each for each in attempts if each == attempt)
    counting = next((each for each in attempts if each.id == placed), None)
    other = counting if counting != attempt else None
    on = other if other is not None and this.unreadable and not other.unreadable else this
    before = [each for each in attempts if each.number < on.number]
    facts = page.facts_of(on, before, assignment, service.policy, due, other if on is this else None)
    if on is not this:
        facts |= page.unread(this, on, attempts, service.policy)
    try:
        text = _page(service, grading, on, facts)
        page.put(service.feedback, attempt.pages, text, service.coursedir.groupshared)
        attempt.page = "final" if facts["past_due"] else "told"
        attempt.shown = attempt.shown or time.time()
    except OSError:
        raise
    except Exception as error:
        attempt.page, attempt.why = "error", f"no page could be made: {readable(f'{type(error).__name__}: {error}')}"
        service.print_line(f"{name_of(attempt)}: {attempt.why}")
    service.store.save(attempt)


def _page(service: "Service", grading: GradingPass, attempt: Attempt, facts: dict[str, Any]) -> str:
    """The page on an attempt: by the gradebook if it counts, else by a copy in which it is recorded."""
    recorder, key = grading.recorder, attempt.key
    pages, name = service.pages(recorder.config), grading.known[key[1]].notebook.name
    if attempt.id == service.store.placed(key)[0]:
        return pages.make(recorder.folder(*key) / name, attempt.assignment, attempt.student, served=facts)
    outcome = recorder.folders.outcome(attempt)
    if outcome is None:
        raise GradingError("its files are not kept any more")
    with RunFolder() as folder:
        trial = Recorder(service.course, Path(folder), trust_students=service.trust_students)
        with contextlib.closing(trial):
            job = grading.job(attempt)
            job.fixed = grading.standings.of(key).fixed(attempt)
            trial.record(job, outcome)
            graded = Path(folder, "autograded", *key, name)
            which = {"notebook": graded.stem, "assignment": attempt.assignment, "student": attempt.student}
            with trial.transaction() as gradebook:
                known = recorded(gradebook, which)
            return pages.make(graded, attempt.assignment, attempt.student, served=facts, recorded=known)


def _is_there(grading: GradingPass, attempt: Attempt) -> bool:
    """Whether the graded notebook is there, and its assignment: an instructor may remove them."""
    assignment = grading.known.get(attempt.assignment)
    if assignment is None:
        return False
    return (grading.recorder.folder(*attempt.key) / assignment.notebook.name).is_file()
