"""Learning alone: `proctor start`, `list`, `hint`, `solution`, `reset`, `check --exercise`, `watch`, and `%check` and `%hint` in a notebook."""

import codecs
import importlib
import io
import json
import os
import re
import select
import shutil
import subprocess
import sys
import time
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from rich.console import Console

from proctor.answers import corpus, known, put, solved
from proctor.course import assignments, grade_id
from proctor.course.codes import Code
from proctor.course.hints import hints, reveal
from proctor.course.render import rendered, show
from proctor.course.report import Report, Status, Verdict
from proctor.errors import ProctorError
from proctor.selfstudy import explain
from proctor.selfstudy.checker import Check
from proctor.selfstudy.describe import describe_save
from proctor.selfstudy.exercises import next_hint
from proctor.selfstudy.keys import keys
from proctor.selfstudy.magic import Learner
from proctor.selfstudy.progress import Progress
from proctor.selfstudy.reset import reset
from proctor.selfstudy.watch import Watcher
from proctor.submission import Submission, read, with_released_cells

SHIFTLESS = (
    "def softmax(x, dim):\n    shares = x.exp()\n    return shares / shares.sum(dim, keepdim=True)"
)


@pytest.fixture
def mine(course, run, tmp_path) -> Path:
    """A fresh copy of a notebook to work on, as `proctor start` makes it."""
    run(course, "proctor", "start", "03-softmax", "--to", tmp_path / "mine")
    return tmp_path / "mine" / "03-softmax" / "softmax.ipynb"


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch, environment):
    monkeypatch.setitem(environment, "XDG_STATE_HOME", str(tmp_path / "state"))


def change(path: Path, exercise: str, source: str) -> None:
    nbformat.write(put(nbformat.read(path, as_version=4), exercise, source), path)


def test_start_never_overwrites(course, run, mine):
    change(mine, "softmax", SHIFTLESS)
    before = mine.read_bytes()
    said = run(course, "proctor", "start", "--to", mine.parent.parent).stdout
    assert mine.read_bytes() == before and "left as it is" in said
    assert len(list(mine.parent.parent.glob("*/*.ipynb"))) == len(assignments(course))


def test_start_brings_the_figures_and_leaves_ones_own(course, run, mine):
    figures, play = mine.parent / "figures.py", mine.parent / "play.py"
    assert figures.read_bytes() == (course / "release" / "03-softmax" / "figures.py").read_bytes()
    figures.write_text("# my own")
    play.unlink()
    said = run(course, "proctor", "start", "--to", mine.parent.parent).stdout
    assert figures.read_text() == "# my own" and play.is_file()
    assert f"{figures} is an older one, or changed" in said and said.count("an older one") == 1


def test_start_knows_its_assignments(course, run, mine):
    assert (
        "no assignment 99"
        in run(course, "proctor", "start", "99", "--to", mine.parent, code=1).stderr
    )


def test_check_names_the_misunderstanding_and_what_is_next(course, run, mine):
    change(mine, "softmax", SHIFTLESS)
    said = run(course, "proctor", "check", mine, code=1).stdout
    assert (
        "Takes exp without subtracting the maximum" in said
        and "Which constant can you subtract first?" in said
    )
    assert "✓" in said and "○" in said and "Next: softmax" in said


def test_one_exercise_alone_is_given_right_ones_to_build_on(course, run, mine):
    change(
        mine,
        "next_token_probs",
        "def next_token_probs(logits):\n    return softmax(logits[:, -1], -1)",
    )
    said = run(course, "proctor", "check", "--exercise", "next_token_probs", mine).stdout
    assert "right, given a right softmax" in said and "softmax_values" not in said
    (kept,) = json.loads(next((mine.parents[2] / "state").rglob("progress.json")).read_text())[
        "exercises"
    ].values()
    assert [*kept] == ["next_token_probs"] and kept["next_token_probs"]["status"] == "passed"


def test_a_solution_comes_with_its_reason_and_a_prediction_has_a_question(course, run):
    code, _, why = run(course, "proctor", "solution", "softmax").stdout.partition(
        "keepdim=True)\n\n"
    )
    assert (
        "amax" in code
        and why.startswith("Take the same number from all logits")
        and "**Another way:**" in why
    )
    assert "Which entries share the 1" in run(course, "proctor", "hint", "predict_row_sum").stdout
    # several exercises ask for it
    said = run(course, "proctor", "hint", "examples", code=1).stderr
    assert "name one of catch_cosine_similarity, catch_softmax, catch_cross_entropy" in said


