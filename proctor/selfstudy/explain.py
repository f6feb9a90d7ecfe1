"""An addition to a visible check that failed in a living notebook: the misconception behind the answer."""

import signal
import threading
from _thread import interrupt_main

from proctor.course import assignments, find_course
from proctor.sandbox.launcher import fork_server

SECONDS = 2  # for which a learner may be kept waiting


def get_ready() -> None:
    """Starts the process in which answers are compared, which takes seconds."""
    fork_server()


def explain_failure(name: str) -> None:
    """Prints the title and hint of what is recognised in the answer that defines `name`, where that takes `SECONDS` at most."""
    timer = threading.Timer(SECONDS, _interrupt)
    try:
        timer.start()
        said = _misconception(name)
        timer.cancel()
        # a timer that goes off at this moment interrupts here, and not what comes after
        timer.join()
    except KeyboardInterrupt:
        said = f"No known mistake was recognised within {SECONDS} s; run the cell again to look once more."
    finally:
        timer.cancel()
    if said:
        print(f"\n  {said}")


def _interrupt() -> None:
    """Interrupts the notebook's cell, as Ctrl-C does."""
    # a signal to the thread ends its waiting for a sandbox, too; Windows can't send one
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        interrupt_main()


def _misconception(name: str) -> str:
    # takes a second
    from proctor.examine.in_kernel import examine_here

    for assignment in assignments(find_course()).values():
        if exercise := assignment.owners.get(name):
            cells = {cell.id for cell in assignment.graded.values() if cell.exercise == exercise}
            report = examine_here(assignment, cells)
            found = [cell.diagnosis for cell in report.cells if cell.diagnosis]
            return f"It looks like this: {found[0]['title']}.\n  {found[0]['hint']}" if found else ""
    return ""
