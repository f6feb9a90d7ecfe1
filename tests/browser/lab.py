"""A real JupyterLab server on a course, and a real browser; for these tests and for `make screenshots`."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import psutil
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

NAME = "03-softmax"  # the assignment that these tests work on
# milliseconds for what a page is to show; a slow machine starts a kernel in half a minute
PATIENCE = 120_000
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = """
    --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update
    --disable-sync
""".split()
expect.set_options(timeout=PATIENCE)
QUIET = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False}
}


def find_browser() -> str | None:
    """The path of the system's Chromium or Chrome; None where there is none."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """The system's browser without a window, with a profile of its own."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=find_browser(), args=FLAGS, timeout=PATIENCE
        )
        try:
            yield started
        finally:
            started.close()


def profile(browser: Browser, **options: Any) -> BrowserContext:
    """A new profile, whose pages reach nothing beyond this machine; `options` are those of Playwright's `new_context`."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    context.set_default_timeout(PATIENCE)
    context.route(lambda url: not is_here(url), lambda route: route.abort())
    return context


@contextmanager
def lab(
    course: Path, private: Path, settings: Mapping[str, dict] = MappingProxyType({})
) -> Iterator[str]:
    """`make lab` in `course`, on a free port; gives the address, with the token that a browser's first visit needs.

    Settings, by the name of JupyterLab's plugin, and runtime files go to the folder `private`.
    """
    for plugin, values in (QUIET | settings).items():
        file = private / "settings" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PYTEST_", "PROCTOR_"))
    }
    environment |= {
        "JUPYTER_CONFIG_DIR": str(private / "config"),
        "JUPYTER_DATA_DIR": str(private / "data"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(private / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(private / "workspaces"),
        "IPYTHONDIR": str(private / "ipython"),
        "OMP_NUM_THREADS": "1",  # kernels beside other tests
    }
    token = secrets.token_hex()
    command = [
        Path(sys.executable).parent / "jupyter",
        "lab",
        "--no-browser",
        f"--port={_free_port()}",
    ]
    command += [
        f"--IdentityProvider.token={token}",
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]
    log = private / "server.log"
    with log.open("w") as file:
        server = subprocess.Popen(command, cwd=course, env=environment, stdout=file, stderr=file)
    try:
        yield f"{_address(server, private / 'runtime', log)}?token={token}"
    finally:
        _end(server)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _address(server: subprocess.Popen, runtime: Path, log: Path) -> str:
    """Where the server says that it listens, once it does."""
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE / 1000 and server.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            return json.loads(path.read_text())["url"]
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")


def _end(server: subprocess.Popen) -> None:
    """Ends the server, which ends its kernels, and whatever of it is left after that."""
    family = psutil.Process(server.pid).children(recursive=True) if server.poll() is None else []
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    for left in psutil.wait_procs(family, timeout=5)[1]:
        left.kill()


def is_here(url: str) -> bool:
    """Whether a request for this address stays on this machine."""
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", None)


class Watch:
    """What happens on a page and can't be seen on it: dialogs, what the console is told, and requests."""

    def __init__(self, page: Page):
        self.page = page
        self.errors: list[str] = []
        self.console: list[str] = []
        self.dialogs: list[str] = []
        self.requests: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("dialog", self._dialog)

    def _console(self, message) -> None:
        (self.errors if message.type == "error" else self.console).append(message.text)

    def _dialog(self, dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def elsewhere(self) -> list[str]:
        """The requests that would have left the machine."""
        return [url for url in self.requests if not is_here(url)]


def menu(page: Page, *entries: str) -> None:
    """Picks an entry of JupyterLab's menu bar."""
    page.get_by_role("menuitem", name=entries[0], exact=True).first.click()
    for entry in entries[1:]:
        page.locator(".lm-Menu-item").filter(has=page.get_by_text(entry, exact=True)).click()


def go_to(page: Page, text: str, key: str = "j") -> Locator:
    """Goes down the notebook (with "k": up), cell by cell, to the one that holds `text`."""
    active = page.locator(".jp-Notebook .jp-Cell.jp-mod-active")
    active.click()
    page.keyboard.press("Escape")
    for _ in range(100):
        if text in active.inner_text():
            return active
        page.keyboard.press(key)
    raise AssertionError(f"no cell holds {text!r}")


def barriers(page: Page, part: str = "html") -> list[str]:
    """What axe finds serious, or worse, in a part of the page: for those who see little, hear a page, or use the keyboard."""
    found = Axe().run(page, part, {"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{each['id']}: {each['help']}: {node['html'][:200]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
