"""One remark for all whose answers do the same, by the commands; then the answer is known."""

import nbformat
import pytest
from nbgrader.api import Gradebook

from proctor.answers import solved
from proctor.classroom.report import class_report
from proctor.classroom.report_page import page
from proctor.course import assignments
from proctor.course.report import report_in

NAME = "03-softmax"
TEXT = "Nothing is to be added to the shares."
ANSWERS = {
    "ada": "    # by Ada\n    s = torch.exp(x - x.amax(dim, keepdim=True))\n    s = s / s.sum(dim, keepdim=True)\n    return s * (8 - s) / 7",
    "ben": "    s = (x - x.max(dim, True).values).exp()\n    s = s / s.sum(dim, True)\n    return (8 - s) * s / 7",
    "cy": "    s = torch.exp(x - x.max(dim, True)[0])\n    s = s / s.sum(dim).unsqueeze(dim)\n    return s / 7 * (8 - s)",
    "dan": "    s = torch.exp(x - x.amax(dim, keepdim=True))\n    return (s / s.sum(dim, keepdim=True)).roll(1, dim)",
}

KNOWN = """
@wrong("Adds s(1 - s) / 7", hint="What does a share mean?", fails="softmax_values")
def adds_a_part(x, dim=-1):
    def grow(s):
        return s * (8 - s) / 7

    s = (x - x.max(dim, True).values).exp()
    return grow(s / s.sum(dim, True))
"""


@pytest.mark.full
def test_written_once_and_then_known(make_known_course, course, run):
    copy = make_known_course()

    def hand_in(student: str, source: str | None = None) -> None:
        (copy / "submitted" / student / NAME).mkdir(parents=True, exist_ok=True)
        wrong = {"softmax": source or f"def softmax(x, dim=-1):\n{ANSWERS[student]}"}
        nbformat.write(
            solved(assignments(course)[NAME], wrong),
            copy / "submitted" / student / NAME / "softmax.ipynb",
        )

    def comments() -> dict[str, str]:
        with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
            graded = [each.student.id for each in gradebook.assignment_submissions(NAME)]
            found = {
                each: gradebook.find_comment("softmax", "softmax", NAME, each).comment
                for each in graded
            }
        return {student: text for student, text in found.items() if text}

    for student in ("ada", "ben", "dan"):
        hand_in(student)
    run(copy, "proctor", "grade", "--workers", "1")
    assert "softmax: 2 answers do the same: ada, ben\n" in run(copy, "proctor", "remark").stdout
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        gradebook.find_comment("softmax", "softmax", NAME, "ben").manual_comment = "See me, Ben."
        gradebook.db.commit()
    said = run(copy, "proctor", "remark", NAME, "softmax", TEXT, "--like", "ada").stdout
    assert (
        run(copy, "proctor", "remark", "--list").stdout
        == f"{NAME} softmax: {TEXT}\n  said to ada, ben\n"
    )
    assert "said to ada, ben\n" in said and "ben: a comment that was written by hand" in said
    hand_in("cy")
    run(copy, "proctor", "grade", "--workers", "1")
    assert comments() == {"ada": TEXT, "ben": "See me, Ben.", "cy": TEXT}
    assert "3 students: <code>softmax" in page(class_report(copy), copy, copy)
    run(copy, "nbgrader", "generate_feedback", NAME)
    pages = {
        path.parts[-3]: path.read_text() for path in copy.glob(f"feedback/*/{NAME}/softmax.html")
    }
    assert {student: TEXT in page for student, page in pages.items()} == {
        "ada": True,
        "ben": False,
        "cy": True,
        "dan": False,
    }

    known = copy / "answers" / "wrong" / "softmax.py"
    known.write_text(f"{known.read_text()}\n\n{KNOWN}")
    hand_in("ada", assignments(course)[NAME].solutions["softmax"])
    run(copy, "proctor", "grade", "--workers", "1")
    for student in ("ben", "cy", "dan"):
        cells = report_in(copy / "autograded" / student / NAME / "softmax.ipynb")["cells"]
        told = {(cell["diagnosis"] or {}).get("id") for cell in cells if cell["status"] == "failed"}
        assert ("softmax.adds_a_part" in told) == (student != "dan")
        # two shares that change places look like those of the other sign
        assert "softmax.minimum_wins" not in told
    assert comments() == {"ben": "See me, Ben.", "cy": TEXT}, "Ada's answer is right now"
    run(copy, "proctor", "remark", NAME, "softmax", "--like", "cy", "--take-back")
    assert comments() == {"ben": "See me, Ben."}
    said = run(copy, "proctor", "remark", NAME, "softmax", "--like", "cy", "--take-back", code=None)
    assert said.returncode and "there is no remark on what these answers do" in said.stderr
