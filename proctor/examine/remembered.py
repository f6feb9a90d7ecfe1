"""What the checks of one seed have asked of notebooks before, and to which replies they passed.

A check's inputs come from the seed, so it asks every notebook of a class the same. What one was asked is asked ahead of the
next, all that one check asks in one message. And a check knows of a notebook nothing but the replies: to the same questions
and, byte for byte, the same replies as to those that it has passed, it passes without being run again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from proctor.sandbox.session import Heard, Session

MOST = 16 * 2**20  # bytes of questions that are asked in one message
MAX_PASSED = 500  # ways to pass one check


@dataclass
class Asked:
    """What one check asks every notebook, as far as that doesn't depend on the replies.

    `passed` holds, by a digest of questions and replies, what the check remarked when it passed with these; `went_on` holds
    the digests with which it asked more, and passed at last.
    """

    questions: list[bytes] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)  # of the questions
    differs: bool = False  # what comes after these depends on the replies
    passed: dict[bytes, str] = field(default_factory=dict)
    went_on: set[bytes] = field(default_factory=set)

    def learn(self, heard: Sequence[Heard], remark: str | None) -> None:
        """Notes what was asked in a run of the check, and its remark where it passed."""
        same = next((n for n, (old, new) in enumerate(zip(self.questions, heard)) if old != new.question), None)
        if same is not None:
            self.differs = True
            del self.questions[same:], self.digests[same:]
        elif not self.differs:
            more = [each.question for each in heard[len(self.questions) :]]
            self.questions += more
            self.digests += [sha256(question).digest() for question in more]
        if remark is None or len(self.passed) >= MAX_PASSED:
            return
        digest = b""
        for each in heard:
            self.went_on.add(digest)
            digest = _after(digest, sha256(each.question).digest(), each.reply)
        self.passed[digest] = remark

    def ask(self, session: Session, exercise: str) -> str | None:
        """Asks it all ahead; gives the remark where the check is known to pass, and None where only a run of it can tell."""
        session.ahead.clear()
        replies: list[tuple[bytes, bytes]] = []
        digest, left = b"", len(self.questions)
        while left and (not replies or digest in self.went_on):
            came = session.ask_ahead(_some(self.questions[-left:]), exercise)
            if not came:
                return None
            for reply in came:
                digest = _after(digest, self.digests[-left], sha256(reply).digest())
                replies.append((self.questions[-left], reply))
                left -= 1
        if digest not in self.passed:
            session.ahead.extend(replies)
            return None
        for question, reply in replies:
            session.keep(exercise, question, reply)
        return self.passed[digest]


def _after(before: bytes, question: bytes, reply: bytes) -> bytes:
    return sha256(before + question + reply).digest()


def _some(questions: list[bytes]) -> list[bytes]:
    """The first of them, as many as go into one message."""
    size = 0
    for number, question in enumerate(questions):
        size += len(question)
        if size > MOST and number:
            return questions[:number]
    return questions


@lru_cache(8)
def remembered(checks: Path, changed: int, seed: int) -> dict[str, Asked]:
    """What is remembered of the checks in a file, by their names, for one seed."""
    return {}
