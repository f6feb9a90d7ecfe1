"""Which pictures `make check` calls older than what they show."""

import json
from pathlib import Path

import pictures


def test_a_picture_is_older_once_what_it_shows_has_changed(course: Path, tmp_path: Path):
    for file in {file for files in pictures.SHOWN.values() for file in files}:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes((course / file).read_bytes())
    (tmp_path / pictures.TAKEN).parent.mkdir(parents=True)
    (tmp_path / pictures.TAKEN).write_text(json.dumps(pictures.digests(tmp_path)))
    assert not pictures.older(tmp_path)
    with (tmp_path / pictures.FEEDBACK / "feedback.css").open("a") as css:
        css.write("p { color: red }\n")
    (told,) = pictures.older(tmp_path)
    assert told.startswith("docs/images/feedback.png is older than") and "feedback.css" in told


def test_every_picture_is_written_down_and_there(course: Path):
    there = {str(path.relative_to(course)) for path in (course / "docs" / "images").glob("*.png")}
    assert there == {name for name in pictures.SHOWN if name.endswith(".png")}
