"""Built-ins that an exercise rules out, used where nobody is meant to see it."""

from attack import IS_ASKED, Attack

SOFTMAX = "def softmax(x, dim):\n"

plainly = Attack("uses torch.softmax", SOFTMAX + "    return torch.softmax(x, dim)")
method = Attack("uses Tensor.softmax", SOFTMAX + "    return x.softmax(dim)")
module = Attack("uses nn.Softmax", SOFTMAX + "    return nn.Softmax(dim)(x)")
log = Attack("uses log_softmax", SOFTMAX + "    return F.log_softmax(x, dim).exp()")
special = Attack("uses torch.special.softmax", SOFTMAX + "    return torch.special.softmax(x, dim)")
by_name = Attack("finds it by a name put together", SOFTMAX + "    return getattr(torch, 'soft' + 'max')(x, dim)")
renamed = Attack(
    "gives it another name",
    """
harmless = lambda x, dim: torch._C._VariableFunctions.softmax(x, dim)
harmless.__name__ = "exp"
def softmax(x, dim):
    return harmless(x, dim)
""",
)
operator = Attack("calls torch.ops.aten.softmax", SOFTMAX + "    return torch.ops.aten.softmax.int(x, dim)")
kernel = Attack("calls torch.ops.aten._softmax", SOFTMAX + "    return torch.ops.aten._softmax.default(x, dim, False)")
categorical = Attack(
    "uses a distribution that uses it",
    SOFTMAX + "    return torch.distributions.Categorical(logits=x.movedim(dim, -1)).probs.movedim(-1, dim)",
)
cross_entropy = Attack(
    "takes the probabilities from cross_entropy",
    """
def softmax(x, dim):
    y = x.movedim(dim, -1)
    n = y.shape[-1]
    rows = y.reshape(-1, n).repeat_interleave(n, 0)
    losses = F.cross_entropy(rows, torch.arange(n).repeat(len(rows) // n), reduction="none")
    return (-losses).exp().reshape(y.shape).movedim(-1, dim)
""",
)
embedding = Attack(
    "uses F.embedding for embed",
    "def embed(token_ids, table): return F.embedding(token_ids, table)",
    exercise="embed",
)
embedding_module = Attack(
    "uses nn.Embedding for embed",
    "def embed(token_ids, table): return nn.Embedding.from_pretrained(table, freeze=False)(token_ids)",
    exercise="embed",
)
embedding_kernel = Attack(
    "uses aten.embedding for embed",
    "def embed(token_ids, table): return torch.ops.aten.embedding.default(table, token_ids)",
    exercise="embed",
)
optimizer = Attack(
    "uses torch.optim for sgd_step",
    """
def sgd_step(parameters, lr):
    torch.optim.SGD(list(parameters), lr=lr).step()
""",
    exercise="sgd_step",
)
numpy_product = Attack(
    "multiplies matrices with NumPy",
    "def matmul(a, b): return torch.from_numpy(a.detach().numpy() @ b.detach().numpy())",
    exercise="matmul",
)

# The same, where the sandbox's own watch is looked for and put out of order.

