"""What protects a grade: the walls, what the doctor says of them, and what of a submission reaches a browser."""

import ast
import base64
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from unittest.mock import Mock

import nbformat
import pytest
import torch

from proctor.course import find_course
from proctor.course.report import PROMISES
from proctor.errors import ForkServerDied, IsolationError, NoSandbox, SandboxDied
from proctor.examine.examine import examine
from proctor.records.feedback_page import mathml
from proctor.sandbox import isolation, launcher, linux, protocol
from proctor.sandbox.cell import Cell, Limits
from proctor.sandbox.launcher import ForkServer, fork_server
from proctor.session.doctor import keeps_secrets, try_the_walls
from proctor.session.session import Session
from proctor.submission import clean as sanitize
from proctor.submission import read


def run_cells(*sources, limits=None):
    session = Session(fork_server(), [Cell(source) for source in sources], limits or Limits())
    try:
        session.run_all()
    finally:
        session.close()
    return [cell.done for cell in session.cells]


def text(done):
    return "".join(output.get("text", "") for output in done.outputs)


def test_every_promise_holds_where_there_are_walls():
    if why := isolation.bubblewrap().why_not:
        pytest.skip(why)
    assert try_the_walls(fork_server()) == dict.fromkeys(PROMISES, True)


def test_every_promise_holds_for_an_ordinary_user(tmp_path):
    """The rest of the suite may run as root, as it does in a container; grading must not need it."""
    if os.geteuid() != 0:
        pytest.skip("the whole suite runs as an ordinary user")
    script = "from proctor.session.doctor import *\nfrom proctor.sandbox.launcher import ForkServer\nprint(try_the_walls(ForkServer()))"
    someone = {"user": 12345, "group": 12345, "extra_groups": [], "cwd": "/"}
    environment = {**isolation.environment(), "PROCTOR_COURSE": str(find_course())}
    start = partial(
        subprocess.run, **someone, env=environment, capture_output=True, text=True, timeout=120
    )
    try:
        start([sys.executable, "-c", "import proctor"], check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(
            "an ordinary user can't run this Python: it lies in a folder that only root may enter"
        )
    done = start([sys.executable, "-c", script])
    assert ast.literal_eval(done.stdout) == dict.fromkeys(PROMISES, True), done.stderr


def test_a_bubblewrap_that_is_slow_to_start_is_not_left_out(monkeypatch):
    slow = Mock(side_effect=subprocess.TimeoutExpired("bwrap", isolation.PATIENCE))
    monkeypatch.setattr(isolation.shutil, "which", lambda _: "/usr/bin/bwrap")
    monkeypatch.setattr(isolation.subprocess, "run", slow)
    with pytest.raises(IsolationError, match="bubblewrap did not start Python within 120 s"):
        isolation.bubblewrap.__wrapped__()


LIMITED = """
import resource
from proctor.sandbox import isolation, linux
less, more = {"CPU": 300, "AS": 2**30, "NPROC": 100}, {"NOFILE": 2000}
for what, most in (less | more).items():
    resource.setrlimit(getattr(resource, f"RLIMIT_{what}"), (most, most))
# root may have more than it is allowed
linux.drop_root()
isolation._limit_resources(isolation.THREADS_OF_ALL)
for what, most in (less | {"NOFILE": isolation.FILES, "FSIZE": isolation.FILE}).items():
    assert resource.getrlimit(getattr(resource, f"RLIMIT_{what}")) == (most, most), what
"""


def test_where_less_is_allowed_already_that_is_the_limit():
    done = subprocess.run(
        [sys.executable, "-c", LIMITED], capture_output=True, text=True, check=False
    )
    assert not done.stderr, done.stderr


def held_without(wall: str, monkeypatch) -> dict[str, bool]:
    """What the doctor finds in a fork server that leaves out a function of `isolation`'s."""
    bare = f"import proctor.sandbox.isolation as i, proctor.sandbox.forkserver as f\ni.{wall} = lambda *_: None\nf.main()"
    popen = subprocess.Popen

    def start(command: list[str], **options):
        bubblewrap = command[: command.index(sys.executable)]
        return popen([*bubblewrap, *isolation.python(bare), *command[-2:]], **options)

    with monkeypatch.context() as patched:
        patched.setattr(launcher.subprocess, "Popen", start)
        server = ForkServer()
    with contextlib.closing(server):
        return try_the_walls(server)


@pytest.mark.full
def test_the_doctor_tells_where_walls_are_missing(monkeypatch):
    """In a fork server without any wall, every violation but those of limits succeeds, and the doctor says so."""
    monkeypatch.setattr(isolation, "bubblewrap", lambda: isolation.Bubblewrap([]))
    held = held_without("enter_sandbox", monkeypatch)
    for promise in (
        "hidden_checks_unreadable",
        "reference_unreadable",
        "writes_stay_inside",
        "no_network",
    ):
        assert not held[promise], promise
    for promise in ("no_programs", "no_processes", "no_signals", "no_neighbours"):
        assert not held[promise], promise
    assert not keeps_secrets(held)


@pytest.mark.full
def test_landlock_alone_keeps_neighbours_from_talking(monkeypatch):
    """Where seccomp, which refuses them any address, is missing: from version 6 of Landlock on."""
    if (
        isolation.bubblewrap().why_not
        or "Landlock" in isolation.missing()
        or linux.landlock_version() < 6
    ):
        pytest.skip("this kernel's Landlock has no scopes")
    held = held_without("calls.restrict", monkeypatch)
    assert held["no_neighbours"] and not held["no_processes"]


SLEEPERS = """
import threading
threading.stack_size(32768)
end = threading.Event()
try:
    for _ in range(240): threading.Thread(target=end.wait, daemon=True).start()
except RuntimeError:
    print("asleep")
"""
POOL = """
from concurrent.futures import ThreadPoolExecutor
import torch
torch.set_num_threads(2)
with ThreadPoolExecutor(16) as pool: print(sum(pool.map(lambda n: (torch.ones(200, 200) @ torch.ones(200, 200))[0, 0].item(), range(50))))
"""


def test_one_sandbox_with_many_threads_takes_none_from_another():
    if isolation.bubblewrap().why_not:
        pytest.skip("without bubblewrap they are counted together")
    with contextlib.ExitStack() as ended:
        crowds = [Session(fork_server(), [Cell(SLEEPERS)]) for _ in range(2)]
        honest = Session(fork_server(), [Cell(POOL)])
        for session in (*crowds, honest):
            ended.callback(session.close)
            session.run_all()
        assert [text(session.cells[0].done) for session in (*crowds, honest)] == [
            "asleep\n",
            "asleep\n",
            "10000.0\n",
        ]


def test_cells_run_as_in_jupyter():
    done = run_cells(
        "x = 1\nx + 1",
        "%time y = 2",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
        "from IPython.display import display\ndisplay(3); print('four')",
        "1 / 0",
        "x",
        "import asyncio\nawait asyncio.sleep(0)\nprint('awaited')",
    )
    assert done[0].outputs[0]["data"]["text/plain"] == "2"
    assert any("image/png" in output.get("data", {}) for output in done[2].outputs)
    assert done[3].outputs[0]["data"]["text/plain"] == "3" and text(done[3]) == "four\n"
    assert done[4].error_name == "ZeroDivisionError"
    assert done[5].outputs[0]["data"]["text/plain"] == "1", (
        "an error does not keep the next cell from running"
    )
    assert text(done[6]) == "awaited\n"


def test_sockets_and_pipes_within_a_notebook_work_as_in_jupyter():
    pair = "import socket\na, b = socket.socketpair()\na.settimeout(5)\na.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 9999)"
    pair += "\na.sendall(b'x')\nprint(b.recv(1))"
    pipes = "from multiprocessing import Pipe\nfor duplex in (True, False):\n    a, b = Pipe(duplex)\n    b.send(5)\n    print(a.recv())"
    loops = "import asyncio, threading\nasync def f():\n    loop = asyncio.get_running_loop()\n    done = loop.create_future()"
    loops += "\n    threading.Thread(target=loop.call_soon_threadsafe, args=(done.set_result, 7)).start()\n    print(await done)\nawait f()"
    done = run_cells(pair, pipes, loops)
    assert [text(each) for each in done] == ["b'x'\n", "5\n5\n", "7\n"]


def test_files_can_be_copied_as_in_jupyter():
    if why := isolation.bubblewrap().why_not:
        pytest.skip(why)
    (done,) = run_cells("import shutil\nopen('a', 'w').write('x')\nprint(shutil.copy2('a', 'b'))")
    assert text(done) == "b\n"


def test_an_endless_cell_is_stopped_and_the_rest_goes_on():
    polite, stubborn, after = run_cells(
        "while True: pass",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "print('after')",
        limits=Limits(cell=1, grace=0.5),
    )
    assert polite.error_name == stubborn.error_name == "Timeout"
    assert text(after) == "after\n"


def test_memory_is_limited():
    (done,) = run_cells("x = bytearray(16 * 2**30)")
    assert done.error_name == "MemoryError"


def test_too_much_output_is_cut_and_the_cut_is_said():
    (done,) = run_cells("for _ in range(3000): print('x' * 1000)")
    (shown,) = sanitize.clean_outputs(done.outputs)
    assert len(shown.text) < sanitize.TEXT + 100 and "left out" in shown.text


def test_a_notebook_shows_only_so_much():
    session = Session(fork_server(), [Cell("print('x' * 9_000_000)") for _ in range(8)])
    session.run_all()
    session.close()
    shown = [len(output["text"]) for cell in session.cells for output in cell.done.outputs]
    assert shown[:5] == [9_000_001] * 5 and max(shown[5:]) < 100
    assert "too much" in session.cells[-1].done.outputs[0]["text"]


def test_many_small_prints_are_quick_and_whole():
    session = Session(
        fork_server(), [Cell("for i in range(300_000): print(i % 10, end='')")], Limits(cell=10)
    )
    session.run_all()
    session.close()
    assert session.cells[0].done.outputs == [
        {"output_type": "stream", "name": "stdout", "text": "0123456789" * 30_000}
    ]


def test_who_ends_every_room_is_told_so(monkeypatch):
    monkeypatch.setattr("proctor.session.connection.MAX_SANDBOXES", 3)
    session = Session(fork_server(), [Cell("import os; os._exit(0)") for _ in range(5)])
    session.run_all()
    with pytest.raises(SandboxDied, match="ended its process 3 times"):
        session.ask(protocol.Call("softmax", [], {}), "softmax")


def test_a_warm_parent_that_has_ended_costs_the_next_student_nothing():
    before = Session(fork_server(), [Cell("pass")])
    before.run_all()  # the parent has started: one that can't start is another matter
    before.close()
    session = Session(fork_server(), [Cell("print('fine')")])
    session.link.server.process.kill()
    session.link.server.process.wait()
    try:
        session.run_all()
    finally:
        session.close()
    (done,) = [cell.done for cell in session.cells]
    assert (text(done), done.error_name) == ("fine\n", None)


def test_a_sandbox_that_is_not_used_ends_in_silence(capfd):
    with contextlib.closing(ForkServer()) as own:
        own.fork().end()
    assert capfd.readouterr().err == ""


@pytest.mark.full
@pytest.mark.parametrize("used", ["torch.optim.AdamW", "torch.func.grad"])
def test_a_notebook_finds_imported_what_its_first_call_of_something_large_needs(used):
    look, found = "import sys; print('torch._dynamo' in sys.modules)", []
    with contextlib.closing(ForkServer()) as own:
        for source in (look, f"{look}  # before {used}"):
            session = Session(own, [Cell(source)])
            session.run_all()
            found.append(text(session.cells[0].done))
            session.close()
    assert found == ["False\n", "True\n"]


@pytest.mark.full
def test_the_room_dies_with_the_grader():
    """`kill -9` of the grader ends the fork server and the sandbox in it."""
    script = (
        "from proctor.sandbox.launcher import fork_server\nfrom proctor.session.session import Cell, Session\n"
        "import subprocess\nprint(fork_server().process.pid, flush=True)\n"
        "Session(fork_server(), [Cell('import time; time.sleep(600)')]).run_all()"
    )
    grader = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pid = int(grader.stdout.readline())
    time.sleep(1)
    os.kill(grader.pid, signal.SIGKILL)
    grader.wait()
    for _ in range(100):
        if not os.path.exists(f"/proc/{pid}"):
            return
        time.sleep(0.1)
    raise AssertionError("the fork server outlived its grader")


PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()


@pytest.mark.parametrize(
    "data",
    [
        {"text/html": "<script>alert(1)</script>"},
        {"image/svg+xml": "<svg onload='alert(1)'/>"},
        {"application/javascript": "alert(1)"},
        {"text/markdown": "<script>alert(1)</script>"},
        {"text/latex": "alert(1)"},
        {"application/vnd.jupyter.widget-view+json": "alert(1)"},
        {"image/png": f'{PNG}" onerror="alert(1)'},
        {"image/png": base64.b64encode(b"<svg onload='alert(1)'/>").decode()},
    ],
)
def test_active_outputs_do_not_pass(data):
    assert (
        sanitize.clean_outputs([{"output_type": "display_data", "data": data, "metadata": {}}])
        == []
    )


def test_text_and_png_pass():
    data = {"text/plain": "<b>shown as text</b>", "image/png": PNG}
    (output,) = sanitize.clean_outputs(
        [{"output_type": "display_data", "data": data, "metadata": {}}]
    )
    assert output.data == data


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\frac<img src=x>",
        "a<b & c",
    ],
)
def test_a_formula_holds_nothing_but_mathematics(latex):
    found = mathml(latex, "inline")
    assert (
        set(re.findall(r"<(\w+)", found)) <= {"math", "mrow", "mi", "mo", "mtext", "mfrac"}
        and "href" not in found
        and "<b" not in found
    )


