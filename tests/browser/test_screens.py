"""What is shown of submissions: nothing in them runs, what is honest is seen, and the pages are well made."""

import re
from itertools import pairwise
from urllib.parse import unquote

import lab
import nbformat
import pytest
from hostile import PNG, prints, script, spoil
from lab import NAME, Watch
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell
from playwright.sync_api import Locator, Page, expect

from proctor.answers import solved
from proctor.classroom.report import class_report
from proctor.classroom.report_page import page as page_of
from proctor.course import assignments

SHIFTLESS = (
    "def softmax(x, dim):\n    shares = x.exp()\n    return shares / shares.sum(dim, keepdim=True)"
)
# the elements that could run something, or change the page
ACTIVE = """root => [...root.querySelectorAll('*')].filter(element =>
    ['SCRIPT', 'IFRAME', 'OBJECT', 'EMBED', 'FORM', 'STYLE', 'LINK', 'BASE', 'META'].includes(element.tagName)
    || [...element.attributes].some(({name, value}) => name.startsWith('on') || /^\\s*javascript:/i.test(value))
).map(element => element.outerHTML.slice(0, 300))"""


def friendly(notebook):
    """Adds what a student prints, draws and writes."""
    written = new_markdown_cell("My **notes**: $x^2$, and ![a red square](attachment:square.png)")
    written.attachments = {"square.png": {"image/png": PNG}}
    drawn = new_code_cell("plt.plot([1, 2, 3])\nplt.title('my own plot')\nplt.show()")
    notebook.cells += [prints("the loss fell <to> 0.25"), drawn, written]
    return notebook


@pytest.fixture(scope="module")
def graded(class_folder, course, run):
    """Graded submissions of the class in `class_folder`, and their feedback."""
    assignment = assignments(course)[NAME]
    half = {"softmax": SHIFTLESS, "sample_next_token": assignment.stubs["sample_next_token"]}
    submissions = {
        "right": nbformat.writes(friendly(solved(assignment))),
        "half": nbformat.writes(friendly(solved(assignment, half))),
        "hostile": nbformat.writes(spoil(friendly(solved(assignment, half)))),
        "unreadable": "{not a notebook <img src=x onerror=alert(1)>",
    }
    for student, text in submissions.items():
        folder = class_folder / "submitted" / student / NAME
        folder.mkdir(parents=True)
        (folder / "softmax.ipynb").write_text(text)
    (class_folder / "submitted" / "hostile" / NAME / "page.html").write_text(
        script("page of its own")
    )
    run(class_folder, "proctor", "grade", "--workers", "1")
    run(class_folder, "nbgrader", "generate_feedback", NAME)
    return class_folder


@pytest.fixture
def feedback(graded):
    """The address of a student's feedback page."""
    return lambda student: (graded / "feedback" / student / NAME / "softmax.html").as_uri()


def quiet(page: Page, watch: Watch, *, allowed: tuple[str, ...] = ()) -> bool:
    """Nothing fired, and nothing was asked of other machines but what begins as `allowed`."""
    assert page.evaluate("window.fired || []") == []
    assert not watch.dialogs
    assert not [text for text in watch.console + watch.errors if text.startswith("fired")]
    assert not [url for url in watch.elsewhere() if not url.startswith(allowed or "nowhere")]
    return True


@pytest.mark.full
def test_the_hostile_notebook_bites(graded, new_page, tmp_path):
    """On a page that nobody cleaned, what is tried below does fire, and the watch sees it."""
    notebook = nbformat.read(
        graded / "submitted" / "hostile" / NAME / "softmax.ipynb", as_version=4
    )
    (tmp_path / "stock.html").write_text(HTMLExporter().from_notebook_node(notebook)[0])
    page, watch = new_page()
    page.goto((tmp_path / "stock.html").as_uri())
    page.wait_for_function("(window.fired || []).length > 10")
    bites = set(page.evaluate("fired"))
    assert bites >= {
        "html script",
        "html image",
        "javascript output",
        "frame",
        "details",
        "markdown image",
    }
    assert bites >= {
        "markdown script",
        "markdown svg",
        "markdown after a div",
        "markdown frame",
        "heading",
    }
    assert {
        text.removeprefix("fired ") for text in watch.console if text.startswith("fired")
    } >= bites
    assert "http://fired.invalid/picture.png" in watch.elsewhere()
    links = [found for found in page.locator("body").evaluate(ACTIVE) if "javascript:" in found]
    assert len([found for found in links if found.startswith("<a ")]) == 2


