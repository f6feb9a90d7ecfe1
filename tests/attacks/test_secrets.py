"""What a stand-in is, which stands beside a class's answers while they are asked again, is in no words of theirs."""

import json

import pytest
from test_attacks import COURSE, sit_and_judge

from proctor.answers import put, solved
from proctor.course import assignments
from proctor.sandbox.cell import Limits

SOFTMAX = assignments(COURSE)["03-softmax"]
CELLS = {cell.id for cell in SOFTMAX.graded.values() if cell.exercise in ("softmax", "softmax_with_temperature")}
# by which way a stand-in is found; `None` where there is none, when the exercise is asked for the first time
FOUND = {
    "the name": "found = globals()['softmax'] if softmax.__code__.co_name == 'stand_in' else None",
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
# and by which way it would be told
TOLD = {
    "an error": "raise ValueError('SECRET' + code)",
    "an error's type": "raise type('SECRET' + code, (Exception,), {})('x')",
    "a missing key": "return {}['SECRET' + code]",
    "a note": "error = ValueError('x')\n    error.add_note('SECRET' + code)\n    raise error",
    "a file that can't be read": "exec(compile('1 +', 'SECRET' + code, 'exec'))",
    "what is printed": "print('SECRET' + code)\n    return logits",
    "a warning": "import warnings\n    warnings.warn('SECRET' + code)\n    return logits",
    "a chain of errors": "raise ValueError('x') from ValueError('SECRET' + code)",
    "a file": "open('told.txt', 'w').write('SECRET' + code)\n    return logits",
}
ANSWER = """
def code_of(found):
    inner = [each.cell_contents for each in found.__closure__ or ()]
    return ([each for each in inner if hasattr(each, "__code__")] or [found])[0].__code__.co_code.hex()
def softmax_with_temperature(logits, temperature):
    {found}
    softmax(logits, -1)
    if found is None: return logits
    code = code_of(found)
    {told}
"""
# the first bytes of what a stand-in's code is, in hexadecimal: a function's, at all
BYTES = "SECRET97"


@pytest.mark.parametrize(
    "found, told",
    [
        pytest.param(found, told, id=f"{found}, {told}", marks=[] if number % 4 == 0 else [pytest.mark.full])
        for number, (found, told) in enumerate((found, told) for found in FOUND for told in TOLD)
    ],
)
def test_no_words_tell_what_a_stand_in_is(found, told, tmp_path):
    notebook = put(solved(SOFTMAX), "softmax", "def softmax(x, dim):\n    return x * 1.0")
    answer = ANSWER.format(found=FOUND[found].strip(), told=TOLD[told])
    notebook = put(notebook, "softmax_with_temperature", answer)
    report, outputs = sit_and_judge(notebook, SOFTMAX, CELLS, Limits(), 1, tmp_path)
    assert not any(cell.score for cell in report.cells if cell.id.startswith("softmax_with_temperature"))
    kept = "".join(path.read_text() for path in tmp_path.rglob("*.txt"))
    assert BYTES not in json.dumps([report.as_dict(), outputs]) + kept
