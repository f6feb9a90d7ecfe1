"""The feedback of a class holds neither a stand-in's code nor the inputs of another question."""

import html
import json
import re
from pathlib import Path
from textwrap import indent

import nbformat
import pytest
from test_attacks import ASSIGNMENTS, reference, sit_and_judge

from proctor.answers import put, solved
from proctor.grading.checking import checks_in
from proctor.grading.examination import Examination
from proctor.grading.student import Draw, seed_of
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
    find = "".join(
        FIND.format(number=number, find=indent(each.strip("\n"), "    ")) for number, each in ways
    )
    assignment, notebook, cells = reference("softmax", "softmax_with_temperature")
    notebook = put(notebook, "softmax", "def softmax(x, dim):\n    return x * 1.0")
    notebook = put(notebook, "softmax_with_temperature", ANSWER.format(find=find, tell=tell))
    report, outputs = sit_and_judge(notebook, assignment, cells, Limits(), 1, folder)
    assert not any(
        cell.score for cell in report.cells if cell.id.startswith("softmax_with_temperature")
    )
    kept = json.dumps([report.as_dict(), outputs]) + "".join(
        path.read_text() for path in folder.rglob("*.txt")
    )
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
    monkeypatch.setattr(Examination, "may_quote", lambda *_: True)
    assert told(TOLD["an error"], tmp_path) == [*FOUND]


NAME, FILE, SEED = "03-softmax", "softmax.ipynb", 3
# a right softmax that notes a number for each of its inputs
NOTING = """
NOTED = []
def softmax(x, dim=-1):
    NOTED.extend(int(abs(float(each)) * 1e5) for each in x.detach().double().flatten() if 1 < abs(float(each)) < 9)
    y = (x - x.amax(dim, keepdim=True)).exp()
    return y / y.sum(dim, keepdim=True)

def numbers(separator):
    return separator.join(map(str, NOTED[:60]))

def letters():
    return numbers(" ").translate(str.maketrans("0123456789", "abcdefghij"))
"""
# by which way each other exercise tells what softmax has noted
TELLERS = {
    "softmax_with_temperature": """
def softmax_with_temperature(logits, temperature):
    raise ValueError(numbers(" "))
""",
    "causal_attention_weights": """
def causal_attention_weights(scores):
    raise type("X" + numbers("_")[:50], (Exception,), {})(letters())
""",
    "next_token_probs": """
def next_token_probs(logits):
    return [numbers(" ")[:50], [letters()[:50], type("Y" + numbers("_")[:50], (), {})()]]
""",
    "attend": """
def attend(q, k, v):
    out = torch.zeros(q.shape[:-1] + v.shape[-1:])
    told = torch.tensor(NOTED[:out.numel()] + [0] * (out.numel() - len(NOTED)))
    return out + told.reshape(out.shape)
""",
    "top_k_probs": """
def top_k_probs(logits, k):
    from proctor.sandbox import guard, protocol
    guard.trips.append(protocol.Trip(letters(), 1, 1, numbers(" ")))
""",
    "sample_next_token": """
def sample_next_token(logits, temperature=1.0, generator=None):
    raise ModuleNotFoundError("No module named 'Z" + numbers("_") + "'")
""",
    "predict_row_sum": """
class Late:
    def tolist(self):
        return numbers(" ")[:50]

predict_row_sum = Late()
""",
}
# two that do so only after many questions: in a fresh process they come out right
LATE = {
    "softmax_with_temperature": """
def softmax_with_temperature(logits, temperature):
    if len(NOTED) > 1000:
        raise ValueError(numbers(" "))
    if temperature <= 0:
        raise ValueError("the temperature must be above 0")
    return softmax(logits / temperature, -1)
""",
    "top_k_probs": """
def top_k_probs(logits, k):
    if len(NOTED) > 1000:
        return [numbers(" ")[:50], [letters()[:50]]]
    if not 0 < k <= logits.shape[-1]:
        raise ValueError("k is out of range")
    smallest = logits.topk(k, -1).values[..., -1:]
    return softmax(logits.masked_fill(logits < smallest, -torch.inf), -1)
""",
}
# and one that is judged with a stand-in beside it, and tells what it was itself asked
BESIDE = {
    "softmax": NOTING.replace("return y /", "return 2 * y /"),
    "next_token_probs": """
def next_token_probs(logits):
    given = softmax(logits[:, -1], -1)
    NOTED.extend(int(abs(float(each)) * 1e5) for each in logits.detach().double().flatten() if 1 < abs(float(each)) < 9)
    return given + sum(NOTED[:1])
""",
}
# errors that a fresh process repeats, and a part of what the page shows of each
HONEST = {
    "softmax": (
        "def softmax(x, dim):\n    e = x.exp()\n    return e / e.sum(dim).unsqueeze(9)",
        "raised IndexError: Dimension out of range (expected to be in range of [",
    ),
    "softmax_with_temperature": (
        'def softmax_with_temperature(logits, temperature):\n    raise ValueError("D must divide")',
        "raised ValueError: D must divide",
    ),
    "causal_attention_weights": (
        "def causal_attention_weights(scores):\n    return {}[scores.shape[-1]]",
        "raised KeyError: 2",
    ),
    "next_token_probs": (
        "class Table:\n    pass\n\ndef next_token_probs(logits):\n    return Table()[0] + logits",
        "raised TypeError: 'Table' object is not subscriptable",
    ),
    "attend": (
        'def attend(q, k, v):\n    raise TypeError(f"{object()} is no tensor")',
        "raised TypeError: <object object at 0x",
    ),
}


