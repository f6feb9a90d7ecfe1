"""The instructor's view of the service, to look at and not to change anything: a page, and the same as JSON.

On this machine the page needs the token that the service prints. As a service of JupyterHub, the hub signs people in,
and lets those in to whom a role gives `access:services!service=NAME`.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import os
import re
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler, authenticated

from proctor.course import assignments
from proctor.course.report import readable
from proctor.errors import GradingError
from proctor.records.store import Row, State, Store
from proctor.serve.page import NO_TRY

TEMPLATES = Path(__file__).parent / "templates"
SHOWN = 30  # rows of a table on the page
STUCK = 3  # attempts in a row at which an exercise failed
LATELY = 100  # answers by which the service's pace is told
WORDS = {
    State.WAITING: "waiting",
    State.GRADED: "graded",
    State.SUPERSEDED: "replaced by a newer one before their turn",
    State.LEFT: "left to 'nbgrader collect'",
    State.FAILED: "not graded, for a reason below",
}
# the one script that the page may run
SCRIPT = (TEMPLATES / "anew.js").read_text(encoding="utf-8")
DIGEST = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{DIGEST}'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def status(course: Path, store: Store) -> dict[str, Any]:
    """The service's state: the queue, the last verdicts, failures, and the students who fail again and again."""
    now = time.time()
    turn = {row.name: place for place, row in enumerate(store.in_turn(now), 1)}
    waiting = sorted(
        store.rows("state = 'waiting'"), key=lambda row: (turn.get(row.name, len(turn) + 1), row.not_before)
    )
    graded = sorted(store.rows("state = 'graded'"), key=lambda row: -row.graded)
    waits = sorted(row.graded - max(row.arrived, row.not_before) for row in graded[:LATELY])
    return {
        "time": _utc(now),
        "counts": dict(Counter(row.state for row in store.rows())),
        "seconds_to_grade": {
            "median": round(statistics.median(waits), 1) if waits else None,
            "longest": round(waits[-1], 1) if waits else None,
            "of": len(waits),
        },
        "queue": [
            _facts(row)
            | {"place": turn.get(row.name), "graded_from": _utc(row.not_before) if row.not_before > now else None}
            for row in waiting
        ],
        "last": [
            _facts(row)
            | {"graded": _utc(row.graded), "attempt": row.number, "score": row.score, "max_score": row.max_score}
            for row in graded[:LATELY]
        ],
        "failures": [
            _facts(row) | {"state": row.state, "why": row.why if row.student else f"{readable(row.name)}: {row.why}"}
            for row in store.rows("why != '' AND state != 'superseded'")[::-1]
        ],
        "stuck": list(_stuck(course, graded)),
    }


def _facts(row: Row) -> dict[str, Any]:
    return {"student": readable(row.student), "assignment": readable(row.assignment), "received": _utc(row.received)}


def _utc(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).isoformat(timespec="seconds")


def _stuck(course: Path, graded: list[Row]):
    """Exercises that failed in each of a student's last attempts; `graded`: the newest first."""
    known, attempts = assignments(course), {}
    for row in graded:
        attempts.setdefault(row.key, []).append(row)
    for (student, name), rows in attempts.items():
        if len(rows) < STUCK or name not in known:
            continue
        for exercise in known[name].stubs:
            cells = [cell.id for cell in known[name].graded.values() if cell.exercise == exercise]
            failed = [any(row.cells.get(cell, "passed") not in NO_TRY for cell in cells) for row in rows]
            times = failed.index(False) if False in failed else len(failed)
            if times >= STUCK:
                yield {"student": readable(student), "assignment": name, "exercise": exercise, "attempts": times}


def page(data: dict[str, Any]) -> str:
    """The status as a page that needs nothing else."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
    environment.filters["plainly"] = _plainly
    return environment.get_template("status.html.j2").render(**data, shown=SHOWN, words=WORDS, script=SCRIPT)


def _plainly(value: object) -> str:
    """A value as people read it: times without what is the same in all of them."""
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else re.sub(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\+00:00$", r"\1 \2", str(value))


class _Shows(RequestHandler):
    """A page of the status, or its JSON; `initialize` is told the course."""

    def initialize(self, course: Path, token: str = "") -> None:
        self.course, self.token = course, token
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def show(self) -> None:
        store = Store(self.course)
        with contextlib.closing(store.database):
            data = status(self.course, store)
        if self.request.path.endswith("/status.json"):
            self.write(data)
            return
        self.write(page(data))


class _ByToken(_Shows):
    def get(self) -> None:
        given = self.get_query_argument("token", "") or self.request.headers.get("Authorization", "").rpartition(" ")[2]
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            raise HTTPError(403)
        self.show()


def show_status(course: Path, port: int | None, print_line: Callable[[str], None]) -> None:
    """Shows the status in a thread: on this machine's `port`, or where JupyterHub wants its service; nowhere without both.

    Raises `GradingError` where that can't be.
    """
    # in a user's own server, the other two are that server's
    is_service = os.environ.get("JUPYTERHUB_SERVICE_NAME")
    address, prefix = os.environ.get("JUPYTERHUB_SERVICE_URL"), os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if port:
        token = Store(course).token()
        routes, host = [(r"/(?:status\.json)?", _ByToken, {"course": course, "token": token})], "127.0.0.1"
        where = f"http://{host}:{port}/?token={token}"
    elif is_service and address and prefix:
        routes, parts = _on_hub(course, prefix), urlsplit(address)
        host, port, where = parts.hostname or "127.0.0.1", parts.port or 80, f"{prefix} of the hub"
    else:
        return
    try:
        sockets = bind_sockets(port, host)
    except OSError as error:
        raise GradingError(f"the status page can't be shown on {host}:{port}: {error.strerror}") from None

    def serve() -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        server = HTTPServer(Application(routes, cookie_secret=os.urandom(32)))
        server.add_sockets(sockets)
        loop.run_forever()

    threading.Thread(target=serve, daemon=True).start()
    print_line(f"its status: {where}")


def _on_hub(course: Path, prefix: str) -> list[Any]:
    """The pages for people whom the hub lets in. Raises `GradingError` where jupyterhub isn't installed beside proctor."""
    try:
        from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated  # pyright: ignore
    except ImportError:
        raise GradingError(
            "JupyterHub started this, and no jupyterhub is installed in its environment, by which people sign in: "
            "install it there, or start 'proctor serve' by other means"
        ) from None

    class ByHub(HubOAuthenticated, _Shows):
        @authenticated
        def get(self) -> None:
            self.show()

    return [
        (f"{prefix}(?:status\\.json)?", ByHub, {"course": course}),
        (f"{prefix}oauth_callback", HubOAuthCallbackHandler),
    ]
