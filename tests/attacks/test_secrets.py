"""What a stand-in is, which stands beside a class's answers while they are asked again, is in no words of theirs."""

import json
import re
from pathlib import Path
from textwrap import indent

import pytest
from test_attacks import reference, sit_and_judge

from proctor.answers import put
from proctor.sandbox.cell import Limits

# by which way a stand-in is found; `None` where there is none, when the exercise is asked for the first time
FOUND = {
    "the name": "    found = globals()['softmax'] if softmax.__code__.co_name == 'stand_in' else None",
    "the shell's transformers": """
    functions = [each.functions for each in get_ipython().ast_transformers if getattr(each, "functions", None)]
    found = functions[0]["softmax"] if functions else None
""",
    "the garbage collector": """
    import gc
    found = [each for each in gc.get_objects() if getattr(getattr(each, "__code__", 0), "co_name", 0) == "stand_in"]
    found = found[0] if found else None
""",
    "the frames above": """
    import sys
    frame, found = sys._getframe(), None
    while frame:
        near = getattr(frame.f_locals.get("self"), "stand_ins", None)
        found, frame = near.functions.get("softmax") if near else found, frame.f_back
""",
    "a traceback of its own": """
    found = None
    try:
        softmax(object(), -1)
    except Exception as error:
        link = error.__traceback__
        while link:
            found, link = link.tb_frame.f_locals.get("function", found), link.tb_next
""",
}
# and by which way what was found would be told
TOLD = {
    "an error": "raise ValueError(secret)",
    "an error's type": "raise type(secret, (Exception,), {})('x')",
    "a missing key": "return {}[secret]",
    "a note": "error = ValueError('x')\n    error.add_note(secret)\n    raise error",
    "a file that can't be read": "exec(compile('1 +', secret, 'exec'))",
    "what is printed": "print(secret)\n    return logits",
    "a warning": "import warnings\n    warnings.warn(secret)\n    return logits",
    "a chain of errors": "raise ValueError('x') from ValueError(secret)",
    "a file": "open('told.txt', 'w').write(secret)\n    return logits",
}
FIND = """
    try:
{find}
        if found is not None:
            secret += f"Z{number}x{{code_of(found)}}"
    except Exception:
        pass
"""
# all that is found is told at once: each way by its number, with the first bytes of the stand-in's code
ANSWER = """
def code_of(found):
    inner = [each.cell_contents for each in found.__closure__ or ()]
    return ([each for each in inner if hasattr(each, "__code__")] or [found])[0].__code__.co_code[:2].hex()
def softmax_with_temperature(logits, temperature):
    secret = ""
{find}
    softmax(logits, -1)
    if not secret: return logits
    {tell}
"""


def told(tell: str, folder: Path) -> list[str]:
    """By which ways a stand-in was found and told, in whatever is kept of the notebook or said of it."""
    ways = enumerate(FOUND.values())
    find = "".join(FIND.format(number=number, find=indent(each.strip("\n"), "    ")) for number, each in ways)
    assignment, notebook, cells = reference("softmax", "softmax_with_temperature")
    notebook = put(notebook, "softmax", "def softmax(x, dim):\n    return x * 1.0")
    notebook = put(notebook, "softmax_with_temperature", ANSWER.format(find=find, tell=tell))
    report, outputs = sit_and_judge(notebook, assignment, cells, Limits(), 1, folder)
    assert not any(cell.score for cell in report.cells if cell.id.startswith("softmax_with_temperature"))
    kept = json.dumps([report.as_dict(), outputs]) + "".join(path.read_text() for path in folder.rglob("*.txt"))
    return [way for number, way in enumerate(FOUND) if re.search(f"Z{number}x[0-9a-f]{{4}}", kept)]


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(tell, id=way, marks=[pytest.mark.full] * (number > 0))
        for number, (way, tell) in enumerate(TOLD.items())
    ],
)
def test_no_words_tell_what_a_stand_in_is(tell, tmp_path):
    assert told(tell, tmp_path) == []


def test_each_way_finds_it(tmp_path, monkeypatch):
    """Where the student's words are not left out."""
    for module in ("student", "smallest"):
        monkeypatch.setattr(f"proctor.examine.{module}.without_words", lambda raised: raised)
    assert told(TOLD["an error"], tmp_path) == [*FOUND]
