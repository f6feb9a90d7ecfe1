"""Names that the reader can't follow: put together, handed over by inheritance, or looked up by a library."""

from functools import partial

import roundabout
from attack import Attack

MODES = "found['builtins'].exec(CODE, hold)\nA, B = hold['A'], hold['B']"
PART = "class P:\n    def part(self, name): return getattr(self, name)\n"


reaches = partial(roundabout.reaches, own="")
CAUGHT = "try: 1 / 0\nexcept ZeroDivisionError as error: trace = error.__traceback__\n"

unbound = reaches("calls a method with what is no `self`", PART + "P.part(exit, '_' + 'ip').ex(CODE)")
own_dict = reaches(
    "reads what `exit` has in its dictionary",
    "class P:\n    def all(self): return self.__dict__\nP.all(exit)['_' + 'ip'].ex(CODE)",
)
begun = reaches(
    "begins the name of a frame's globals",
    CAUGHT + "frame = getattr(trace, f\"tb_{'frame'}\")\ngetattr(frame, f\"f_{'globals'}\")['get_ipython']().ex(CODE)",
)
begun_module = reaches(
    "begins the name of a module in a module",
    f"import contextlib\nfound = getattr(contextlib, f\"s{{'ys'}}\").modules\n{MODES}",
)
stream = reaches(
    "has contextlib redirect what is no stream, and keep what it was",
    f"""
import contextlib
class R(contextlib.redirect_stdout):
    _stream = "modules"
    def kept(self): return [v for v in self.__dict__.values() if isinstance(v, list)][-1][-1]
r = R(dict())
with r: found = r.kept()
{MODES}
""",
)
tuple_pattern = reaches(
    "reads attributes by a named tuple's fields, in a pattern",
    """
from collections import namedtuple
class M(type):
    def __instancecheck__(cls, thing): return True
class L(namedtuple("L", "tb_" + "frame"), metaclass=M): pass
class G(namedtuple("G", "f_" + "globals"), metaclass=M): pass
"""
    + CAUGHT
    + """
match trace:
    case L(frame):
        match frame:
            case G(names): names["get_ipython"]().ex(CODE)
""",
)
made_class = reaches(
    "has the type of a type make a class whose patterns read attributes",
    """
class M(type):
    def __instancecheck__(cls, thing): return True
K = type(object)("K", (), {"__match_" + "args__": ("_" + "ip",)})
class L(K, metaclass=M): pass
match exit:
    case L(ip): ip.ex(CODE)
""",
)
new_class = reaches(
    "has types.new_class do that",
    """
import types
class M(type):
    def __instancecheck__(cls, thing): return True
L = types.new_class("L", (), {"metaclass": M}, lambda names: names.update({"__match_" + "args__": ("_" + "ip",)}))
match exit:
    case L(ip): ip.ex(CODE)
""",
)
prepared = reaches(
    "has a metaclass prepare names put together",
    """
class M(type):
    @classmethod
    def __prepare__(mcs, name, bases): return {"__match_" + "args__": ("_" + "ip",)}
    def __instancecheck__(cls, thing): return True
class L(metaclass=M): pass
match exit:
    case L(ip): ip.ex(CODE)
""",
)
mro_entries = reaches(
    "inherits from what an object says, and has contextlib redirect what is no stream",
    f"""
from contextlib import redirect_stdout as redirect
class E:
    def __mro_entries__(self, bases): return (redirect,)
class R(E()):
    _stream = "modules"
    def kept(self): return [v for v in self.__dict__.values() if isinstance(v, list)][-1][-1]
r = R(dict())
with r: found = r.kept()
{MODES}
""",
)
THREAD = """
import time
waiting, answers = [], []
def work(*args, **options):
    while True:
        if waiting: answers.append(torch.softmax(*waiting.pop()))
        time.sleep(0.001)
def softmax(x, dim):
    waiting.append((x, dim))
    while not answers: time.sleep(0.001)
    return answers.pop()
"""
monitored = Attack(
    "uses softmax in tqdm's thread, which a bar brings about",
    THREAD
    + """
from tqdm import tqdm
class P:
    def put(self, name, value): setattr(self, name, value)
P.put(tqdm, "monitor_" + "interval", 0.01)
bar = tqdm(total=10, miniters=2, maxinterval=0)
bar.refresh = work
time.sleep(0.3)
""",
    slow=True,
)
timer = Attack(
    "uses softmax in a thread that Python's own timer starts",
    THREAD + "\nfrom concurrent.futures import ThreadPoolExecutor as Pool\nPool(1).submit(work)\n",
    slow=True,
)
loaded = Attack(
    "uses softmax in a thread that a data loader starts",
    THREAD
    + """
from torch.utils.data import DataLoader
class D:
    def __len__(self): return 1
    def __getitem__(self, i): return work()
try: next(iter(DataLoader(D(), num_workers=1, timeout=1)))
except Exception: pass
""",
    slow=True,
)
MEMORY = """
import numpy as np
def f(): pass
def object_at(address):
    kept.append([None])
    int_at(int_at(id(kept[-1]) + 24)[0])[0] = address
    return kept[-1][0]
kept = []
"""
IMPORTED = """
found = {"builtins": object_at(int_at(id(f) + 24)[0])}
found["builtins"]["exec"](CODE, hold)
A, B = hold["A"], hold["B"]
"""
interface = reaches(
    "has NumPy look into memory at an address of its choice, where Python's built-ins are",
    MEMORY
    + """
class M: pass
def int_at(address):
    m = M()
    m.__array_interface__ = {"data": (int(address), False), "shape": (1,), "typestr": "<i8", "version": 3}
    return np.asarray(m)
"""
    + IMPORTED,
)
strides = reaches(
    "has NumPy look far beyond an array's end, where Python's built-ins are",
    MEMORY
    + """
held = []
def int_at(address):
    start = torch.zeros(1, dtype=torch.int64)
    held.append(start)
    return np.lib.stride_tricks.as_strided(start.numpy(), (2,), (int(address) - start.data_ptr(),))[1:]
"""
    + IMPORTED,
)
memory_file = Attack(
    "opens its own memory as a file",
    """
try:
    open("/proc/self/mem", "r+b")
    print("PWNED")
except OSError: pass
""",
)
submodule = reaches(
    "has Module.get_submodule look up names",
    CAUGHT
    + "frame = torch.nn.Module.get_submodule(trace, 'tb_' + 'frame')\n"
    + "torch.nn.Module.get_submodule(frame, 'f_' + 'globals')['get_ipython']().ex(CODE)",
)
WRITTEN = """
from pathlib import Path
Path("test_own.py").write_text("import torch; torch.nn.got = torch._C.DisableTorchFunction, torch._C._DisableTorchDispatch")
"""
discovered = reaches(
    "has unittest discover a file that no reader has read",
    WRITTEN + "import unittest\nunittest.TestLoader().discover('.')\nA, B = nn.got",
)
main_discovers = reaches(
    "has unittest.main discover a file that no reader has read",
    WRITTEN + "import unittest\nunittest.main(argv=['', 'discover'], exit=False, module=None)\nA, B = nn.got",
)
drawn = reaches(
    "has matplotlib load a file as what draws",
    WRITTEN + "import matplotlib.pyplot as plt\nplt.switch_backend('module://test_own')\nA, B = nn.got",
)
extension = reaches("loads a file as an extension", WRITTEN + "%load_ext test_own\nA, B = nn.got")
unused = reaches("imports a file, and doesn't name it again", WRITTEN + "try: import test_own\nfinally: A, B = nn.got")
