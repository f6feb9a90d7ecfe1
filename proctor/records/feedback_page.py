"""nbgrader's feedback page, made worth reading: set `FeedbackPage` as
`GenerateFeedback.exporter_class`.
"""

import html
import json
import re
import time
from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from xml.etree import ElementTree

import latex2mathml.converter
from bs4 import BeautifulSoup
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from nbconvert.exporters import Exporter, HTMLExporter, TemplateExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.filters import Highlight2HTML, clean_html, strip_ansi, strip_files_prefix
from nbconvert.filters import ansi2html as with_colours
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor, Preprocessor
from nbformat import NotebookNode
from nbgrader.api import BaseCell, Comment, Grade, Gradebook, SubmittedNotebook
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import is_grade, is_locked, is_solution, is_task
from traitlets import Bool, List, Type
from traitlets.config import Config

from proctor.course import nbgrader_facts
from proctor.course.codes import Code, Reason
from proctor.course.render import MARKS, words_of
from proctor.course.report import reasons, status_of
from proctor.errors import NoSandbox, OverLimit
from proctor.records.counting import lateness
from proctor.records.record import without_kernels
from proctor.records.results import Result, results
from proctor.records.store import Key
from proctor.sandbox.limited import run_limited
from proctor.submission.clean import cut
from proctor.text import printable

