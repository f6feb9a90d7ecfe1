"""nbgrader's feedback page, made worth reading: set `FeedbackPage` as `GenerateFeedback.exporter_class`."""

import html
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import latex2mathml.converter
from bs4 import BeautifulSoup
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from nbconvert.exporters import Exporter, HTMLExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.filters import Highlight2HTML, clean_html, strip_ansi, strip_files_prefix
from nbconvert.filters import ansi2html as with_colours
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor, Preprocessor
from nbformat import NotebookNode
from nbgrader.api import Grade, Gradebook, SubmittedNotebook
from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import ClearHiddenTests, GetGrades
from nbgrader.utils import is_grade, is_locked, is_solution, is_task
from traitlets import Bool, List, Type
from traitlets.config import Config

from proctor.course.render import MARKS, words_of
from proctor.course.report import reasons
from proctor.errors import NoSandbox, OverLimit
from proctor.records.counting import FIRST
from proctor.records.results import Result, results
from proctor.sandbox.bounded import bounded
from proctor.submission.clean import cut
from proctor.text import printable

TEMPLATES = Path(__file__).parent / "templates"
WORDS = {status: f"{sign} {words}" for status, (sign, _, words) in MARKS.items()} | {
    "waiting": "… waits for your instructor",
    "by_hand": "✎ graded by your instructor",
    "changed": "✎ changed since it was graded",
    "settled": "✗ wrong, and final",
}
SUMMARY = '<summary style="display: list-item; cursor: pointer">'  # the formgrader's style takes the triangle away
EARLIER = "these points are for an earlier version of the answer; your instructor will look at it again"
# nbgrader, and no instructor, writes this beside an untouched stub
NO_ANSWER = "No response."
SECONDS = {"rendered": 2.0, "plain": 1.0}  # of CPU time for a page's texts
PER_TAG, PER_ENTITY = 15e-6, 2e-6  # seconds that nbconvert then takes to read the page, for each `<` and `&`
VISIBLE = {code: 0x2400 + code for code in range(32) if code not in b"\t\n\r\b"} | {ord("\b"): None, 127: 0x2421}
# of another set of control characters, and those that turn the order of letters round
VISIBLE |= dict.fromkeys(
    [*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\N{REPLACEMENT CHARACTER}"
)
MATH_TAGS = """
    math mrow mi mn mo ms mtext mspace msup msub msubsup munder mover munderover mfrac msqrt mroot mtable mtr mtd mstyle
    mpadded mphantom menclose mmultiscripts mprescripts none
""".split()
MATH_ATTRIBUTES = """
    xmlns display stretchy fence form separator accent accentunder mathvariant columnalign rowspacing columnspacing
    columnlines rowlines linethickness scriptlevel displaystyle lspace rspace width height depth notation minsize maxsize
    movablelimits largeop
""".split()


class HideChecks(ClearHiddenTests):
    """Takes the lines that name hidden checks out of the course's graded cells; a student's own cells stay as they are."""

    display_data_priority = List().tag(config=True)  # nbgrader's preprocessors lack the tag, and each run warns

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        if is_grade(cell) and is_locked(cell):
            return super().preprocess_cell(cell, resources, cell_index)
        return cell, resources


class Summary(Preprocessor):
    """Gathers scores, verdicts and comments by exercise, into `resources["feedback"]`; comes after `GetGrades`."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        report = nb.metadata.get("proctor", {})
        verdicts = {cell["id"]: cell for cell in report.get("cells", [])}
        facts = resources["nbgrader"]
        with Gradebook(facts["db_url"]) as gradebook:
            book = gradebook.find_submission_notebook(facts["notebook"], facts["assignment"], facts["student"])
            by_hand = _by_hand(nb, book.grades)
            (result,) = results(gradebook, SubmittedNotebook.id == book.id).values()
            called = " ".join(filter(None, (book.student.first_name, book.student.last_name)))
        exercises, exercise = [], None
        for number, cell in enumerate(nb.cells):
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if exercise is None or is_solution(cell) or is_task(cell):
                exercise = SimpleNamespace(name=name or "", cells=[], comments=[])
                exercises.append(exercise)
            if is_grade(cell) or is_task(cell):
                exercise.cells.append(_verdict(cell, verdicts.get(name), by_hand.get(name)))
                cell.outputs = [output for output in cell.get("outputs", []) if not _says(output, verdicts.get(name))]
            comment = cell.metadata.get("nbgrader", {}).get("comment")
            if comment and comment != NO_ANSWER:
                exercise.comments.append(comment)
            for output in cell.get("outputs", []):
                if "image/png" in output.get("data", {}):
                    output.setdefault("metadata", {}).setdefault("image/png", {})["alt"] = (
                        f"Plot drawn by cell {number + 1}"
                    )
        exercises = [exercise for exercise in exercises if exercise.cells]
        for exercise in exercises:
            _tell_once(exercise.cells)
            exercise.max_score = _number(sum(cell.worth for cell in exercise.cells))
            exercise.status = next((cell.status for cell in exercise.cells if cell.status != "passed"), "passed")
            exercise.words = WORDS[exercise.status].partition(" ")[2]
            waits = all(cell.status == "waiting" for cell in exercise.cells)
            exercise.points = "–" if waits else _number(sum(cell.earned for cell in exercise.cells))
        cells = {cell.id: cell for exercise in exercises for cell in exercise.cells}
        resources["feedback"] = SimpleNamespace(
            assignment=facts["assignment"],
            student=printable(f"{called} ({facts['student']})" if called else facts["student"]),
            attempt=resources.get("served", {}).get("attempt") or report.get("made_of", {}).get("attempt"),
            standing=_standing(report, result),
            graded=result.graded,
            score=_number(result.score),
            max_score=_number(result.max_score),
            late_penalty=_number(result.penalty) if result.penalty else "",
            waiting=_number(sum(cell.worth for cell in cells.values() if cell.status == "waiting")),
            exercises=exercises,
            cells=cells,
            kept=cells.keys(),
            unreadable=reasons(report).get("could not be read", ""),
            notes=report.get("told", []),
        )
        return nb, resources


def _standing(report: dict, result: Result) -> list[str]:
    """Lines on the attempt that counts: whether it is in time, and whether an earlier one answered more."""
    lines = []
    if number := report.get("made_of", {}).get("attempt"):
        when = "it was in time"
        if result.late:
            when = f"it was late by {timedelta(seconds=int(result.late.total_seconds()))}"
        elif report.get("marked_late"):
            when = "it was late by an unknown time"
        lines.append(f"Attempt {number} counts; {when}.")
    if report.get("fewer"):
        before, most, now = report["fewer"]
        lines.append(f"An earlier attempt answered {before} of {most} exercises, this one {now}.")
    return lines


def _tell_once(cells: list[SimpleNamespace]) -> None:
    """Leaves out of later cells the words of an earlier one of the same exercise."""
    shown = set()
    for cell in cells:
        if cell.message in shown:
            cell.message = ""
        if cell.title in shown:
            cell.title = cell.hint = ""
        shown |= {cell.message, cell.title}


def _by_hand(nb: NotebookNode, grades: list[Grade]) -> dict[str, str]:
    """How far the grades are that an instructor gives, or gave in the checks' place: not attempted, waiting, graded, changed since."""
    names = {
        cell.metadata.nbgrader.grade_id for cell in nb.cells if is_task(cell) or (is_grade(cell) and is_solution(cell))
    }
    return {
        grade.name: _stage(grade, grade.name not in names)
        for grade in grades
        if grade.name in names or grade.manual_score is not None
    }


def _stage(grade: Grade, checked: bool) -> str:
    if grade.manual_score is None:
        return "waiting" if grade.auto_score is None else "not_attempted"  # 0 for a stub as it was
    # nbgrader asks for another look once it has graded the answer again
    if grade.needs_manual_grade:
        return "changed"
    return "passed" if grade.score >= grade.max_score and not checked else "by_hand"


def _verdict(cell: NotebookNode, verdict: dict | None, by_hand: str | None) -> SimpleNamespace:
    """The page's facts of one graded cell; its score is the gradebook's, which an instructor may have changed."""
    facts = cell.metadata.nbgrader
    score, most = float(facts.get("score") or 0), float(facts.get("points") or 0)
    status = by_hand or (verdict or {}).get("status") or ("passed" if score >= most else "failed")
    diagnosis, given = (verdict or {}).get("diagnosis") or {}, (verdict or {}).get("given", [])
    if by_hand == "by_hand" and score >= most:
        verdict, diagnosis = None, {}
    message = EARLIER if status == "changed" else (verdict or {}).get("message", "")
    if status == "failed" and message.startswith(FIRST):
        status = "settled"
    return SimpleNamespace(
        id=facts.grade_id,
        earned=score,
        worth=most,
        max_score=_number(most),
        points="–" if status == "waiting" else _number(score),
        status=status,
        words=f"✓ {words_of(status, given, message)}" if given and not by_hand else WORDS[status],
        message="" if given else message,
        title=diagnosis.get("title", ""),
        hint=diagnosis.get("hint", ""),
    )


def _says(output: NotebookNode, verdict: dict | None) -> bool:
    """Whether an output only repeats the verdict, which stands above."""
    return verdict is not None and output.output_type == "error" and output.ename == verdict["status"]


def _number(x: float) -> str:
    return f"{round(float(x), 2):g}"


class FeedbackPage(HTMLExporter):
    """One page that opens offline and runs nothing: formulas are MathML, and no script is let in."""

    def __init__(self, config: Config | None = None, **options: Any):
        settings = Config()
        settings.FeedbackPage.template_name = "feedback_page"
        settings.FeedbackPage.extra_template_basedirs = [str(TEMPLATES)]
        settings.FeedbackPage.filters = FILTERS
        merged = Config()
        merged.merge(config or {})
        merged.merge(settings)
        super().__init__(config=merged, **options)


class MakeFeedback(GenerateFeedback):
    """nbgrader's maker of feedback. It makes our page, unless nbgrader_config.py names another."""

    exporter_class = Type(FeedbackPage, klass=Exporter).tag(config=True)
    preprocessors = List([HideChecks, GetGrades, Summary, CSSHTMLHeaderPreprocessor]).tag(config=True)


def _shown(context: Context, text: str, render: Callable[..., str], *args: Any) -> Markup:
    """A text as `render` makes it with `args`, or else as it was typed, or a remark: by the time that the page has left.

    Some texts take the square of their length. Control characters become visible.
    """
    left, text = context["resources"].setdefault("seconds_left", dict(SECONDS)), cut(text)
    for how, make, more in (("rendered", render, args), ("plain", _as_typed, ())):
        if left[how] <= 0:
            continue
        try:
            made, seconds = bounded(_timed, make, text, *more, cpu=left[how])
        except (OverLimit, NoSandbox):
            left[how] = 0.0
            continue
        left[how] -= seconds
        if (parsing := made.count("<") * PER_TAG + made.count("&") * PER_ENTITY) <= left[how]:
            left[how] -= parsing
            return Markup(made.translate(VISIBLE))
    return Markup(f"… {len(text)} characters, left out of this page: they are in the notebook itself")


def _timed(make: Callable[..., str], *args: Any) -> tuple[str, float]:
    began = time.process_time()
    return str(make(*args)), time.process_time() - began


def _as_typed(text: str) -> str:
    return f"<pre>{html.escape(strip_ansi(text), quote=False)}</pre>"


@pass_context
def with_formulas(context: Context, source: str) -> Markup:
    """nbconvert's `markdown2html` with formulas as MathML, which need no script from elsewhere.

    Headings are two levels down, below those of the page.
    """
    made = _shown(context, source, _markdown, context.get("cell", {}).get("attachments", {}))
    return Markup(str(made).replace("<summary>", SUMMARY))


def _markdown(text: str, attachments: dict) -> str:
    markdown = MarkdownWithMath(renderer=_Renderer(escape=False, attachments=attachments))
    return _apart(strip_files_prefix(markdown.render(text)))


def _apart(fragment: str) -> str:
    """HTML with other ids than the page's own."""
    soup = BeautifulSoup(fragment, "html.parser")
    for tag in soup.select("[id]"):
        tag["id"] = f"text-{tag['id']}"
    for link in soup.select("a[href^='#']"):
        link["href"] = f"#text-{link['href'][1:]}"
    return str(soup)


@pass_context
def highlight_code(context: Context, source: str, metadata: dict | None = None) -> Markup:
    """nbconvert's, or the code without colours."""
    language = context["nb"].metadata.get("language_info", {})
    lexer = language.get("pygments_lexer", language.get("name"))
    return _shown(context, source, _highlighted, lexer, metadata)


def _highlighted(text: str, lexer: str | None, metadata: dict | None) -> str:
    return Highlight2HTML(pygments_lexer=lexer)(text, metadata=metadata)


@pass_context
def ansi2html(context: Context, text: str) -> Markup:
    """nbconvert's, or the text without colours."""
    return _shown(context, text, with_colours)


@pass_context
def clean(context: Context, source: str) -> Markup:
    """nbconvert's `clean_html` for what isn't clean already, or the text as it was typed."""
    return source if isinstance(source, Markup) else _shown(context, source, clean_html)


def as_it_is(markup: str) -> str:
    """Instead of `strip_files_prefix`, which is done by then."""
    return markup


FILTERS = {
    "markdown2html": with_formulas,
    "strip_files_prefix": as_it_is,
    "highlight_code": highlight_code,
    "ansi2html": ansi2html,
    "clean_html": clean,
}


class _Renderer(IPythonRenderer):
    def block_math(self, body: str) -> str:
        return mathml(body, "block")

    def inline_math(self, body: str) -> str:
        return mathml(body, "inline")

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")

    def heading(self, text: str, level: int, **attributes: Any) -> str:
        return super().heading(text, min(level + 2, 6), **attributes)


def mathml(latex: str, display: str) -> str:
    """A formula as MathML; as it was typed where it can't be read."""
    try:
        tree = latex2mathml.converter.convert_to_element(latex, display=display)
        for node in tree.iter():
            node.tag = node.tag if node.tag in MATH_TAGS else "mrow"
            for name in node.attrib.keys() - MATH_ATTRIBUTES:
                del node.attrib[name]
            # the library writes symbols as entities within its text
            node.text, node.tail = html.unescape(node.text or ""), html.unescape(node.tail or "")
        return ElementTree.tostring(tree, encoding="unicode", short_empty_elements=False)
    except Exception:  # the library raises errors of any kind on input that it does not know
        mark = "$$" if display == "block" else "$"
        return html.escape(f"{mark}{latex}{mark}", quote=False)
