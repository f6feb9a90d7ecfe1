"""The plain sandbox: the same verdicts and diagnoses as behind walls, and on systems that lack what those need."""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from proctor.answers import corpus, put, solved
from proctor.course import assignments

PLAIN = {"PROCTOR_SANDBOX": "plain"}
ELSEWHERE = Path(__file__).parent / "elsewhere"


def wrong(course: Path, name: str, pick: int, exercises: Iterable[str] = ()):
    """A notebook with a known wrong answer to each of these exercises, or to every one."""
    assignment = assignments(course)[name]
    notebook = solved(assignment)
    known = corpus(assignment.wrong_answers)
    for exercise in exercises or assignment.stubs:
        answers = [answer for answer in known if answer.exercise == exercise]
        notebook = put(notebook, exercise, answers[pick % len(answers)].source)
    return notebook


def verdicts(done) -> list[dict]:
    """The reports of `check --json`, without what the walls promise."""
    return [report | {"protected": None} for report in json.loads(done.stdout)]


@pytest.mark.full
def test_the_verdicts_are_those_behind_walls(course, tmp_path, run):
    for name in ("01-vectors", "03-softmax", "05-gradients"):
        nbformat.write(wrong(course, name, 3), tmp_path / f"{name}.ipynb")
    command = ["proctor", "check", "--json", "--seed", "1", *sorted(tmp_path.glob("*.ipynb"))]
    behind, plain = run(course, *command, code=1), run(course, *command, code=1, **PLAIN)
    assert verdicts(plain) == verdicts(behind)
    assert not any(json.loads(plain.stdout)[0]["protected"].values())
    assert any(cell["diagnosis"] for report in verdicts(plain) for cell in report["cells"])


@pytest.mark.full
def test_what_a_cell_writes_ends_or_never_ends_is_told(course, tmp_path, run):
    notebook = solved(assignments(course)["03-softmax"])
    notebook.cells.insert(
        0, new_code_cell("import os\nos.write(1, b'x' * 9999)\nos.system('echo from a shell')")
    )
    notebook = put(
        notebook, "attend", "def attend(*args, **kwargs):\n    while True:\n        pass"
    )
    notebook = put(notebook, "next_token_probs", "import os\nos._exit(1)")
    nbformat.write(notebook, tmp_path / "softmax.ipynb")
    limits = {"PROCTOR_LIMITS": "cell=5,call=1,exercise=2,grace=0.5"}
    done = run(tmp_path, "proctor", "check", "--json", "softmax.ipynb", code=1, **PLAIN, **limits)
    status = {cell["id"]: cell["status"] for cell in json.loads(done.stdout)[0]["cells"]}
    assert status["attend_values"] == "timeout" and status["next_token_probs_values"] == "died"
    assert status["softmax_values"] == "passed" == status["softmax_with_temperature_values"]


@pytest.mark.full
@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_a_learner_on_another_system(course, tmp_path, run, system):
    place = tmp_path / "mein Kurs, für mich"
    more = {
        "ELSEWHERE": system,
        "PYTHONPATH": os.pathsep.join([str(ELSEWHERE), os.environ.get("PYTHONPATH", "")]),
    }
    more |= {"PYTHONIOENCODING": "cp1252", "HOME": "", "PROCTOR_COURSE": str(course)}
    more |= {"XDG_STATE_HOME": str(tmp_path / "Stände")}
    place.mkdir()
    run(place, "proctor", "start", "--to", "mine", alone=True, **more)
    notebook = place / "mine" / "03-softmax" / "softmax.ipynb"
    assert notebook.exists()
    nbformat.write(wrong(course, "03-softmax", 3, ["attend"]), notebook)
    (notebook.parent / "notes").mkdir()
    (notebook.parent / "notes" / "data.csv").write_text("1,2")
    said = run(
        place, "proctor", "check", "mine/03-softmax/softmax.ipynb", code=1, alone=True, **more
    )
    assert "attend_values" in said.stdout and "expected" in said.stdout and not said.stderr
    shutil.copy(notebook, place / "other.ipynb")
    done = json.loads(
        run(place, "proctor", "check", "--json", "other.ipynb", code=1, alone=True, **more).stdout
    )
    assert any(cell["diagnosis"] for cell in done[0]["cells"])
    assert "plain" in run(place, "proctor", "doctor", code=1, alone=True, **more).stdout
    assert "Hint 1" in run(place, "proctor", "hint", "softmax", alone=True, **more).stdout
    assert (
        "kept"
        in run(
            notebook.parent, "proctor", "reset", "softmax", notebook.name, alone=True, **more
        ).stdout
    )
    assert "(✓) softmax" in run(place, "proctor", "list", alone=True, **more).stdout
