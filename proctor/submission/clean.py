"""Cleans the text and outputs that an instructor looks at: text and PNG pass, active content does
not, all in sane sizes.
"""

import base64
import re
import time
from collections.abc import Collection
from html import escape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from proctor.course.words import ENDED
from proctor.sandbox.cell import Cell
from proctor.submission.restore import code_cells

TEXT = 100_000  # characters of one output
PICTURE = 4_000_000  # characters of one picture in base64
RENDERING = 1.0  # seconds of CPU time after which no more Markdown of a notebook is rendered
LONG = 30_000  # characters of Markdown in a cell: to render more may take the square of that
SHOWN = 20_000_000  # characters that all the outputs of a notebook may take
ATTACHED = 40_000_000  # characters that all the pictures attached to its text may take
PICTURES = 500  # that may be attached to its text
FRAME = 2000  # characters of a page around an output, which count, too
OUTPUTS = 100  # outputs of one cell
TAGS = set(
    "a abbr acronym b blockquote br caption code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img li "
    "ol p pre s span strong sub summary sup table tbody td th thead tr u ul".split()
)
# besides class, href and src
ATTRIBUTES = {"alt", "align", "colspan", "id", "open", "rowspan", "start", "title"}
# classes that the renderer itself writes
CLASSES = {"anchor-link", "highlight", "hll"}
SCHEMES = {"http", "https", "mailto"}
# Python's parser and a browser take these apart alike; in other tags they may disagree about the
# end of a value
PLAIN_TAG = re.compile(
    r"</[a-zA-Z][a-zA-Z0-9-]*[ \t\n]*>"
    r"|<[a-zA-Z][a-zA-Z0-9-]*"
    r"(?:[ \t\n]+[a-zA-Z-]+(?:[ \t\n]*=[ \t\n]*(?:\"[^\"<]*\"|'[^'<]*'|[^\s\"'=<>`]+))?)*[ \t\n]*/?>"
)
PICTURE_URL = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=]*")
# beside the notebook, and nowhere else on the server
PICTURE_FILE = re.compile(r"(\./)?\w[\w .()-]*(/\w[\w .()-]*)*")
ALONE = {"br", "hr", "img"}  # tags that nothing closes
STARTS = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8"}  # of pictures' bytes


def show_outputs(notebook: NotebookNode, cells: list[Cell]) -> None:
    """Puts the outputs of the cells, after their run, into their notebook."""
    left = SHOWN
    for count, (cell, run) in enumerate(zip(code_cells(notebook), cells, strict=True), 1):
        cell.execution_count = count
        cell.outputs = []
        if run.done is None:
            continue
        cell.outputs = clean_outputs(run.done.outputs, left)
        left -= sum(map(size, cell.outputs))
        name = run.done.error_name
        if name and not any(output.output_type == "error" for output in cell.outputs):
            message = run.done.error_message
            if name == "Died" and not message:
                message = ENDED
            cell.outputs.append(error(name, message))


def clean_outputs(outputs: list[dict[str, Any]], most: int = SHOWN) -> list[NotebookNode]:
    """The outputs that a sandbox sent, as notebook outputs: only known kinds, only text and PNG,
    cut if too long.

    Together they have no more than `most` characters.
    """
    kept = []
    for number, output in enumerate(outputs):
        cleaned = _cleaned(output)
        if cleaned:
            most -= size(cleaned)
        if most < 0 or number == OUTPUTS:
            kept.append(
                _stream("stdout", f"… and {len(outputs) - number} more outputs, left out\n")
            )
            break
        if cleaned:
            kept.append(cleaned)
    return kept


def _cleaned(output: dict[str, Any]) -> NotebookNode | None:
    kind = output.get("output_type")
    if kind == "stream" and output.get("name") in ("stdout", "stderr"):
        return _stream(output["name"], cut(output.get("text")))
    if kind == "error":
        lines = output.get("traceback") or []
        if not isinstance(lines, list):
            lines = [lines]
        return error(output.get("ename"), output.get("evalue"), [*map(cut, lines[:100])])
    data = output.get("data")
    if kind not in ("display_data", "execute_result") or not isinstance(data, dict):
        return None
    kept = NotebookNode(_pictures(data, {"image/png"}))
    if "text/plain" in data:
        kept["text/plain"] = cut(data["text/plain"])
    if not kept:
        return None
    cleaned = NotebookNode(output_type=kind, data=kept, metadata=NotebookNode())
    if kind == "execute_result":
        cleaned.execution_count = None
    return cleaned


def size(output: NotebookNode) -> int:
    """How many characters an output takes."""
    lines = output.get("traceback", [])
    texts = [
        output.get("text", ""),
        output.get("evalue", ""),
        *lines,
        *output.get("data", {}).values(),
    ]
    return FRAME + sum(map(len, texts))


def _stream(name: str, text: str) -> NotebookNode:
    # `new_output` would validate it
    return NotebookNode(output_type="stream", name=name, text=text)


def error(name: Any, message: Any, traceback: list[str] | None = None) -> NotebookNode:
    """An error output, as a kernel would give it."""
    name, message = cut(name)[:200], cut(message)
    lines = traceback or [f"{name}: {message}"]
    return NotebookNode(output_type="error", ename=name, evalue=message, traceback=lines)