def honest_things_are_seen(body: Locator) -> None:
    expect(body).to_contain_text("the loss fell <to> 0.25")
    expect(body.locator("strong").get_by_text("notes", exact=True)).to_be_visible()
    for picture in (body.get_by_alt_text("a red square"), body.locator(".output_png img").last):
        assert picture.evaluate("picture => picture.complete && picture.naturalWidth > 0")


def test_nothing_runs_in_the_feedback_page(feedback, new_page):
    page, watch = new_page()
    page.goto(feedback("hostile"))
    assert quiet(page, watch)
    assert page.locator("body").evaluate(ACTIVE) == []
    honest_things_are_seen(page.locator("main"))


@pytest.mark.full
def test_nothing_runs_in_the_formgrader(graded, server, new_page):
    """Of every submission, in the page where an instructor reads, grades and comments."""
    page, watch = new_page()
    page.goto(server)
    page.goto(server.replace("?", f"formgrader/gradebook/{NAME}/softmax?"))
    submissions = page.get_by_role("link", name="Submission #")
    expect(submissions).to_have_count(4)
    addresses = [each.evaluate("link => link.href") for each in submissions.all()]
    hostile, notebook = 0, page.locator("#notebook-container").first
    for address in addresses:
        page.goto(address)
        expect(page.locator("input.score").first).to_be_visible()
        # nbgrader's own
        assert quiet(page, watch, allowed=("https://cdnjs.cloudflare.com/ajax/libs/mathjax/",))
        assert notebook.evaluate(ACTIVE) == []
        expect(page.locator("math").first).to_be_visible()
        expect(page.locator("summary", has_text="Hint 1").first).to_have_css(
            "display", "list-item"
        )  # with its triangle
        if "fired" in notebook.inner_text():
            hostile += 1
            honest_things_are_seen(notebook)
            assert page.request.get(f"{page.url.partition('?')[0]}page.html").status == 404
    assert hostile == 1


