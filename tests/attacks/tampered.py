"""Notebooks whose cells were deleted, renamed, doubled, moved or unlocked; all of them hold a wrong answer."""

import copy

from attack import Attack


def facts(cell: dict) -> dict:
    return cell["metadata"].get("nbgrader", {})


def graded(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if facts(cell).get("grade")]


def solution(notebook: dict, exercise: str = "softmax") -> dict:
    return next(cell for cell in notebook["cells"] if facts(cell).get("grade_id") == exercise)


def each(change, cells=graded):
    """A change of every graded cell, or of the cells that `cells` picks."""

    def tamper(notebook):
        for cell in cells(notebook):
            change(cell)

    return tamper


def set_facts(**changes):
    return each(lambda cell: facts(cell).update(changes))


def in_solution(change):
    return lambda notebook: change(solution(notebook))


def delete_graded(notebook):
    notebook["cells"] = [cell for cell in notebook["cells"] if not facts(cell).get("grade")]


def delete_solution(notebook):
    notebook["cells"].remove(solution(notebook))


def delete_everything_else(notebook):
    notebook["cells"] = [solution(notebook)]


def rename(cell):
    facts(cell)["grade_id"] += "_done"


def pad_name(cell):
    facts(cell)["grade_id"] = " " + facts(cell)["grade_id"].replace("o", "\u043e")


def double(pick):
    def tamper(notebook):
        for cell in pick(notebook):
            notebook["cells"].insert(notebook["cells"].index(cell), copy.deepcopy(cell))

    return tamper


def easy(cell):
    cell["source"] = "assert True"


def to_markdown(cell):
    cell["cell_type"] = "markdown"
    for key in ("outputs", "execution_count"):
        cell.pop(key, None)


def with_outputs(cell):
    cell["outputs"] = [
        {
            "output_type": "execute_result",
            "execution_count": 1,
            "data": {"text/plain": "2"},
            "metadata": {},
        }
    ]


def point_elsewhere(notebook):
    names = [facts(cell)["grade_id"] for cell in graded(notebook)]
    for cell, name in zip(graded(notebook), names[1:] + names[:1], strict=True):
        facts(cell)["grade_id"] = name


def solution_is_graded(notebook):
    facts(solution(notebook)).update(grade=True, points=100, grade_id="softmax_values")


def graded_first(notebook):
    notebook["cells"] = graded(notebook) + [
        cell for cell in notebook["cells"] if not facts(cell).get("grade")
    ]


def solution_last(notebook):
    cell = solution(notebook)
    notebook["cells"].remove(cell)
    notebook["cells"].append(cell)


def split_solution(notebook):
    cell = solution(notebook)
    second = copy.deepcopy(cell)
    cell["source"], second["source"] = "def softmax(x, dim):\n    return x", "softmax = softmax"
    notebook["cells"].insert(notebook["cells"].index(cell) + 1, second)


def own_setup(notebook):
    for cell in notebook["cells"]:
        if facts(cell).get("grade_id") == "setup":
            cell["source"] = "class torch: ...\ndef hidden_checks(*names): pass"


def own_graded_cell(notebook):
    cell = copy.deepcopy(graded(notebook)[0])
    facts(cell).update(grade_id="bonus", points=100)
    easy(cell)
    notebook["cells"].append(cell)


def extra_cells(notebook):
    empty = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": "1",
    }
    notebook["cells"] += [empty | {"id": f"extra{i}"} for i in range(3_000)]


def flags(notebook):
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = [
            "skip-execution",
            "raises-exception",
            "nbgrader-skip",
            "remove-cell",
        ]


def other_language(notebook):
    notebook["metadata"] = {"kernelspec": {"name": "bash", "language": "bash", "display_name": "B"}}


def own_kernel(notebook):
    notebook["metadata"]["kernelspec"] = {
        "name": "../../evil",
        "language": "python",
        "display_name": "x",
    }
    notebook["metadata"]["nbgrader"] = {"points": 100}


