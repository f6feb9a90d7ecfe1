"""Which page or template each picture in docs/images/ shows, and which picture is older: the last look of `make check`.

Git keeps no times, so that `make screenshots` writes down what a picture was taken of. To take one needs a browser, and
so an older one is named and fails nothing.
"""

import hashlib
import json
from pathlib import Path

COURSE = Path(__file__).resolve().parents[2]
TAKEN = Path("docs", "images", "taken.json")
SAMPLE = "proctor/authoring/sample.py"
FEEDBACK = "proctor/records/templates/feedback_page"
NOTEBOOK = "release/03-softmax/softmax.ipynb"
SHOWN = {
    "README.md": ["proctor/classroom/show.py", SAMPLE],  # the table below `make grade`
    "docs/images/check.png": ["proctor/course/render.py", SAMPLE],
    "docs/images/feedback.png": [f"{FEEDBACK}/index.html.j2", f"{FEEDBACK}/feedback.css", SAMPLE],
    "docs/images/formgrader.png": [NOTEBOOK, SAMPLE],
    "docs/images/notebook.png": [
        NOTEBOOK,
        "release/03-softmax/figures.py",
        "release/03-softmax/play.py",
    ],
    "docs/images/report.png": ["proctor/classroom/report_templates/index.html.j2", SAMPLE],
    "docs/images/writing.png": ["release/08-stories/page.py", "release/08-stories/stories.py"],
}


def digests(course: Path) -> dict[str, dict[str, str]]:
    """The digest of each file that a picture shows, by picture and by file."""
    return {
        picture: {
            file: hashlib.sha256((course / file).read_text("utf-8").encode()).hexdigest()[:16]
            for file in files
        }
        for picture, files in SHOWN.items()
    }


def older(course: Path) -> list[str]:
    """A line for each picture that is older than something that it shows."""
    taken = json.loads((course / TAKEN).read_text("utf-8"))
    return [
        f"{picture} is older than {file}, which it shows: make screenshots"
        for picture, files in digests(course).items()
        for file, digest in files.items()
        if taken.get(picture, {}).get(file) != digest
    ]


if __name__ == "__main__":
    print("\n".join(older(COURSE)) or "the pictures are up to date")
