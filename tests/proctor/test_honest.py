"""Right answers in the styles of honest people cost nothing: helpers, prints, magics, plots, types, tests of one's own."""

from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from proctor.corpus import put
from proctor.course import assignments, grade_id
from proctor.examine import examine

COURSE = Path(__file__).resolve().parent.parent.parent
ASSIGNMENTS = assignments(COURSE)
BODY = "    e = (x - x.amax(dim, keepdim=True)).exp()\n    return e / e.sum(dim, keepdim=True)\n"
SOFTMAX = "def softmax(x, dim):\n" + BODY
PRODUCT = "    return (A[:, :, None] * B[None]).sum(1)\n"
MATMUL = "def matmul(A, B):\n    if A.shape[1] != B.shape[0]:\n        raise ValueError('inner sizes differ')\n"

# By name: the cell of the exercise that it defines, and what is in a cell of the student's own before it.
STYLES = {
    "helper class": "class Stable:\n    def __init__(self, x, dim): self.x, self.dim = x, dim\n    @property\n"
    "    def shifted(self): return self.x - self.x.amax(self.dim, keepdim=True)\n"
    "    def __call__(self):\n        e = self.shifted.exp()\n        return e / e.sum(self.dim, keepdim=True)\n"
    "def softmax(x, dim): return Stable(x, dim)()\n",
    "closure": "def make():\n    def inner(x, dim):\n    "
    + BODY.replace("\n    ", "\n        ")
    + "    return inner\nsoftmax = make()\n",
    "dataclass": "from dataclasses import dataclass, field\n@dataclass(frozen=True)\nclass Parts:\n    top: torch.Tensor\n"
    "    total: torch.Tensor = field(repr=False)\n    def share(self) -> torch.Tensor: return self.top / self.total\n"
    "def softmax(x, dim):\n    e = (x - x.amax(dim, keepdim=True)).exp()\n    return Parts(e, e.sum(dim, keepdim=True)).share()\n",
    "lru_cache": "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef axis(dim, n): return dim % n\n"
    "def softmax(x, dim):\n    dim = axis(dim, x.dim())\n" + BODY,
    "type hints": "from typing import Optional, Union\ndef softmax(x: 'torch.Tensor', dim: int = -1) -> \"torch.Tensor\":\n"
    + BODY,
    "new type hints": "from __future__ import annotations\nfrom collections.abc import Callable\ndef softmax(x: torch.Tensor, dim: int | None = -1) -> torch.Tensor:\n"
    + BODY,
    "Literal": "from typing import Literal, Annotated\ndef softmax(x: Annotated[torch.Tensor, 'any shape'], dim: Literal[0, 1, -1] = -1):\n"
    + BODY,
    "walrus": "def softmax(x, dim):\n    return (e := (x - x.amax(dim, keepdim=True)).exp()) / e.sum(dim, keepdim=True)\n",
    "match": "def softmax(x, dim):\n    match x.dim():\n        case 0: return torch.ones_like(x)\n        case _: pass\n"
    + BODY,
    "partial": "from functools import partial\ndef over(dim, x):\n"
    + BODY
    + "def softmax(x, dim): return partial(over, dim)(x)\n",
    "reduce": "from functools import reduce\nimport operator\ndef softmax(x, dim):\n"
    "    top = reduce(torch.maximum, x.unbind(dim)).unsqueeze(dim)\n    e = (x - top).exp()\n"
    "    return e / reduce(operator.add, e.unbind(dim)).unsqueeze(dim)\n",
    "context manager": "from contextlib import contextmanager\n@contextmanager\ndef quiet():\n    yield\ndef softmax(x, dim):\n    with quiet():\n    "
    + BODY.replace("\n    ", "\n        "),
    "nullcontext": "from contextlib import nullcontext\ndef softmax(x, dim):\n    with nullcontext(x) as x:\n    "
    + BODY.replace("\n    ", "\n        "),
    "in place on a clone": "def softmax(x, dim):\n    y = x.clone()\n    y -= y.amax(dim, keepdim=True).detach()\n    e = y.exp()\n    return e.div(e.sum(dim, keepdim=True))\n",
    "no_grad for the maximum": "def softmax(x, dim):\n    with torch.no_grad():\n        top = x.amax(dim, keepdim=True)\n    e = (x - top).exp()\n    return e / e.sum(dim, keepdim=True)\n",
    "logging": "import logging\nlogging.basicConfig(level=logging.INFO)\nlog = logging.getLogger(__name__)\ndef softmax(x, dim):\n    log.info('x has shape %s', tuple(x.shape))\n"
    + BODY,
    "print debugging": "def softmax(x, dim):\n    print('in', x, x.shape, x.dtype, f'{x=}', f'{dim = }')\n" + BODY,
    "f-string of locals": "def softmax(x, dim):\n    print(f'{locals()}')\n    print(list(locals()), len(locals()), 'x' in locals())\n"
    + BODY,
    "timing": "import time\ndef softmax(x, dim):\n    start = time.perf_counter()\n    e = (x - x.amax(dim, keepdim=True)).exp()\n    print(f'{time.perf_counter() - start:.3f} s')\n    return e / e.sum(dim, keepdim=True)\n",
    "timing decorator": "import functools, time\ndef timed(f):\n    @functools.wraps(f)\n    def wrapper(*args, **kwargs):\n        start = time.time()\n        try:\n            return f(*args, **kwargs)\n        finally:\n            print(f.__name__, time.time() - start)\n    return wrapper\n@timed\n"
    + SOFTMAX,
    "a plot": SOFTMAX
    + "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.bar(range(3), softmax(torch.tensor([1.0, 2.0, 3.0]), 0))\nax.set_title('shares'); plt.tight_layout(); plt.show()\n",
    "a plot with NumPy": SOFTMAX
    + "import numpy as np\nimport matplotlib.pyplot as plt\nfrom matplotlib import cm\nt = np.linspace(-3, 3, 50)\nplt.plot(t, np.exp(t), color=cm.viridis(0.5)); plt.close('all')\n",
    "%%time": "%%time\n" + SOFTMAX + "softmax(torch.randn(3), 0)\n",
    "%time": SOFTMAX + "%time softmax(torch.randn(3), dim=0)\n",
    "%timeit": SOFTMAX + "%timeit -n 2 -r 1 softmax(torch.randn(3), dim=0)\n",
    "%%capture": "%%capture out\n" + SOFTMAX + "print(softmax(torch.randn(3), 0))\n",
    "%matplotlib and %config": "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'\n%load_ext autoreload\n%autoreload 2\n"
    + SOFTMAX,
    "%config of a set": "%config InlineBackend.figure_formats = {'png', 'retina'}\n%env OMP_NUM_THREADS=1\n" + SOFTMAX,
    "shell commands": "!pip list | head -3\n!echo ${HOME}\n!ls\nfiles = !ls\n" + SOFTMAX,
    "%pip": "%pip install torch\n" + SOFTMAX,
    "help": "?torch.exp\ntorch.amax?\nhelp(torch.exp)\nprint(torch.exp.__doc__[:50], dir(torch)[:3])\n" + SOFTMAX,
    "try and except": "def softmax(x, dim):\n    try:\n        e = (x - x.amax(dim, keepdim=True)).exp()\n    except RuntimeError as error:\n        raise ValueError(f'bad dim {dim}') from error\n    return e / e.sum(dim, keepdim=True)\n",
    "asserts": SOFTMAX + "assert torch.allclose(softmax(torch.randn(4, 5), -1).sum(-1), torch.ones(4))\n",
    "asserts inside": "def softmax(x, dim):\n    assert isinstance(x, torch.Tensor) and isinstance(dim, int), type(x)\n    e = (x - x.amax(dim, keepdim=True)).exp()\n    y = e / e.sum(dim, keepdim=True)\n    assert y.shape == x.shape\n    return y\n",
    "several helpers": "def top(x, dim): return x.amax(dim, keepdim=True)\ndef exps(x, dim): return torch.exp(x - top(x, dim))\ndef total(e, dim): return e.sum(dim, keepdim=True)\ndef softmax(x, dim):\n    e = exps(x, dim)\n    return e / total(e, dim)\n",
    "import star": "from torch import *\nfrom math import *\ndef softmax(x, dim):\n    e = torch.exp(x - torch.amax(x, dim, keepdim=True))\n    return e / e.sum(dim, keepdim=True)\n",
    "from torch import": "from torch import Tensor, exp, nn\nfrom torch.nn import functional as F\ndef softmax(x: Tensor, dim: int) -> Tensor:\n    e = exp(x - x.amax(dim, keepdim=True))\n    return e / e.sum(dim, keepdim=True)\n",
    "import torch again": "import torch as th\nimport torch.nn.functional as FF, math as m\ndef softmax(x, dim):\n    e = th.exp(x - x.amax(dim, keepdim=True))\n    return FF.normalize(e, p=1, dim=dim)\n",
    "a module": "class Softmax(nn.Module):\n    def __init__(self, dim=-1):\n        super().__init__()\n        self.dim = dim\n    def forward(self, x):\n        e = (x - x.amax(self.dim, keepdim=True)).exp()\n        return e / e.sum(self.dim, keepdim=True)\n    def extra_repr(self): return f'{self.dim}'\ndef softmax(x, dim): return Softmax(dim)(x)\n",
    "a Function": "class Soft(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x, dim):\n        e = (x - x.amax(dim, keepdim=True)).exp()\n        y = e / e.sum(dim, keepdim=True)\n        ctx.dim = dim\n        ctx.save_for_backward(y)\n        return y\n    @staticmethod\n    def backward(ctx, grad):\n        y, = ctx.saved_tensors\n        return y * (grad - (grad * y).sum(ctx.dim, keepdim=True)), None\ndef softmax(x, dim): return Soft.apply(x, dim)\n",
    "warnings": "import warnings\nwarnings.filterwarnings('ignore')\ndef softmax(x, dim):\n    warnings.warn('careful')\n"
    + BODY,
    "a lambda": "softmax = lambda x, dim: (lambda e: e / e.sum(dim, keepdim=True))((x - x.amax(dim, keepdim=True)).exp())\n",
    "a callable object": "class Soft:\n    def __call__(self, x, dim):\n    "
    + BODY.replace("\n    ", "\n        ")
    + "softmax = Soft()\n",
    "settings": "from types import SimpleNamespace\ncfg = SimpleNamespace(eps=0.0)\ncfg.dim = 64\ncfg.size = (3, 4)\n"
    + SOFTMAX,
    "enum": "from enum import Enum, auto\nclass Kind(Enum):\n    STABLE = auto()\n    @property\n    def label(self): return self.name.lower()\nprint(Kind.STABLE.label)\n"
    + SOFTMAX,
    "itertools and collections": "from collections import Counter, defaultdict, namedtuple\nfrom itertools import product\nPart = namedtuple('Part', 'top total')\n"
    "def softmax(x, dim):\n    e = (x - x.amax(dim, keepdim=True)).exp()\n    p = Part(e, e.sum(dim, keepdim=True))._replace()\n    return p.top / p.total\nprint(Counter('aab').most_common(1), [*product('ab', [1])])\n",
    "inspect": "import inspect\n"
    + SOFTMAX
    + "print(inspect.signature(softmax), inspect.getsource(softmax)[:10], softmax.__name__)\n",
    "versions": "import sys, platform\nprint(sys.version, platform.python_version(), torch.__version__, sys.getsizeof(1))\nprint('matplotlib' in sys.modules)\n"
    + SOFTMAX,
    "seeds": "import random, numpy as np\nrandom.seed(0); np.random.seed(0); torch.manual_seed(0)\ntorch.set_printoptions(precision=3, sci_mode=False)\ntorch.backends.cudnn.deterministic = True\n"
    + SOFTMAX,
    "device": "device = 'cuda' if torch.cuda.is_available() else 'cpu'\ndef softmax(x, dim):\n    x = x.to(device)\n"
    + BODY,
    "unicode": "def größter(x, dim): return x.amax(dim, keepdim=True)\nπ = 3.14  # 🎉\ndef softmax(x, dim):\n    e = (x - größter(x, dim)).exp()\n    return e / e.sum(dim, keepdim=True)\n",
    "tests of one's own": SOFTMAX
    + "import unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertTrue(softmax(torch.zeros(2), 0).sum() == 1)\nT('test').test()\n",
    "numpy.testing": SOFTMAX
    + "import numpy as np\nnp.testing.assert_allclose(softmax(torch.zeros(2), 0).numpy(), [0.5, 0.5])\n",
    "torch.testing": SOFTMAX + "torch.testing.assert_close(softmax(torch.zeros(2), 0), torch.full((2,), 0.5))\n",
    "gradcheck": SOFTMAX
    + "print(torch.autograd.gradcheck(lambda x: softmax(x, 0), torch.randn(3, dtype=torch.float64, requires_grad=True)))\n",
    "vmap": "def row(v):\n    e = (v - v.max()).exp()\n    return e / e.sum()\ndef softmax(x, dim):\n    last = x.movedim(dim, -1)\n    return torch.vmap(row)(last.reshape(-1, last.shape[-1])).reshape(last.shape).movedim(-1, dim)\n",
    "tqdm": "from tqdm.auto import tqdm, trange\ndef softmax(x, dim):\n    for _ in tqdm(range(2), leave=False): pass\n"
    + BODY,
    "display": "from IPython.display import display, Markdown, HTML, clear_output\ndisplay(Markdown('**hello**'), HTML('<b>x</b>'))\nclear_output(wait=True)\n"
    + SOFTMAX,
    "get_ipython": "from IPython import get_ipython\nget_ipython().run_line_magic('matplotlib', 'inline')\n" + SOFTMAX,
    "globals asked": "if 'softmax_cache' not in globals(): softmax_cache = {}\n" + SOFTMAX,
    "main": SOFTMAX + "if __name__ == '__main__':\n    print(softmax(torch.zeros(3), 0))\n",
    "files": "from pathlib import Path\nimport json, os, tempfile\nPath('notes.txt').write_text('x')\nwith open('notes.txt') as file:\n    print(file.read(), os.path.exists('notes.txt'), json.dumps({'a': 1}))\n"
    + SOFTMAX,
    "generator": "def parts(x, dim):\n    e = (x - x.amax(dim, keepdim=True)).exp()\n    yield e\n    yield e.sum(dim, keepdim=True)\ndef softmax(x, dim):\n    top, total = parts(x, dim)\n    return top / total\n",
    "property setter": "class Holder:\n    def __init__(self): self._x = None\n    @property\n    def data(self): return self._x\n    @data.setter\n    def data(self, x): self._x = x\ndef softmax(x, dim):\n    h = Holder()\n    h.data = x - x.amax(dim, keepdim=True)\n    e = h.data.exp()\n    return e / e.sum(dim, keepdim=True)\n",
    "a list of functions": "steps = [torch.exp, lambda e: e / e.sum()]\nfor f in steps: print(getattr(f, '__name__', '?'))\n"
    + SOFTMAX,
    "isinstance of modules' classes": "print(isinstance(nn.Linear(1, 1), nn.Module), [m for m in (nn.ReLU, nn.GELU)], [f for f in (F.relu, F.gelu)])\n"
    + SOFTMAX,
    "comparison with the built-in": SOFTMAX
    + "x = torch.randn(3, 4)\nprint(torch.allclose(softmax(x, 1), torch.softmax(x, 1)), (softmax(x, 0) - F.softmax(x, 0)).abs().max())\n",
    "an old try with the built-in": "def first_try(x, dim):\n    return torch.softmax(x, dim)\n"
    + SOFTMAX
    + "print(first_try(torch.zeros(2), 0))\n",
    "a comment": "# torch.softmax(x, dim) would do it, exec('...') and torch._C too\n'''__globals__ sys.setprofile'''\n"
    + SOFTMAX,
    "abstract base": "from abc import ABC, abstractmethod\nclass Base(ABC):\n    @abstractmethod\n    def run(self, x, dim): ...\nclass Soft(Base):\n    def run(self, x, dim):\n    "
    + BODY.replace("\n    ", "\n        ")
    + "softmax = Soft().run\n",
    "async": "async def f(): return 1\nprint(await f())\n" + SOFTMAX,
    "an object of one's own with PyTorch's names": "class Stats: pass\ndef softmax(x, dim):\n    s = Stats()\n    s.max = x.amax(dim, keepdim=True)\n"
    "    s.exp = (x - s.max).exp()\n    s.sum = s.exp.sum(dim, keepdim=True)\n    return s.exp / s.sum\n",
    "a namespace with PyTorch's names": "from types import SimpleNamespace\ndef softmax(x, dim):\n    s = SimpleNamespace()\n"
    "    s.exp = (x - x.amax(dim, keepdim=True)).exp()\n    s.sum = s.exp.sum(dim, keepdim=True)\n    return s.exp / s.sum\n",
    "a module whose dim is set": "class Soft(nn.Module):\n    def forward(self, x):\n        e = (x - x.amax(self.dim, keepdim=True)).exp()\n"
    "        return e / e.sum(self.dim, keepdim=True)\nsoft = Soft()\ndef softmax(x, dim):\n    soft.dim = dim\n    return soft(x)\n",
    "a logger with a handler": "import logging, sys\nlog = logging.getLogger('x')\nhandler = logging.StreamHandler(sys.stdout)\n"
    "handler.setFormatter(logging.Formatter('%(message)s'))\nlog.addHandler(handler)\nlog.warning('hello')\n" + SOFTMAX,
    "unittest.main": SOFTMAX
    + "import unittest, sys\nclass T(unittest.TestCase):\n    def test(self): self.assertTrue(softmax(torch.zeros(2), 0).sum() == 1)\n"
    "unittest.main(argv=['ignored', '-v', 'T.test'], exit=False)\nunittest.main(argv=sys.argv[:1], exit=False)\n",
    "attributes by name": "class Settings:\n    def __init__(self, **given):\n        for name, value in given.items(): setattr(self, name, value)\n"
    "    def get(self, name, default=None): return getattr(self, name, default)\nprint(Settings(eps=0.0).get('eps'))\n"
    + SOFTMAX,
    "a frozen dataclass that sets itself": "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass C:\n    a: int\n"
    "    def __post_init__(self): object.__setattr__(self, 'a', self.a + 1)\nprint(C(1))\n" + SOFTMAX,
    "layers by number": "class Two(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        for i in range(2): setattr(self, f'w{i}', nn.Linear(1, 1))\n"
    "    def forward(self, x): return getattr(self, f'w{1}')(x)\nbits = 32\nprint(getattr(torch, f'float{bits}'), Two())\n"
    + SOFTMAX,
    "bases of all kinds": "import enum, json\nfrom collections import namedtuple\nfrom typing import Generic, Protocol, TypeVar\nfrom torch.autograd import Function\n"
    "T = TypeVar('T')\nPair = namedtuple('Pair', 'a b')\nModule = nn.Module\nclass A(Pair): pass\nclass B(Generic[T]): pass\n"
    "class C(Protocol):\n    def f(self): ...\nclass D(enum.IntEnum):\n    X = 1\nclass E(json.JSONEncoder): pass\nclass G(Module): pass\n"
    "class H(ValueError): pass\nclass I(torch.optim.Optimizer): pass\nclass J(dict): pass\nclass K(torch.utils.data.Dataset): pass\n"
    + SOFTMAX,
    "what a class keeps to itself": "from dataclasses import dataclass\nclass A:\n    _count = 0\n    def f(self): return self._count\n"
    "@dataclass\nclass B:\n    _n: int = 0\n    def f(self): return self._n\nclass C(nn.Module):\n    def __init__(self):\n"
    "        super().__init__()\n        self.register_buffer('_zero', torch.zeros(1))\n    def forward(self, x): return x + self._zero\n"
    "print(A().f(), B().f(), C()(1))\n" + SOFTMAX,
    "a copied tensor": "import copy\ndef softmax(x, dim):\n    print(copy.copy(x).shape)\n" + BODY,
    "names from a list": "names = ['float32', 'float64']\nfor n in names: print(getattr(torch, n))\n" + SOFTMAX,
    "every result shown": "from IPython.core.interactiveshell import InteractiveShell\nInteractiveShell.ast_node_interactivity = 'all'\n"
    + SOFTMAX,
    "a library that isn't there": "try:\n    import seaborn as sns\n    sns.set()\nexcept ImportError: print('no seaborn')\n"
    + SOFTMAX,
    "patterns of classes": "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    y: int\n"
    "match P(1, 2):\n    case P(x=1, y=y): print(y)\n    case P(a, b): print(a, b)\n" + SOFTMAX,
    "a device's context": "with torch.device('cpu'):\n    zero = torch.zeros(1)\ndef softmax(x, dim):\n    with torch.device(x.device):\n        one = torch.ones(())\n"
    + BODY,
    "variables called queue and signal": "from collections import deque\nqueue = deque([1])\nqueue.append(2)\nsignal = torch.linspace(0, 1, 5)\nprint(signal.mean(), queue.popleft())\n"
    + SOFTMAX,
    "another name for self": "class Pair:\n    def __init__(s, t, numel):\n        s.t = t\n        s.numel = numel\nprint(Pair(1, 2).t)\n"
    + SOFTMAX,
    "set attributes of a figure": SOFTMAX
    + "import matplotlib.pyplot as plt\nplt.rcParams['figure.figsize'] = (4, 3)\nplt.rcParams.update({'font.size': 9})\nwith plt.style.context('ggplot'):\n    plt.figure(); plt.imshow(softmax(torch.randn(3, 3), 1)); plt.colorbar(); plt.close()\n",
}
BEFORE = {
    "an error in a scratch cell": "1 / 0",
    "a syntax error": "def softmax(x, dim",
    "an import that isn't there": "import figures",
    "an import of what isn't installed": "import einops, seaborn as sns",
    "input()": "name = input('who are you? ')",
    "a built-in tried out": "print(torch.softmax(torch.zeros(3), 0))",
    "another shell's magic": "%%bash\necho hello",
    "an unknown magic": "%nosuchmagic 1 2",
    "HTML": "%%html\n<b>hello</b>",
    "JavaScript": "%%javascript\nalert(1)",
    "reset": "%reset -f out",
    "it leaves": "import sys\nsys.exit()",
    "history": "%history -n 1-2",
    "writefile": "%%writefile util.py\ndef f(): return 1",
    "a helper that is used later": "def top(x, dim):\n    return x.amax(dim, keepdim=True)",
    "Markdown as code": "This is what I think about softmax:\n- it is nice",
    "empty": "",
    "a long list": "numbers = [" + ", ".join(map(str, range(5000))) + "]",
}
PRODUCTS = {
    "printed": MATMUL + "    print(A, B, A.tolist(), str(A), repr(B))\n" + PRODUCT,
    "two loops": MATMUL
    + "    return torch.stack([torch.stack([(row * column).sum() for column in B.T]) for row in A])\n",
    "outer products": MATMUL
    + "    out = torch.zeros(A.shape[0], B.shape[1], dtype=A.dtype)\n    for k in range(A.shape[1]):\n        out = out + torch.outer(A[:, k], B[k])\n    return out\n",
    "a helper called inner": "def inner(u, v): return (u * v).sum()\n"
    + MATMUL
    + "    return torch.stack([torch.stack([inner(r, c) for c in B.T]) for r in A])\n",
    "a helper called dot": "def dot(u, v):\n    return sum(a * b for a, b in zip(u, v))\n"
    + MATMUL
    + "    return torch.stack([dot(A[:, k : k + 1].T, B[k : k + 1].T).sum(0) if False else (A * B[:, k]).sum(1) for k in range(B.shape[1])], 1)\n",
    "a cached plan": "from functools import cache\n@cache\ndef plan(n): return list(range(n))\n"
    + MATMUL
    + "    return sum(A[:, k, None] * B[None, k] for k in plan(A.shape[1]))\n",
    "a method called linear": "class P:\n    def linear(self, A, B):\n    "
    + PRODUCT.replace("    return", "        return")
    + MATMUL
    + "    return P().linear(A, B)\n",
    "tensor with a name in an f-string": MATMUL + "    message = f'{A.shape} {A.mean():.2f} {B!r:.20}'\n" + PRODUCT,
    "checked with @": MATMUL + PRODUCT + "A = torch.randn(2, 3)\nassert torch.allclose(matmul(A, A.T), A @ A.T)\n",
}


