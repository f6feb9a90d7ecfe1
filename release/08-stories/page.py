"""One HTML page to show a friend. It holds its pictures within itself, and opens without a network."""

import html
from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A tiny language model</title>
<style>
body {{ max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 1.05rem/1.6 Georgia, serif; color: #222; background: #fffdf8; }}
h1, h2 {{ font-family: sans-serif; line-height: 1.2; }}
h2 {{ margin-top: 2.2rem; color: #0072b2; }}
img {{ max-width: 100%; height: auto; }}
blockquote {{ margin: 1.2rem 0; padding: .6rem 1.2rem; border-left: 4px solid #e69f00; background: #fff6e0; }}
table {{ border-collapse: collapse; font-family: sans-serif; font-size: .95rem; }}
td, th {{ padding: .35rem .9rem .35rem 0; border-bottom: 1px solid #ddd; text-align: left; }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
.small {{ color: #666; font-size: .9rem; }}
</style>
</head>
<body>
<h1>I built a tiny language model</h1>
<p>It has {parameters:,} numbers. At first they were random, and it wrote like this:</p>
<blockquote>{babble}</blockquote>
<p>Then it read {characters:,} characters of little stories, over and over, and learned one thing: to guess what comes next.
Nobody told it what a word is, or a name. Now it writes these, one piece of a word at a time:</p>
{stories}
<h2>How near to perfect is it?</h2>
<p>A small program made up the stories that it learned from, by rolling dice, so it is known exactly how surprising they are:
{floor:.3f} nats per character, and on average nothing can guess new ones better. On stories that it had never seen, my model is
{above:.3f} above that floor.</p>
{curve}
<table>
<tr><th>who guesses</th><th>surprise in nats per character, on new stories: lower is better</th></tr>
{rows}
</table>
<h2>How does it remember a name?</h2>
<p>The darker a piece of the text, the more the model looks at it while it has to guess what comes after the piece in the red
frame. A name that it has told before, it looks up.</p>
{attention}
<p class="small">Built from scratch in a course on the math behind language models. All of it runs on one processor core.</p>
</body>
</html>
"""


def write_page(
    file: str | Path | None,
    parameters: int,
    characters: int,
    babble: str,
    stories: Sequence[str],
    floor: float,
    reached: float,
    rows: Sequence[tuple[str, float]],
    curve: tuple[Figure, str],
    attention: tuple[Figure, str] | None,
) -> str:
    """Makes the page, writes it into `file`, if there is to be one, and gives its text."""
    lines = [
        f'<tr><td>{html.escape(name)}</td><td class="number">{nats:.3f}</td></tr>'
        for name, nats in rows
    ]
    page = PAGE.format(
        parameters=parameters,
        characters=characters,
        babble=html.escape(babble),
        stories="\n".join(f"<blockquote>{html.escape(story)}</blockquote>" for story in stories),
        floor=floor,
        above=reached - floor,
        curve=picture(*curve),
        rows="\n".join(lines),
        attention=picture(*attention)
        if attention
        else "<p>(The attention of this model can't be read.)</p>",
    )
    if file:
        Path(file).write_text(page, encoding="utf-8")
    return page


def picture(figure: Figure, words: str) -> str:
    """A figure as a part of the page."""
    data = BytesIO()
    figure.savefig(data, format="png", dpi=150, facecolor="white")
    return f'<img src="data:image/png;base64,{b64encode(data.getvalue()).decode()}" alt="{html.escape(words)}">'