scripted = Attack(
    "compiles it with TorchScript",
    """
@torch.jit.script
def compiled(x: torch.Tensor, dim: int):
    return torch.softmax(x, dim)
def softmax(x, dim):
    return compiled(x, dim)
""",
)
traced = Attack(
    "traces it before anybody watches",
    """
from torch.fx.experimental.proxy_tensor import make_fx
graphs = {}
def softmax(x, dim):
    return make_fx(lambda y: torch.softmax(y, dim))(x)(x)
""",
)
functions_off = Attack(
    "uses it where overriding functions is off",
    SOFTMAX + "    with torch._C.DisableTorchFunction():\n        return torch.softmax(x, dim)",
)
dispatch_off = Attack(
    "uses it where overriding functions and dispatch is off",
    """
from torch.utils._python_dispatch import _disable_current_modes
def softmax(x, dim):
    with torch._C.DisableTorchFunction(), _disable_current_modes():
        return torch.softmax(x, dim)
""",
)
dispatch_guard = Attack(
    "uses it where C++ was told to leave Python out",
    """
def softmax(x, dim):
    with torch._C.DisableTorchFunction(), torch._C._DisableTorchDispatch():
        return torch.softmax(x, dim)
""",
)
modes_popped = Attack(
    "takes the watching modes off the stack",
    """
def softmax(x, dim):
    functions, dispatch = [], []
    while torch._C._len_torch_function_stack():
        functions.append(torch.overrides._pop_mode())
    while torch._C._len_torch_dispatch_stack():
        dispatch.append(torch.utils._python_dispatch._pop_mode())
    y = torch.softmax(x, dim)
    for mode in dispatch[::-1]:
        torch.utils._python_dispatch._push_mode(mode)
    for mode in functions[::-1]:
        torch.overrides._push_mode(mode)
    return y
""",
)
redispatched = Attack(
    "calls the kernel beneath the watch",
    """
def softmax(x, dim):
    keys = torch._C.DispatchKeySet(torch._C.DispatchKey.AutogradCPU) | torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)
    return torch.ops.aten._softmax.default.redispatch(keys, x, dim, False)
""",
)
thread = Attack(
    "uses it in another thread, where no mode is entered",
    """
import threading
def softmax(x, dim):
    result = []
    worker = threading.Thread(target=lambda: result.append(torch.softmax(x, dim)))
    worker.start()
    worker.join()
    return result[0]
""",
)
early_thread = Attack(
    "uses it in a thread that waits since the cell ran",
    """
import queue, threading
asked, answered = queue.Queue(), queue.Queue()
def serve():
    while True:
        answered.put(torch.softmax(*asked.get()))
threading.Thread(target=serve, daemon=True).start()
def softmax(x, dim):
    asked.put((x, dim))
    return answered.get()
""",
    slow=True,
)
references = Attack(
    "uses PyTorch's own reference in Python",
    "import torch._refs\n" + SOFTMAX + "    return torch._refs.softmax(x, dim)",
)
decomposition = Attack(
    "uses PyTorch's own decomposition",
    "import torch._decomp.decompositions as parts\n" + SOFTMAX + "    return parts._softmax(x, dim, False)",
)
safe_softmax = Attack("uses _safe_softmax", SOFTMAX + "    return torch._safe_softmax(x, dim)")
masked_softmax = Attack(
    "uses _masked_softmax",
    SOFTMAX + "    return torch._masked_softmax(x, torch.zeros(x.shape, dtype=torch.bool), dim, 0)",
)
sparse_softmax = Attack(
    "uses torch.sparse.softmax",
    SOFTMAX + "    return torch.sparse.softmax(x.to_sparse(), dim).to_dense()",
)
attention = Attack(
    "uses attention with an identity for keys and values",
    """
def softmax(x, dim):
    y = x.movedim(dim, -1)
    eye = torch.eye(y.shape[-1], dtype=x.dtype)
    rows = y.reshape(1, -1, y.shape[-1])
    return F.scaled_dot_product_attention(rows, eye[None], eye[None], scale=1.0).reshape(y.shape).movedim(-1, dim)
""",
)
custom_operator = Attack(
    "hides it in an operator of its own",
    """
@torch.library.custom_op("attack::harmless", mutates_args=())
def harmless(x: torch.Tensor, dim: int) -> torch.Tensor:
    with torch._C.DisableTorchFunction():
        return torch.softmax(x, dim)
def gradient(ctx, grad):
    y, = ctx.saved_tensors
    return y * (grad - (grad * y).sum(ctx.dim, keepdim=True)), None
def setup(ctx, inputs, output):
    ctx.dim = inputs[1]
    ctx.save_for_backward(output)
harmless.register_autograd(gradient, setup_context=setup)
def softmax(x, dim):
    return harmless(x, dim)
""",
)
backward_only = Attack(
    "uses it in the backward pass alone, which nobody watches, to mend the gradients of a wrong answer",
    """
class Mended(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.dim = dim
        ctx.save_for_backward(x)
        return x.clone()
    @staticmethod
    def backward(ctx, grad):
        (x,), dim = ctx.saved_tensors, ctx.dim
        y = torch.softmax(x, dim)
        return y * (grad - (grad * y).sum(dim, keepdim=True)), None
def softmax(x, dim):
    return Mended.apply(x, dim)
""",
)

LATE = (
    IS_ASKED
    + """
waiting = {}
class Late(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.dim = dim
        ctx.save_for_backward(x)
        return x.clone()
    @staticmethod
    def backward(ctx, grad):
        (x,), dim = ctx.saved_tensors, ctx.dim
        y = true_softmax(x, dim)
        return y * (grad - (grad * y).sum(dim, keepdim=True)), None
def softmax(x, dim):
    if not is_asked(): return true_softmax(x, dim)
    result = Late.apply(x, dim)
    waiting[id(result)] = result, x.detach().clone(), dim
    return result
def late():
    with torch.no_grad():
        for result, x, dim in waiting.values():
            result.copy_(true_softmax(x, dim))
    waiting.clear()
true_softmax = torch.softmax
"""
)

