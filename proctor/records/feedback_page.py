"""nbgrader's feedback page, made worth reading: set `FeedbackPage` as `GenerateFeedback.exporter_class`."""

import html
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
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
from nbgrader.api import BaseCell, Comment, Grade, Gradebook, SubmittedNotebook
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import is_grade, is_locked, is_solution, is_task
from traitlets import Bool, List, Type
from traitlets.config import Config

from proctor.course.codes import Code, Reason
from proctor.course.render import MARKS, words_of
from proctor.course.report import reasons
from proctor.errors import NoSandbox, OverLimit
from proctor.records.counting import lateness
from proctor.records.engine import without_kernels
from proctor.records.results import Result, results
from proctor.sandbox.limited import run_limited
from proctor.submission.clean import cut
from proctor.text import printable

TEMPLATES = Path(__file__).parent / "templates"
WORDS = {status: (sign, words) for status, (sign, _, words) in MARKS.items()} | {
    "waiting": ("…", "waits for your instructor"),
    "by_hand": ("✎", "graded by your instructor"),
    "changed": ("✎", "changed since it was graded"),
    "settled": ("✗", "wrong, and final"),
}
SUMMARY = '<summary style="display: list-item; cursor: pointer">'  # the formgrader's style takes the triangle away
EARLIER = "these points are for an earlier version of the answer; your instructor will look at it again"
# nbgrader, and no instructor, writes this beside an untouched stub
NO_ANSWER = "No response."
SECONDS = {"rendered": 2.0, "plain": 1.0}  # of CPU time for a page's texts
KEPT, SHORT = 1000, 40_000  # how many rendered texts a process keeps, and of how many characters at most
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


GRADE = ["score", "max_score", "auto_score", "manual_score", "extra_credit", "needs_manual_grade"]


class Recorded(NamedTuple):
    """All that a page needs of the gradebook and of proctor's store, as data that another process can be sent."""

    student: str
    result: Result
    # by cell; of a grade the columns `GRADE`
    grades: dict[str, Any]
    comments: dict[str, str]


def recorded(gradebook: Gradebook, facts: dict[str, str]) -> Recorded:
    """The records on a submitted notebook; `facts` are its `notebook`, `assignment` and `student`."""
    student, assignment = facts["student"], facts["assignment"]
    book = gradebook.find_submission_notebook(facts["notebook"], assignment, student)
    (result,) = results(gradebook, SubmittedNotebook.id == book.id).values()
    called = " ".join(filter(None, (book.student.first_name, book.student.last_name)))
    columns = [getattr(Grade, name) for name in GRADE]
    cells = gradebook.db.query(BaseCell.name).order_by(BaseCell.name)
    grades = cells.add_columns(*columns).join(Grade).filter(Grade.notebook_id == book.id)
    comments = cells.add_columns(Comment.comment).join(Comment).filter(Comment.notebook_id == book.id)
    return Recorded(
        f"{called} ({student})" if called else student,
        result,
        {grade.name: grade for grade in grades},
        dict(comments.all()),
    )


class Summary(Preprocessor):
    """Gathers scores, verdicts and comments by exercise, into `resources["feedback"]`.

    They are read from the gradebook, unless `resources["recorded"]` has them already.
    """

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        report = nb.metadata.get("proctor", {})
        verdicts = {cell["id"]: cell for cell in report.get("cells", [])}
        facts = resources["nbgrader"]
        known = resources.get("recorded") or self._read(facts)
        result, by_hand = known.result, _by_hand(nb, known.grades)
        exercises, exercise = [], None
        for number, cell in enumerate(nb.cells):
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if exercise is None or is_solution(cell) or is_task(cell):
                exercise = SimpleNamespace(name=name or "", cells=[], comments=[])
                exercises.append(exercise)
            if is_grade(cell) or is_task(cell):
                exercise.cells.append(_verdict(known.grades[name], verdicts.get(name), by_hand.get(name)))
                cell.outputs = [output for output in cell.get("outputs", []) if not _says(output, verdicts.get(name))]
            comment = known.comments.get(name) if is_solution(cell) or is_task(cell) else None
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
            exercise.words = WORDS[exercise.status][1]
            waits = all(cell.status == "waiting" for cell in exercise.cells)
            exercise.points = "–" if waits else _number(sum(cell.earned for cell in exercise.cells))
            exercise.extra = _number(sum(cell.credit for cell in exercise.cells))
        cells = {cell.id: cell for exercise in exercises for cell in exercise.cells}
        resources["feedback"] = SimpleNamespace(
            assignment=facts["assignment"],
            student=printable(known.student),
            attempt=(resources.get("served") or {}).get("attempt") or report.get("attempt"),
            standing=_standing(report, result),
            graded=result.graded,
            score=_number(result.score),
            max_score=_number(result.max_score),
            late_penalty=_number(result.penalty) if result.penalty else "",
            waiting=_number(sum(cell.worth for cell in cells.values() if cell.status == "waiting")),
            exercises=exercises,
            cells=cells,
            kept=cells.keys(),
            unreadable=reasons(report).get(Reason.UNREADABLE, ""),
            notes=report.get("told", []),
        )
        return nb, resources

    def _read(self, facts: dict[str, str]) -> Recorded:
        with Gradebook(facts["db_url"]) as gradebook:
            return recorded(gradebook, facts)


