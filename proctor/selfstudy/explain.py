"""What a visible check that failed in a living notebook can add: the misunderstanding behind the answer."""

import signal
import threading
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SECONDS = 2  # for which a learner may be kept waiting


def explain_failure(name: str) -> None:
    """Prints the title and hint of what is recognised in the answer that defines `name`, where that takes `SECONDS` at most."""
    try:
        with _interrupted_after(SECONDS):
            said = _misunderstanding(name)
    except KeyboardInterrupt:
        said = f"No known mistake was recognised within {SECONDS} s; run the cell again to look once more."
    except Exception:
        # the failure itself has been told: what was to help must not hide it
        return
    if said:
        print(f"\n  {said}")


def get_ready() -> None:
    """Imports what judges, and starts the process in which answers are compared: seconds that the first failure hasn't got."""
    threading.Thread(target=_get_ready, daemon=True).start()


def _get_ready() -> None:
    with suppress(Exception):
        from proctor.sandbox.launcher import fork_server

        fork_server()
        import proctor.examine.in_kernel  # noqa: F401


def _misunderstanding(name: str) -> str:
    from proctor.course import assignments, find_course
    from proctor.examine.in_kernel import examine_here

    for assignment in assignments(find_course()).values():
        if exercise := assignment.owners.get(name):
            cells = {cell.id for cell in assignment.graded.values() if cell.exercise == exercise}
            report = examine_here(assignment, cells - assignment.plain.keys())
            found = [cell.diagnosis for cell in report.cells if cell.diagnosis]
            return f"It looks like this: {found[0]['title']}.\n  {found[0]['hint']}" if found else ""
    return ""


@contextmanager
def _interrupted_after(seconds: float) -> Iterator[None]:
    """Interrupts what runs inside after this time, as Ctrl-C does."""

    def interrupt() -> None:
        # a signal to the thread ends its waiting for a sandbox, too; Windows can't send one
        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        else:
            interrupt_main()

    timer = threading.Timer(seconds, interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