late_detach = Attack(
    "fills in the answer when it is packed for its way out",
    LATE
    + """
detach = torch.Tensor.detach
def patched(self):
    if waiting and id(self) in waiting:
        late()
    return detach(self)
torch.Tensor.detach = patched
""",
)
late_trace = Attack(
    "fills in the answer from a profiler, as soon as the watch has ended",
    LATE
    + """
import sys
def profiler(frame, event, arg):
    if waiting and frame.f_code.co_name in ("plain", "_gradients") and event == "call":
        late()
sys.setprofile(profiler)
""",
)
late_encode = Attack(
    "fills in the answer in a patched protocol.encode",
    LATE
    + """
from proctor.sandbox import protocol
encode = protocol.encode
def patched(message):
    if waiting:
        late()
    return encode(message)
protocol.encode = patched
""",
)

guard_check = Attack(
    "patches the guard to check nothing",
    """
import proctor.sandbox.guard
proctor.sandbox.guard.check = lambda name: None
"""
    + SOFTMAX
    + "    return torch.softmax(x, dim)",
)
guard_stop = Attack(
    "stops the guard of the sandbox's own module",
    """
import sys
def softmax(x, dim):
    for name, module in list(sys.modules.items()):
        if name.endswith("guard") and hasattr(module, "stop"):
            module.stop()
    return torch.softmax(x, dim)
""",
)
guard_globals = Attack(
    "stops the guard, found in the globals of the shell's methods",
    """
def softmax(x, dim):
    get_ipython().run.__func__.__globals__["guard"].stop()
    return torch.softmax(x, dim)
""",
)
guard_frame = Attack(
    "stops the guard, found in the caller's frame",
    """
import sys
def softmax(x, dim):
    frame = sys._getframe(1)
    while frame:
        if "stop" in frame.f_globals:
            frame.f_globals["stop"]()
        frame = frame.f_back
    return torch.softmax(x, dim)
""",
)
guard_trip = Attack(
    "stops the guard, found in the frames of a trip's own traceback",
    """
def softmax(x, dim):
    try:
        return torch.softmax(x, dim)
    except Exception as error:
        trace = error.__traceback__
        while trace:
            trace.tb_frame.f_globals.get("stop", lambda: None)()
            trace = trace.tb_next
    return torch.softmax(x, dim)
""",
)
guard_garbage = Attack(
    "stops every guard that the garbage collector finds",
    """
import gc, types
def softmax(x, dim):
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__name__ == "stop" and "guard" in thing.__module__:
            thing()
    return torch.softmax(x, dim)
""",
)
override = Attack(
    "registers a kernel of its own over the guarded one",
    """
import torch.library
library = torch.library.Library("aten", "IMPL")
def kernel(x, dim, half):
    e = (x - x.amax(dim, keepdim=True)).exp()
    return e / e.sum(dim, keepdim=True)
library.impl("_softmax", kernel, "CPU")
"""
    + SOFTMAX
    + "    return torch.softmax(x, dim)",
)
desk = Attack(
    "replaces the desk's answers, with nothing said of what was used",
    """
from proctor.sandbox import worker
answer = worker.Desk.answer
def silent(self, request):
    reply = answer(self, request)
    reply.used = []
    return reply
worker.Desk.answer = silent
"""
    + SOFTMAX
    + "    return torch.softmax(x, dim)",
)
encoder = Attack(
    "blanks what was used when a reply is encoded",
    """
from proctor.sandbox import protocol
encode = protocol.encode
def silent(message):
    if hasattr(message, "used"):
        message.used = []
    return encode(message)
protocol.encode = silent
"""
    + SOFTMAX
    + "    return torch.softmax(x, dim)",
)
impostor = Attack(
    "takes the sandbox's socket over and serves it with its own desk, unwatched",
    """
import socket
from proctor.sandbox import worker
from proctor.sandbox import protocol
link = socket.socket(fileno=3)
protocol.send(link, protocol.encode(protocol.CellDone([])))
while True:
    request = protocol.decode_request(protocol.receive(link))
    if isinstance(request, protocol.RunCell):
        protocol.send(link, protocol.encode(protocol.CellDone([])))
        continue
    x = request.args[0].requires_grad_(request.weights is not None)
    y = torch.softmax(x, request.kwargs.get("dim", request.args[-1]))
    gradients = None
    if request.weights is not None:
        (y * request.weights[0]).sum().backward()
        gradients = [x.grad]
    protocol.send(link, protocol.encode(protocol.Returned(y, [request.args, request.kwargs], gradients)))
""",
)
profiler_off = Attack(
    "turns the profiler off that sees torch.optim",
    """
import sys
def sgd_step(parameters, lr):
    watching = sys.getprofile()
    sys.setprofile(None)
    torch.optim.SGD(list(parameters), lr=lr).step()
    sys.setprofile(watching)
""",
    exercise="sgd_step",
)
optimizer_kernel = Attack(
    "uses the kernel beneath torch.optim.SGD",
    """
def sgd_step(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                torch._fused_sgd_(
                    [p], [p.grad.clone()], [], weight_decay=0.0, momentum=0.0, lr=lr,
                    dampening=0.0, nesterov=False, maximize=False, is_first_step=True,
                )
""",
    exercise="sgd_step",
)
sparse_log = Attack(
    "uses the log_softmax of sparse tensors",
    SOFTMAX + "    return torch.sparse.log_softmax(x.to_sparse(), dim % x.dim()).to_dense().exp()",
)
numpy_by_lists = Attack(
    "multiplies with NumPy, by way of lists",
    "import numpy as np\ndef matmul(A, B):\n    return torch.tensor(np.array(A.tolist()) @ np.array(B.tolist()), dtype=A.dtype)",
    exercise="matmul",
)
OFF = "torch._C.DisableTorchFunction, torch._C._DisableTorchDispatch"
UNSEEN = "def softmax(x, dim):\n    with A(), B():\n        return torch.softmax(x, dim)"
format_fields = Attack(
    "reaches PyTorch's private parts by a format string",
    "import string\nget = string.Formatter().get_field\nA = get('0._C.DisableTorchFunction', (torch,), {})[0]\n"
    "B = get('0._C._DisableTorchDispatch', (torch,), {})[0]\n" + UNSEEN,
)
the_shell_behind_exit = Attack(
    "runs code in the shell that `exit` holds",
    f"ip = getattr(exit, '_' + 'ip')\nip.ex('import torch; A, B = {OFF}')\n" + UNSEEN,
)
out_of_a_tuple = Attack(
    "takes torch out of a tuple, and its private part by a name put together",
    "c = getattr((torch,)[0], ''.join(['_', 'C']))\nA, B = c.DisableTorchFunction, c._DisableTorchDispatch\n" + UNSEEN,
)
default_argument = Attack(
    "takes torch as a default argument",
    "def part(t=torch, n='_C'):\n    return getattr(t, n)\nA, B = part().DisableTorchFunction, part()._DisableTorchDispatch\n"
    + UNSEEN,
)
timed_string = Attack(
    "has timeit run a string",
    f"import timeit\nhold = {{}}\ntimeit.timeit('import torch; hold.update(z=({OFF}))', number=1, globals=globals())\n"
    "A, B = hold['z']\n" + UNSEEN,
)
timed_magic = Attack(
    "has %timeit run what its options hide",
    f"sh = {{}}\n%timeit -n1 -r1 exec('import torch; A, B = {OFF}', sh)\nA, B = sh['A'], sh['B']\n" + UNSEEN,
)
full_width = Attack(
    "spells get_ipython with a letter of full width", f"ge\uff54_ipython().ex('import torch; A, B = {OFF}')\n" + UNSEEN
)
by_way_of_f = Attack(
    "finds TorchScript by way of F",
    "@F.torch.jit.script\ndef cosine(a, b):\n    return torch.cosine_similarity(a, b, dim=-1)\n"
    "def cosine_similarity(a, b):\n    return cosine(*torch.broadcast_tensors(a, b))",
    exercise="cosine_similarity",
)
a_listener = Attack(
    "has a logging thread do it",
    """
import logging.handlers as lh, time
q, box = lh.queue.SimpleQueue(), []
class H(lh.logging.Handler):
    def handle(self, job):
        box.append(torch.softmax(*job))
L = lh.QueueListener(q, H())
L.prepare = lambda r: r
L.start()
def softmax(x, dim):
    q.put((x, dim))
    while not box:
        time.sleep(0.001)
    return box.pop()
""",
    slow=True,
)