def test_what_had_passed_stays_when_a_worse_copy_is_checked(course, run, mine):
    assignment = assignments(course)["03-softmax"]
    points = dict[str, float]()
    for exercise in ("softmax", "predict_row_sum"):
        points[exercise] = sum(assignment.graded[c].points for c in assignment.cells_of(exercise))
        change(mine, exercise, assignment.solutions[exercise])
        run(course, "proctor", "check", "--exercise", exercise, mine)
    before = run(course, "proctor", "list").stdout
    assert "✓ softmax" in before and "passed before" not in before
    change(mine, "softmax", SHIFTLESS)
    checked = run(course, "proctor", "check", "--exercise", "softmax", mine, code=1).stdout
    left = assignment.graded["softmax_values"].points
    assert f"{left:g} of {points['softmax']:g} points" in checked
    after = run(course, "proctor", "list").stdout
    assert "(✓) softmax" in after and "✓ predict_row_sum" in after
    assert f"{sum(points.values()):g}/{assignment.max_score:g}" in after
    assert "(✓) passed before, not now" in after
    all_points = sum(each.max_score for each in assignments(course).values())
    assert f"You are at `softmax`, {sum(points.values()):g} of {all_points:g} points" in after
    kept = json.loads(run(course, "proctor", "list", "--json").stdout)
    (softmax,) = [each for each in kept["exercises"] if each["exercise"] == "softmax"]
    assert (softmax["status"], softmax["score"], bool(softmax["passed"])) == (
        "failed",
        points["softmax"],
        True,
    )
    # to begin anew is no step back either
    run(course, "proctor", "reset", "softmax", mine)
    assert "(✓) softmax" in run(course, "proctor", "list").stdout


def test_a_formula_is_readable_in_a_terminal(course, run):
    """Of every hint and reason in the course, and of every known mistake."""
    assert "Put p = 1/V into the loss" in run(course, "proctor", "hint", "uniform_loss").stdout
    texts = [answer.hint for answer in corpus(course / "answers" / "wrong")]
    for assignment in assignments(course).values():
        texts += [
            *assignment.reasons.values(),
            *(text for each in assignment.stubs for text in hints(assignment, each)),
        ]
    formulas = {text for text in texts if "$" in text}
    assert len(formulas) > 25
    shown = ""
    for text in formulas:
        console = Console(file=io.StringIO(), width=2000)
        console.print(rendered(text))
        shown += console.file.getvalue()
        assert not set("$\\") & set(console.file.getvalue()), text
    assert all(letters in shown for letters in ("√D", "e^-3", "log_2 45", "A_ip B_pj", "Wᵀ"))


def test_a_notebook_that_is_gone_is_said_once(watcher, mine):
    watcher.save(mine, "softmax", softmax="failed")
    mine.unlink()
    watcher.say_what_is_gone()
    assert (
        "softmax.ipynbisgone" in "".join(watcher.screen().split())
        and "▸✗ softmax" in watcher.screen()
    )
    watcher.welcome()
    watcher.say_what_is_gone()
    assert "is gone" not in watcher.screen()


@pytest.mark.full
def test_hints_come_one_at_a_time(course, run, mine):
    change(mine, "softmax", SHIFTLESS)
    assert "No such option" in run(course, "proctor", "check", mine, "--hint", code=2).stderr
    assert "proctor hint softmax" in run(course, "proctor", "check", mine, code=1).stdout
    first, second = (run(course, "proctor", "hint", "softmax").stdout for _ in range(2))
    assert "Hint 1" in first and "Hint 2" not in first
    assert "Hint 2" in second and "Hint 1" not in second
    third = run(course, "proctor", "hint", "softmax").stdout
    assert "no more hints" in third and "Hint" not in third and "proctor solution softmax" in third
    assert "Hint 1" in run(course, "proctor", "hint", "softmax", "--again").stdout
    assert "amax" in run(course, "proctor", "solution", "softmax").stdout
    assert "softmax?" in run(course, "proctor", "hint", "sofmax", code=1).stderr


@pytest.mark.full
def test_progress_outlives_a_move_and_is_erased(course, run, mine):
    elsewhere = mine.parent.parent.rename(mine.parent.parent.with_name("eine Kopie, für später"))
    change(elsewhere / "03-softmax" / "softmax.ipynb", "softmax", SHIFTLESS)
    outside, known = elsewhere.parent, {"PROCTOR_COURSE": str(course)}
    assert (
        "3 of 6 points"
        in run(outside, "proctor", "check", "--exercise", "softmax", code=1, **known).stdout
    )
    said = json.loads(run(outside, "proctor", "list", "--json", **known).stdout)
    (softmax,) = [each for each in said["exercises"] if each["exercise"] == "softmax"]
    assert (
        softmax["status"] == "failed"
        and softmax["score"] == 3
        and softmax["tried"]
        and not softmax["passed"]
    )
    assert said["at"] == {"assignment": "03-softmax", "exercise": "softmax"}
    assert "✗ softmax" in run(outside, "proctor", "list", **known).stdout
    assert (
        "kept in the cell below it" in run(outside, "proctor", "reset", "softmax", **known).stdout
    )
    with_yes = subprocess.run(
        [str(Path(sys.executable).parent / "proctor"), "list", "--erase"],
        cwd=course,
        env=os.environ | {"XDG_STATE_HOME": str(outside / "state")},
        input=b"y\n",
        check=True,
    )
    assert with_yes.returncode == 0 and not list((outside / "state").rglob("*.json"))


