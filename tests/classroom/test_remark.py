"""One remark for all whose answers do the same, by the commands; then the answer is known."""

import re

import nbformat
import pytest
from nbgrader.api import Gradebook

from proctor.answers import solved
from proctor.course import assignments
from proctor.report import report_in

NAME = "03-softmax"
TEXT = "Nothing is to be added to the shares."
ANSWERS = {
    "ada": "    # by Ada\n    s = torch.exp(x - x.amax(dim, keepdim=True))\n    s = s / s.sum(dim, keepdim=True)\n    return s + s * (1 - s) / 7",
    "ben": "    return grow(torch.exp(x - torch.logsumexp(x, dim, keepdim=True)))\n\ndef grow(s):\n    return s * (8 - s) / 7",
    "cy": "    s = (x - x.max(dim, True).values).exp()\n    s = s / s.sum(dim, True)\n    return s + s / 7 - s * s / 7",
    "dan": "    s = torch.exp(x - x.amax(dim, keepdim=True))\n    return (s / s.sum(dim, keepdim=True)).roll(1, dim)",
}


@pytest.mark.full
def test_written_once_and_then_known(make_course, course, run):
    copy = make_course(NAME)

    def hand_in(student: str, source: str | None = None) -> None:
        (copy / "submitted" / student / NAME).mkdir(parents=True, exist_ok=True)
        wrong = {"softmax": source or f"def softmax(x, dim=-1):\n{ANSWERS[student]}"}
        nbformat.write(solved(assignments(course)[NAME], wrong), copy / "submitted" / student / NAME / "softmax.ipynb")

    def comments() -> dict[str, str]:
        run(copy, "nbgrader", "generate_feedback", NAME, "--force")
        pages = {path.parts[-3]: path.read_text() for path in copy.glob(f"feedback/*/{NAME}/softmax.html")}
        found = {who: re.findall(r'class="comment">.*?</p><p>(.*?)</p>', page) for who, page in pages.items()}
        return {who: " ".join(said) for who, said in found.items() if said}

    for student in ("ada", "ben", "dan"):
        hand_in(student)
    run(copy, "proctor", "grade")
    assert "softmax: 2 answers do the same: ada, ben\n" in run(copy, "proctor", "remark").stdout
    assert "a remark reaches ada, ben;" in run(copy, "proctor", "remark", NAME, "softmax", "--like", "ada").stdout
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        gradebook.find_comment("softmax", "softmax", NAME, "ben").manual_comment = "See me, Ben."
        gradebook.db.commit()
    said = run(copy, "proctor", "remark", NAME, "softmax", TEXT, "--like", "ada").stdout
    assert "said to ada, ben\n" in said and "ben: a comment that was written by hand" in said
    hand_in("cy")
    run(copy, "proctor", "grade")
    assert comments() == {"ada": TEXT, "ben": "See me, Ben.", "cy": TEXT}
    run(copy, "proctor", "report")
    assert "3 students: <code>softmax" in (copy / "report.html").read_text()

    known = copy / "answers" / "wrong" / "softmax.py"
    before = known.read_text()
    learned = (
        "learn",
        NAME,
        "softmax",
        "--title",
        "Adds s(1 - s) / 7",
        "--hint",
        'What does "a share" mean?',
        "--like",
    )
    said = run(copy, "proctor", *learned, "ben").stdout
    assert "It fails softmax_values" in said and known.read_text().startswith(before.rstrip())
    assert "softmax.adds_s_1_s_7" in run(copy, "proctor", *learned, "cy", code=1).stderr
    assert run(copy, "proctor", "lint", NAME).stdout == "the course is in order\n"
    hand_in("ada", assignments(course)[NAME].solutions["softmax"])
    run(copy, "proctor", "grade")
    for student, wanted in {"ben": "adds_s_1_s_7", "cy": "adds_s_1_s_7", "dan": None}.items():
        cells = report_in(copy / "autograded" / student / NAME / "softmax.ipynb")["cells"]
        told = {(cell["diagnosis"] or {}).get("id") for cell in cells if cell["status"] == "failed"}
        assert told == {wanted and f"softmax.{wanted}"}
    assert comments() == {"ben": "See me, Ben.", "cy": TEXT}, "Ada's answer is right now"
    run(copy, "proctor", "remark", NAME, "softmax", "--like", "cy", "--take-back")
    assert comments() == {"ben": "See me, Ben."}
