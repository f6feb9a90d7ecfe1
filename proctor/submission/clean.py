"""Cleans the text and outputs that an instructor looks at: text and PNG pass, active content does not, all in sane sizes."""

import base64
import binascii
import re
import time
from html import escape
from html.parser import HTMLParser
from itertools import accumulate
from typing import Any
from urllib.parse import unquote

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

TEXT = 100_000  # characters of one output
PICTURE = 4_000_000  # characters of one picture in base64
RENDERING = 1.0  # seconds of CPU time after which no more Markdown of a notebook is rendered
LONG = 30_000  # characters of Markdown in a cell: to render more may take the square of that
SHOWN = 20_000_000  # characters that all the outputs of a notebook may take
ATTACHED = 40_000_000  # characters that all the pictures attached to its text may take
PICTURES = 500  # that may be attached to its text
FRAME = 2000  # characters that an output counts beside its own, for what a page puts around it
OUTPUTS = 100  # outputs of one cell
TAGS = {
    *"a abbr acronym b blockquote br caption code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img li".split()
}
TAGS |= {*"ol p pre s span strong sub summary sup table tbody td th thead tr u ul".split()}
ATTRIBUTES = {"alt", "align", "class", "colspan", "href", "id", "open", "rowspan", "src", "start", "title"}
# classes that the renderer itself writes
CLASSES = {"anchor-link", "highlight", "hll"}
SCHEMES = {"", "http", "https", "mailto"}
# Python's parser and a browser take these apart alike; of others, where a value ends may be two things
PLAIN_TAG = re.compile(
    r"</[a-zA-Z][a-zA-Z0-9-]*[ \t\n]*>"
    r"|<[a-zA-Z][a-zA-Z0-9-]*"
    r"(?:[ \t\n]+[a-zA-Z-]+(?:[ \t\n]*=[ \t\n]*(?:\"[^\"<]*\"|'[^'<]*'|[^\s\"'=<>`]+))?)*[ \t\n]*/?>"
)
PICTURE_URL = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=]*")
PICTURE_FILE = re.compile(r"(\./)?\w[\w .()-]*(/\w[\w .()-]*)*")  # beside the notebook, and nowhere else on the server
ALONE = {"br", "hr", "img"}  # tags that nothing closes


def clean_outputs(outputs: list[dict[str, Any]], most: int = SHOWN) -> list[NotebookNode]:
    """The outputs that a sandbox sent, as notebook outputs: only known kinds, only text and PNG, cut where too long.

    Together they have no more than `most` characters.
    """
    kept = []
    for output in outputs[:OUTPUTS]:
        kind = output.get("output_type")
        if kind == "stream" and output.get("name") in ("stdout", "stderr"):
            kept.append(_stream(output["name"], cut(output.get("text"))))
        elif kind == "error":
            lines = output.get("traceback") or []
            lines = lines if isinstance(lines, list) else [lines]
            kept.append(error(output.get("ename"), output.get("evalue"), [cut(line) for line in lines[:100]]))
        elif kind in ("display_data", "execute_result") and (data := _clean_data(output.get("data"))):
            more = {"execution_count": None} if kind == "execute_result" else {}
            kept.append(NotebookNode(output_type=kind, data=NotebookNode(data), metadata=NotebookNode(), **more))
    fit = sum(total <= most for total in accumulate(map(size, kept)))
    if left_out := max(len(outputs) - OUTPUTS, 0) + len(kept) - fit:
        kept[fit:] = [_stream("stdout", f"… and {left_out} more outputs, left out\n")]
    return kept


def size(output: NotebookNode) -> int:
    """How many characters an output takes."""
    lines = output.get("traceback", [])
    texts = [output.get("text", ""), output.get("evalue", ""), *lines, *output.get("data", {}).values()]
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
    """Cleans what the student wrote, in place; the cells with a source that is `ours` stay as they are.

    Of the attached pictures, those beyond `PICTURES`, or beyond `ATTACHED` characters, are left out.
    """
    began, pictures, characters = time.thread_time(), 0, 0
    for cell in cells:
        attached = cell.get("attachments", {})
        for bundle in attached.values():
            pictures += len(bundle)
            characters += sum(map(len, bundle.values()))
        if attached and (pictures > PICTURES or characters > ATTACHED):
            cell.attachments = {}
        if cell.source not in ours:
            clean_cell(cell, rendered=time.thread_time() - began < RENDERING)