def test_ones_notebook_is_found_where_start_put_it(course, run, tmp_path):
    known, home = {"PROCTOR_COURSE": str(course)}, tmp_path / "home"
    (home / "Downloads").mkdir(parents=True)
    shutil.copy(course / "release" / "03-softmax" / "softmax.ipynb", home / "Downloads")
    run(home, "proctor", "start", "03-softmax", "--to", "mine", **known)
    run(home, "proctor", "start", "07-tiny-llm", "--to", "extra", **known)
    for place in (home, tmp_path):
        said = run(place, "proctor", "reset", "softmax", **known).stdout
        assert f"{home / 'mine' / '03-softmax' / 'softmax.ipynb'} as it was released" in said
    # in its own folder any other one is found first
    assert (
        str(home / "Downloads")
        in run(home / "Downloads", "proctor", "reset", "softmax", **known).stdout
    )


def test_what_is_erased_was_spoilt_or_not(course, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    progress = Progress()
    progress.path.parent.mkdir(parents=True)
    for text in ("{", "{}"):
        progress.path.write_text(text)
        progress = Progress()
    assert len(list(tmp_path.rglob("*.json"))) == 2
    progress.erase()
    assert not list(tmp_path.rglob("*.json"))


def kept(text: str) -> Report:
    return Report("", "03-softmax", 0, {}, [Verdict("softmax_values", 3, 3, Status(text))])


def test_a_scratch_notebook_takes_no_points_away(course, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    progress, assignment = Progress(), assignments(course)["03-softmax"]
    progress.record(kept("passed"), assignment)
    cells = [cell for cell in solved(assignment).cells if grade_id(cell) == "attend"]
    scratch = with_released_cells(
        NotebookNode(assignment.released, cells=[NotebookNode(cells[0], metadata={})]), assignment
    )
    assert scratch.missing >= {"softmax"} and "attend" not in scratch.missing
    missing = replace(kept("missing"), notes=scratch.notes)
    missing.cells += [Verdict("attend_values", 2, 2, "passed")]
    progress.record(missing, assignment)
    assert [progress.of("03-softmax", each).status for each in ("softmax", "attend")] == [
        "passed"
    ] * 2
    # of a whole notebook it is told
    progress.record(kept("missing"), assignment)
    assert progress.of("03-softmax", "softmax").status == "missing"


def test_what_can_not_be_kept_is_said_once(course, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    progress, assignment = Progress(), assignments(course)["03-softmax"]
    progress.record(kept("passed"), assignment)
    assert "can't be kept" in progress.trouble
    assert [next_hint(progress, assignment, "softmax")[:10] for _ in range(2)] == [
        "**Hint 1.*",
        "**Hint 2.*",
    ]
    assert progress.of("03-softmax", "softmax").status == "passed"


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"exercises": {"03-softmax": {"softmax": {"hints": "many"}}}}']
)
def test_what_was_spoilt_begins_anew(course, tmp_path, monkeypatch, text):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    progress = Progress()
    progress.path.parent.mkdir(parents=True)
    progress.path.write_text(text)
    progress.record(kept("passed"), assignments(course)["03-softmax"])
    assert not progress.trouble and Progress().of("03-softmax", "softmax").passed
    # a session says so on its first screen, which wipes what was printed before
    progress.path.write_text(text)
    console = Console(file=io.StringIO(), force_terminal=True, width=80, height=24)
    Watcher([tmp_path], course, console).welcome()
    assert "begins anew" in console.file.getvalue()


def test_progress_that_is_erased_stays_so_and_what_passes_is_kept_again(
    course, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    progress, assignment = Progress(), assignments(course)["03-softmax"]
    progress.record(kept("failed"), assignment)
    progress.path.unlink()
    assert next_hint(progress, assignment, "attend").startswith("**Hint 1.")
    assert Progress().of("03-softmax", "softmax").status == "not_attempted"
    # another command gives hints meanwhile
    assert next_hint(Progress(), assignment, "attend").startswith("**Hint 2.")
    assert next_hint(progress, assignment, "attend").startswith("There are no more hints")
    shutil.rmtree(tmp_path / "state")
    (tmp_path / "state").write_text("")
    progress.record(kept("passed"), assignment)
    assert progress.trouble
    (tmp_path / "state").unlink()
    progress.record(kept("passed"), assignment)
    assert not progress.trouble and Progress().of("03-softmax", "softmax").passed


def test_reset_brings_a_stub_back_and_keeps_what_was_written(course, tmp_path):
    assignment, path = assignments(course)["03-softmax"], tmp_path / "softmax.ipynb"
    notebook = put(put(assignment.released, "softmax", SHIFTLESS), "attend", "mine")
    notebook.cells[0].metadata["own"] = "Größe"
    nbformat.write(notebook, path)
    before = json.loads(path.read_bytes())["cells"]
    assert "kept in the cell below" in reset(path, assignment, "softmax")
    after = json.loads(path.read_bytes())["cells"]
    (note,) = [cell for cell in after if cell not in before and cell["cell_type"] == "raw"]
    assert SHIFTLESS in "".join(note["source"])
    assert [cell for cell in after if cell != note] == json.loads(
        nbformat.writes(put(notebook, "softmax", assignment.stubs["softmax"]))
    )["cells"]
    again = path.read_bytes()
    assert "kept in the cell below" not in reset(path, assignment, "softmax")
    assert path.read_bytes() == again

    # gone, with its checks, and there twice
    cells = [cell for cell in notebook.cells if assignment.exercise_of(grade_id(cell)) != "softmax"]
    twice = [cell for cell in notebook.cells if grade_id(cell) == "attend"] * 2
    nbformat.write(NotebookNode(notebook, cells=[*cells, *twice]), path)
    reset(path, assignment, "softmax")
    reset(path, assignment, "attend")
    again = nbformat.read(path, as_version=4)
    released = [grade_id(cell) for cell in assignment.released.cells]
    assert [name for cell in again.cells if (name := grade_id(cell))] == [
        name for name in released if name
    ]
    assert sum("before it was reset" in cell.source for cell in again.cells) == 3
    nbformat.validate(again)


def test_reset_of_half_a_notebook_says_where_an_earlier_copy_is(course, run, mine):
    mine.write_bytes(mine.read_bytes()[:500])
    said = run(course, "proctor", "reset", "softmax", mine, code=1).stderr
    assert (
        "ends in the middle" in said and ".ipynb_checkpoints" in said and "hand it in" not in said
    )


def test_reset_knows_a_cell_whose_id_an_editor_has_changed(course, tmp_path):
    assignment, path = assignments(course)["03-softmax"], tmp_path / "softmax.ipynb"
    notebook = deepcopy(assignment.released)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"other-{number}"
    nbformat.write(notebook, path)
    again = path.read_bytes()
    assert "kept in the cell below" not in reset(path, assignment, "softmax")
    assert path.read_bytes() == again
    # a release of a format before 4.5
    older = replace(assignment, notebook=tmp_path / "older.ipynb")
    for cell in notebook.cells:
        del cell["id"]
    notebook.nbformat_minor = 4
    nbformat.write(notebook, older.notebook)
    nbformat.write(put(assignment.released, "softmax", SHIFTLESS), path)
    assert "kept in the cell below" in reset(path, older, "softmax")


def test_reset_leaves_alone_what_it_can_not_mend(course, tmp_path):
    found = assignments(course)
    nbformat.write(found["01-vectors"].released, tmp_path / "vectors.ipynb")
    (tmp_path / "broken.ipynb").write_text("{")
    odd = json.loads(nbformat.writes(found["03-softmax"].released))
    del odd["cells"][5]["metadata"], odd["nbformat_minor"]
    (tmp_path / "odd.ipynb").write_text(json.dumps(odd))
    for name in ("vectors.ipynb", "broken.ipynb", "odd.ipynb", "missing.ipynb"):
        before = (tmp_path / name).read_bytes() if (tmp_path / name).exists() else b""
        with pytest.raises(ProctorError, match=f"{name} is as it was"):
            reset(tmp_path / name, found["03-softmax"], "softmax")
        assert not before or (tmp_path / name).read_bytes() == before


def test_watch_tells_what_is_new(course, mine, environment, tmp_path):
    output = tmp_path / "said.txt"
    command = [str(Path(sys.executable).parent / "proctor"), "watch", str(mine.parent)]
    with output.open("w") as file:
        process = subprocess.Popen(
            command, cwd=course, env=environment, stdout=file, stderr=subprocess.STDOUT
        )

    def wait_for(words: str) -> str:
        for _ in range(600):
            if words in output.read_text():
                return output.read_text()
            time.sleep(0.1)
        raise AssertionError(f"{words!r} was not said:\n{output.read_text()}")

    try:
        wait_for("watching what you save")
        change(mine, "softmax", SHIFTLESS)
        said = wait_for("Next: softmax")
        assert "softmax_values  passed" in said and "softmax_stability  not yet" in said
        assert "Takes exp without subtracting the maximum" in said
        (mine.parent / "broken.ipynb").write_text("{")
        wait_for("can't be examined")
        change(
            mine,
            "softmax",
            "def softmax(x, dim):\n    y = (x - x.amax(dim, keepdim=True)).exp()\n    return y / y.sum(dim, keepdim=True)",
        )
        wait_for("softmax_stability  passed")
        change(mine, "predict_row_sum", "predict_row_sum = 1.0")
        assert "Takes dim=0 for the rows" in wait_for("The answer: 2.0.")
    finally:
        process.terminate()
        process.wait(10)


class Terminal:
    """`proctor watch` in a terminal of 80 × 24."""

    def __init__(self, folder: Path, environment: dict[str, str]):
        import fcntl
        import pty
        import struct
        import termios

        self._ours, self._theirs = pty.openpty()
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self._said, self._decode = "", codecs.getincrementaldecoder("utf-8")().decode
        self.settings = lambda: termios.tcgetattr(self._theirs)
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), self._theirs)
        self.process = subprocess.Popen(
            [str(Path(sys.executable).parent / "proctor"), "watch"],
            cwd=folder, env=environment | {"TERM": "xterm"}, **streams,
            preexec_fn=lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0)),
        )  # fmt: skip

    def press(self, key: str) -> None:
        os.write(self._ours, key.encode())

    def wait_for(self, *words: str, screen_ends: str = "q quit") -> str:
        """What is on the screen, cleared before it, once all these words are, in whichever lines."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            screen = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", self._said.rpartition("\x1b[2J")[2])
            said = " ".join(screen.split())
            if all(each in said for each in words) and screen_ends in screen:
                return screen
            if select.select([self._ours], [], [], 0.1)[0]:
                self._said += self._decode(os.read(self._ours, 2**16))
        raise AssertionError(f"{words} was not said:\n{self._said[-3000:]}")

    def close(self) -> None:
        self.process.kill()
        self.process.wait(10)
        os.close(self._ours)
        os.close(self._theirs)


@pytest.fixture
def terminal(course, mine, environment):
    """A terminal in which `mine` is watched."""
    if sys.platform == "win32":
        pytest.skip("a terminal of another system's")
    watching = Terminal(mine.parent.parent, environment | {"PROCTOR_COURSE": str(course)})
    yield watching
    watching.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of another system's")
def test_a_watch_in_the_background_takes_no_keys(monkeypatch):
    """The system would stop it."""
    import pty

    ours, theirs = map(os.fdopen, pty.openpty())
    with ours, theirs:
        monkeypatch.setattr("sys.stdin", theirs)
        monkeypatch.setattr("sys.stdout", theirs)
        monkeypatch.setattr("os.tcgetpgrp", lambda _: 1)
        with keys() as pressed:
            assert pressed is None


@pytest.mark.full
def test_watch_in_a_terminal(terminal, mine):
    """Key by key, at 80 × 24: the terminal is given back as it was."""
    before, wait_for = terminal.settings(), terminal.wait_for
    wait_for("You are at")
    change(mine, "softmax", SHIFTLESS)
    screen = wait_for("Next: softmax", "Which constant can you subtract first?")
    assert len(screen.splitlines()) <= 24
    assert "more of its checks fail: 1" in screen
    for key, words in (
        ("h", "Hint 1"),
        ("h", "Hint 2"),
        ("s", "Show one way to solve softmax? y/n"),
        ("y", "amax"),
        ("\x1b[A", "amax"),
    ):
        terminal.press(key)
        wait_for(words)
    change(mine, "softmax", "def softmax(x, dim):\n    while True:\n        pass")
    wait_for("does it end?")
    terminal.press("r")
    wait_for("Reset softmax")
    terminal.press("y")
    # what is said of it goes with the next screen, which may come at once
    wait_for("softmax_values not attempted")
    assert "softmax, before it was reset" in mine.read_text()
    # a check that is under way doesn't hold the prompt up
    change(mine, "softmax", "def softmax(x, dim):\n    while True:\n        pass")
    terminal.wait_for("saved: checking", screen_ends="…")
    terminal.press("q")
    assert terminal.process.wait(2) == 0
    assert terminal.settings() == before


@pytest.fixture
def watcher(course, mine, run, tmp_path, monkeypatch):
    """A session in a terminal of 80 × 24, which is told of checks, and its `screen`."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    run(course, "proctor", "start", "01-vectors", "--to", mine.parent.parent)
    watcher = Watcher(
        [mine.parent.parent],
        course,
        Console(file=io.StringIO(), force_terminal=True, width=80, height=24),
    )
    watcher.screen = lambda: re.sub(
        r"\x1b\[[\d;?]*m", "", watcher.console.file.getvalue().rpartition("\x1b[2J")[2]
    )

    def saved(path: Path, touched: str, **now: str) -> None:
        """A save of a notebook: `touched` has a new answer, and these are the verdicts on exercises."""
        submission = read(path, course)
        report = Report("", submission.assignment.name, 0, {})
        for name, cell in submission.assignment.graded.items():
            report.cells.append(
                Verdict(name, 0, cell.points, now.get(cell.exercise, "not_attempted"))
            )
        check = Check(path, True, submission, report, {touched} - {""})
        check.saved_at = path.stat().st_mtime
        if path in watcher.checker.last:
            check.before = {cell.id: cell.status for cell in watcher.checker.last[path].cells}
        watcher.checker.last[path] = check
        watcher.checked(check)

    watcher.save = saved
    return watcher