@pytest.mark.parametrize("kind", ["markdown", "raw"])
@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<iframe src='javascript:alert(1)'></iframe>",
        "<svg><script>alert(1)</script></svg>",
        "<a href='javascript:alert(1)'>x</a>",
        "[x](javascript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x]: javascript:alert(1)\n\n[x]",
        "[x](data:text/html,<script>alert(1)</script>)",
        "```\n</code></pre><script>alert(1)</script>\n```",
        "<a href='java\nscript:alert(1)'>x</a>",
        "![x](javascript:alert(1))",
        "<javascript:alert(1)>",
        "<style>*{display:none}</style>",
        "![x](attachment:missing.png)",
        "<details open ontoggle=alert(1) x",
        "<div onmouseover=alert(1) x",
        "text\n\n<p onclick=alert(1)\n",
        "<div " * 50_000,
        "\\begin{a}" * 8000,
        '<h4 class="panel-heading">softmax_values (Score: 2.0 / 2.0)</h4>',
        "![who looks](https://example.org/pixel.png)",
    ],
)
def test_a_rendered_page_holds_nothing_active(kind, source):
    """Renders a notebook with the cell as nbgrader's pages do, and looks for what a browser would run."""
    import re

    from nbconvert import HTMLExporter

    cell = (
        nbformat.v4.new_markdown_cell(source)
        if kind == "markdown"
        else nbformat.v4.new_raw_cell(source)
    )
    sanitize.clean_cell(cell)
    exporter = HTMLExporter(template_name="basic")
    page, _ = exporter.from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    assert '<h4 class="panel-heading"' not in page and '<img src="https' not in page
    active = r"<(script|iframe|svg|style|object|embed)|<[^>]+\bon\w+\s*=|<[^>]+(href|src)=[\"']?\s*(java|vb)"
    assert not re.search(active, page, re.IGNORECASE)


