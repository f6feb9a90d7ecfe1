"""Judges the submissions to the service, records the attempts that count, and answers the
students.
"""

import contextlib
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.classroom.grade import judge
from proctor.classroom.workers import Pool
from proctor.course.files import RunFolder
from proctor.course.report import readable
from proctor.errors import GradingError
from proctor.records.attempts import Attempt, State, Way
from proctor.records.engine import Recorder
from proctor.records.feedback_page import recorded
from proctor.records.gradebook import recording
from proctor.records.grading_pass import GradingPass
from proctor.records.record import record
from proctor.records.roster import read_roster
from proctor.records.served import NO_SUCH, STUCK, name_of, stuck
from proctor.serve import page

if TYPE_CHECKING:
    from proctor.serve.service import Service

LATER = 60.0  # seconds after which an attempt is tried again if the trouble is no student's fault
TRIES = 5  # of one attempt
CHECKED = 60.0  # seconds between two looks for pages that may say more now
AGAIN = "could not be graded yet, by no fault of yours; it is tried again"
NOT_ON_ROSTER = "waits until your instructor has put you on the list of the class"


def serve_attempts(service: "Service", grading: GradingPass, pool: Pool | None) -> bool:
    """Does what is due, all but judging if there is no `pool`; returns whether anything was
    judged.
    """
    # the service ended before it recorded or answered these
    for attempt in service.store.rows(
        "state = ? AND page = '' AND way = ?", State.JUDGED, Way.SERVE
    ):
        _settle_and_answer(service, grading, attempt)
    if time.time() - service.checked > CHECKED:
        _bring_up_to_date(service, grading)
    if pool is None:
        return False
    judged = False
    with recording(service.course):
        try:
            for job in judge(grading, Waiting(service, grading).next, pool):
                judged = True
                service.running.pop(job.key, None)
                if job.error:
                    hold(service, job.attempt, job.error)
                elif job.attempt.state == State.JUDGED:
                    _settle_and_answer(service, grading, job.attempt)
        except GradingError:
            # an attempt that was being judged when something else failed has used up no try
            for attempt in service.running.values():
                attempt.tries -= attempt.state == State.WAITING
                service.store.save(attempt)
            raise
    return judged


def _bring_up_to_date(service: "Service", grading: GradingPass) -> None:
    """Records the attempts that count now if others counted before, and completes pages after the
    due date.
    """
    store, now = service.store, time.time()
    for attempt in store.rows("state = ? AND page != ''", State.JUDGED):
        key = attempt.key
        if attempt.assignment not in grading.known or attempt.id != store.placed(key)[0]:
            continue
        if not service.checked:
            grading.settle(key)
        # a page that held something back before the due date
        if attempt.page == "told" and attempt.way == Way.SERVE:
            due = service.due(attempt)
            graded = grading.recorder.folder(*key) / grading.known[key[1]].notebook.name
            if due and attempt.judged < due <= now and graded.is_file():
                _answer(service, grading, attempt)
    service.checked = now


class Waiting:
    """The attempts that are to be judged now, in turn."""

    def __init__(self, service: "Service", grading: GradingPass):
        self.service = service
        self.grading = grading
        # each assignment once
        self._trouble = cache(self._trouble_with)
        with grading.recorder.transaction() as gradebook:
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
        """Whether an attempt may be judged now; if not, its student is told."""
        service = self.service
        if self._roster and attempt.student not in self._roster:
            hold(service, attempt, "nobody on the class's roster is called so", NOT_ON_ROSTER)
            return False
        if attempt.tries >= TRIES:
            attempt.state = State.FAILED
            attempt.why = attempt.why or f"the service ended {TRIES} times while it was at it"
            service.store.save(attempt)
            service.print_line(f"{name_of(attempt)} is not tried again: {attempt.why}")
            return False
        if trouble := self._trouble(attempt.assignment):
            hold(service, attempt, trouble)
            return False
        return True

    def _trouble_with(self, name: str) -> str:
        """Why an assignment can't be graded now; empty if it can."""
        if name not in self.grading.known:
            return NO_SUCH
        try:
            self.grading.recorder.prepare(self.grading.known[name])
        except GradingError as error:
            return str(error)
        return ""