def test_a_save_that_changes_no_answer_stays_at_the_exercise(watcher, mine):
    wrong, other = (
        {"softmax": "failed", "attend": "failed"},
        mine.parent.parent / "01-vectors" / "vectors.ipynb",
    )
    watcher.save(other, "embed", embed="failed")
    watcher.save(mine, "attend", **wrong)
    for path, verdicts in ((mine, wrong), (other, {"embed": "failed"}), (mine, wrong)):
        watcher.save(path, "", **verdicts)
        assert "Next: attend" in watcher.screen() and watcher.at()[1] == "attend"
    # another answer that was mended leaves one there, too, and one that is wrong is explained
    watcher.save(mine, "next_token_probs", **wrong, next_token_probs="passed")
    assert "Next: attend" in watcher.screen()
    watcher.save(mine, "next_token_probs", **wrong, next_token_probs="failed")
    assert "Next: next_token_probs" in watcher.screen()
    watcher.save(mine, "next_token_probs", **wrong, next_token_probs="passed")
    assert "Next: softmax" in watcher.screen() and watcher.at()[1] == "softmax"
    # a session that begins goes on with what was explained last
    watcher.save(mine, "attend", **wrong)
    watcher.shown = None
    watcher.save(mine, "", **wrong)
    assert "Next: attend" in watcher.screen()