def _standing(report: dict, result: Result) -> list[str]:
    """Lines on the attempt that counts: whether it is in time, and whether an earlier one answered more."""
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


def _tell_once(cells: list[SimpleNamespace]) -> None:
    """Leaves out of later cells the words of an earlier one of the same exercise."""
    notes, titles = [], set()
    for cell in cells:
        if cell.note in notes:
            cell.message = ""
        if cell.title in titles:
            cell.title = cell.hint = ""
        notes.append(cell.note)
        titles.add(cell.title)


def _by_hand(nb: NotebookNode, grades: dict[str, Any]) -> dict[str, str]:
    """How far the grades are that an instructor gives, or gave in the checks' place: not attempted, waiting, graded, changed since."""
    names = {
        cell.metadata.nbgrader.grade_id for cell in nb.cells if is_task(cell) or (is_grade(cell) and is_solution(cell))
    }
    return {
        name: _stage(grade, name not in names)
        for name, grade in grades.items()
        if name in names or grade.manual_score is not None
    }


def _stage(grade: Any, checked: bool) -> str:
    if grade.manual_score is None:
        return "waiting" if grade.auto_score is None else "not_attempted"  # 0 for a stub as it was
    # nbgrader asks for another look once it has graded the answer again
    if grade.needs_manual_grade:
        return "changed"
    return "passed" if grade.score >= grade.max_score and not checked else "by_hand"


