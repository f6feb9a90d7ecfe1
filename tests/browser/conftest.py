"""A browser for the tests of a module, and a server on a copy of the course."""

import os
from collections.abc import Iterator
from pathlib import Path

import lab
import pytest
from lab import NAME
from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's browser; ended with the module, as no other event loop can run beside it."""
    if lab.find_browser() is None:
        missing = "no browser: install Chromium (on Debian and Ubuntu: apt install chromium)"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    with lab.browser() as browser:
        yield browser


@pytest.fixture
def new_page(browser):
    """Opens a page with a profile of its own, and its watch; `options` are those of Playwright's `new_context`."""
    contexts = []

    def new_page(**options) -> tuple[Page, lab.Watch]:
        contexts.append(lab.profile(browser, **options))
        page = contexts[-1].new_page()
        return page, lab.Watch(page)

    yield new_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def class_folder(browser, copy_course, tmp_path_factory) -> Path:
    """A copy of the course with one assignment."""
    return copy_course(tmp_path_factory.mktemp("class") / "course", NAME)


@pytest.fixture(scope="module")
def server(browser, class_folder, tmp_path_factory) -> Iterator[str]:
    """The address of a JupyterLab server on `class_folder`."""
    with lab.lab(class_folder, tmp_path_factory.mktemp("private")) as address:
        yield address