def hold(service: "Service", attempt: Attempt, why: str, words: str = AGAIN) -> None:
    """Leaves an attempt for later: says why to the instructor, once, and `words` to the student."""
    why = readable(why)
    attempt.not_before = time.time() + LATER
    if attempt.why != why:
        service.print_line(f"{name_of(attempt)} waits: {why}")
    # the student is told later why a file can't be read
    if not attempt.unreadable:
        attempt.why = why
    service.store.save(attempt)
    service.notice(attempt, words)


def _settle_and_answer(service: "Service", grading: GradingPass, attempt: Attempt) -> None:
    """Records the attempt that counts now, and answers the one that was judged."""
    store, key = service.store, attempt.key
    assignment = grading.known.get(attempt.assignment)
    if assignment is None:
        return
    for member in store.members(key):
        grading.notice(member)
    if errors := [each.error for each in grading.settle(key) if each.error]:
        # it is judged again later
        attempt.state = State.WAITING
        hold(service, attempt, errors[0])
        return
    _answer(service, grading, attempt)
    standing = grading.standings.of(key)
    judged = standing.as_recorded()
    this = next(each for each in judged if each == attempt)
    points = page.of_points(this, assignment)
    took = time.time() - attempt.collected
    service.print_line(
        f"{name_of(attempt)}: attempt {attempt.number}, {points}, {took:.1f} s after it came"
    )
    times = stuck(assignment, judged)
    if failed := ", ".join(exercise for exercise in times if times[exercise] == STUCK):
        service.print_line(f"{name_of(attempt)}: {failed} failed {STUCK} times in a row")
    waiting = service.waiting(key)
    for each in waiting:
        each.not_before = service.policy.not_before(service.judged_at(key))
    store.save(*waiting)


def _answer(service: "Service", grading: GradingPass, attempt: Attempt) -> None:
    """Puts the page on an attempt where its student finds it; on the one that counts if it can't be
    read.
    """
    key = attempt.key
    attempts = {each.id: each for each in grading.standings.of(key).as_recorded()}
    counting = attempts.get(service.store.placed(key)[0])
    assignment = grading.known[key[1]]
    judged = [*attempts.values()]
    facts = page.facts_of(
        attempts[attempt.id], counting, judged, assignment, service.policy, service.due(attempt)
    )
    try:
        text = _page(service, grading, attempts[facts["shown"]], facts)
        page.put(service.feedback, attempt.pages, text, service.coursedir.groupshared)
        attempt.page = "final" if facts["past_due"] else "told"
        attempt.shown = attempt.shown or time.time()
    except OSError:
        raise
    except Exception as error:
        attempt.page = "error"
        attempt.why = readable(f"no page could be made: {type(error).__name__}: {error}")
        service.print_line(f"{name_of(attempt)}: {attempt.why}")
    service.store.save(attempt)


def _page(service: "Service", grading: GradingPass, attempt: Attempt, facts: page.Facts) -> str:
    """The page on an attempt: by the gradebook if it counts, else by a copy in which it is
    recorded.
    """
    recorder, key = grading.recorder, attempt.key
    name = grading.known[key[1]].notebook.name
    if attempt.id == service.store.placed(key)[0]:
        return service.pages.make(recorder.folder(*key) / name, key, served=facts)
    outcome = recorder.folders.outcome(attempt)
    if outcome is None:
        raise GradingError("its files are not kept any more")
    with RunFolder() as folder:
        trial = Recorder(service.course, Path(folder), trust_students=service.trust_students)
        with contextlib.closing(trial):
            job = grading.job(attempt)
            job.fixed = grading.standings.of(key).fixed(attempt)
            record(trial, job, outcome)
            graded = Path(folder, "autograded", *key, name)
            with trial.transaction() as gradebook:
                known = recorded(gradebook, key, graded.stem)
            return service.pages.make(graded, key, served=facts, recorded=known)