def clean_cell(cell: NotebookNode, rendered: bool = True) -> None:
    """Makes a student's Markdown or raw cell harmless, in place; its attachments keep their PNG and JPEG pictures.

    Markdown that would render to anything active, or is long, or not to be `rendered`, is shown as it was typed.
    """
    if cell.cell_type == "code":
        return
    attachments = cell.get("attachments")
    if attachments is not None:
        kept = {name: _pictures(bundle) for name, bundle in attachments.items()}
        cell.attachments = {name: bundle for name, bundle in kept.items() if bundle}
    rendered = rendered and len(cell.source) <= LONG
    cell.source = cut(cell.source)
    if cell.cell_type == "raw":
        cell.source = escape(cell.source, quote=False)
    elif not rendered or not _is_harmless(cell.source, cell.get("attachments", {})):
        fence = "`" * (3 + max(map(len, re.findall("`+", cell.source)), default=0))
        cell.source = f"{fence}\n{cell.source}\n{fence}"


def _is_harmless(source: str, attachments: dict[str, dict[str, str]]) -> bool:
    """Whether Markdown, rendered as nbgrader's pages render it, holds nothing but text, formatting, links and pictures."""
    page = _Page()
    try:
        rendered = MarkdownWithMath(renderer=IPythonRenderer(escape=False, attachments=attachments)).render(source)
        page.feed(f"{rendered}\n</div>\n")  # as on the page, where what follows ends an unfinished tag
    # a cell that can't be rendered here, one with a missing attachment, say, would stop nbgrader's feedback too
    except Exception:
        return False
    page.close()
    plain = not re.search("<[a-zA-Z/]", PLAIN_TAG.sub("", rendered))
    return plain and page.harmless and not page.open and "<!" not in source and "<?" not in source


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.harmless, self.open = True, ["div"]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            url = re.sub(r"[\x00-\x20]", "", value or "") if name in ("href", "src") else ""
            url = url.replace("\\", "/")  # as browsers do
            if PICTURE_URL.fullmatch(url):
                continue
            scheme = re.match(r"([^/?#]*):", url)
            self.harmless &= name in ATTRIBUTES and (scheme[1].lower() if scheme else "") in SCHEMES
            # a picture elsewhere tells who looks; one at /logout logs out who looks
            self.harmless &= name != "src" or PICTURE_FILE.fullmatch(unquote(url)) is not None
            self.harmless &= name != "class" or set((value or "").split()) <= CLASSES
        self.harmless &= tag in TAGS and bool(self.open)  # else the cell's own frame is closed already
        if tag not in ALONE:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)  # as browsers do, for which `<b/>` is open

    def handle_endtag(self, tag: str) -> None:
        """A tag that isn't closed where it was opened would go on behind the cell, and swallow the page."""
        self.harmless &= bool(self.open) and self.open.pop() == tag


def clean_metadata(nb: NotebookNode) -> None:
    """Drops from a notebook's metadata, in place, all that nbgrader and the kernel don't need; tags and titles too."""
    for metadata, kept in [
        (nb.metadata, {"kernelspec", "language_info"}),
        *((cell.metadata, {"nbgrader", "deletable", "editable"}) for cell in nb.cells),
    ]:
        for key in metadata.keys() - kept:
            del metadata[key]


def _clean_data(data: Any) -> dict[str, str]:
    if not isinstance(data, dict):
        return {}
    kept = {"text/plain": cut(data["text/plain"])} if "text/plain" in data else {}
    return kept | ({"image/png": data["image/png"]} if _is_picture(data.get("image/png"), b"\x89PNG") else {})


def _pictures(bundle: Any) -> dict[str, str]:
    starts = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8"}
    items = bundle.items() if isinstance(bundle, dict) else ()
    return {mime: data for mime, data in items if mime in starts and _is_picture(data, starts[mime])}


def _is_picture(data: Any, start: bytes) -> bool:
    if not isinstance(data, str) or len(data) > PICTURE:
        return False
    try:
        return base64.b64decode(data.replace("\n", ""), validate=True).startswith(start)
    except (binascii.Error, ValueError):
        return False


def cut(text: Any) -> str:
    """A text of sane size."""
    text = text if isinstance(text, str) else "" if text is None else repr(text)[:TEXT]
    if len(text) <= TEXT:
        return text
    return f"{text[:TEXT]}\n… {len(text) - TEXT} more characters, left out\n"
