"""The whole way of one assignment, clicked and typed in JupyterLab as a student and an instructor do."""

import csv
import re
from pathlib import Path

import nbformat
import pytest
from lab import NAME, go_to, menu
from nbgrader.utils import get_username
from playwright.sync_api import FrameLocator, Locator, Page, expect

pytestmark = pytest.mark.full

RELEASE = Path(__file__).parents[2] / "release" / NAME / "softmax.ipynb"
STUDENT = get_username()  # who fetches and submits on this machine
COMMENT = "Half of it is here: mask first, then normalise."
SHIFTLESS = [
    "def softmax(x, dim):",
    "shares = x.exp()",
    "return shares / shares.sum(dim, keepdim=True)",
]
RIGHT = ["def softmax(x, dim):", "shares = (x - x.amax(dim, keepdim=True)).exp()", SHIFTLESS[2]]


def test_the_whole_way(server, class_folder, new_page, run):
    """One test, as each step needs the one before."""
    run(
        class_folder,
        "nbgrader",
        "db",
        "student",
        "add",
        STUDENT,
        "--first-name=Ada",
        "--last-name=Lovelace",
    )
    instructor, _ = new_page()
    formgrader = open_formgrader(instructor, server)
    assign_and_release(instructor, formgrader)

    student, _ = new_page()
    student.goto(server.replace("?", "lab/workspaces/student?"))
    fetch_and_open(student)
    work(student)
    validate(student)
    submit(student)

    collect_and_autograde(formgrader)
    look_and_comment(instructor, formgrader)
    regrade(formgrader)
    give_feedback(formgrader)
    run(class_folder, "nbgrader", "export")
    (exported,) = csv.DictReader((class_folder / "grades.csv").open())
    assert exported["student_id"] == STUDENT and float(exported["score"]) == 7.5

    read_feedback(student)


def open_formgrader(page: Page, server: str) -> FrameLocator:
    page.goto(server)
    expect(page.get_by_role("tab", name="Create Assignment")).to_be_visible()
    menu(page, "Nbgrader", "Formgrader")
    formgrader = page.frame_locator("#formgrader-iframe iframe")
    expect(row(formgrader, NAME)).to_be_visible()
    return formgrader


def row(frame: FrameLocator, text: str) -> Locator:
    return frame.locator("tbody tr").filter(has_text=text)


def press(frame: FrameLocator, text: str, button: str) -> None:
    """Clicks one of the buttons in a row of the formgrader, and its message away when it succeeded."""
    row(frame, text).locator(f".{button} a").click()
    done = frame.locator(".modal.in")
    expect(done).to_contain_text("Success")
    done.get_by_role("button", name="OK").click()
    expect(done).to_have_count(0)


def assign_and_release(page: Page, formgrader: FrameLocator) -> None:
    press(formgrader, NAME, "assign")
    row(formgrader, NAME).locator(".preview a").click()
    preview = page.get_by_role("listitem", name=re.compile("softmax.ipynb"))
    expect(preview).to_be_visible()
    press(formgrader, NAME, "release")
    expect(row(formgrader, NAME)).to_contain_text("released")


def assignments(page: Page, part: str) -> Locator:
    """One of the lists of the Assignment List, `part` is released, fetched or submitted."""
    return page.locator(f"#{part}_assignments_list")


def fetch_and_open(page: Page) -> None:
    menu(page, "Nbgrader", "Assignment List")
    assignments(page, "released").get_by_role("button", name="Fetch", exact=True).click()
    fetched = assignments(page, "fetched")
    fetched.get_by_role("button", name=NAME).click()
    fetched.get_by_text("softmax", exact=True).click()
    expect(
        page.locator(".jp-Notebook").get_by_role("heading", name="Softmax: from scores")
    ).to_be_visible()


def type_in(page: Page, lines: list[str]) -> None:
    """Replaces the active cell's source; JupyterLab indents what follows a colon."""
    page.keyboard.press("Enter")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.press("Delete")
    for n, line in enumerate(lines):
        if n:
            page.keyboard.press("Enter")
        page.keyboard.type(line)


def run_cell(page: Page, cell: Locator) -> Locator:
    """Runs the active cell and returns its outputs, once it is done."""
    prompt = cell.locator(".jp-InputPrompt")
    before = prompt.inner_text()
    page.keyboard.press("ControlOrMeta+Enter")
    expect(prompt).to_have_text(re.compile(r"\[\d+\]"))
    expect(prompt).not_to_have_text(before)
    return cell.locator(".jp-OutputArea-output")


def select_check(page: Page) -> Locator:
    """Clicks on the visible check of huge logits, which is folded: the key j passes over it."""
    cells = nbformat.read(RELEASE, as_version=4).cells
    (number,) = [at for at, cell in enumerate(cells) if cell.id == "softmax_stability"]
    check = page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{number}"]')
    check.locator(".jp-Placeholder-content, .cm-content").first.click()
    return check