def test_every_reveal_fits_on_a_screen(course):
    """Of 80 × 24, of which a blank line, the points and the keys take three; on a taller one the other choices fit, too."""
    for assignment in assignments(course).values():
        for name in filter(assignment.is_prediction, assignment.stubs):
            for wrong in [None, *known(assignment.wrong_answers / f"{name}.py")]:
                cell = Verdict(f"{name}_value", 0, 1, Status.FAILED if wrong else Status.PASSED)
                if wrong:
                    text = "the prediction 'A' is not what comes out"
                    cell.note = Code.CHECK(called="", returned="", text=text)
                    cell.diagnosis = {
                        "id": f"{name}.{wrong.id}",
                        "title": wrong.title,
                        "hint": wrong.hint,
                    }
                cell.reveal = reveal(assignment, name, wrong.id if wrong else "")
                saved = Check(
                    Path("notebook.ipynb"), True, touched={name}, at=name if wrong else None
                )
                saved.submission = cast(Submission, SimpleNamespace(assignment=assignment))
                saved.report = Report("", assignment.name, 0, {}, [cell])
                for height, most in ((24, 21), (40, 37)):
                    console = Console(file=io.StringIO(), width=80)
                    console.print(*describe_save(saved, height), sep="\n")
                    shown = console.file.getvalue()
                    assert len(shown.splitlines()) <= most and "The answer: " in shown, (
                        name,
                        wrong,
                        height,
                    )
                    assert ("--exercise" in shown) == (height < 40 and "\n\n" in cell.reveal), name


