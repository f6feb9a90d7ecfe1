"""Built-ins that an exercise rules out, used where nobody is meant to see it: one attack for each technique."""

from attack import IS_ASKED, Attack

SOFTMAX = "def softmax(x, dim):\n"
plainly = Attack("uses torch.softmax", SOFTMAX + "    return torch.softmax(x, dim)")
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
desk = Attack(
    "replaces the desk's answers, with nothing said of what was used",
    """
from proctor.sandbox import worker
answer = worker.RequestHandler.answer
def silent(self, request):
    reply = answer(self, request)
    reply.used = []
    return reply
worker.RequestHandler.answer = silent
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
numpy_by_lists = Attack(
    "multiplies with NumPy, by way of lists",
    "import numpy as np\ndef matmul(A, B):\n    return torch.tensor(np.array(A.tolist()) @ np.array(B.tolist()), dtype=A.dtype)",
    exercise="matmul",
)
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
in_a_finaliser = Attack(
    "uses it in a finaliser, when a sparse tensor is cleared",
    """
class Last(bytearray):
    def __del__(self): self.f()
def at_last(f):
    box, last = [], Last(8)
    last.f = lambda: box.append(f())
    held = [torch.frombuffer(last, dtype=torch.float32)]
    del last
    torch.sparse_coo_tensor(torch.tensor([[0, 1]]), held.pop(), (4,)).zero_()
    return box[0]
class Give(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, p, dim):
        ctx.dim = dim
        ctx.save_for_backward(p)
        return p.clone()
    @staticmethod
    def backward(ctx, g):
        p, = ctx.saved_tensors
        return p * (g - (g * p).sum(ctx.dim, keepdim=True)), None, None
def softmax(x, dim):
    return Give.apply(x, at_last(lambda: torch.softmax(x.detach(), dim)), dim)
""",
)
in_a_callback = Attack(
    "uses it in a function that Tensor.apply_ calls",
    """
def cosine_similarity(a, b):
    a, b = torch.broadcast_tensors(a, b)
    got = []
    torch.zeros(1).apply_(lambda _: got.append(torch.cosine_similarity(a, b, dim=-1)) or 0.0)
    return got[0]
""",
    exercise="cosine_similarity",
)
guard_out = Attack(
    "puts the guard out while it runs, found by a name that is put together",
    """
def softmax(x, dim):
    guard = getattr(get_ipython().run.__func__, "__" + "slabolg"[::-1] + "__")["guard"]
    kept, guard._forbidden = guard._forbidden, frozenset()
    try:
        return torch.softmax(x, dim)
    finally:
        guard._forbidden = kept
""",
    noted="the same bits",
)
