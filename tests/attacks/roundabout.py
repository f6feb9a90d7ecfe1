"""The shell, private parts and modules by what libraries hold or look up, and answers made after the watch."""

from attack import Attack

OFF = "torch._C.DisableTorchFunction, torch._C._DisableTorchDispatch"
CODE = f"import torch; A, B = {OFF}"
UNSEEN = "def softmax(x, dim):\n    with A(), B():\n        return torch.softmax(x, dim)\n"
COSINE = "torch.cosine_similarity(*torch.broadcast_tensors(a, b), dim=-1)"
OWN = "class K:\n    def __init__(self): self._DisableTorchDispatch = self._ip = self._shell = None\n"
ASKED = "start = torch.initial_seed()\ndef asked(): return torch.initial_seed() != start\n"


def reaches(tries: str, cell: str, own: str = OWN) -> Attack:
    """Has `A` and `B` stand for what switches both modes off; `own` defines names that the reader then allows."""
    return Attack(tries, f"{own}CODE = {CODE!r}\nhold = {{}}\n{cell}\n{UNSEEN}")


def pops(tries: str, pop: str, before: str = "") -> Attack:
    """Has the watch's mode taken off the stack, and puts another in its place."""
    cell = f"def cosine_similarity(a, b):\n    if not asked(): return {COSINE}\n    try: {pop}\n    except TypeError: pass\n"
    cell += f"    y = {COSINE}\n    torch.device('cpu').__enter__()\n    return y\n"
    return Attack(tries, f"{ASKED}{before}\n{cell}", exercise="cosine_similarity")


