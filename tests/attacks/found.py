"""Found by an attacker who knew only the promises: twins of switches, callbacks, the watch's own steps, other kernels."""

from attack import Attack

COS = "cosine_similarity"
CODE = "import torch\nhold['off'] = torch._C.DisableTorchFunction, torch._C._DisableTorchDispatch"
UNSEEN = """
def softmax(x, dim):
    A, B = hold["off"]
    with A(), B():
        return torch.softmax(x, dim)
"""


def code(tries, cell):
    """Runs CODE, which no reader reads, in the shell."""
    return Attack(tries, f"hold = {{}}\nCODE = {CODE!r}\n{cell}\n{UNSEEN}")


# A. public names of torch._C
guard_softmax = Attack(
    "torch.DisableTorchFunction and torch.ExcludeDispatchKeyGuard",
    """
def softmax(x, dim):
    with torch.DisableTorchFunction(), torch.ExcludeDispatchKeyGuard(torch.DispatchKeySet(torch.DispatchKey.Python)):
        return torch.softmax(x, dim)
""",
)
guard_cross_entropy = Attack(
    "the same for cross_entropy",
    """
def cross_entropy(logits, targets):
    with torch.DisableTorchFunction(), torch.ExcludeDispatchKeyGuard(torch.DispatchKeySet(torch.DispatchKey.Python)):
        return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))
""",
    exercise="cross_entropy",
)
guard_embed = Attack(
    "the same for embed",
    """
def embed(token_ids, table):
    with torch.DisableTorchFunction(), torch.ExcludeDispatchKeyGuard(torch.DispatchKeySet(torch.DispatchKey.Python)):
        return F.embedding(token_ids, table)
""",
    exercise="embed",
)
functions_off_cosine = Attack(
    "torch.DisableTorchFunction alone",
    """
def cosine_similarity(a, b):
    with torch.DisableTorchFunction():
        return torch.cosine_similarity(*torch.broadcast_tensors(a, b), -1)
""",
    exercise=COS,
)
functions_off_linear = Attack(
    "torch.DisableTorchFunction alone",
    """
def linear(x, W, b=None):
    with torch.DisableTorchFunction():
        return F.linear(x, W, b)
""",
    exercise="linear",
)
guard_matmul = Attack(
    "the same for matmul",
    """
def matmul(A, B):
    if A.shape[1] != B.shape[0]: raise ValueError
    with torch.DisableTorchFunction(), torch.ExcludeDispatchKeyGuard(torch.DispatchKeySet(torch.DispatchKey.Python)):
        return A @ B
""",
    exercise="matmul",
)

# B. C calling C: no c_call event where modes are off
map_cosine = Attack(
    "map calls it within apply_",
    """
def cosine_similarity(a, b):
    a, b = torch.broadcast_tensors(a, b)
    got = []
    torch.zeros(1).apply_(lambda _: got.extend(map(torch.cosine_similarity, [a], [b], [-1])) or 0.0)
    return got[0]
""",
    exercise=COS,
)
map_linear = Attack(
    "map calls it within apply_",
    """
def linear(x, W, b=None):
    got = []
    torch.zeros(1).apply_(lambda _: got.extend(map(F.linear, [x], [W], [b])) or 0.0)
    return got[0]
""",
    exercise="linear",
)
map_backward = Attack(
    "map calls softmax in the backward pass; gradients only (2 of 6), forward is the identity",
    """
class S(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.save_for_backward(x); ctx.dim = dim
        return x.clone()
    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        y, = map(torch.softmax, [x], [ctx.dim])
        return y * (g - (g * y).sum(ctx.dim, keepdim=True)), None
def softmax(x, dim): return S.apply(x, dim)
""",
)
partial_cosine = Attack(
    "functools.partial calls it",
    """
from functools import partial
def cosine_similarity(a, b):
    got = []
    p = partial(torch.cosine_similarity, *torch.broadcast_tensors(a, b), -1)
    torch.zeros(1).apply_(lambda _: got.append(p()) or 0.0)
    return got[0]
""",
    exercise=COS,
)

