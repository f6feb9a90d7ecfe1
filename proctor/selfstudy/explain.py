"""The misconception behind a visible check that failed in a living notebook, found while its
student goes on.

The kernel sends the sources of the cells that it has run to another process, and waits in a thread.
That process runs them as `proctor check` does: in a sandbox, in a folder of its own, with copies of
the files beside the notebook.
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from IPython import get_ipython
from IPython.display import DisplayHandle, Pretty, display

# seconds of the sandbox's own time
LIMITS = "cell=5,call=2,exercise=5,notebook=20"
LOOKING = "Looking for the mistake behind this …"
THREAD = "proctor looks for the mistake"
NOT_FOUND = "The mistake behind this is not found yet. `proctor check` looks further."


def explain_failure(name: str) -> None:
    """Shows below a failed check the misconception in the answer that defines `name`, as soon as it
    is found.
    """
    shell = get_ipython()
    sources = shell.history_manager.input_hist_raw[1:]
    handle = display(Pretty(LOOKING), display_id=True)
    search = subprocess.Popen(
        [sys.executable, "-m", "proctor.selfstudy.explain"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PROCTOR_LIMITS": LIMITS, **os.environ},
        # an interrupt of the notebook's cell is not meant for it
        start_new_session=True,
        text=True,
    )
    thread = threading.Thread(
        target=_show_result, args=(search, handle, name, sources), name=THREAD, daemon=True
    )
    thread.start()

    def end_when_run_again(info: Any) -> None:
        if info.raw_cell == sources[-1]:
            shell.events.unregister("pre_run_cell", end_when_run_again)
            search.kill()

    shell.events.register("pre_run_cell", end_when_run_again)


def _show_result(
    search: subprocess.Popen, handle: DisplayHandle, name: str, sources: list[str]
) -> None:
    """Waits for a search, in a thread of its own, and shows its result in place of `LOOKING`."""
    assert search.stdin and search.stdout, "both are pipes"
    found = ""
    try:
        # the other process ends when this pipe is closed, so it stays open until then
        search.stdin.write(json.dumps({"name": name, "sources": sources}) + "\n")
        search.stdin.flush()
        found = search.stdout.read().strip()
    except OSError:
        # it was ended
        pass
    search.wait()
    handle.update(Pretty(found or NOT_FOUND))


def find_misconception(name: str, sources: list[str]) -> str:
    """The title and the hint of the misconception in the answer that defines `name`, after cells
    with these sources; or "".
    """
    from nbformat.v4 import new_code_cell, new_notebook

    from proctor.course import assignments, find_course
    from proctor.examine.examine import examine
    from proctor.submission import files_beside, with_released_cells

    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    for assignment in assignments(find_course()).values():
        exercise = assignment.owners.get(name)
        if exercise is None:
            continue
        # a kernel runs in its notebook's folder
        files, _ = files_beside(Path.cwd() / assignment.notebook.name, assignment)
        cells = assignment.cells_of(exercise) - assignment.self_checked.keys()
        report = examine(with_released_cells(notebook, assignment, files), cells=cells)
        for cell in report.cells:
            if cell.diagnosis:
                return f"It looks like this: {cell.diagnosis['title']}.\n{cell.diagnosis['hint']}"
    return ""


def _end_with_the_kernel() -> None:
    sys.stdin.read()
    os._exit(1)


def main() -> None:
    """Reads a request from the kernel, and prints the misconception."""
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_kernel, daemon=True).start()
    print(find_misconception(**request), flush=True)
    # the thread still waits for the kernel
    os._exit(0)


if __name__ == "__main__":
    main()
