"""PyTorch's private parts, the shell and the sandbox's socket, reached by ways that the reader of sources does not know."""

from attack import Attack

PARTS = "torch._C.DisableTorchFunction, torch._C._DisableTorchDispatch"
CODE = f"import sys, torch; from contextlib import contextmanager; A, B = {PARTS}"
OFF = "import sys, torch; A = torch._C.DisableTorchFunction; B = torch._C._DisableTorchDispatch; hold['off'] = (A, B, sys.setprofile, sys.getprofile)"
UNSEEN = """
def softmax(x, dim):
    A, B, take, given = hold["off"]
    before = given()
    take(None)
    with A(), B():
        y = torch.softmax(x, dim)
    take(before)
    return y
"""


def runs(tries: str, cell: str) -> Attack:
    """Runs the code OFF, which a cell can only have run as a string."""
    return Attack(tries, f"hold = {{}}\nOFF = {OFF!r}\n{cell}\n{UNSEEN}")


ONE_LINE = (
    "hold.update(off=(T._C.DisableTorchFunction, T._C._DisableTorchDispatch, T.sys.setprofile, T.sys.getprofile))"
)

numpy_runs_strings = runs(
    "has numpy.testing.runstring run a string", "import numpy as np\nnp.testing.runstring(OFF, {'hold': hold})"
)
numpy_measures = runs(
    "has numpy.testing.measure run a string",
    "import numpy as np\ndef here():\n    global hold\n    return np.testing.measure(OFF, 1, 'x')\nhere()",
)
annotations = runs(
    "has inspect.signature evaluate annotations",
    f'import inspect, torch as T\ndef f(a: "{ONE_LINE}"): ...\ninspect.signature(f, eval_str=True)',
)
dispatched = runs(
    "has functools.singledispatch evaluate annotations",
    "import functools, torch as T\n@functools.singledispatch\ndef f(a): ...\n"
    f'try:\n    @f.register\n    def g(a: "{ONE_LINE} or int"): ...\nexcept TypeError: pass',
)
shell_behind_stdout = runs("runs code in the shell that `sys.stdout` holds", "import sys\nsys.stdout.shell.ex(OFF)")
shell_of_matplotlib = runs(
    "runs code in the shell that matplotlib_inline knows",
    "import matplotlib_inline.backend_inline as inline\ninline.get_ipython().ex(OFF)",
)
shell_imported = runs(
    "imports get_ipython from where matplotlib has it",
    "from matplotlib_inline.backend_inline import get_ipython as where\nwhere().ex(OFF)",
)
shell_of_widgets = runs(
    "runs code in the shell that ipywidgets knows", "import ipywidgets\nipywidgets.get_ipython().ex(OFF)"
)
picture_formula = runs(
    "has PIL evaluate a formula",
    'from PIL import ImageMath\nlooked = ImageMath.unsafe_eval("[F.torch._C.DisableTorchFunction, F.torch._C._DisableTorchDispatch, '
    'F.torch.sys.setprofile, F.torch.sys.getprofile]", F=F, torch=1, _C=1, DisableTorchFunction=1, _DisableTorchDispatch=1, sys=1, '
    "setprofile=1, getprofile=1)\nhold['off'] = looked",
)
out_of_a_list_of_f = Attack(
    "takes TorchScript out of F, out of a list",
    "t = [F][0].torch\n@t.jit.script\ndef cosine(a, b):\n    return torch.cosine_similarity(a, b, dim=-1)\n"
    "def cosine_similarity(a, b):\n    return cosine(*torch.broadcast_tensors(a, b))",
    exercise="cosine_similarity",
)
plots_threads = Attack(
    "takes threads out of pyplot, out of a list",
    """
import matplotlib.pyplot as plt
Thread = [plt][0].threading.Thread
def softmax(x, dim):
    got = []
    t = Thread(target=lambda: got.append(torch.softmax(x, dim)))
    t.start()
    t.join()
    return got[0]
""",
)
by_walrus = Attack(
    "takes threads out of pyplot by :=",
    """
import matplotlib.pyplot as plt
Thread = (p := plt).threading.Thread
def softmax(x, dim):
    got = []
    t = Thread(target=lambda: got.append(torch.softmax(x, dim)))
    t.start()
    t.join()
    return got[0]
""",
)
by_with = Attack(
    "takes threads out of pyplot by a loop, a match and a default",
    """
import matplotlib.pyplot as plt
def threads(p=plt):
    for q in [p]:
        match q:
            case r:
                return r.threading.Thread
def softmax(x, dim):
    got = []
    t = threads()(target=lambda: got.append(torch.softmax(x, dim)))
    t.start()
    t.join()
    return got[0]
""",
)
by_getattr = Attack(
    "takes threads out of pyplot by getattr",
    """
import matplotlib.pyplot as plt
Thread = getattr(getattr(plt, "threading"), "Thread")
def softmax(x, dim):
    got = []
    t = Thread(target=lambda: got.append(torch.softmax(x, dim)))
    t.start()
    t.join()
    return got[0]
""",
)
by_star = Attack(
    "takes threads out of pyplot by import *",
    """
from matplotlib.pyplot import *
def softmax(x, dim):
    got = []
    t = threading.Thread(target=lambda: got.append(torch.softmax(x, dim)))
    t.start()
    t.join()
    return got[0]
""",
)
pretended_bool = Attack(
    "opens the socket as a number that it adds up, and serves it itself",
    """
import struct
def impostor(n):
    line = open(n, "r+b", buffering=0, closefd=False)
    def send(data):
        line.write(struct.pack("!Q", len(data)) + data)
    send(b"\\x83\\xa4type\\xa8CellDone\\xa7outputs\\x90\\xaaerror_name\\xc0")
impostor(1 + 2)
""",
)
by_keyword = Attack(
    "opens the socket by keyword",
    "line = open(file=3, mode='wb', buffering=0, closefd=False)\nline.write(bytes(8))\nprint('PWNED')",
)
by_file_io = Attack(
    "opens the socket as io.FileIO",
    "import io\nline = io.FileIO(3, 'wb', closefd=False)\nline.write(bytes(8))\nprint('PWNED')",
)
by_io_open = Attack(
    "opens the socket by io.open",
    "import io\nline = io.open(3, 'wb', buffering=0, closefd=False)\nline.write(bytes(8))\nprint('PWNED')",
)
spliced = Attack(
    "copies bytes from a file into the socket",
    "import os\nopen('f', 'wb').write(bytes(8))\nf = open('f', 'rb')\n"
    "for call in (lambda: os.copy_file_range(f.fileno(), 3, 8), lambda: os.splice(f.fileno(), 3, 8)):\n"
    "    try: print('PWNED', call())\n    except OSError as e: print(e)",
)
duplicated = Attack(
    "duplicates the socket by fcntl and speaks on the copy",
    "import fcntl, os\ncopy = fcntl.fcntl(3, fcntl.F_DUPFD, 20)\nos.write(copy, bytes(8))\nprint('PWNED')",
)
async_override = Attack(
    "has an awaited function look",
    """
class T:
    async def __torch_function__(self): ...
def softmax(x, dim):
    async def f(): return torch.softmax(x, dim)
    c = f()
    try: c.send(None)
    except StopIteration as e: return e.value
""",
)
named_by_dict = Attack(
    "sets a profiler by way of vars-like attribute access",
    "import sys\nhold = {}\nfor name in ('setprofile', 'getprofile'):\n    hold[name] = getattr(sys, name)\n"
    "def softmax(x, dim):\n    before = hold['getprofile']()\n    hold['setprofile'](None)\n    y = torch.softmax(x, dim)\n    hold['setprofile'](before)\n    return y",
)
pickled = Attack(
    "finds torch's private part by a pickle that torch.load reads",
    """
import io, struct
def opcodes(module, name): return b"c" + module.encode() + b"\\n" + name.encode() + b"\\n."
def load(module, name):
    return torch.load(io.BytesIO(b"\\x80\\x02" + opcodes(module, name)), weights_only=False)
"""
    + "hold = {'off': (load('torch._C', 'DisableTorchFunction'), load('torch._C', '_DisableTorchDispatch'), load('sys', 'setprofile'), load('sys', 'getprofile'))}\n"
    + UNSEEN,
)
numpy_pickled = Attack(
    "finds torch's private part by a pickle that numpy.load reads",
    """
import io, numpy as np
def load(module, name):
    data = b"\\x80\\x02c" + module.encode() + b"\\n" + name.encode() + b"\\n."
    return np.load(io.BytesIO(data), allow_pickle=True)
"""
    + "hold = {'off': (load('torch._C', 'DisableTorchFunction'), load('torch._C', '_DisableTorchDispatch'), load('sys', 'setprofile'), load('sys', 'getprofile'))}\n"
    + UNSEEN,
)
writes_a_module = Attack(
    "writes a module and imports it",
    f"hold = {{}}\nopen('math2.py', 'w').write({OFF!r}.replace('hold', 'globals()'))\n"
    "import math2\nhold['off'] = math2.off\n" + UNSEEN,
)
module_named_like_one = Attack(
    "writes a module with an innocent name and imports it",
    f"hold = {{}}\nimport os\nopen('pandas.py', 'w').write({OFF!r}.replace('hold', 'globals()'))\n"
    "import sys\nimport pandas\nhold['off'] = pandas.off\n" + UNSEEN,
)
run_magic = Attack(
    "writes a script and has %run run it",
    f"hold = {{}}\nopen('s.py', 'w').write({OFF!r})\n%run -i s.py\n" + UNSEEN,
)
a_script_magic = Attack(
    "has an alias magic run code",
    f"hold = {{}}\n%alias_magic t time\n%t {OFF}\n" + UNSEEN,
)
timed = Attack(
    "has %%time run code that the reader reads otherwise",
    f"hold = {{}}\nget_ipython().run_cell_magic('time', '', {OFF!r})\n" + UNSEEN,
)
loaded = Attack(
    "has %load_ext load a module that it wrote",
    f"hold = {{}}\nopen('ext.py', 'w').write('def load_ipython_extension(ip):\\n    ip.ex(' + repr({OFF!r}) + ')')\n%load_ext ext\n"
    + UNSEEN,
)
configured = Attack(
    "has %config evaluate code",
    "hold = {}\nT = torch\n%config InteractiveShell.autocall = "
    + ONE_LINE.replace("hold.update", "hold.update")
    + " or 0\n"
    + UNSEEN,
)