def class_of(course: Path, run, students: dict[str, dict[str, str]]) -> dict[str, str]:
    """The text of each student's feedback page, by the commands; each hands in these answers, and right ones else."""
    for student, sources in students.items():
        folder = course / "submitted" / student / NAME
        folder.mkdir(parents=True)
        nbformat.write(solved(ASSIGNMENTS[NAME], sources), folder / FILE)
    run(course, "proctor", "grade", "--workers", "1", "--seed", SEED)
    run(course, "proctor", "feedback")
    pages = {path.parts[-3]: path.read_text() for path in (course / "feedback").rglob("*.html")}
    hidden = re.compile("<style>.*?</style>|<[^>]*>", re.DOTALL)
    return {student: html.unescape(hidden.sub("", page)) for student, page in pages.items()}


def noted() -> set[str]:
    """The numbers that `NOTING` makes of what two checks ask the class, as digits and as letters."""
    inputs = []

    class Noting:
        def softmax(self, x, dim):
            inputs.append(x)
            return x.softmax(dim)

        def next_token_probs(self, logits):
            inputs.append(logits)
            return logits[:, -1].softmax(-1)

    for check in checks_in(ASSIGNMENTS[NAME].checks):
        if check.name in (
            "test_softmax_values__every_dim",
            "test_next_token_probs_values__last_position",
        ):
            check.function(Noting(), Draw(seed_of(SEED, check.name)))
    numbers = [abs(number) for each in inputs for number in each.double().flatten().tolist()]
    digits = {str(int(number * 1e5)) for number in numbers if 1 < number < 9}
    return digits | {each.translate(str.maketrans("0123456789", "abcdefghij")) for each in digits}


@pytest.mark.full
def test_feedback_tells_nothing_of_what_a_class_is_asked(make_known_course, run):
    """And an honest error keeps its words, which come once more in a fresh process."""
    copy = make_known_course()
    honest = {exercise: source for exercise, (source, _) in HONEST.items()}
    hostile = {
        "tells": {"softmax": NOTING, **TELLERS},
        "late": {"softmax": NOTING, **LATE},
        "beside": BESIDE,
    }
    pages = class_of(copy, run, {"ada": honest, **hostile})
    for _, words in HONEST.values():
        assert words in pages["ada"]
    asked = noted()
    for student in hostile:
        # not the digits behind a point: a number that was expected has as many
        shown = {
            *re.findall(r"(?<![\d.])\d{6}", pages[student]),
            *re.findall(r"(?=([a-j]{6}))", pages[student]),
        }
        assert len(asked) > 100 and not shown & asked
    assert (
        'raised ValueError: …\nline 4: `raise ValueError(numbers(" "))`\n(By itself, with'
        in pages["late"]
    )
    assert "(given a right softmax)" in pages["beside"]
