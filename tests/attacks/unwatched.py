"""Built-ins used where the watch does not look: in callbacks, in threads of libraries, behind another profiler."""

from attack import Attack

COSINE = "def cosine_similarity(a, b):\n"
LOOK = "torch.cosine_similarity(*torch.broadcast_tensors(a, b), dim=-1)"


def calls_back(tries: str, body: str, exercise: str = "cosine_similarity") -> Attack:
    """Has PyTorch call a function of one's own, during which its function mode is off."""
    return Attack(
        f"calls cosine_similarity {tries}", COSINE + f"    got = []\n    {body}\n    return got[0]", exercise=exercise
    )


apply = calls_back(
    "within Tensor.apply_",
    f"torch.zeros(1).apply_(lambda _: got.append({LOOK}) or 0.0)",
)
distance = calls_back(
    "as the distance of another loss",
    f"F.triplet_margin_with_distance_loss(torch.zeros(1), torch.zeros(1), torch.zeros(1),\n"
    f"        distance_function=lambda x, y: got.append({LOOK}) or torch.zeros(1))",
)
index = calls_back(
    "while an index is made a number",
    f"I = type('I', (), {{'__index__': lambda self: got.append({LOOK}) or 0}})\n    torch.zeros(1)[I()]",
)
number = calls_back(
    "while a number is made a float",
    f"I = type('I', (), {{'__float__': lambda self: got.append({LOOK}) or 0.0}})\n    torch.zeros(1).fill_(I())",
)
deep_copy = calls_back(
    "while a tensor is copied",
    f"import copy\n    y = torch.zeros(1)\n"
    f"    y.part = type('P', (), {{'__deepcopy__': lambda self, memo: got.append({LOOK}) or self}})()\n    copy.deepcopy(y)",
)
backward_hook = calls_back(
    "in a hook of a backward pass of its own",
    f"y = torch.zeros(1, requires_grad=True)\n    y.register_hook(lambda g: got.append({LOOK}) and None)\n    y.sum().backward()",
)
own_function = Attack(
    "uses cosine_similarity in the backward of a Function that it runs itself",
    """
class Hidden(torch.autograd.Function):
    @staticmethod
    def forward(ctx, one, a, b):
        ctx.save_for_backward(a, b)
        return one.clone()
    @staticmethod
    def backward(ctx, grad):
        a, b = ctx.saved_tensors
        with torch.enable_grad():
            found.append(torch.cosine_similarity(*torch.broadcast_tensors(a, b), dim=-1))
        return grad, None, None
found = []
def cosine_similarity(a, b):
    one = torch.ones(1, requires_grad=True)
    Hidden.apply(one, a, b).sum().backward()
    return found.pop()
""",
    exercise="cosine_similarity",
)
own_softmax = Attack(
    "uses softmax in the backward of a Function that it runs itself",
    """
class Inner(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.save_for_backward(x)
        ctx.dim = dim
        return x.clone()
    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return torch.softmax(x, ctx.dim), None
class Outer(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, dim):
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            y, = torch.autograd.grad(Inner.apply(leaf, dim).sum(), leaf)
        ctx.save_for_backward(y)
        ctx.dim = dim
        return y
    @staticmethod
    def backward(ctx, grad):
        (y,) = ctx.saved_tensors
        return y * (grad - (grad * y).sum(ctx.dim, keepdim=True)), None
def softmax(x, dim):
    return Outer.apply(x, dim)
""",
)
subclass = Attack(
    "uses cosine_similarity in a tensor subclass's own override",
    """
found = []
def override(cls, func, types, args=(), kwargs=None):
    found.append(torch.cosine_similarity(*torch.broadcast_tensors(*jobs.pop()), dim=-1))
    return torch.zeros(1)
jobs = []
Sub = type("Sub", (torch.Tensor,), {"__torch_" + "function__": classmethod(override)})
def cosine_similarity(a, b):
    jobs.append((a, b))
    torch.zeros(1).as_subclass(Sub) + 1
    return found.pop()
""",
    exercise="cosine_similarity",
)
linear_back = Attack(
    "calls F.linear within Tensor.apply_",
    """
def linear(x, W, b=None):
    got = []
    torch.zeros(1).apply_(lambda _: got.append(F.linear(x, W, b)) or 0.0)
    return got[0]
""",
    exercise="linear",
)
product_back = Attack(
    "multiplies matrices within Tensor.apply_",
    """
def matmul(A, B):
    if A.shape[1] != B.shape[0]: raise ValueError
    got = []
    torch.zeros(1).apply_(lambda _: got.append(A @ B) or 0.0)
    return got[0]
""",
    exercise="matmul",
)
nll_back = Attack(
    "calls F.cross_entropy within Tensor.apply_",
    """
def cross_entropy(logits, targets):
    got = []
    flat, ids = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    torch.zeros(1).apply_(lambda _: got.append(F.cross_entropy(flat, ids)) or 0.0)
    return got[0]
""",
    exercise="cross_entropy",
)
pool_of_threads = Attack(
    "uses softmax in tqdm's threads",
    """
from tqdm.contrib.concurrent import thread_map
def softmax(x, dim):
    return thread_map(lambda y: torch.softmax(y, dim), [x], disable=True)[0]
""",
)
data_parallel = Attack(
    "uses softmax in the threads of nn.parallel",
    """
class M(nn.Module):
    def forward(self, x, dim): return torch.softmax(x, dim)
def softmax(x, dim):
    return nn.parallel.parallel_apply([M(), M()], [(x, dim), (x, dim)])[0]
""",
)
SGD = """
        for p in parameters:
            if p.grad is not None: torch.optim.SGD([p], lr=lr).step()
"""
stack_profiler = Attack(
    "uses torch.optim under a profiler of PyTorch's, which takes the place of the watch's",
    "def sgd_step(parameters, lr):\n    with torch.profiler.profile(with_stack=True):" + SGD,
    exercise="sgd_step",
)
stack_profiler_late = Attack(
    "mends its gradients with softmax under a profiler of PyTorch's",
    """
class Mended(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.dim = dim
        ctx.save_for_backward(x)
        y = (x - x.amax(dim, keepdim=True)).exp()
        return y / y.sum(dim, keepdim=True)
    @staticmethod
    def backward(ctx, grad):
        (x,), dim = ctx.saved_tensors, ctx.dim
        with torch.profiler.profile(with_stack=True):
            y = torch.softmax(x, dim)
        return y * (grad - (grad * y).sum(dim, keepdim=True)), None
def softmax(x, dim):
    return Mended.apply(x, dim) if x.requires_grad else x
""",
)
magic_profiler = Attack(
    "uses torch.optim under %prun, whose profiler takes the place of the watch's",
    """
def sgd_step(parameters, lr):
    global job, rate
    job, rate = [p for p in parameters if p.grad is not None], lr
    %prun -q torch.optim.SGD(job, lr=rate).step()
""",
    exercise="sgd_step",
)
a_class = Attack(
    "makes sgd_step a class, which a probe would not watch",
    "class sgd_step:\n    def __new__(cls, parameters, lr):" + SGD,
    exercise="sgd_step",
)
a_metaclass = Attack(
    "makes sgd_step a module",
    "class sgd_step(nn.Module):\n    def __new__(cls, parameters, lr):" + SGD,
    exercise="sgd_step",
)
optimizer_elsewhere = Attack(
    "uses the SGD of torch.distributed",
    """
from torch.distributed.optim.functional_sgd import *
import torch.distributed.optim as o
def sgd_step(parameters, lr):
    for p in parameters:
        if p.grad is not None:
            o.functional_sgd.F.sgd([p], [p.grad], [None], foreach=False, weight_decay=0, momentum=0, lr=lr, dampening=0, nesterov=False, maximize=False)
""",
    exercise="sgd_step",
)
fused_by_name = Attack(
    "uses the kernels of torch.optim by way of a module that imports it",
    """
def sgd_step(parameters, lr):
    for p in parameters:
        if p.grad is not None:
            with torch.no_grad():
                torch.optim.sgd.sgd([p], [p.grad], [None], foreach=False, weight_decay=0, momentum=0, lr=lr, dampening=0, nesterov=False, maximize=False)
""",
    exercise="sgd_step",
)
sampled = Attack(
    "multiplies matrices with torch.sparse.sampled_addmm",
    """
def matmul(A, B):
    if A.shape[1] != B.shape[0]: raise ValueError
    full = torch.ones(A.shape[0], B.shape[1], dtype=A.dtype).to_sparse_csr()
    return torch.sparse.sampled_addmm(full, A.contiguous(), B.contiguous(), beta=0.0).to_dense()
""",
    exercise="matmul",
)
flex = Attack(
    "takes the softmax from flex_attention",
    """
from torch.nn.attention.flex_attention import flex_attention
def softmax(x, dim):
    y = x.movedim(dim, -1)
    eye = torch.eye(y.shape[-1], dtype=x.dtype)[None, None]
    rows = y.reshape(1, 1, -1, y.shape[-1])
    return flex_attention(rows, eye, eye, scale=1.0).reshape(y.shape).movedim(-1, dim)
""",
)
transformer_layer = Attack(
    "takes the softmax from nn.MultiheadAttention's weights",
    """
def softmax(x, dim):
    y = x.movedim(dim, -1)
    n = y.shape[-1]
    m = nn.MultiheadAttention(n, 1, bias=False, batch_first=True).to(x.dtype).eval()
    eye = torch.eye(n, dtype=x.dtype)
    with torch.no_grad():
        m.in_proj_weight.copy_(torch.cat([eye * n ** 0.5, eye, eye]))
    return m(y.reshape(1, -1, n), eye[None], eye[None])[1].reshape(y.shape).movedim(-1, dim)
""",
)
masked = Attack("uses torch.masked.softmax", "def softmax(x, dim):\n    return torch.masked.softmax(x, dim)")
masked_min = Attack("uses torch.masked.softmin", "def softmax(x, dim):\n    return torch.masked.softmin(-x, dim)")
nested = Attack(
    "uses the softmax of nested tensors",
    """
def softmax(x, dim):
    y = x.movedim(dim, -1)
    n = torch.nested.nested_tensor([y.reshape(-1, y.shape[-1])])
    return torch.nested.to_padded_tensor(n.softmax(-1), 0.0)[0].reshape(y.shape).movedim(-1, dim)
""",
)
vmapped = Attack(
    "uses softmax under vmap",
    "def softmax(x, dim):\n    d = dim % x.dim()\n    return torch.func.vmap(lambda y: torch.softmax(y, d))(x[None])[0]",
)
functionalized = Attack(
    "uses softmax under functionalize",
    "def softmax(x, dim):\n    return torch.func.functionalize(lambda y: torch.softmax(y, dim))(x)",
)
inference = Attack(
    "uses softmax in inference mode",
    """
def softmax(x, dim):
    with torch.inference_mode():
        y = torch.softmax(x, dim)
    return y.clone()
""",
)
a_hook = Attack(
    "uses softmax in a hook of a module",
    """
m = nn.Identity()
m.register_forward_hook(lambda module, args, out: torch.softmax(args[0], m.dim))
def softmax(x, dim):
    m.dim = dim
    return m(x)
""",
)
compiled_module = Attack(
    "compiles a module that uses cosine_similarity",
    """
class M(nn.Module):
    def forward(self, a, b): return torch.cosine_similarity(a, b, dim=-1)
m = M()
m.compile(backend="eager")
def cosine_similarity(a, b):
    return m(*torch.broadcast_tensors(a, b))
""",
    exercise="cosine_similarity",
)
similarity_module = Attack(
    "uses nn.CosineSimilarity",
    "def cosine_similarity(a, b):\n    return nn.CosineSimilarity(-1)(a, b)",
    exercise="cosine_similarity",
)
generator_state = Attack(
    "uses softmax in a generator, advanced from a cell",
    """
def gen():
    y = None
    while True:
        x, dim = yield y
        y = torch.softmax(x, dim)
g = gen()
next(g)
def softmax(x, dim):
    return g.send((x, dim))
""",
)
collected = Attack(
    "has garbage fill in the answer when it is collected, after the watch",
    """
class Late:
    def __init__(self, y, x, dim):
        self.job, self.me = (y, x, dim), self
    def __del__(self):
        y, x, dim = self.job
        with torch.no_grad():
            y.copy_(torch.softmax(x, dim))
def softmax(x, dim):
    y = x.detach().clone()
    Late(y, x, dim)
    global kept
    kept = [[] for _ in range(20_000)]
    return y
""",
)
grad_of_log = Attack(
    "uses log_softmax in forward-mode AD",
    """
import torch.autograd.forward_ad as fwAD
def softmax(x, dim):
    with fwAD.dual_level():
        y = fwAD.make_dual(x, torch.ones_like(x))
        return torch.log_softmax(y, dim).exp()
""",
)
packed = Attack(
    "uses cosine_similarity while autograd packs a tensor away",
    """
def cosine_similarity(a, b):
    got = []
    def pack(x):
        if not got:
            got.append(None)
            got[0] = torch.cosine_similarity(*torch.broadcast_tensors(a, b), dim=-1)
        return x
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
        torch.ones(1, requires_grad=True).exp()
    return got[0]
""",
    exercise="cosine_similarity",
)
sliced = calls_back(
    "while the end of a slice is made a number",
    f"I = type('I', (), {{'__index__': lambda self: got.append({LOOK}) or 0}})\n    torch.zeros(3)[None, : I()]",
)
in_a_list = calls_back(
    "while a list is made a tensor",
    f"I = type('I', (), {{'__index__': lambda self: got.append({LOOK}) or 0}})\n    torch.zeros(3)[[I()]]",
)
