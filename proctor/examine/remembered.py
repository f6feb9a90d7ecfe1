"""The questions that the checks of one seed have asked of notebooks before, and the replies to which they passed.

A check's inputs come from the seed, so it asks every notebook of a class the same. What one was asked is asked ahead of the
next, all that one check asks in one message. And a check knows of a notebook nothing but the replies: to byte for byte the
same replies as those to which it has passed, it passes without being run again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from proctor.sandbox.session import Heard, Session

MOST = 16 * 2**20  # bytes of questions that are asked ahead
MAX_PASSED = 500  # ways to pass one check


@dataclass
class Asked:
    """The questions that one check asks every notebook, as far as they don't depend on the replies.

    `passed` holds, by a digest of replies, what the check remarked when it passed with these; `went_on` holds the digests
    with which it asked more, and passed at last.
    """

    questions: list[bytes] = field(default_factory=list)
    # later questions depend on the replies
    differs: bool = False
    passed: dict[bytes, str] = field(default_factory=dict)
    went_on: set[bytes] = field(default_factory=set)

    def learn(self, heard: Sequence[Heard], remark: str | None) -> None:
        """Notes what was asked in a run of the check, and its remark where it passed."""
        asked = [each.question for each in heard]
        common = next((n for n, (old, new) in enumerate(zip(self.questions, asked)) if old != new), None)
        if common is not None:
            self.questions, self.differs = self.questions[:common], True
        elif not self.differs and len(asked) > len(self.questions) and sum(map(len, asked)) <= MOST:
            self.questions = asked
        if remark is None or len(self.passed) >= MAX_PASSED:
            return
        digest = b""
        for each in heard:
            self.went_on.add(digest)
            digest = _after(digest, each.reply)
        self.passed[digest] = remark

    def ask(self, session: Session, exercise: str) -> str | None:
        """Asks it all ahead; gives the remark where the check is known to pass, and None where only a run of it can tell."""
        session.ahead.clear()
        replies, digest = list[bytes](), b""
        while len(replies) < len(self.questions) and (not replies or digest in self.went_on):
            came = session.ask_ahead(self.questions[len(replies) :], exercise)
            if not came:
                return None
            replies += came
            for reply in came:
                digest = _after(digest, sha256(reply).digest())
        if digest not in self.passed:
            session.ahead.extend(zip(self.questions, replies))
            return None
        for question, reply in zip(self.questions, replies):
            session.keep(exercise, question, reply)
        return self.passed[digest]


def _after(before: bytes, reply: bytes) -> bytes:
    return sha256(before + reply).digest()


@lru_cache(8)
def remembered(checks: Path, changed: int, seed: int) -> dict[str, Asked]:
    """The remembered questions of the checks in a file, by their names, for one seed."""
    return {}
