"""The ways in which editors save a notebook: each takes the notebook as a dict, and gives the bytes of its file."""

import json
from collections.abc import Callable

WAYS: dict[str, Callable[[dict], bytes]] = {}


def way(save: Callable[[dict], bytes]) -> Callable[[dict], bytes]:
    WAYS[save.__name__] = save
    return save


def _written(nb: dict, **options) -> bytes:
    return json.dumps(nb, ensure_ascii=False, **options).encode()


@way
def jupyterlab(nb: dict) -> bytes:
    for cell in nb["cells"]:
        cell["metadata"]["trusted"] = True
        cell["metadata"]["jupyter"] = {"source_hidden": False}
    return _written(nb, indent=1) + b"\n"


@way
def vs_code(nb: dict) -> bytes:
    for cell in nb["cells"]:
        cell["metadata"]["vscode"] = {"languageId": "python"}
    nb["metadata"]["kernelspec"] = {
        "display_name": "torch-env",
        "language": "python",
        "name": "torch-env",
    }
    return _written(nb, indent=2)


@way
def colab(nb: dict) -> bytes:
    for number, cell in enumerate(nb["cells"]):
        cell["metadata"] |= {
            "id": f"aB{number}",
            "outputId": "0a-1b",
            "colab": {"base_uri": "https://localhost/"},
        }
        cell.pop("id", None)
    nb["metadata"] = {
        "colab": {"provenance": []},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
    }
    return _written(nb | {"nbformat_minor": 0}, indent=2)


@way
def kaggle(nb: dict) -> bytes:
    for cell in nb["cells"]:
        cell["metadata"] |= {
            "_uuid": "8f2839f2",
            "execution": {"iopub.status.busy": "2026-01-01T00:00:00Z"},
        }
    return _written(nb, separators=(",", ":"))


@way
def pycharm(nb: dict) -> bytes:
    for cell in nb["cells"]:
        cell["metadata"] |= {
            "pycharm": {"name": "#%%\n"},
            "collapsed": False,
            "ExecuteTime": {"end_time": "now"},
        }
        cell["source"] = "".join(cell["source"])
    return _written(nb, indent=1)


@way
def windows(nb: dict) -> bytes:
    """A byte order mark, and lines that end as on Windows, in the file and within the cells."""
    for cell in nb["cells"]:
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")
    return b"\xef\xbb\xbf" + _written(nb, indent=1).replace(b"\n", b"\r\n")


@way
def powershell(nb: dict) -> bytes:
    """Its `>` writes UTF-16."""
    return _written(nb, indent=1).decode().encode("utf-16")


@way
def in_a_fresh_notebook(nb: dict) -> bytes:
    """Cell by cell, without what nbgrader notes of them, and without the text between them."""
    nb["cells"] = [cell | {"metadata": {}} for cell in nb["cells"] if cell["cell_type"] == "code"]
    return _written(nb, indent=1)


@way
def an_old_notebook(nb: dict) -> bytes:
    for cell in nb["cells"]:
        cell.pop("id", None)
    return _written(nb | {"nbformat_minor": 2}, indent=1)


@way
def ascii_only(nb: dict) -> bytes:
    return json.dumps(nb, indent=1, sort_keys=True).encode()


@way
def with_all_its_outputs(nb: dict) -> bytes:
    for number, cell in enumerate(nb["cells"]):
        if cell["cell_type"] == "code":
            cell["execution_count"] = number
            cell["outputs"] = [
                {"output_type": "stream", "name": "stdout", "text": ["shown\n"] * 100}
            ]
    return _written(nb, indent=1)


@way
def ids_twice(nb: dict) -> bytes:
    """As after a merge by hand."""
    for cell in nb["cells"]:
        cell["id"] = "the-same"
    return _written(nb, indent=1)


@way
def half_an_emoji_and_no_number(nb: dict) -> bytes:
    """As where an editor has cut a line off, and as Python writes what a plot holds."""
    for cell in nb["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "done \ud83d"}]
            cell["outputs"][0]["metadata"] = {"x": [float("nan"), float("-inf")]}
            cell["source"] = ["# well \ud83d\n", *cell["source"]]
    return json.dumps(nb).encode()