def test_a_solution_is_shown_to_who_says_yes(watcher, mine):
    watcher.save(mine, "softmax", softmax="failed")
    for pressed, shown in (
        ("s", False),
        ("ss", False),
        ("sn", False),
        ("sny", False),
        ("shy", False),
        ("sy", True),
    ):
        for key in pressed:
            watcher.pressed(key)
        assert ("amax" in watcher.screen()) is ("Take the same number" in watcher.screen()) is shown
    watcher.pressed("s")
    watcher.save(mine, "attend", softmax="failed", attend="failed")
    watcher.pressed("y")
    assert "Next: attend" in watcher.screen()


def test_what_lies_in_a_hidden_folder_is_not_watched(watcher, mine):
    """A checkout's `.venv/` holds nbgrader's own notebooks."""
    for folder in (".venv/lib", ".ipynb_checkpoints"):
        (mine.parent / folder).mkdir(parents=True)
        shutil.copy(mine, mine.parent / folder)
    (hidden,) = (watcher.paths[0].rename(watcher.paths[0].with_name(".mine")),)
    assert len(watcher.notebooks()) == 0
    watcher.paths = [hidden]
    assert [path.name for path in watcher.notebooks()] == ["vectors.ipynb", "softmax.ipynb"]


def test_a_notebook_that_stays_broken_is_named_beside_the_exercise(watcher, mine):
    other = mine.parent.parent / "01-vectors" / "vectors.ipynb"
    watcher.checked(Check(other, True, error="can't be examined"))
    watcher.save(mine, "softmax", softmax="failed")
    watcher.checked(Check(other, True, error="can't be examined"))
    assert "Next: softmax" in watcher.screen() and "can't be examined" in watcher.screen()


def test_of_two_copies_the_one_counts_that_was_saved_last(watcher, mine):
    watcher.save(mine, "softmax", softmax="passed")
    old = mine.with_name("softmax_old.ipynb")
    shutil.copy(mine, old)
    os.utime(old, (1, 1))
    newer = watcher.checker.last[mine]
    report = newer.report
    cells = [
        replace(cell, status="missing" if cell.id.startswith("top_k") else "failed")
        for cell in report.cells
    ]
    watcher.shown = None
    watcher.checked(Check(old, False, newer.submission, replace(report, cells=cells), saved_at=1))
    # a line may break within a path
    assert "softmax.ipynbcounts,not" in "".join(watcher.screen().split())
    assert watcher.progress.of("03-softmax", "softmax").status == "passed"
    watcher.pressed("r")
    assert "/softmax.ipynb? Your own answer" in "".join(watcher.screen().split("\n"))