deleted = Attack("deletes the graded cells", tamper=delete_graded)
deleted_solution = Attack("deletes the solution cell", tamper=delete_solution)
alone = Attack("keeps the solution cell alone", tamper=delete_everything_else)
renamed = Attack("renames the graded cells", tamper=each(rename))
lookalike = Attack("gives graded cells names that look the same", tamper=each(pad_name))
doubled = Attack("doubles the graded cells", tamper=double(graded))
doubled_easily = Attack(
    "doubles the graded cells, the first of each asserting nothing",
    tamper=lambda notebook: (
        double(graded)(notebook),
        each(easy, lambda n: graded(n)[::2])(notebook),
    ),
)
easier = Attack("replaces what the graded cells assert", tamper=each(easy))
retyped = Attack("turns the graded cells to Markdown", tamper=each(to_markdown))
retyped_raw = Attack(
    "turns the graded cells to raw cells", tamper=each(lambda cell: cell.update(cell_type="raw"))
)
unlocked = Attack(
    "unlocks the graded cells and empties them",
    tamper=each(lambda cell: (facts(cell).update(locked=False), cell.update(source=""))),
)
relocked = Attack(
    "locks its own answer, as if it were the course's",
    tamper=in_solution(lambda c: facts(c).update(locked=True)),
)
more_points = Attack("makes every graded cell worth 1000 points", tamper=set_facts(points=1000))
negative_points = Attack("makes graded cells worth -1", tamper=set_facts(points=-1))
odd_points = Attack("makes points no number", tamper=set_facts(points="many"))
manual = Attack("has graded cells graded by hand", tamper=set_facts(solution=True, task=True))
ungraded = Attack("says that graded cells aren't graded", tamper=set_facts(grade=False))
checksums = Attack("forges checksums", tamper=set_facts(checksum="0" * 32, cell_type="markdown"))
versions = Attack("claims a later nbgrader schema", tamper=set_facts(schema_version=99))
elsewhere = Attack("points every graded cell to another's checks", tamper=point_elsewhere)
solution_graded = Attack("makes its answer a graded cell", tamper=solution_is_graded)
moved_up = Attack("moves the graded cells above the answer", tamper=graded_first)
moved_down = Attack("moves the answer below everything", tamper=solution_last)
solution_doubled = Attack(
    "doubles the solution cell", tamper=double(lambda notebook: [solution(notebook)])
)
solution_split = Attack("splits the solution cell in two of one name", tamper=split_solution)
solution_markdown = Attack("turns the solution cell to Markdown", tamper=in_solution(to_markdown))
setup_changed = Attack("changes the locked setup", tamper=own_setup)
own_cell = Attack("adds a graded cell of its own", tamper=own_graded_cell)
shown = Attack("ships the outputs of a full score", tamper=each(with_outputs))
tags = Attack("tags every cell as one not to run", tamper=flags)
crowd = Attack("adds 3,000 cells", tamper=extra_cells)
language = Attack("says that it is written for another language", tamper=other_language)
kernel = Attack("asks for a kernel of its own", tamper=own_kernel)
no_facts = Attack(
    "makes nbgrader's metadata a list",
    tamper=each(lambda cell: cell["metadata"].update(nbgrader=["x"])),
)
null_facts = Attack(
    "makes nbgrader's metadata null",
    tamper=each(lambda cell: cell["metadata"].update(nbgrader=None)),
)
odd_name = Attack(
    "makes grade ids numbers and lists", tamper=each(lambda cell: facts(cell).update(grade_id=[1]))
)
null_metadata = Attack(
    "makes cells' metadata null", tamper=each(lambda cell: cell.update(metadata=None))
)
no_source = Attack(
    "leaves out the graded cells' source", tamper=each(lambda cell: cell.pop("source"))
)
no_solution_source = Attack(
    "leaves out its answer's source",
    tamper=in_solution(lambda cell: cell.pop("source")),
)
null_source = Attack(
    "makes its answer's source null",
    tamper=in_solution(lambda cell: cell.update(source=None)),
)
odd_source = Attack(
    "makes its answer's source numbers", tamper=in_solution(lambda cell: cell.update(source=[1, 2]))
)
no_type = Attack(
    "leaves out what type its answer is", tamper=in_solution(lambda cell: cell.pop("cell_type"))
)
odd_type = Attack(
    "makes its answer a cell of no known type",
    tamper=in_solution(lambda c: c.update(cell_type="magic")),
)
surrogate = Attack(
    "writes its answer with half a character",
    tamper=in_solution(lambda c: c.update(source="x = '\ud800'")),
)
null_character = Attack(
    "writes its answer with a null character",
    tamper=in_solution(lambda c: c.update(source="x\0 = 1")),
)
no_cells = Attack("has no cells", tamper=lambda notebook: notebook.update(cells=[]))
null_cells = Attack("has null for cells", tamper=lambda notebook: notebook.update(cells=None))
numbers_for_cells = Attack(
    "has numbers among its cells", tamper=lambda notebook: notebook["cells"].append(5)
)
old_format = Attack(
    "claims to be a notebook of version 3", tamper=lambda notebook: notebook.update(nbformat=3)
)
new_format = Attack(
    "claims to be a notebook of version 99", tamper=lambda notebook: notebook.update(nbformat=99)
)
odd_format = Attack(
    "claims a version that is no number", tamper=lambda notebook: notebook.update(nbformat="four")
)
empty = Attack("is an empty object", tamper=lambda notebook: notebook.clear())
deep_metadata = Attack(
    "has metadata 900 levels deep",
    tamper=lambda notebook: notebook["metadata"].update(
        a=__import__("functools").reduce(lambda v, _: [v], range(900), 0)
    ),
)