def make_harmless(cells: list[NotebookNode], ours: set[str]) -> None:
    """Cleans the student's text, in place; the cells with a source that is `ours` stay as they are.

    Leaves out the attached pictures beyond `PICTURES`, or beyond `ATTACHED` characters.
    """
    began = time.thread_time()
    pictures = characters = 0
    for cell in cells:
        attached = []
        for bundle in cell.get("attachments", {}).values():
            attached += bundle.values()
        pictures += len(attached)
        characters += sum(map(len, attached))
        if attached and (pictures > PICTURES or characters > ATTACHED):
            cell.attachments = {}
        if cell.source not in ours:
            clean_cell(cell, rendered=time.thread_time() - began < RENDERING)


def clean_cell(cell: NotebookNode, rendered: bool = True) -> None:
    """Makes a student's Markdown or raw cell harmless, in place; its attachments keep their PNG and
    JPEG pictures.

    Markdown is shown as it was typed if it would render to anything active, is long, or is not to
    be `rendered`.
    """
    if cell.cell_type == "code":
        return
    if "attachments" in cell:
        kept = {}
        for name, bundle in cell.attachments.items():
            pictures = _pictures(bundle, STARTS.keys())
            if pictures:
                kept[name] = pictures
        cell.attachments = kept
    rendered = rendered and len(cell.source) <= LONG
    cell.source = cut(cell.source)
    if cell.cell_type == "raw":
        cell.source = escape(cell.source, quote=False)
    elif not rendered or not _is_harmless(cell.source, cell.get("attachments", {})):
        fence = "`" * (3 + max(map(len, re.findall("`+", cell.source)), default=0))
        cell.source = f"{fence}\n{cell.source}\n{fence}"


def _is_harmless(source: str, attachments: dict[str, dict[str, str]]) -> bool:
    """Whether Markdown, rendered as nbgrader's pages render it, holds nothing but text, formatting,
    links and pictures.
    """
    page = _Page()
    try:
        rendered = MarkdownWithMath(
            renderer=IPythonRenderer(escape=False, attachments=attachments)
        ).render(source)
        # as on the page: there the next line ends an unfinished tag
        page.feed(f"{rendered}\n</div>\n")
    # a cell that can't be rendered here, one with a missing attachment, say, would stop nbgrader's
    # feedback too
    except Exception:
        return False
    page.close()
    plain = not re.search("<[a-zA-Z/]", PLAIN_TAG.sub("", rendered))
    return plain and page.harmless and not page.open and "<!" not in source and "<?" not in source


class _Page(HTMLParser):
    """Finds out whether a page is harmless: known tags and attributes, each tag closed in the cell
    that opened it.
    """

    def __init__(self):
        super().__init__()
        self.harmless = True
        self.open = ["div"]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        # with nothing open, the cell's own frame is closed already
        self.harmless &= tag in TAGS and bool(self.open)
        for name, value in attributes:
            self.harmless &= _is_harmless_attribute(name, value or "")
        if tag not in ALONE:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        # as in browsers, `<b/>` stays open
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        self.harmless &= bool(self.open) and self.open.pop() == tag


def _is_harmless_attribute(name: str, value: str) -> bool:
    if name == "class":
        return set(value.split()) <= CLASSES
    if name not in ("href", "src"):
        return name in ATTRIBUTES
    # as browsers read it
    url = re.sub(r"[\x00-\x20]", "", value).replace("\\", "/")
    if PICTURE_URL.fullmatch(url):
        return True
    if name == "src":
        # a picture elsewhere shows its server who looks; one at /logout logs out whoever looks
        return PICTURE_FILE.fullmatch(unquote(url)) is not None
    scheme = re.match(r"([^/?#]*):", url)
    return scheme is None or scheme[1].lower() in SCHEMES


def clean_metadata(nb: NotebookNode) -> None:
    """Keeps only the parts of a notebook's metadata that nbgrader and the kernel need, in place."""
    _keep(nb.metadata, {"kernelspec", "language_info"})
    for cell in nb.cells:
        _keep(cell.metadata, {"nbgrader", "deletable", "editable"})


def _keep(metadata: NotebookNode, names: set[str]) -> None:
    for name in metadata.keys() - names:
        del metadata[name]


def _pictures(bundle: dict[str, Any], kinds: Collection[str]) -> dict[str, str]:
    """The pictures of these kinds."""
    return {kind: bundle[kind] for kind in kinds if _is_picture(bundle.get(kind), STARTS[kind])}


def _is_picture(data: Any, start: bytes) -> bool:
    if not isinstance(data, str) or len(data) > PICTURE:
        return False
    try:
        return base64.b64decode(data.replace("\n", ""), validate=True).startswith(start)
    except ValueError:
        return False


def cut(text: Any) -> str:
    """A text of sane size."""
    if text is None:
        return ""
    if not isinstance(text, str):
        return repr(text)[:TEXT]
    if len(text) <= TEXT:
        return text
    return f"{text[:TEXT]}\n… {len(text) - TEXT} more characters, left out\n"