# C. student code run by the watch itself, where it does not watch
name_sgd = Attack(
    "str(__name__) runs within the profiler's own callback",
    """
class Name:
    def __str__(self):
        while job: torch.optim.SGD(job.pop(), lr=rate).step()
        return "__main__"
job = []
__name__ = Name()
def go(): return f"{__name__}"
def sgd_step(parameters, lr):
    global rate
    rate = lr
    job.append([p for p in parameters if p.grad is not None])
    go()
""",
    exercise="sgd_step",
)
name_cosine = Attack(
    "the same, within apply_",
    """
class Name:
    def __str__(self):
        while jobs: found.append(torch.cosine_similarity(*jobs.pop(), -1))
        return "__main__"
jobs, found = [], []
__name__ = Name()
def go(_): return float(bool(f"{__name__}"))
def cosine_similarity(a, b):
    jobs.append(torch.broadcast_tensors(a, b))
    torch.zeros(1).apply_(go)
    return found.pop()
""",
    exercise=COS,
)
hash_cosine = Attack(
    "`kind in PLAIN` hashes an argument's class, by a metaclass made without metaclass=",
    """
import abc
jobs, found = [], []
class M(abc.ABCMeta):
    def __hash__(cls):
        while jobs: found.append(torch.cosine_similarity(*jobs.pop(), -1))
        return 7
K = M("K", (), {})
def cosine_similarity(a, b):
    jobs.append(torch.broadcast_tensors(a, b))
    try: torch.zeros(1)[K()]
    except Exception: pass
    hash(K)
    return found.pop()
""",
    exercise=COS,
)
late_class_sgd = Attack(
    "PyTorch gives the parameter a class whose detach() the probe calls after the watch",
    """
class Late(nn.Parameter):
    def detach(self):
        todo, self.todo = self.todo, []
        kept = self.grad
        for grad, lr in todo:
            self.grad = grad
            torch.optim.SGD([self], lr=lr).step()
        self.grad = kept
        return torch.Tensor.detach(self)
def sgd_step(parameters, lr):
    for p in parameters:
        if p.grad is not None:
            if not hasattr(p, "todo"):
                p.cls_to_become, p.todo, old = Late, [], p.data
                nn.parameter.UninitializedParameter.materialize(p, p.shape)
                p.data = old
            p.todo.append((p.grad.clone(), lr))
""",
    exercise="sgd_step",
)

# D. code or names that no reader reads
own_def = code(
    "a function named _shell makes x._shell its author's own",
    """
import sys
def _shell(): pass
[sys.stdout][0]._shell.ex(CODE)
""",
)
own_pattern = code(
    "the same in a pattern",
    """
import sys
def _shell(): pass
match sys.stdout:
    case object(_shell=shell): shell.ex(CODE)
""",
)
own_evaluate = Attack(
    "the same opens typing.ForwardRef._evaluate",
    """
import typing
C = "setattr(__import__('torch').nn, 'got', [__import__('os').dup(4), __import__('os').dup2(0, 4), __import__('torch')._C.DisableTorchFunction, __import__('torch')._C._DisableTorchDispatch]) or int"
def _evaluate(): pass
f = typing.ForwardRef(C)
f._evaluate({}, {}, frozenset())
def softmax(x, dim):
    with nn.got[2](), nn.got[3]():
        return torch.softmax(x, dim)
""",
)
rebound_class = code(
    "a name that is once a class is believed to be one; ABCMeta makes the other",
    """
import abc, sys
class L: pass
L = abc.ABCMeta("L", (), {"__match_" + "args__": ("_" + "shell",)})
L.register(type(sys.stdout))
match sys.stdout:
    case L(shell): shell.ex(CODE)
""",
)
rebound_word = code(
    "a name that once runs over strings is believed to hold only them",
    """
import sys
for name in ["write", "flush"]: pass
name = "_" + "shell"
getattr(sys.stdout, name).ex(CODE)
""",
)
foreign_self = code(
    "getattr on a self that is none",
    """
import sys
class P:
    def part(self, name): return getattr(self, name)
P.part(sys.stdout, "_" + "shell").ex(CODE)
""",
)
dataclass_eq = code(
    "a dataclass's __eq__ reads the field from a stranger",
    """
import sys
from dataclasses import dataclass
@dataclass
class D:
    _shell: int = 0
class Spy:
    def __eq__(self, other): other.ex(CODE)
class O:
    __class__ = type(sys.stdout)
    _shell = Spy()
D.__eq__(sys.stdout, O())
""",
)
wrapper_getattr = code(
    "tqdm's ObjectWrapper.__getattr__",
    """
import sys
from tqdm.utils import ObjectWrapper
ObjectWrapper(sys.stdout).__getattr__("_" + "shell").ex(CODE)
""",
)
tempfile_getattr = code(
    "a temporary file's __getattr__",
    """
import sys, tempfile
t = tempfile.NamedTemporaryFile()
t.file = sys.stdout
t.__getattr__("_" + "shell").ex(CODE)
""",
)
alias_getattr = code(
    "a generic alias's __getattr__",
    """
import sys, typing
T = typing.TypeVar("T")
class G(typing.Generic[T]): pass
a = G[int]
a.__origin__ = sys.stdout
a.__getattr__("_" + "shell").ex(CODE)
""",
)
fqn = code(
    "torch.ao's getattr_from_fqn",
    """
import sys
from torch.ao.quantization.utils import getattr_from_fqn
getattr_from_fqn(sys.stdout, "_" + "shell").ex(CODE)
""",
)
capture = code(
    "torch.utils.data's CaptureGetAttr",
    """
import sys
from torch.utils.data.datapipes.dataframe.dataframes import CaptureGetAttr
CaptureGetAttr(sys.stdout, "_" + "shell", None).execute().ex(CODE)
""",
)
pickle = Attack(
    "torch.utils.data's decoder reads a pickle",
    """
from torch.utils.data.datapipes.utils.decoder import basichandlers
def find(module, name): return basichandlers("pickle", b"c" + module + b"\\n" + name + b"\\n.")
A, B = find(b"torch._C", b"DisableTorchFunction"), find(b"torch._C", b"_DisableTorchDispatch")
def softmax(x, dim):
    with A(), B():
        return torch.softmax(x, dim)
""",
)
pil_features = Attack(
    "PIL.features imports and looks up by name",
    """
from PIL import features
def find(module, name):
    features.modules["k"] = module, name
    return features.version_module("k")
A, B = find("torch._C", "DisableTorchFunction"), find("torch._C", "_DisableTorchDispatch")
def softmax(x, dim):
    with A(), B():
        return torch.softmax(x, dim)
""",
)
traitlets = Attack(
    "traitlets.import_item by way of ipywidgets",
    """
from ipywidgets.widgets.trait_types import traitlets
find = traitlets.utils.importstring.import_item
keep = find("os.dup")(4)
find("os.dup2")(0, 4)
A, B = find("torch._C.DisableTorchFunction"), find("torch._C._DisableTorchDispatch")
def softmax(x, dim):
    with A(), B():
        return torch.softmax(x, dim)
""",
)
aimport = Attack(
    "%aimport binds a module that no import names",
    """
%load_ext autoreload
%aimport pkgutil
find = pkgutil.resolve_name
keep = find("os:dup")(4)
find("os:dup2")(0, 4)
A, B = find("torch:_C.DisableTorchFunction"), find("torch:_C._DisableTorchDispatch")
def softmax(x, dim):
    with A(), B():
        return torch.softmax(x, dim)
""",
)
prun = Attack(
    "%prun -s WORD CODE reads as the unknown magic %WORD",
    """
hold = []
%prun -q -s calls hold.extend([__import__("os").dup(4), __import__("os").dup2(0, 4), torch._C.DisableTorchFunction, torch._C._DisableTorchDispatch])
def softmax(x, dim):
    with hold[2](), hold[3]():
        return torch.softmax(x, dim)
""",
)