def is_well_made(page: Page, watch: Watch) -> None:
    """At a phone's width: no sideways scrolling, headings in order, no noise, and nothing that axe finds serious."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all(
        "all => all.map(e => Number(e.tagName[1]))"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels)), levels
    ids = page.locator("[id]").evaluate_all("all => all.map(e => e.id)")
    assert len(ids) == len(set(ids)), [name for name in ids if ids.count(name) > 1]
    targets = page.locator("a[href^='#']").evaluate_all(
        "all => all.map(e => e.getAttribute('href').slice(1))"
    )
    assert not [each for each in targets if not {each, unquote(each)} & set(ids)]
    assert lab.barriers(page) == []
    assert watch.errors == [] and watch.requests == [page.url]


@pytest.mark.parametrize(
    "student", ["unreadable", *(pytest.param(s, marks=pytest.mark.full) for s in ("right", "half"))]
)
def test_the_feedback_page_on_a_phone(feedback, new_page, student):
    page, watch = new_page(viewport={"width": 390, "height": 844})
    page.goto(feedback(student))
    is_well_made(page, watch)
    for link in page.locator("nav a").all():
        link.click()
        expect(page.locator(":target h3")).to_be_in_viewport()


def test_the_feedback_page_says_it_once(feedback, new_page):
    page, _ = new_page()
    page.goto(feedback("half"))
    expect(page.get_by_text("Takes exp without subtracting the maximum")).to_have_count(1)
    expect(page.get_by_text("Which constant can you subtract first?")).to_have_count(1)
    expect(page.get_by_text("sample_next_token is not attempted yet")).to_have_count(1)
    expect(page.get_by_text("Your instructor writes")).to_have_count(0)
    page.goto(feedback("unreadable"))
    expect(page.get_by_text("Your notebook could not be read: it is not a notebook")).to_have_count(
        1
    )
    expect(page.get_by_text("your answer")).to_have_count(0)


def test_the_class_report(graded, new_page, run):
    """Opens from a file, and its table sorts by mouse and by keyboard."""
    run(graded, "proctor", "report")
    page, watch = new_page(viewport={"width": 390, "height": 844})
    page.goto((graded / "report.html").as_uri())
    is_well_made(page, watch)
    # that of the exercises scrolls, beside the names
    tables = page.locator(".wide:not(:has(.grid))")
    assert (
        tables.evaluate_all("all => all.filter(one => one.scrollWidth > one.clientWidth).length")
        == 0
    )
    table = page.locator("#students-table")

    def students() -> list[str]:
        return table.locator("tbody th").all_inner_texts()

    def scores() -> list[float]:
        return [float(text) for text in table.locator("tbody td:last-child").all_inner_texts()]

    total = table.get_by_role("button", name="all")
    total.click()
    expect(table.get_by_role("columnheader", name="all")).to_have_attribute(
        "aria-sort", "ascending"
    )
    assert (
        scores() == sorted(scores()) and students()[0] == "unreadable" and students()[-1] == "right"
    )
    total.press("Enter")
    assert scores() == sorted(scores(), reverse=True) and students()[0] == "right"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert students() == ["half", "hostile", "right", "unreadable"]
    assert watch.errors == [] and watch.requests == [page.url]


def test_the_report_of_sixty_takes_three_screens(graded, new_page):
    """Before anything is unfolded; and it begins with what needs a look."""
    data = class_report(graded)
    (assignment,) = data["assignments"]
    assignment["submissions"] *= 15
    data["students"] *= 15
    (graded / "sixty.html").write_text(page_of(data, graded, graded))
    page, _ = new_page(viewport={"width": 1280, "height": 800})
    page.goto((graded / "sixty.html").as_uri())
    assert page.evaluate("document.documentElement.scrollHeight") <= 3 * 800
    expect(page.locator("strong", has_text="could not be read")).to_be_in_viewport()
    expect(page.locator("#students-table")).to_be_hidden()
    page.get_by_label("needs a look").check()
    expect(page.locator("#students-table")).to_be_visible()
    assert page.get_by_role("heading", level=2).all_inner_texts() == [
        "What needs a look",
        "Students",
        NAME,
    ]


def test_the_class_report_finds_students(graded, new_page, run):
    """By name, by assignment, and those who need a look; without scripts, and on paper, everybody is there."""
    run(graded, "proctor", "report")
    page, _ = new_page()
    page.goto((graded / "report.html").as_uri())
    marks = page.get_by_role("region", name=f"Exercise by exercise: {NAME}").locator("tbody tr")
    expect(marks).to_have_count(4)
    page.get_by_role("searchbox").fill("HALF")
    expect(page.get_by_role("status")).to_have_text("1 of 4 students")
    expect(marks.filter(visible=True)).to_have_count(1)
    expect(marks.filter(visible=True)).to_contain_text(re.compile("✗ .*not yet"))
    page.get_by_role("searchbox").fill("")
    page.get_by_label("needs a look").check()
    row = lambda name: marks.filter(has=page.get_by_role("rowheader", name=name, exact=True))  # noqa: E731
    expect(row("unreadable").filter(visible=True)).to_contain_text("?")
    expect(row("right").filter(visible=True)).to_have_count(0)
    page.emulate_media(media="print")
    expect(page.get_by_role("search")).to_be_hidden()
    plain, _ = new_page(java_script_enabled=False)
    plain.goto((graded / "report.html").as_uri())
    expect(plain.get_by_role("search")).to_be_hidden()
    expect(plain.locator(".grid tbody tr").filter(visible=True)).to_have_count(4)
