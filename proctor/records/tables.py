"""The CSV files that an instructor writes: the roster, groups, extensions, and answers to a
quiz.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from proctor.errors import GradingError


def read_table(
    path: Path, columns: str, optional: str = ""
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file: the number of its line, and its values by column.

    `columns` and the `optional` ones are names with commas between them. Raises `GradingError` if
    the file can't be read, or if one of the `columns` is missing.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeError:
        raise GradingError(f"{path} isn't UTF-8: save it so") from None
    except OSError as error:
        raise GradingError(f"{path} can't be read: {error.strerror}") from None
    rows = csv.DictReader(lines, restval="")
    rows.fieldnames = [name.strip() for name in rows.fieldnames or ()]
    for name in columns.split(","):
        if lines and name not in rows.fieldnames:
            whole = f"{columns},{optional}".strip(",")
            raise GradingError(
                f"{path}, line 1: the column '{name}' is missing: write {whole}, with commas"
            )
    for row in rows:
        # a line with too many values has a list of them, by no name
        values = {name: text.strip() for name, text in row.items() if isinstance(text, str)}
        yield rows.line_num, values