def test_reset_leaves_another_assignments_notebook_alone(watcher, mine):
    """Where it is the only one that is watched."""
    watcher.paths = [mine.parent.parent / "01-vectors" / "vectors.ipynb"]
    watcher.progress.state.at = ("03-softmax", "softmax")
    change(mine, "softmax", SHIFTLESS)
    watcher.progress.state.folders["03-softmax"] = str(mine.parent.parent)
    watcher.pressed("r")
    watcher.pressed("y")
    assert "before it was reset" in mine.read_text()


def test_the_exercises_of_other_assignments_are_counted_by_sign(watcher, mine):
    watcher.save(mine, "attend", softmax="failed", attend="timeout", next_token_probs="missing")
    watcher.progress.state.at = ("01-vectors", "embed")
    watcher.welcome()
    assert "▸○ embed" in watcher.screen() and "✗ 2 ○ 9" in watcher.screen()


@pytest.mark.full
def test_every_notebook_that_is_broken_is_named_until_it_is_mended(course, terminal, mine):
    shutil.copytree(course / "release" / "01-vectors", mine.parent.parent / "01-vectors")
    vectors = mine.parent.parent / "01-vectors" / "vectors.ipynb"
    terminal.wait_for("You are at")
    change(mine, "softmax", SHIFTLESS)
    terminal.wait_for("Next: softmax")
    whole = {path: path.read_bytes() for path in (mine, vectors)}
    for path in whole:
        path.write_bytes(whole[path][:500])
    terminal.wait_for("vectors.ipynb can't be examined", "softmax.ipynb can't be examined")
    mine.write_bytes(whole[mine])
    screen = terminal.wait_for("softmax_stability not yet", "vectors.ipynb can't be examined")
    assert len(screen.splitlines()) <= 24 and "softmax.ipynb can't" not in screen


def test_hints_are_markdown_wherever_they_are_shown():
    diagnosis = {"id": "x.off_by_one", "title": "Off by one", "hint": "It comes *after* `t < 1`."}
    report = Report(
        "",
        "01-vectors",
        0,
        {},
        [Verdict("x_values", 0, 1, "failed", Code.REMARK(text="x(1)"), diagnosis)],
    )
    console = Console(width=100)
    with console.capture() as captured:
        show(report, console)
    assert "It comes after t < 1." in captured.get()


def run_cells(
    course: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, *cells: str
) -> list[list[NotebookNode]]:
    """The outputs of each of these cells, in a real kernel."""
    monkeypatch.setenv("PROCTOR_COURSE", str(course))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    for name in [name for name in os.environ if name.startswith("PYTEST_")]:
        monkeypatch.delenv(name)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": folder}},
    ).execute()
    return [cell.outputs for cell in notebook.cells]


@pytest.mark.full
def test_the_magics_in_a_real_kernel(course, tmp_path, monkeypatch):
    """`%check` judges what the names mean now, without saving, as rich shows it in a notebook and in a terminal."""
    _, nothing, _, whole, one, nonsense, near, *more, _, stubs = run_cells(
        course, tmp_path, monkeypatch,
        "%load_ext proctor\nimport torch",
        "%check",
        SHIFTLESS,
        "%check",
        "%check softmax_values softmax",
        "%check nonsense",
        "%check sofmax",
        "%hint softmax",
        "%hint softmax",
        "%hint",
        "\n".join(f"get_ipython().run_cell({stub!r})" for stub in assignments(course)["03-softmax"].stubs.values()),
        "%check",
    )  # fmt: skip
    assert "no exercise is defined yet" in nothing[0].text
    (shown,) = [output for output in whole if output.output_type == "display_data"]
    assert (
        "<pre" in shown.data["text/html"]
        and "Which constant can you subtract" in shown.data["text/html"]
    )
    assert (
        "3 of 6 points" in shown.data["text/plain"]
        and "softmax_stability" in shown.data["text/plain"]
    )
    assert "3 of 6 points" in one[0].data["text/plain"]
    assert "no exercise nonsense" in nonsense[0].text and "did you mean softmax?" in near[0].text
    first, second, which = more
    assert "Hint 1" in first[0].data["text/markdown"] and "Hint 2" in second[0].data["text/plain"]
    assert "which exercise?" in which[0].text
    marks = stubs[0].data["text/plain"]
    assert (
        "0 of 30 points" in marks
        and marks.count("○") == marks.count("not attempted") > 20
        and "✗" not in marks
    )


