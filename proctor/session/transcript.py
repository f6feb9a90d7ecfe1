"""The questions about one exercise, and the answers to them."""

from collections.abc import Iterable, Iterator

from proctor.sandbox.protocol import Answer, decode_answer

# bytes of memory that an exercise's transcript may take; 17 MiB is the most in answers/
MAX_KEPT = 32 * 2**20


class Transcript:
    """Encoded questions, and the answers to them; encoded answers are decoded when they are read.

    A transcript that takes too much memory is emptied for good: a part of it could be taken for
    another mistake.
    """

    def __init__(self, entries: Iterable[tuple[bytes, Answer | bytes]] = ()):
        self._entries = list(entries)
        self._size = 0

    def append(self, question: bytes, answer: Answer | bytes, weight: int = 0) -> None:
        """Adds an answer that takes about so many bytes of memory."""
        self._size += len(question) + weight
        self._entries.append((question, answer))
        if self._size > MAX_KEPT:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[tuple[bytes, Answer]]:
        for number, (question, answer) in enumerate(self._entries):
            if isinstance(answer, bytes):
                answer = decode_answer(answer)
                self._entries[number] = question, answer
            yield question, answer
