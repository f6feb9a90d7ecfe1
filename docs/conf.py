"""How `make docs` builds these pages; they open from a file, without a network."""

from pathlib import Path

from proctor.authoring.catalogue import catalogue

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


def _with_catalogue(app, docname, content):
    """What students get wrong is read from the answers themselves."""
    if docname == "mistakes":
        content[0] += catalogue(COURSE)


def setup(app):
    app.connect("source-read", _with_catalogue)