def test_a_harmless_cell_stays_as_it_is():
    source = "# Mine\n\n*I* think `a < b`, $x < y$, see <b>this</b> [link](https://example.org) and ![plot](attachment:p.png)"
    pictures = {"p.png": {"image/png": PNG}, "q.svg": {"image/svg+xml": "PHN2Zy8+"}}
    cell = nbformat.v4.new_markdown_cell(source, attachments=pictures)
    sanitize.clean_cell(cell)
    assert cell.source == source
    assert cell.attachments == {"p.png": {"image/png": PNG}}


@pytest.mark.parametrize(
    "source",
    [
        "<a href='https://example.org'>",
        "<details><table><tr><td>",
        "<s>",
        "text <b/> text",
        "</div></div>",
        "</div><div>",
        "<b><i></b></i>",
        "![](/logout)",
        "![](../../../logout)",
        "![](%2e%2e/logout)",
        "![](plots/..\\..\\logout)",
        "<img src='?x=1'>",
        '<a title=\xa0"><script>alert(1)</script>">x</a>',
        "<details>x</details\xa0>",
        '<div title=="><script>alert(1)</script>">x</div>',
        '<p></p x="><b title="><script>alert(1)</script>">text</b>',
        '<div title=x\xa0title="><script>alert(1)</script>">x</div>',
        '<details open=="><img src=x onerror=alert(1)>">x</details>',
    ],
)
def test_what_a_cell_leaves_open_or_fetches_from_the_server_is_shown_as_it_was_typed(source):
    cell = nbformat.v4.new_markdown_cell(source)
    sanitize.clean_cell(cell)
    assert cell.source == f"```\n{source}\n```"