def work(page: Page) -> None:
    """A wrong softmax, which a visible check finds, and then a right one."""
    cell = go_to(page, "def softmax(x")
    menu(page, "Run", "Run All Above Selected Cell")
    type_in(page, SHIFTLESS)
    expect(run_cell(page, cell)).to_have_count(0)
    check = select_check(page)
    expect(run_cell(page, check).filter(has_text="gave")).to_contain_text(
        "nan at [0, 0] should be 0.7311"
    )
    expect(check).to_contain_text("Takes exp without subtracting the maximum", timeout=60_000)
    go_to(page, "def softmax(x", "k")
    type_in(page, RIGHT)
    run_cell(page, cell)
    select_check(page)
    expect(run_cell(page, check)).to_contain_text("✓")


def validate(page: Page) -> None:
    """The other exercises are still stubs: Validate says so."""
    page.get_by_role("button", name="Validate").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Validation Results")
    expect(dialog).to_contain_text("The following cell failed")
    expect(dialog).to_contain_text("NotImplementedError")
    expect(dialog).not_to_contain_text("softmax(x, dim=0)")
    dialog.get_by_role("button", name="OK").click()


def saved(page: Page, what: str):
    """What is done in a `with` block has reached the server when the block is left."""
    return page.expect_response(
        lambda response: f"/{what}/" in response.url and response.request.method == "PUT"
    )


def submit(page: Page) -> None:
    with saved(page, "api/contents"):
        menu(page, "File", "Save Notebook")
    page.get_by_role("tab", name="Assignments").click()
    assignments(page, "fetched").get_by_role("button", name="Submit", exact=True).click()
    expect(assignments(page, "submitted")).to_contain_text(NAME)


def collect_and_autograde(formgrader: FrameLocator) -> None:
    press(formgrader, NAME, "collect")
    row(formgrader, NAME).locator(".num-submissions a").click()
    expect(row(formgrader, STUDENT)).to_contain_text("needs autograding")
    press(formgrader, STUDENT, "autograde")
    expect(row(formgrader, STUDENT)).to_contain_text("6 / 30")


def open_submission(formgrader: FrameLocator) -> None:
    row(formgrader, STUDENT).get_by_role("link", name="Lovelace, Ada").click()
    formgrader.get_by_role("link", name="softmax", exact=True).click()
    expect(formgrader.locator("input.score").first).to_be_visible()


def back_to_submissions(formgrader: FrameLocator) -> None:
    formgrader.get_by_role("link", name="Manual Grading").click()
    formgrader.get_by_role("link", name="Manage Assignments").click()
    row(formgrader, NAME).locator(".num-submissions a").click()
    expect(row(formgrader, STUDENT)).to_be_visible()


def look_and_comment(page: Page, formgrader: FrameLocator) -> None:
    """Reads scores and messages, gives half of an exercise's points by hand, and writes a comment."""
    open_submission(formgrader)
    expect(formgrader.locator("#softmax_stability")).to_have_attribute("placeholder", "2")
    given = formgrader.locator("#causal_attention_weights_values")
    expect(given).to_have_attribute("placeholder", "0")
    expect(formgrader.locator("body")).to_contain_text(
        "causal_attention_weights is not attempted yet"
    )
    with saved(page, "api/grade"):
        given.fill("1.5")
        given.press("Tab")
    comment = formgrader.locator("#causal_attention_weights-comment")
    with saved(page, "api/comment"):
        comment.fill(COMMENT)
        comment.press("Tab")


def regrade(formgrader: FrameLocator) -> None:
    """Autograded again, a submission keeps what was given and written by hand."""
    back_to_submissions(formgrader)
    expect(row(formgrader, STUDENT)).to_contain_text("7.5 / 30")
    press(formgrader, STUDENT, "autograde")
    expect(row(formgrader, STUDENT)).to_contain_text("7.5 / 30")
    open_submission(formgrader)
    expect(formgrader.locator("#causal_attention_weights_values")).to_have_value("1.5")
    expect(formgrader.locator("#causal_attention_weights-comment")).to_have_value(COMMENT)


def give_feedback(formgrader: FrameLocator) -> None:
    back_to_submissions(formgrader)
    press(formgrader, STUDENT, "generate-feedback")
    press(formgrader, STUDENT, "release-feedback")


def read_feedback(page: Page) -> None:
    """Fetches the feedback, opens it from the file browser, and reads it in JupyterLab."""
    page.get_by_title("Refresh assignments list").click()
    submitted = assignments(page, "submitted")
    submitted.get_by_role("button", name="Fetch Feedback").click()
    submitted.get_by_text("view feedback").click()
    page.get_by_role("listitem", name=re.compile("softmax.html")).dblclick()
    feedback = page.frame_locator(".jp-HTMLViewer iframe")
    expect(feedback.get_by_role("heading", name=NAME)).to_be_visible()
    expect(feedback.locator("body")).to_contain_text("7.5 of 30 points")
    expect(feedback.locator("body")).to_contain_text(COMMENT)
    expect(feedback.locator("body")).to_contain_text(
        "causal_attention_weights is not attempted yet"
    )