@cache
def cut_down(exercise: str):
    """The assignment of an exercise, its reference notebook and its graded cells, cut down to that exercise."""
    assignment = next(a for a in ASSIGNMENTS.values() if exercise in a.stubs)
    cells = {cell.id for cell in assignment.graded.values() if cell.exercise == exercise}
    needed = assignment.locked.keys() - assignment.graded.keys() | assignment.stubs.keys() | cells
    notebook, released = nbformat.read(assignment.source, as_version=4), deepcopy(assignment.released)
    for whole in (notebook, released):
        whole.cells = [cell for cell in whole.cells if grade_id(cell) in needed]
    assignment = replace(assignment)
    vars(assignment)["released"] = released
    return assignment, notebook, cells


def lost(exercise: str, source: str, before: str = "") -> str:
    """What this answer is told where it loses points."""
    assignment, notebook, cells = cut_down(exercise)
    notebook = put(notebook, exercise, source)
    if before:
        notebook.cells.insert(1, new_code_cell(before))
    report = examine(notebook, assignment, cells=cells)
    return "\n".join(f"{cell.id} {cell.status}: {cell.message}" for cell in report.cells if cell.status != "passed")


@pytest.mark.parametrize("style", STYLES)
def test_a_style_costs_nothing(style):
    assert not lost("softmax", STYLES[style])


@pytest.mark.parametrize("what", BEFORE)
def test_a_cell_before_costs_nothing(what):
    assert not lost("softmax", SOFTMAX, BEFORE[what])


@pytest.mark.parametrize("style", PRODUCTS)
def test_a_product_in_another_style_costs_nothing(style):
    assert not lost("matmul", PRODUCTS[style])
