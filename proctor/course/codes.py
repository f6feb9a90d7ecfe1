"""The codes of all messages that proctor makes about an answer or a file; `proctor.course.words` has their sentences."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from proctor.text import shown


class Code(StrEnum):
    """The reason for a verdict, a pattern in a wrong value, or a fact about what was handed in."""

    # a verdict on a cell that passed
    PASSED = "passed"
    REMARK = "remark"
    RIGHT_GIVEN = "right_given"
    # on a cell that was not judged
    NOT_ATTEMPTED = "not_attempted"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    NO_CHECK = "no_check"
    USED_UP = "used_up"
    GRADER_FAILED = "grader_failed"
    CRASHED = "crashed"
    # on one that failed
    CHECK = "check"
    SMALL_CALL = "small_call"
    RAISED = "raised"
    LACKS_PACKAGE = "lacks_package"
    FORBIDDEN = "forbidden"
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
    # a pattern in a wrong value
    TRANSPOSED = "transposed"
    SHAPE = "shape"
    SHAPE_ALONE = "shape_alone"
    DTYPE_ALONE = "dtype_alone"
    OFFSET = "offset"
    REVERSED = "reversed"
    ANOTHER_ORDER = "another_order"
    ONE_PLACE = "one_place"
    SIGN = "sign"
    SIGN_EVERYWHERE = "sign_everywhere"
    FACTOR = "factor"
    SUMS = "sums"
    SHIFTED = "shifted"
    # a fact about what was handed in
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
    FLAGGED = "flagged"
    LACKING = "lacking"
    OUT_OF_MEMORY = "out_of_memory"
    TIMEOUT = "timeout"
    FORBIDDEN = "forbidden"
    FILES = "files"


@dataclass(frozen=True)
class Note:
    """A message as data: its code, and the plain data that its sentence names."""

    code: Code = Code.PASSED
    params: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, code: Code, **params: Any) -> "Note":
        return cls(code, params)

    def added(self, **params: Any) -> "Note":
        """The note with more parameters."""
        return replace(self, params=self.params | params)


def left_behind(names: Iterable[str], code: Code = Code.KIND_LEFT_BEHIND) -> Note:
    """The note on files that are not in `autograded/`; the code says why."""
    some = sorted(map(shown, names))
    return Note.of(code, names=some[:5], more=max(len(some) - 5, 0))