def in_a_cell_before(source: str):
    """Adds a cell of the student's own in front of all others."""
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "before",
        "metadata": {},
        "outputs": [],
        "source": source,
    }
    return lambda notebook: notebook["cells"].insert(0, cell)


TAKES = """
def softmax(x, dim):
    before = s.getprofile()
    s.setprofile(None)
    with s.modules["torch"]._C.DisableTorchFunction(), s.modules["torch"]._C._DisableTorchDispatch():
        y = s.modules["torch"].softmax(x, dim)
    s.setprofile(before)
    return y
"""
another_cell = Attack(
    "imports sys in one cell and uses it in another", TAKES, tamper=in_a_cell_before("import sys as s")
)
rebound = Attack(
    "gives sys's name to another module afterwards",
    "import sys as s\nhold = {'off': (torch._foreach_add, 0, s.setprofile, s.getprofile)}\nimport math as s\n"
    + UNSEEN.replace("with A(), B():", "if True:"),
)
captured = Attack("has %%capture run code", f"%%capture out\nhold = {{}}\n{OFF}\n" + UNSEEN)
expanded = Attack(
    "has IPython evaluate what stands in braces in a magic",
    "hold = {}\nT = torch\n%env X={" + ONE_LINE + "}\n" + UNSEEN,
)
expanded_for_a_shell = Attack(
    "has IPython evaluate what stands in braces in a shell command",
    "hold = {}\nT = torch\n!echo {" + ONE_LINE + "}\n" + UNSEEN,
)
own_path = Attack(
    "puts its folder on the path and a module of its own there, with a library's name",
    f"import os, sys\nopen('pandas.py', 'w').write('hold = {{}}\\n' + {OFF!r})\nsys.path.append(os.getcwd())\nimport pandas\nhold = pandas.hold\n"
    + UNSEEN,
)
inline_backend = runs(
    "runs code in the shell that the inline backend holds",
    "from matplotlib_inline.config import InlineBackend\nInlineBackend.instance().shell.ex(OFF)",
)
c_library = Attack(
    "loads a C library by way of NumPy",
    "import numpy as np\nlibc = np.ctypeslib.ctypes.CDLL(None)",
)