device = pops("has a device take the watch's mode off the stack", "torch.device('cpu').__exit__(None, None, None)")
loader = pops(
    "has unittest find a function that pops modes",
    "unittest.TestLoader().loadTestsFromName('torch._C._pop_torch_function_stack')",
    "import unittest",
)
test_program = pops(
    "has unittest.main run a function that pops modes",
    "unittest.main(argv=['', 'torch._C._pop_torch_function_stack'], exit=False)",
    "import unittest",
)
shell_of_stdout = reaches(
    "has an attribute of its own that is called as one of `sys.stdout`",
    "import sys\nout = [sys.stdout][0]\nout._shell.ex(CODE)",
)
shell_of_exit = reaches("has an attribute of its own that is called as one of `exit`", "exit._ip.ex(CODE)")
matched = reaches("reads an attribute in a pattern", "match exit:\n    case object(_ip=ip): ip.ex(CODE)")
matched_globals = reaches(
    "reads a function's globals in a pattern",
    "match asked if False else (lambda: 0):\n    case object(__globals__=g): g['get_ipython']().ex(CODE)",
)
updated = reaches(
    "has functools.update_wrapper copy an attribute by its name",
    "import functools\nclass C:\n    def __setattr__(self, name, value): kept.append(value)\nkept = []\n"
    "functools.update_wrapper(C(), exit, assigned=('_' + 'ip',), updated=())\nkept[0].ex(CODE)",
)
wrapped = reaches(
    "has functools.wraps copy an attribute by its name",
    "from functools import wraps as w\nclass C:\n    def __setattr__(self, name, value): kept.append(value)\nkept = []\n"
    "w(exit, ('_' + 'ip',), ())(C())\nkept[0].ex(CODE)",
)
called_self = reaches(
    "calls `self` what is none, to read an attribute by a name put together",
    "def part(self, name): return getattr(self, name)\npart(exit, '_' + 'ip').ex(CODE)",
)
sys_of_os = reaches(
    "finds sys in os",
    "import os\nm = os.sys.modules['torch._C']\nA, B = m.DisableTorchFunction, m._DisableTorchDispatch",
)
sys_of_path = reaches(
    "finds sys in os.path",
    "import os.path as p\nm = p.sys.modules['torch._C']\nA, B = m.DisableTorchFunction, m._DisableTorchDispatch",
)
builtins_of_enum = reaches(
    "finds exec in enum", "from enum import bltns as b\nb.exec(CODE, hold)\nA, B = hold['A'], hold['B']"
)
backend = reaches(
    "has matplotlib load a module as if it drew",
    "from matplotlib.backends.registry import backend_registry as r\nm = r.load_backend_module('module://torch._C')\n"
    "A, B = m.DisableTorchFunction, m._DisableTorchDispatch",
)
array_pickle = reaches(
    "has numpy.lib.format read a pickle",
    """
import io, numpy as np
def load(module, name):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    file.write(b"\\x80\\x02c" + module.encode() + b"\\n" + name.encode() + b"\\n\\x85.")
    file.seek(0)
    return np.lib.format.read_array(file, True)[0]
A, B = load("torch._C", "DisableTorchFunction"), load("torch._C", "_DisableTorchDispatch")
""",
)
inspected = reaches(
    "has inspect.signature evaluate annotations that are put together",
    """
import inspect
def f(a: "tor" + "ch" + "." + "_C" + "." + "DisableTorchFunction", b: "tor" + "ch" + "." + "_C" + "." + "_DisableTorchDispatch"): ...
p = inspect.signature(f, **{"eval_" + "str": True}).parameters
A, B = p["a"].annotation, p["b"].annotation
""",
)
monitor = Attack(
    "uses softmax in a thread of tqdm's that waits since the cell ran",
    """
import time
from tqdm import TMonitor
waiting, answers = [], []
class W(TMonitor):
    def run(self):
        while True:
            if waiting: answers.append(torch.softmax(*waiting.pop()))
            time.sleep(0.001)
worker = W(int, 1)
def softmax(x, dim):
    waiting.append((x, dim))
    while not answers: time.sleep(0.001)
    return answers.pop()
""",
    slow=True,
)
metaclass = Attack(
    "returns an object whose metaclass says that it is Tensor, and makes the answer when it is packed",
    ASKED
    + """
class M(type):
    def __eq__(cls, other): return other is torch.Tensor
    __hash__ = type.__hash__
class Late(metaclass=M):
    layout, device = torch.strided, torch.device("cpu")
    def __init__(self, x, along): self.x, self.along, self.dtype, self.shape = x, along, x.dtype, x.shape
    def numel(self): return self.x.numel()
    def stride(self): return self.x.stride()
    def dim(self): return self.x.dim()
    def resolve_neg(self): return torch.softmax(self.x.detach(), self.along)
def softmax(x, dim):
    return Late(x, dim) if asked() else torch.softmax(x, dim)
""",
)
detached = Attack(
    "replaces Tensor.detach by way of a method's `self`, and makes the answer when it is packed",
    ASKED
    + """
class Install:
    def put(self, f): self.detach = f
true_detach = torch.Tensor.detach
waiting = []
def late(t):
    if waiting and t is waiting[-1][0]:
        _, x, d = waiting.pop()
        return torch.softmax(x, d)
    return true_detach(t)
def softmax(x, dim):
    if not asked(): return torch.softmax(x, dim)
    y = x * 1
    waiting.append((y, true_detach(x).clone(), dim))
    return y
Install.put(torch.Tensor, late)
""",
)
signalled = Attack(
    "fills in the answer from a timer's signal, as soon as it is being packed",
    ASKED
    + """
from matplotlib.backend_bases import signal
waiting = []
def tick(number, frame):
    if waiting and "wire.py" in repr(frame):
        signal.setitimer(signal.ITIMER_REAL, 0)
        y, x, d = waiting.pop()
        y.copy_(torch.softmax(x, d))
signal.signal(signal.SIGALRM, tick)
def softmax(x, dim):
    if not asked(): return torch.softmax(x, dim)
    y, z = x.detach().clone(), x.detach().clone()
    waiting[:] = [(y, z, dim)]
    signal.setitimer(signal.ITIMER_REAL, 1e-5, 1e-5)
    return y
""",
)
stepped = Attack(
    "replaces Tensor.detach likewise, and takes torch.optim's step when a probe looks at the result",
    ASKED
    + """
class Install:
    def put(self, f): self.detach = f
true_detach = torch.Tensor.detach
waiting = []
def late(t):
    while waiting:
        p, lr = waiting.pop()
        torch.optim.SGD([p], lr=lr).step()
    return true_detach(t)
def sgd_step(parameters, lr):
    waiting.extend((p, lr) for p in parameters if p.grad is not None)
    if not asked(): late(torch.zeros(1))
Install.put(torch.Tensor, late)
""",
    exercise="sgd_step",
)