@pytest.mark.full
def test_a_prediction_in_a_real_kernel_is_noted_and_then_revealed(course, tmp_path, monkeypatch):
    """By `%check`, but not in the folder of what a class handed in."""
    shutil.copy(course / "helpers" / "expect.py", tmp_path)
    handed_in = tmp_path / "submitted" / "ada"
    handed_in.mkdir(parents=True)
    (tmp_path / "source").mkdir()
    visible = "prediction(predict_row_sum, like=0.0)"
    _, wrong, right, *revealed, other_form, _, nothing = run_cells(
        course, tmp_path, monkeypatch,
        "%load_ext proctor\nfrom expect import prediction",
        f"predict_row_sum = 1\n{visible}",
        f"predict_row_sum = 2.0\n{visible}",
        "%check predict_row_sum",
        "predict_row_sum = 1\n%check predict_row_sum",
        "predict_row_sum = 'two'\n%check predict_row_sum",
        f"%cd -q {handed_in}\npredict_row_sum = 1",
        "%check predict_row_sum",
    )  # fmt: skip
    assert ["".join(output.text for output in each) for each in (wrong, right)] == [
        "noted: 1\n",
        "noted: 2\n",
    ]
    for (output,) in (*revealed, other_form, nothing):
        said = " ".join(re.sub(r"\x1b\[[\d;]*m", "", output.data["text/plain"]).split())
        is_revealed = "The answer: 2.0. Along dim=0 the two entries of a column compete" in said
        assert "predict_row_sum_value" in said and is_revealed == ([output] in revealed)
        assert is_revealed or "2.0" not in said


def test_what_a_notebook_imports_is_not_what_check_looks_at(course, monkeypatch):
    """07 imports what 06 asks for."""
    monkeypatch.syspath_prepend(course / "release" / "07-tiny-llm")
    monkeypatch.delitem(sys.modules, "loop", raising=False)
    names = vars(importlib.import_module("loop")) | {"causal_mix": lambda q, k, v: v}
    defined = Learner._defined(SimpleNamespace(shell=SimpleNamespace(user_ns=names)), course)
    assert [(assignment.name, exercise) for assignment, exercise in defined] == [
        ("07-tiny-llm", "causal_mix")
    ]


@pytest.mark.full
def test_a_visible_check_shows_the_failure_first(course, tmp_path, monkeypatch):
    """The call, its result and the expected one come at once; below them, as soon as it is found, the misconception."""
    for name in ("expect.py", "play.py"):
        shutil.copy(course / "helpers" / name, tmp_path)
    check = "expect(softmax, torch.tensor([1000.0, 0.0]), dim=0).gives([1.0, 0.0])"
    other = "expect(softmax, torch.tensor([0.0, 0.0]), dim=0).gives([0.5, 0.5])"
    wait = "[each.join() for each in threading.enumerate() if each.name == explain.THREAD]"
    setup = (
        "import threading, torch\nfrom expect import expect\nfrom proctor.selfstudy import explain"
    )
    _, wrong, _, ended, again, error, _, shape, lost, _, right, both, after = run_cells(
        course, tmp_path, monkeypatch,
        setup,
        f"{SHIFTLESS}\n{check}",
        wait,
        check,
        check,
        f"def softmax(x, dim):\n    return (x / x.sum(dim, keepdim=True))[..., 5]\n{check}",
        wait,
        "def softmax(x, dim):\n    return x.sum()\n"
        "expect(softmax, torch.tensor([2.0, 1.0]), dim=0).gradient([0.2, -0.2], at=0)",
        f"def softmax(x, dim):\n    return torch.softmax(x, dim) if x.isnan().any() else x - x[0] / 7\n{check}",
        wait,
        f"def softmax(x, dim):\n    return torch.softmax(x, dim)\n{check}",
        f"{check}\n{other}",
        f"{check}\n{other}\nexpect(softmax, torch.zeros(2), 0).gives([1.0, 0.0])",
    )  # fmt: skip
    assert [output.output_type for output in wrong] == ["error", "display_data"]
    assert wrong[0].evalue == (
        "✗ softmax([1000.0, 0.0], dim=0)\n  gave      [nan, 0.0]\n  expected  [1.0, 0.0]\n  nan at [0] should be 1.0"
    )
    assert "Takes exp without subtracting the maximum" in wrong[1].data["text/plain"]
    # the cell that ran again ended the first search
    assert ended[1].data["text/plain"] == lost[1].data["text/plain"] == explain.NOT_FOUND
    assert "Takes exp" in again[1].data["text/plain"]
    assert error[0].ename == "IndexError" and "expected  [1.0, 0.0]" in error[0].traceback[0]
    assert "behind the end" in error[1].data["text/plain"]
    assert shape[0].ename == "Unmet" and "gave      a float32 tensor of shape ()" in shape[0].evalue
    assert [output.output_type for output in right] == ["display_data"]
    assert right[0].data["text/plain"].startswith("✓ softmax(")
    assert both[0].data["text/plain"].startswith("✓ all 2 checks\n✓ softmax(")
    assert "<summary>✓ all 2 checks</summary>" in both[0].data["text/html"]
    assert [output.output_type for output in after] == ["display_data", "error", "display_data"]
    assert "<summary>✓ 2 checks</summary>" in after[0].data["text/html"]
