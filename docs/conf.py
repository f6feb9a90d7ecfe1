"""How `make docs` builds these pages; they open from a file, without a network."""

from pathlib import Path

from proctor.course import assignments
from proctor.course.answers import answers
from proctor.course.report import GENERAL
from proctor.diagnosis.general import rules

COURSE = Path(__file__).resolve().parent.parent

project = "The math you actually need to build a tiny LLM"
author = "the course's authors"
copyright = ""

extensions = ["myst_parser", "sphinx_click"]
exclude_patterns = ["_build", "example"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
smartquotes_action = "q"  # two hyphens begin an option

html_theme = "pydata_sphinx_theme"
html_title = project
html_show_copyright = False
html_show_sourcelink = False
html_copy_source = False
html_show_search_summary = False  # would be fetched, which a page opened from a file may not
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["course.css"]
html_sidebars = {"**": ["pages.html"]}
html_theme_options = {
    "logo": {"text": "Tiny LLM math"},
    "navbar_center": [],  # the pages are few enough to stand beside each
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
}


def catalogue(course: Path) -> str:
    """The misconceptions of every exercise with their hints, as Markdown."""
    found = assignments(course)
    general = rules(next(iter(found.values())).general_rules)
    # some hints are worded for the answer at hand
    rows = [
        (rule.title, rule.hint if isinstance(rule.hint, str) else "…", GENERAL + rule.id)
        for rule in general
    ]
    parts = [_section("In every exercise", "", rows)]
    for assignment in found.values():
        for exercise in assignment.stubs:
            known = answers(assignment.wrong_answers / f"{exercise}.py")
            where = f"In `{assignment.name}`; the answers: `answers/wrong/{exercise}.py`\n\n"
            parts.append(
                _section(
                    exercise, where, [(answer.title, answer.hint, answer.id) for answer in known]
                )
            )
    return "\n".join(parts)


def _section(title: str, text: str, rows: list[tuple[str, str, str]]) -> str:
    lines = [f"| {_cell(does)} | {_cell(hint)} | `{name}` |\n" for does, hint, name in rows]
    return f"## {title}\n\n{text}| the answer | hint | id |\n|---|---|---|\n{''.join(lines)}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _with_catalogue(app, docname, content):
    """Ends docs/mistakes.md with the list of known wrong answers."""
    if docname == "mistakes":
        content[0] += catalogue(COURSE)


def setup(app):
    app.connect("source-read", _with_catalogue)