TEMPLATES = Path(__file__).parent / "templates"
WORDS = {status: (sign, words) for status, (sign, _, words) in MARKS.items()} | {
    "waiting": ("…", "waits for your instructor"),
    "by_hand": ("✎", "graded by your instructor"),
    "changed": ("✎", "another answer was graded"),
    "settled": ("✗", "wrong, and final"),
}
# the formgrader's style takes the triangle away
SUMMARY = '<summary style="display: list-item; cursor: pointer">'
ANOTHER = "these points are for another answer; your instructor will look at this one"
# nbgrader, and no instructor, writes this beside an untouched stub
NO_ANSWER = "No response."
# of CPU time for a page's texts
SECONDS = {"rendered": 2.0, "plain": 1.0}
# the rendered texts that a process keeps, and the characters that each may have
KEPT, SHORT = 1000, 40_000
# the seconds that nbconvert takes to parse each `<` and `&` of the formgrader's page
PER_TAG, PER_ENTITY = 15e-6, 2e-6
# but for tabs and line ends; also those that turn the order of letters round
CONTROL = re.compile("[\0-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# all but links, ids and styles, which LaTeX has commands for
MATH_ATTRIBUTES = """
    xmlns display stretchy fence form separator accent accentunder mathvariant columnalign rowspacing columnspacing
    columnlines rowlines linethickness scriptlevel displaystyle lspace rspace width height depth notation minsize maxsize
    movablelimits largeop
""".split()


class HideChecks(ClearHiddenTests):
    """Takes the lines that name hidden checks out of the course's graded cells; a student's own
    cells stay as they are.
    """

    # nbgrader's preprocessors lack the tag, and each run warns
    display_data_priority = List().tag(config=True)

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        if is_grade(cell) and is_locked(cell):
            return super().preprocess_cell(cell, resources, cell_index)
        return cell, resources


GRADE = ["score", "max_score", "auto_score", "manual_score", "extra_credit", "needs_manual_grade"]


class Recorded(NamedTuple):
    """All that a page needs of the gradebook and of proctor's store, as data that another process
    can be sent.
    """

    student: str
    result: Result
    # by cell; of a grade the columns `GRADE`
    grades: dict[str, Any]
    comments: dict[str, str]


def recorded(gradebook: Gradebook, key: Key, notebook: str) -> Recorded:
    """The records on a submitted notebook."""
    student, assignment = key
    book = gradebook.find_submission_notebook(notebook, assignment, student)
    (result,) = results(gradebook, SubmittedNotebook.id == book.id).values()
    called = " ".join(filter(None, (book.student.first_name, book.student.last_name)))
    columns = [getattr(Grade, name) for name in GRADE]
    cells = gradebook.db.query(BaseCell.name).order_by(BaseCell.name)
    grades = cells.add_columns(*columns).join(Grade).filter(Grade.notebook_id == book.id)
    comments = (
        cells.add_columns(Comment.comment).join(Comment).filter(Comment.notebook_id == book.id)
    )
    if called:
        student = f"{called} ({student})"
    return Recorded(student, result, {grade.name: grade for grade in grades}, dict(comments.all()))


class Summary(Preprocessor):
    """Gathers scores, verdicts and comments by exercise, into `resources["feedback"]`.

    They are read from the gradebook, unless `resources["recorded"]` has them already.
    """

    enabled = Bool(True).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        report = nb.metadata.get("proctor", {})
        facts = resources["nbgrader"]
        known = resources.get("recorded")
        if known is None:
            key = facts["student"], facts["assignment"]
            with Gradebook(facts["db_url"]) as gradebook:
                known = recorded(gradebook, key, facts["notebook"])
        result = known.result
        penalty = ""
        if result.penalty:
            penalty = _number(result.penalty)
        exercises = _exercises(nb, known, {cell["id"]: cell for cell in report.get("cells", [])})
        cells = {cell.id: cell for exercise in exercises for cell in exercise.cells}
        resources["feedback"] = SimpleNamespace(
            assignment=facts["assignment"],
            student=printable(known.student),
            attempt=(resources.get("served") or {}).get("attempt") or report.get("attempt"),
            standing=_standing(report, result),
            graded=result.graded,
            score=_number(result.score),
            max_score=_number(result.max_score),
            late_penalty=penalty,
            waiting=_number(sum(cell.worth for cell in cells.values() if cell.status == "waiting")),
            exercises=exercises,
            cells=cells,
            kept=cells.keys(),
            unreadable=reasons(report).get(Reason.UNREADABLE, ""),
            notes=report.get("told", []),
        )
        return nb, resources


def _exercises(
    nb: NotebookNode, known: Recorded, verdicts: dict[str, dict]
) -> list[SimpleNamespace]:
    """The exercises that have graded cells.

    Takes outputs that repeat a verdict out of the notebook.
    """
    exercises = []
    for number, cell in enumerate(nb.cells, 1):
        name = nbgrader_facts(cell).get("grade_id", "")
        outputs = cell.get("outputs", [])
        by_person = is_task(cell) or is_solution(cell)
        if not exercises or by_person:
            exercises.append(SimpleNamespace(name=name, cells=[], comments=[]))
        if is_grade(cell) or is_task(cell):
            verdict = verdicts.get(name, {})
            exercises[-1].cells.append(_graded(known.grades[name], verdict, by_person))
            # the verdict stands above
            if status := verdict.get("status"):
                cell.outputs = outputs = [each for each in outputs if each.get("ename") != status]
        comment = known.comments.get(name)
        if by_person and comment and comment != NO_ANSWER:
            exercises[-1].comments.append(comment)
        for output in outputs:
            if "image/png" in output.get("data", {}):
                picture = output.setdefault("metadata", {}).setdefault("image/png", {})
                picture["alt"] = f"Plot drawn by cell {number}"
    exercises = [exercise for exercise in exercises if exercise.cells]
    for exercise in exercises:
        cells = exercise.cells
        _say_once(cells)
        exercise.max_score = _number(sum(cell.worth for cell in cells))
        exercise.status = status_of([cell.status for cell in cells])
        exercise.words = WORDS[exercise.status][1]
        exercise.points = _number(sum(cell.earned for cell in cells))
        if all(cell.status == "waiting" for cell in cells):
            exercise.points = "–"
        exercise.extra = _number(sum(cell.credit for cell in cells))
    return exercises


def _standing(report: dict, result: Result) -> list[str]:
    """Lines on the attempt that counts: whether it is in time, and whether an earlier one answered
    more.
    """
    lines = []
    if report.get("made_of"):
        number, by = report["attempt"], report.get("by")
        whose = f", which {printable(by)} handed in," if by else ""
        when = lateness(result.late.total_seconds(), report.get("marked_late", False))
        lines.append(f"Attempt {number}{whose} counts; it was {when}.")
    if report.get("fewer"):
        before, most, now = report["fewer"]
        lines.append(f"An earlier attempt answered {before} of {most} exercises, this one {now}.")
    return lines


def _say_once(cells: list[SimpleNamespace]) -> None:
    """Leaves out of later cells the words of an earlier one of the same exercise."""
    said = []
    for cell in cells:
        if cell.note in said:
            cell.message = ""
        if cell.title in said:
            cell.title = cell.hint = ""
        said += [cell.note, cell.title]


def _graded(grade: Any, verdict: dict, by_person: bool) -> SimpleNamespace:
    """The page's facts of one graded cell; its score is the gradebook's, which an instructor may
    have changed.
    """
    credit = grade.extra_credit or 0.0
    score, most = grade.score - credit, grade.max_score
    full = score >= most
    status = verdict.get("status") or ("passed" if full else "failed")
    given = verdict.get("given", [])
    by_hand = by_person or grade.manual_score is not None or _is_for_another(grade)
    if by_hand:
        status = _stage(grade, by_person and grade.score >= most)
        if status == "by_hand" and full:
            verdict = {}
        if status == "changed":
            verdict = verdict | {"message": ANOTHER, "code": None, "params": None}
    elif status == "failed" and verdict.get("code") == Code.FIRST_PREDICTION:
        status = "settled"
    message = verdict.get("message", "")
    diagnosis = verdict.get("diagnosis") or {}
    words = " ".join(WORDS[status])
    if given and not by_hand:
        words = f"✓ {words_of(status, given, message)}"
    return SimpleNamespace(
        id=grade.name,
        earned=score,
        credit=credit,
        extra=_number(credit),
        worth=most,
        max_score=_number(most),
        points="–" if status == "waiting" else _number(score),
        status=status,
        words=words,
        note=(verdict.get("code"), verdict.get("params")),
        message="" if given else message,
        title=diagnosis.get("title", ""),
        hint=diagnosis.get("hint", ""),
    )


def _stage(grade: Any, passed: bool) -> str:
    """How far a grade is that an instructor gives, or gave in place of the checks."""
    if _is_for_another(grade):
        return "changed"
    if grade.manual_score is None:
        # nbgrader gives 0 for a stub as it was
        return "waiting" if grade.auto_score is None else "not_attempted"
    return "passed" if passed else "by_hand"


def _is_for_another(grade: Any) -> bool:
    """Whether its points or its extra credit were given for another answer."""
    extra_alone = bool(grade.extra_credit) and grade.auto_score is not None
    return grade.needs_manual_grade and (grade.manual_score is not None or extra_alone)


def _number(x: float) -> str:
    return f"{round(float(x), 3):g}"


class FeedbackPage(HTMLExporter):
    """One page that opens offline and runs nothing: formulas are MathML, and no script is let
    in.
    """

    def __init__(self, config: Config | None = None, **options: Any):
        # nbgrader configures its own templates for every exporter of pages
        settings = Config()
        settings.FeedbackPage.template_name = "feedback_page"
        settings.FeedbackPage.extra_template_basedirs = [str(TEMPLATES)]
        settings.FeedbackPage.filters = FILTERS
        merged = Config()
        merged.merge(config or {})
        merged.merge(settings)
        super().__init__(config=merged, **options)

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **more: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page, without nbconvert's parsing of it as a whole, which takes longer than the
        rest.
        """
        return TemplateExporter.from_notebook_node(self, nb, resources, **more)


class MakeFeedback(GenerateFeedback):
    """nbgrader's maker of feedback. It makes our page, unless nbgrader_config.py names another."""

    exporter_class = Type(FeedbackPage, klass=Exporter).tag(config=True)
    preprocessors = List([HideChecks, Summary, CSSHTMLHeaderPreprocessor]).tag(config=True)


class Pages:
    """Makes pages with the instructor's own exporter and preprocessors, which stay loaded.

    `before` and `after`: preprocessors that run before and after these.
    """

    def __init__(self, config: Config, before: tuple = (), after: tuple = ()):
        self.config = deepcopy(config)
        coursedir = CourseDirectory(config=config)
        settings = deepcopy(config)
        settings.Exporter.default_preprocessors = []
        converter = MakeFeedback(coursedir=coursedir, config=config)
        self.exporter = converter.exporter_class(parent=converter, config=settings)
        for each in [*before, *converter.preprocessors, *after]:
            self.exporter.register_preprocessor(each)
        self.exporter._preprocessors = without_kernels(self.exporter._preprocessors)
        self._db_url = coursedir.db_url

    def make(self, graded: Path, key: Key, **more: Any) -> str:
        """The page on the graded notebook; `more` is added to the preprocessors' resources."""
        student, assignment = key
        facts = {
            "student": student,
            "assignment": assignment,
            "notebook": graded.stem,
            "db_url": self._db_url,
        }
        output, _ = self.exporter.from_filename(str(graded), resources={"nbgrader": facts} | more)
        return str(output)


def _shown(context: Context, text: Any, render: Callable[..., str], *args: str | None) -> Markup:
    """A text as `render` makes it, or else as it was typed, or a remark, by the time that the page
    has left.

    Some texts take the square of their length. Control characters become visible.
    """
    left = context["resources"].setdefault("seconds_left", dict(SECONDS))
    text = cut(text)
    shown = _in_time(left, "rendered", render, text, *args)
    if shown is None:
        shown = _in_time(left, "plain", _as_typed, text)
    if shown is None:
        shown = f"… {len(text)} characters, left out of this page: they are in the notebook itself"
    return Markup(shown)


def _in_time(
    left: dict[str, float], how: str, make: Callable[..., str], text: str, *args: str | None
) -> str | None:
    """A text as `make` makes it; None if the page has too little time left."""
    if left[how] <= 0:
        return None
    made_now = _made if len(text) <= SHORT else _made.__wrapped__
    try:
        made, seconds = made_now(make, text, *args)
    except (OverLimit, NoSandbox):
        left[how] = 0.0
        return None
    left[how] -= seconds
    parsing = made.count("<") * PER_TAG + made.count("&") * PER_ENTITY
    if parsing > left[how]:
        return None
    left[how] -= parsing
    return made


# what is released is in every page, so it stays here, however many texts of students come and go
@lru_cache(KEPT)
def _made(make: Callable[..., str], *args: str | None) -> tuple[str, float]:
    """A text as `make` makes it, and the seconds that this took when it was made."""
    made, seconds = run_limited(_timed, make, *args, cpu=SECONDS["rendered"])
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", made.replace("\b", "")), seconds


def _timed(make: Callable[..., str], *args: str | None) -> tuple[str, float]:
    began = time.process_time()
    return str(make(*args)), time.process_time() - began


def _as_typed(text: str) -> str:
    return f"<pre>{html.escape(strip_ansi(text), quote=False)}</pre>"


@pass_context
def with_formulas(context: Context, source: str) -> Markup:
    """nbconvert's `markdown2html` with formulas as MathML, which need no script from elsewhere.

    Headings are two levels down, below those of the page.
    """
    return _shown(
        context, source, _markdown, json.dumps(context.get("cell", {}).get("attachments", {}))
    )


def _markdown(text: str, attachments: str) -> str:
    """HTML with other ids than the page's own."""
    markdown = MarkdownWithMath(
        renderer=_Renderer(escape=False, attachments=json.loads(attachments))
    )
    soup = BeautifulSoup(strip_files_prefix(markdown.render(text)), "html.parser")
    for image in soup.select("img:not([alt])"):
        image["alt"] = "No description has been provided for this image"
    for tag in soup.select("[id]"):
        tag["id"] = f"text-{tag['id']}"
    for link in soup.select("a[href^='#']"):
        link["href"] = f"#text-{link['href'][1:]}"
    return str(soup).replace("<summary>", SUMMARY).strip()


@pass_context
def highlight_code(context: Context, source: str, metadata: dict | None = None) -> Markup:
    """nbconvert's, or the code without colours."""
    language = context["nb"].metadata.get("language_info", {})
    lexer = language.get("pygments_lexer", language.get("name"))
    return _shown(context, source, _highlighted, lexer, (metadata or {}).get("magics_language"))


def _highlighted(text: str, lexer: str | None, magics: str | None) -> str:
    metadata = {}
    if magics:
        metadata["magics_language"] = magics
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
    """A formula as MathML; as it was typed if it can't be read."""
    try:
        tree = latex2mathml.converter.convert_to_element(latex, display=display)
        for node in tree.iter():
            for name in node.attrib.keys() - MATH_ATTRIBUTES:
                del node.attrib[name]
            # the library writes symbols as entities within its text
            node.text = html.unescape(node.text or "")
            node.tail = html.unescape(node.tail or "")
        return ElementTree.tostring(tree, encoding="unicode")
    except Exception:  # the library raises errors of any kind on input that it does not know
        mark = "$$" if display == "block" else "$"
        return html.escape(f"{mark}{latex}{mark}", quote=False)
