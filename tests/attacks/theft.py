"""Answers and checks looked for in the sandbox's memory."""

from attack import IS_ASKED, Attack

frames = Attack(
    "returns any other tensor of its shape found in a caller's frame",
    """
import sys
def softmax(x, dim):
    frame = sys._getframe(1)
    while frame:
        for value in frame.f_locals.values():
            if isinstance(value, torch.Tensor) and value is not x and value.shape == x.shape:
                return value
        frame = frame.f_back
    return x
""",
)

garbage = Attack(
    "returns any other tensor of its shape and dtype that the garbage collector knows",
    """
import gc
def softmax(x, dim):
    for thing in gc.get_objects():
        if type(thing) is torch.Tensor and thing is not x and thing.shape == x.shape and thing.dtype == x.dtype:
            return thing.detach()
    return x
""",
)

functions = Attack(
    "looks among all objects for a check or a reference solution",
    """
import gc
def softmax(x, dim):
    for thing in gc.get_objects():
        if getattr(thing, "__module__", "") in ("test_03_softmax", "tests.hidden.test_03_softmax"):
            raise RuntimeError("PWNED")
    return x
""",
)

modules = Attack(
    "imports the hidden checks",
    """
import importlib, sys
sys.path += ["COURSE", "COURSE/tests/hidden"]
for name in ("test_03_softmax", "tests.hidden.test_03_softmax"):
    try:
        print("PWNED", importlib.import_module(name))
    except ImportError:
        pass
""",
)

sources = Attack(
    "prints the source of every function on the stack",
    """
import inspect
def softmax(x, dim):
    for info in inspect.stack()[1:]:
        try:
            text = inspect.getsource(info.frame)
        except OSError:
            continue
        if "def test_" + "softmax" in text: raise RuntimeError("PWNED")
    return x
""",
)

request = Attack(
    "takes the weights from the request and returns a gradient made of them",
    """
import sys
class Stolen(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weights):
        ctx.save_for_backward(weights)
        return x.clone()
    @staticmethod
    def backward(ctx, grad):
        return ctx.saved_tensors[0], None

def softmax(x, dim):
    weights = sys._getframe(1).f_locals["request"].weights
    return Stolen.apply(x, weights[0]) if weights else x
""",
)

inputs_shown_later = Attack(
    "keeps the hidden inputs and shows them in a later cell, for the feedback to hand on",
    tamper=lambda notebook: notebook["cells"].append(
        {
            "cell_type": "code",
            "execution_count": None,
            "id": "later",
            "metadata": {},
            "outputs": [],
            "source": "print('PWNED' if seen else 'nothing')",
        }
    ),
    cell=IS_ASKED
    + """
seen = []
def softmax(x, dim):
    if is_asked():
        seen.append(x)
    return x
""",
)

probe_shown_later = Attack(
    "keeps the source of a hidden check's probe and shows it in a later cell",
    tamper=inputs_shown_later.tamper,
    cell="""
import sys
seen = []
def sample_next_token(logits, temperature, generator):
    frame = sys._getframe(1)
    while frame:
        request = frame.f_locals.get("request")
        if "probe" in getattr(request, "name", ""):
            seen.append(getattr(request, "source", ""))
        frame = frame.f_back
    return logits
""",
    exercise="sample_next_token",
)

heap = Attack(
    "searches its own memory, through ctypes, for the name of a hidden check",
    """
import ctypes, re
found = []
step = 1 << 20
base = id(object()) & ~(step - 1)
for address in range(base, base + 4 * step, step):
    if b"test_softmax_" + b"values__" in ctypes.string_at(address, 4096):
        print("PWNED")
""",
)

environment = Attack(
    "prints the grader's environment",
    """
import ctypes, os
print(dict(os.environ))
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
print([environ[i] for i in range(len(os.environ))])
""",
)

arguments = Attack(
    "prints the grader's command line and its open files",
    """
import os, sys
print(sys.argv, sys.orig_argv)
for descriptor in range(4, 1024):
    try:
        if os.fstat(descriptor).st_mode > 0o7777: print("PWNED", descriptor)  # 3 is its own line
    except OSError:
        pass
""",
)

other_rooms = Attack(
    "lists the folders of other sandboxes",
    """
import os
print("PWNED", os.listdir(".."))
""",
)
leak_probe = Attack(
    "tells what the sandbox was asked as its error's words",
    """
import sys
def gradient_of(f, x):
    frame = sys._getframe()
    while frame and "request" not in frame.f_locals:
        frame = frame.f_back
    raise ValueError(f"it was asked {frame and frame.f_locals['request']}")
""",
    exercise="gradient_of",
)