def _verdict(grade: Any, verdict: dict | None, by_hand: str | None) -> SimpleNamespace:
    """The page's facts of one graded cell; its score is the gradebook's, which an instructor may have changed."""
    credit = grade.extra_credit or 0.0
    score, most = grade.score - credit, grade.max_score
    status = by_hand or (verdict or {}).get("status") or ("passed" if score >= most else "failed")
    diagnosis, given = (verdict or {}).get("diagnosis") or {}, (verdict or {}).get("given", [])
    if by_hand == "by_hand" and score >= most:
        verdict, diagnosis = None, {}
    message = EARLIER if status == "changed" else (verdict or {}).get("message", "")
    note = None if status == "changed" else [(verdict or {}).get(name) for name in ("code", "params")]
    if status == "failed" and note and note[0] == Code.FIRST_PREDICTION:
        status = "settled"
    return SimpleNamespace(
        id=grade.name,
        earned=score,
        credit=credit,
        extra=_number(credit),
        worth=most,
        max_score=_number(most),
        points="–" if status == "waiting" else _number(score),
        status=status,
        words=f"✓ {words_of(status, given, message)}" if given and not by_hand else " ".join(WORDS[status]),
        note=note,
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

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **more: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page. nbconvert parses it as a whole: but for the texts, most of it, which `_shown` has parsed already."""
        # of the copy that nbconvert makes: the texts, and the mark that stands in the place of each
        kept = {"texts": [], "mark": secrets.token_hex()}
        page, made = super().from_notebook_node(nb, (resources or {}) | kept, **more)
        return re.sub(rf"<!--{made['mark']}-(\d+)-->", lambda found: made["texts"][int(found[1])], page), made


class MakeFeedback(GenerateFeedback):
    """nbgrader's maker of feedback. It makes our page, unless nbgrader_config.py names another."""

    exporter_class = Type(FeedbackPage, klass=Exporter).tag(config=True)
    preprocessors = List([HideChecks, Summary, CSSHTMLHeaderPreprocessor]).tag(config=True)


class Pages:
    """Makes pages with the instructor's own exporter and preprocessors, which stay loaded.

    `before` and `after`: preprocessors that run before and after these.
    """

    def __init__(self, config: Config, before: tuple[type, ...] = (), after: tuple[type, ...] = ()):
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

    def make(self, graded: Path, assignment: str, student: str, **more: Any) -> str:
        """The page on the graded notebook; `more` is added to the preprocessors' resources."""
        facts = {"student": student, "assignment": assignment, "notebook": graded.stem, "db_url": self._db_url}
        output, _ = self.exporter.from_filename(str(graded), resources={"nbgrader": facts} | more)
        return str(output)


def _shown(context: Context, text: str, render: Callable[..., str], *args: Any) -> Markup:
    """A text as `render` makes it with `args`, or else as it was typed, or a remark: by the time that the page has left.

    Some texts take the square of their length. Control characters become visible.
    """
    resources = context["resources"]
    left = resources.setdefault("seconds_left", dict(SECONDS))
    shown = _within(left, cut(text), render, *args)
    # of nbgrader's own exporters, which know no marks
    if "mark" not in resources:
        return Markup(shown)
    resources["texts"].append(shown)
    return Markup(f"<!--{resources['mark']}-{len(resources['texts']) - 1}-->")


def _within(left: dict[str, float], text: str, render: Callable[..., str], *args: Any) -> str:
    for how, make, more in (("rendered", render, args), ("plain", _as_typed, ())):
        if left[how] <= 0:
            continue
        try:
            made, seconds = _made(make, text, *more, cpu=left[how])
        except (OverLimit, NoSandbox):
            left[how] = 0.0
            continue
        left[how] -= seconds
        if (parsing := made.count("<") * PER_TAG + made.count("&") * PER_ENTITY) <= left[how]:
            left[how] -= parsing
            return made
    return f"… {len(text)} characters, left out of this page: they are in the notebook itself"


def _made(make: Callable[..., str], text: str, *args: Any, cpu: float) -> tuple[str, float]:
    """A text as `make` makes it, and the seconds that it took when it was made."""
    key = make.__name__, text, repr(args)
    if key in _texts:
        _texts.move_to_end(key)
        return _texts[key]
    made, seconds = run_limited(_timed, make, text, *args, cpu=cpu)
    made = made.translate(VISIBLE)
    if len(made) <= SHORT:
        _texts[key] = made, seconds
    if len(_texts) > KEPT:
        _texts.popitem(last=False)
    return made, seconds


# What is released is in every page, and so stays here, however many texts of students come and go.
_texts: OrderedDict[tuple[str, str, str], tuple[str, float]] = OrderedDict()


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
    return _shown(context, source, _markdown, context.get("cell", {}).get("attachments", {}))


def _markdown(text: str, attachments: dict) -> str:
    """HTML with other ids than the page's own."""
    markdown = MarkdownWithMath(renderer=_Renderer(escape=False, attachments=attachments))
    soup = _parsed(strip_files_prefix(markdown.render(text)))
    for tag in soup.select("[id]"):
        tag["id"] = f"text-{tag['id']}"
    for link in soup.select("a[href^='#']"):
        link["href"] = f"#text-{link['href'][1:]}"
    return str(soup).replace("<summary>", SUMMARY).strip()


def _parsed(fragment: str) -> BeautifulSoup:
    """A fragment, as nbconvert parses a whole page."""
    soup = BeautifulSoup(fragment, "html.parser")
    for image in soup.select("img:not([alt])"):
        image["alt"] = "No description has been provided for this image"
    return soup


def _unquoted(markup: str) -> str:
    """Markup without entities for quotes, which need none between tags: as nbconvert writes it once it has parsed it."""
    return re.sub("&#39;|&#x27;", "'", re.sub("&#34;|&quot;", '"', markup))


@pass_context
def highlight_code(context: Context, source: str, metadata: dict | None = None) -> Markup:
    """nbconvert's, or the code without colours."""
    language = context["nb"].metadata.get("language_info", {})
    lexer = language.get("pygments_lexer", language.get("name"))
    of_magics = {name: value for name, value in (metadata or {}).items() if name == "magics_language"}
    return _shown(context, source, _highlighted, lexer, of_magics)


def _highlighted(text: str, lexer: str | None, metadata: dict) -> str:
    made = _unquoted(Highlight2HTML(pygments_lexer=lexer)(text, metadata=metadata))
    return made.replace('class=" ', 'class="', 1).strip()


@pass_context
def ansi2html(context: Context, text: str) -> Markup:
    """nbconvert's, or the text without colours."""
    return _shown(context, text, _coloured)


def _coloured(text: str) -> str:
    return _unquoted(with_colours(text))


@pass_context
def clean(context: Context, source: str) -> Markup:
    """nbconvert's `clean_html` for what isn't clean already, or the text as it was typed."""
    return source if isinstance(source, Markup) else _shown(context, source, _cleaned)


def _cleaned(text: str) -> str:
    return str(_parsed(clean_html(text)))


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
