"""The figures in JupyterLab, in a real browser: a control moved by keyboard moves the picture and the numbers."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

COURSE = Path(__file__).resolve().parents[2]
SETTINGS = {  # every cell is in the page, and nothing is asked at the start
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


def missing(what: str):
    """Skips where a browser can't be had; fails in CI, where it must be."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{what}: the figures were not tried in a browser")


@pytest.fixture(scope="module")
def browser():
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        missing("no Chromium on this machine")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed ('pip install playwright')")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory, environment):
    """The address of a JupyterLab over a copy of the released notebooks, with settings of its own."""
    place = tmp_path_factory.mktemp("lab")
    shutil.copytree(COURSE / "release", place / "release")
    for name, settings in SETTINGS.items():
        file = place / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {name: str(place / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(place / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(place / "workspaces")}
    command = [
        sys.executable,
        "-m",
        "jupyter",
        "lab",
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--ServerApp.port_retries=0",
    ]
    command += ["--IdentityProvider.token=", "--ServerApp.password=", f"--ServerApp.root_dir={place / 'release'}"]
    with (place / "log.txt").open("w") as log:
        server = subprocess.Popen(command, cwd=place, env=environment | own, stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/api", server, place / "log.txt")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


def wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(600):
        try:
            return urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            assert server.poll() is None, f"JupyterLab ended:\n{log.read_text()}"
            time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start in a minute:\n{log.read_text()}")