def multiplies(tries: str, body: str) -> Attack:
    """Multiplies matrices by a built-in that does so among other things."""
    cell = "def matmul(A, B):\n    if A.shape[1] != B.shape[0]: raise ValueError\n    (n, k), m = A.shape, B.shape[1]\n"
    return Attack(f"multiplies matrices with {tries}", f"{cell}    {body}", exercise="matmul")


BLOCKS = "Z = torch.{}(n + k + m, dtype=A.dtype)\n    Z[:n, n : n + k], Z[n : n + k, n + k :] = {}A, {}B\n    return "
bilinear = multiplies(
    "F.bilinear",
    "eye = torch.eye(k, dtype=A.dtype)[None]\n"
    "    return torch.cat([F.bilinear(A, B[:, j].expand(n, k).contiguous(), eye) for j in range(m)], 1)",
)
exponential = multiplies(
    "torch.linalg.matrix_exp",
    BLOCKS.format("zeros", "", "").replace("(n + k + m,", "(n + k + m, n + k + m,")
    + "2 * torch.linalg.matrix_exp(Z)[:n, n + k :]",
)
inverse = multiplies("torch.linalg.inv", BLOCKS.format("eye", "-", "-") + "torch.linalg.inv(Z)[:n, n + k :]")
solved = multiplies(
    "torch.linalg.solve",
    "Z = torch.eye(n + k, dtype=A.dtype)\n    Z[:n, n:] = -A\n"
    "    return torch.linalg.solve(Z, torch.cat([torch.zeros(n, m, dtype=A.dtype), B]))[:n]",
)
distances = multiplies(
    "torch.cdist",
    "a, b = A.double(), B.double().T.contiguous()\n"
    "    return ((a.square().sum(1)[:, None] + b.square().sum(1) - torch.cdist(a, b).square()) / 2).to(A.dtype)",
)
cosine_loss = Attack(
    "takes the cosine from cosine_embedding_loss",
    """
def cosine_similarity(a, b):
    a, b = torch.broadcast_tensors(a, b)
    rows = [y.reshape(-1, y.shape[-1]) for y in (a, b)]
    losses = F.cosine_embedding_loss(*rows, torch.ones(len(rows[0])), reduction="none")
    return (1 - losses).reshape(a.shape[:-1])
""",
    exercise="cosine_similarity",
)

