"""The codes of all messages that proctor makes about an answer or a file; `proctor.course.words`
has their sentences.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from proctor.text import readable, shown


class Code(StrEnum):
    """The reason for a verdict, a pattern in a wrong value, or a fact about a submission."""

    # a verdict on a cell that passed
    PASSED = "passed"
    REMARK = "remark"
    RIGHT_GIVEN = "right_given"
    RIGHT_AS_GRADED = "right_as_graded"
    RIGHT_AFTER = "right_after"
    # on a cell that was not judged
    NOT_ATTEMPTED = "not_attempted"
    MISSING = "missing"
    MISSING_HERE = "missing_here"
    UNREADABLE = "unreadable"
    NO_CHECK = "no_check"
    USED_UP = "used_up"
    GRADER_FAILED = "grader_failed"
    CRASHED = "crashed"
    # on a cell that failed
    CHECK = "check"
    SMALL_CALL = "small_call"
    RAISED = "raised"
    CHECK_STOPPED = "check_stopped"
    LACKS_PACKAGE = "lacks_package"
    FORBIDDEN = "forbidden"
    FORBIDDEN_LINE = "forbidden_line"
    TOO_SLOW = "too_slow"
    NEVER_ENDED = "never_ended"
    DID_NOT_RUN = "did_not_run"
    ENDED_PROCESS = "ended_process"
    ENDED_SERVER = "ended_server"
    MACHINE_FULL = "machine_full"
    TOO_LARGE = "too_large"
    OWN_ASSERT = "own_assert"
    PART_OF_POINTS = "part_of_points"
    NO_POINTS = "no_points"
    FIRST_PREDICTION = "first_prediction"
    # a part of, or an addition to, a verdict
    CELL_OF = "cell_of"
    LINE = "line"
    CELL_LINE = "cell_line"
    OPEN_BRACKET = "open_bracket"
    OPEN_QUOTE = "open_quote"
    INDENTATION = "indentation"
    TYPO = "typo"
    KEEPS_STUB = "keeps_stub"
    WANTED = "wanted"
    BOUND = "bound"
    BOUND_ANEW = "bound_anew"
    KEEPS_SOMETHING = "keeps_something"
    ONLY_THERE = "only_there"
    # a pattern in a wrong value
    TRANSPOSED = "transposed"
    SHAPE = "shape"
    SHAPE_ALONE = "shape_alone"
    DTYPE = "dtype"
    DTYPE_ALONE = "dtype_alone"
    OFFSET = "offset"
    REVERSED = "reversed"
    ANOTHER_ORDER = "another_order"
    ONE_PLACE = "one_place"
    SIGN = "sign"
    FACTOR = "factor"
    SUMS = "sums"
    SHIFTED = "shifted"
    # a fact about a submission
    ENCODING = "encoding"
    OTHER_NAME = "other_name"
    SHARED_FOLDER = "shared_folder"
    MATCHED_BY_NAMES = "matched_by_names"
    BY_HAND_UNMATCHED = "by_hand_unmatched"
    NOT_COLLECTED = "not_collected"
    HANDED_IN_AS = "handed_in_as"
    HANDED_IN_TOO = "handed_in_too"
    LEFT_OUT = "left_out"
    KIND_LEFT_BEHIND = "kind_left_behind"
    NOT_PLAIN = "not_plain"
    RESERVED_NAME = "reserved_name"
    HANDED_IN_BY = "handed_in_by"
    BAD_TIMESTAMP = "bad_timestamp"
    REPLACED = "replaced"

    def __call__(self, **params: Any) -> "Note":
        """A note with this code, and with those of the parameters that are not empty, made safe to
        show.
        """
        kept = {}
        for name, value in params.items():
            if value and isinstance(value, str):
                kept[name] = readable(value)
            elif value or type(value) in (int, float):
                kept[name] = value
        return Note(self, kept)


class Reason(StrEnum):
    """A reason for a person to look at a submission, in the order in which they are listed."""

    UNJUDGED = "unjudged"
    BY_HAND = "by_hand"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    DIED = "died"
    NO_REPORT = "no_report"
    BY_ANOTHER = "by_another"
    LATE = "late"
    MARKED_LATE = "marked_late"
    FEWER = "fewer"
    FLAGGED = "flagged"
    LACKING = "lacking"
    OUT_OF_MEMORY = "out_of_memory"
    TIMEOUT = "timeout"
    FORBIDDEN = "forbidden"
    FILES = "files"


@dataclass(frozen=True)
class Note:
    """A message as data: its code, and the plain data and notes that its sentence names; those in
    `also` stand below it.
    """

    code: Code = Code.PASSED
    params: dict[str, Any] = field(default_factory=dict)

    def is_like(self, other: "Note") -> bool:
        """Whether both are about the same, with perhaps other numbers."""
        for name in ("dim", "direction", "place"):
            if self.params.get(name) != other.params.get(name):
                return False
        return self.code == other.code

    def added(self, *notes: "Note") -> "Note":
        """The note with more notes below it."""
        also = [*self.params.get("also", []), *notes]
        if not also:
            return self
        return replace(self, params=self.params | {"also": also})


def as_note(stored: Any) -> Any:
    """The note that `dataclasses.asdict` made into plain data, with the notes in its parameters."""
    if isinstance(stored, list):
        return [as_note(each) for each in stored]
    if not isinstance(stored, dict):
        return stored
    values = {name: as_note(value) for name, value in stored.items()}
    if stored.keys() == {"code", "params"}:
        return Note(Code(stored["code"]), values["params"])
    return values


def left_behind(names: Iterable[str], code: Code = Code.KIND_LEFT_BEHIND) -> Note:
    """The note on files that are not in `autograded/`; the code says why."""
    some = sorted(map(shown, names))
    if len(some) > 5:
        some[5:] = [f"{len(some) - 5} more"]
    return code(names=some)