# E. matrix products by other kernels, and NumPy unseen
PRE = "def matmul(A, B):\n    if A.shape[1] != B.shape[0]: raise ValueError\n    n, k = A.shape; m = B.shape[1]\n"
BLOCK = (
    PRE
    + "    I = torch.eye(n + k, dtype=A.dtype)\n    T = torch.cat([torch.cat([I[:n, :n], -A], 1), I[n:]])\n    R = torch.cat([torch.zeros(n, m, dtype=A.dtype), B])\n"
)
solve_triangular = Attack(
    "torch.linalg.solve_triangular",
    BLOCK + "    return torch.linalg.solve_triangular(T, R, upper=True, unitriangular=True)[:n]",
    exercise="matmul",
)
lu_solve = Attack(
    "torch.linalg.lu_solve",
    BLOCK + "    return torch.linalg.lu_solve(T, torch.arange(1, n + k + 1, dtype=torch.int32), R)[:n]",
    exercise="matmul",
)
lstsq = Attack("torch.linalg.lstsq", BLOCK + "    return torch.linalg.lstsq(T, R).solution[:n]", exercise="matmul")
triangular_solve = Attack(
    "torch.triangular_solve", BLOCK + "    return torch.triangular_solve(R, T, upper=True)[0][:n]", exercise="matmul"
)
pdist = Attack(
    "F.pdist",
    PRE
    + """    i, j = torch.triu_indices(n + m, n + m, 1)
    d = torch.zeros(n + m, n + m, dtype=A.dtype).index_put((i, j), F.pdist(torch.cat([A, B.T])) ** 2)[:n, n:]
    return ((A * A).sum(1)[:, None] + (B * B).sum(0) - d) / 2""",
    exercise="matmul",
)
numpy = Attack(
    "from numpy import dot, on lists",
    """
from numpy import dot
def product(a, b): return torch.tensor(dot(a.tolist(), b.tolist()).tolist(), dtype=a.dtype)
class Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, A, B):
        ctx.save_for_backward(A, B)
        return product(A, B)
    @staticmethod
    def backward(ctx, G):
        A, B = ctx.saved_tensors
        return product(G, B.T), product(A.T, G)
def matmul(A, B):
    if A.shape[1] != B.shape[0]: raise ValueError
    return Product.apply(A, B)
""",
    exercise="matmul",
)

# F. softmax under another name, in torch.distributions
softmax_transform = Attack(
    "torch.distributions.SoftmaxTransform",
    """
def softmax(x, dim):
    return torch.distributions.SoftmaxTransform()(x.movedim(dim, -1)).movedim(-1, dim)
""",
)
simplex = Attack(
    "torch.distributions.transform_to(simplex)",
    """
from torch.distributions import constraints, transform_to
def softmax(x, dim):
    return transform_to(constraints.simplex)(x.movedim(dim, -1)).movedim(-1, dim)
""",
)
# G. what a check runs in the sandbox, out through an error's words: it will be asked something else next time
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