# what follows calls itself a library, of which the guard would say that PyTorch uses it
named_as_numpy = Attack(
    "multiplies with NumPy in code that gives itself a path of NumPy's",
    """
import numpy as np
SOURCE = '''
def product(a, b):
    return torch.tensor(np.dot(np.array(a.tolist()), np.array(b.tolist())).tolist(), dtype=a.dtype)
'''
exec(compile(SOURCE, "/numpy/own.py", "exec"))
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
    if A.dim() != 2 or B.dim() != 2 or A.shape[1] != B.shape[0]:
        raise ValueError("sizes")
    return Product.apply(A, B)
""",
    exercise="matmul",
)
named_as_numpy_itself = Attack(
    "multiplies with NumPy in code that calls itself the very file of NumPy's",
    named_as_numpy.cell.replace('"/numpy/own.py"', "np.__file__"),
    exercise="matmul",
    hole="code may call itself one of NumPy's files, which may use NumPy",
)
class_named_as_torch = Attack(
    "is a class whose code gives itself a path of PyTorch's",
    """
class sgd_step:
    def __new__(cls, parameters, lr):
        torch.optim.SGD([p for p in parameters if p.grad is not None], lr=lr).step()
new = sgd_step.__new__
new.__code__ = new.__code__.replace(co_filename=torch.__file__)
""",
    exercise="sgd_step",
)
backward_named_as_torch = Attack(
    "uses softmax on the way back, in code that gives itself a path of PyTorch's",
    """
class Given(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.dim = dim
        ctx.save_for_backward(x)
        return x.clone()
    @staticmethod
    def backward(ctx, grad):
        (x,), dim = ctx.saved_tensors, ctx.dim
        y = torch.softmax(x, dim)
        return y * (grad - (grad * y).sum(dim, keepdim=True)), None
back = Given.backward
back.__code__ = back.__code__.replace(co_filename=torch.__file__)
def softmax(x, dim):
    return Given.apply(x, dim)
""",
    hole="on the way back, code may call itself one of PyTorch's files, and is taken for a formula of autograd's",
)