@pytest.mark.parametrize(
    "source",
    [
        "<details><summary>more</summary>\n\n- a list\n\n</details>",
        "![plot](./plots/my%20plot-1.png) <img src='plot.png' alt='p'> <br> <hr/>",
        "<A HREF = 'https://example.org/?a=1&amp;b=2'>x</A> <img alt=\"x > y\"\nsrc=plot.png>",
        "<table><tr><td>a</td></tr></table>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n1. *one*\n2. `two`",
    ],
)
def test_what_is_closed_or_lies_beside_the_notebook_stays(source):
    cell = nbformat.v4.new_markdown_cell(source)
    sanitize.clean_cell(cell)
    assert cell.source == source


def test_all_outputs_together_are_limited():
    printed = [{"output_type": "stream", "name": "stdout", "text": "x" * 90}] * 5
    shown = sanitize.clean_outputs(printed, most=2 * (90 + sanitize.FRAME) + 20)
    assert [output.text for output in shown] == [
        "x" * 90,
        "x" * 90,
        "… and 3 more outputs, left out\n",
    ]
    assert sanitize.clean_outputs(
        printed, most=5 * (90 + sanitize.FRAME)
    ) == sanitize.clean_outputs(printed)


def test_all_markdown_together_is_limited(monkeypatch):
    """What is beyond is shown as it was typed: to render two thousand cells takes many minutes."""
    monkeypatch.setattr(sanitize, "RENDERING", 0.3)
    sources = ["*x*", *["\\begin{a}" * 3000] * 20]
    nb = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_markdown_cell, sources)))
    began = time.process_time()
    sanitize.make_harmless(nb.cells, set())
    assert time.process_time() - began < 2
    assert nb.cells[0].source == "*x*" and nb.cells[-1].source == f"```\n{sources[-1]}\n```"


