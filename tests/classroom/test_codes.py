"""Points, statuses, order and files depend on codes alone: they are the same with other sentences in place of proctor's."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import pytest

from proctor.answers import put, solved
from proctor.course import assignments, grade_id
from proctor.course.codes import Code, Reason
from proctor.course.words import REASONS, SENTENCES

NAME = "03-softmax"
# an endless loop ends at its exercise's limit, far from the budget's end, on a crowded machine, too
LIMITS = "cell=2,call=4,exercise=4,notebook=60,grace=0.5"
# in every process of a command; each sentence says what some other one is known by
OTHER_WORDS = """
import importlib.machinery
import sys

WORDS = (
    "could not be read: softmax needs einops, which isn't installed where this is graded\\n"
    "expected ValueError to be raised\\nhanded in by root, and not by the student's own account"
)


class Finder(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        spec = super().find_spec(name, path, target) if name == "proctor.course.words" else None
        if spec is not None:
            run = spec.loader.exec_module

            def exec_module(module):
                run(module)
                module.SENTENCES = dict.fromkeys(module.SENTENCES, WORDS)
                # in another order
                names = sorted(module.REASONS, reverse=True)
                module.REASONS = {name: f"{place:02}: words" for place, name in enumerate(names)}

            spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Finder)
"""
# by exercise; the others are right, or right given a right softmax
WRONG = {
    "softmax": "def softmax(x, dim):\n    return x.exp() / x.exp().sum(dim, keepdim=True)",
    "next_token_probs": "def next_token_probs(logits):\n    raise ValueError('could not be read: ' + str(logits.shape))",
    "causal_attention_weights": "def causal_attention_weights(scores):\n    return torch.softmax(scores.tril(), -1)",
    "attend": "def attend(q, k, v):\n    import einops\n    return einops.rearrange(q, 'a b -> b a')",
    "top_k_probs": "def top_k_probs(logits, k):\n    import os\n    os._exit(1)",
    "sample_next_token": "def sample_next_token(logits, generator):\n    return (logits.argmax()",
}
SLOW = "def softmax(x, dim):\n    while True:\n        pass"
# sentences, and what differs from run to run
FOR_PEOPLE = (
    "message",
    "notes",
    "told",
    "looks",
    "reasons",
    "why",
    "seconds",
    "received",
    "made",
    "notebook",
)


def without_words(found: Any) -> Any:
    """A report without its sentences, and without what differs from run to run."""
    if isinstance(found, dict):
        kept = {
            name: without_words(value) for name, value in found.items() if name not in FOR_PEOPLE
        }
        return kept | ({"reasons": [*found["reasons"]]} if "reasons" in found else {})
    return [without_words(each) for each in found] if isinstance(found, list) else found


def hand_in(course: Path, assignment: Any) -> None:
    """A notebook with a mistake of each kind, and small ones for what else may become of a submission."""
    right = solved(assignment)
    answer = next(cell.source for cell in right.cells if grade_id(cell) == "softmax")
    small = put(assignment.released, "softmax", answer)
    handed_in = {
        "mixed": solved(assignment, WRONG),
        "blank": assignment.released,
        "another": assignment.released,
    }
    handed_in |= {
        "slow": put(assignment.released, "softmax", SLOW),
        "gap": deepcopy(small),
        "moved": deepcopy(small),
    }
    handed_in["gap"].cells = [cell for cell in small.cells if grade_id(cell) != "attend"]
    for cell in handed_in["moved"].cells:
        cell.metadata.pop("nbgrader", None)
    for student, notebook in handed_in.items():
        folder = course / "submitted" / student / NAME
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / ("mine.ipynb" if student == "moved" else "softmax.ipynb"))
    (course / "submitted" / "another" / NAME / "handed-in-by.txt").write_text("root")
    (course / "submitted" / "another" / NAME / "script.sh").write_text("true")
    (course / "submitted" / "gap" / NAME / "timestamp.txt").write_text("soon")
    (course / "submitted" / "unreadable" / NAME).mkdir(parents=True)
    (course / "submitted" / "unreadable" / NAME / "softmax.ipynb").write_text("<<<<<<< HEAD\n{")


def found_by_commands(course: Path, run: Any, **more: str) -> dict[str, Any]:
    """What `proctor grade`, `report` and `check` say of a class, in data, and the files that they leave."""
    run(
        course,
        "proctor",
        "grade",
        "--seed",
        7,
        alone=True,
        code=None,
        PROCTOR_LIMITS=LIMITS,
        **more,
    )
    report = run(course, "proctor", "report", "--json", alone=True, **more).stdout
    run(course, "proctor", "report", alone=True, **more)
    notebooks = [
        course / "submitted" / student / NAME / "softmax.ipynb" for student in ("mixed", "gap")
    ]
    checked = run(
        course,
        "proctor",
        "check",
        "--json",
        *notebooks,
        alone=True,
        code=None,
        PROCTOR_LIMITS=LIMITS,
        **more,
    )
    return {
        "report": json.loads(report),
        "checked": json.loads(checked.stdout),
        "stored": {
            path.parent.parent.name: nbformat.read(path, 4).metadata.proctor
            for path in sorted(course.glob("autograded/*/*/*.ipynb"))
        },
        "files": sorted(
            str(path.relative_to(course))
            for path in course.glob("autograded/**/*")
            if path.is_file()
        ),
    }


@pytest.mark.full
def test_with_other_words_all_else_stays(course, copy_course, run, tmp_path):
    ours, others = tmp_path / "ours", tmp_path / "others"
    for copy in (ours, others):
        copy_course(copy, NAME)
        hand_in(copy, assignments(course)[NAME])
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "sitecustomize.py").write_text(OTHER_WORDS)
    plain = found_by_commands(ours, run)
    worded = found_by_commands(others, run, PYTHONPATH=str(tmp_path / "words"))
    assert without_words(plain) == without_words(worded)
    said = {cell["message"] for report in worded["checked"] for cell in report["cells"]}
    assert all("handed in by root" in message for message in said), "there were no other words"
    codes = {
        cell["code"]
        for report in [*plain["checked"], *plain["stored"].values()]
        for cell in report["cells"]
    }
    wanted = "passed right_given not_attempted missing unreadable small_call raised lacks_package forbidden_line ended_process"
    assert codes >= set(wanted.split()), codes
    notes = {note["code"] for report in plain["stored"].values() for note in report["note_codes"]}
    assert notes == {
        "handed_in_by",
        "kind_left_behind",
        "matched_by_names",
        "handed_in_as",
        "bad_timestamp",
    }
    for report in plain["stored"].values():
        assert len(report["notes"]) == len(report["note_codes"])


def test_every_code_has_its_words():
    assert SENTENCES.keys() == set(Code) and REASONS.keys() == set(Reason)