def test_a_long_text_is_rendered():
    source = (
        "# Notes\n\n" + "*I* think `a < b`, [since](https://example.org) **it** is so.\n\n" * 400
    )
    cell = nbformat.v4.new_markdown_cell(source)
    sanitize.clean_cell(cell)
    assert cell.source == source and len(source) > 20_000


def test_a_server_that_dies_while_a_cell_runs_is_replaced_and_the_cell_runs_again():
    session = Session(fork_server(), [Cell("x = 1"), Cell("import time; time.sleep(1); print(x)")])
    threading.Timer(0.6, session.link.server.process.kill).start()
    session.run_all()
    session.close()
    assert (session.link.faults, text(session.cells[1].done)) == (1, "1\n")


def test_after_three_tries_the_grader_says_that_it_can_not(monkeypatch, course):
    """And the student isn't told to have ended the process."""

    def fork(self: ForkServer, optimizers: bool, forbidden: tuple[str, ...]) -> None:
        raise ForkServerDied("the process that makes the sandboxes is gone")

    monkeypatch.setattr(ForkServer, "fork", fork)
    notebook = course / "release" / "03-softmax" / "softmax.ipynb"
    with pytest.raises(
        NoSandbox, match="after 3 tries: the process that makes the sandboxes is gone"
    ):
        examine(read(notebook))


def test_who_answers_before_being_asked_is_ended_rather_than_waited_for():
    """Both sides would write and neither read, for a minute at each question."""
    forging = """
import msgspec, socket, struct
def f(x):
    data = msgspec.msgpack.encode({"type": "Returned", "value": "x" * 2**20})
    link = socket.socket(fileno=3)
    for _ in range(9): link.sendall(struct.pack("!Q", len(data)) + data)
"""
    session = Session(fork_server(), [Cell(forging)])
    session.run_all()
    try:
        session.ask(protocol.Call("f", [0], {}), "f")
        time.sleep(0.5)
        with pytest.raises(SandboxDied, match="before it was asked"):
            session.ask(protocol.Call("f", [torch.zeros(2**21)], {}), "f")
    finally:
        session.close()
