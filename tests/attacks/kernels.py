"""A forbidden kernel run where no mode is on and no profiler looks: below another operation, or in a finaliser."""

from attack import Attack

LOSSES = """
def hidden(x, dim):  # softmax, made of another built-in that has the forbidden kernel below it
    y = x.movedim(dim, -1)
    flat = y.reshape(-1, y.shape[-1])
    each = [F.cross_entropy(flat, torch.full((len(flat),), j), reduction="none") for j in range(flat.shape[1])]
    return torch.exp(-torch.stack(each, -1)).reshape(y.shape).movedim(-1, dim)
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
"""
PRODUCT = """
class Give(torch.autograd.Function):
    @staticmethod
    def forward(ctx, A, B, p):
        ctx.save_for_backward(A, B)
        return p.clone()
    @staticmethod
    def backward(ctx, g):
        A, B = ctx.saved_tensors
        return (g[:, None] * B).sum(2), (A[:, :, None] * g[:, None]).sum(0), None
"""
FINALLY = """
class Last(bytearray):
    def __del__(self): self.f()
def at_last(f):
    box, last = [], Last(8)
    last.f = lambda: box.append(f())
    held = [torch.frombuffer(last, dtype=torch.float32)]
    del last
    FREE
    return box[0]
"""
SPARSE = FINALLY.replace("FREE", "torch.sparse_coo_tensor(torch.tensor([[0, 1]]), held.pop(), (4,)).zero_()")
SET = FINALLY.replace("FREE", "held.pop().set_(torch.empty(1))")
GENERATOR = """
class Last(bytearray):
    pass
def at_last(f):
    box, last = [], Last(8)
    def late():
        try:
            yield
        finally:
            box.append(f())
    last.g = late()
    next(last.g)
    held = [torch.frombuffer(last, dtype=torch.float32)]
    del last
    torch.sparse_coo_tensor(torch.tensor([[0, 1]]), held.pop(), (4,)).zero_()
    return box[0]
"""
GIVEN = "\ndef softmax(x, dim): return Give.apply(x, at_last(lambda: hidden(x.detach(), dim)), dim)"
PLAIN = "\ndef softmax(x, dim): return Give.apply(x, at_last(lambda: torch.softmax(x.detach(), dim)), dim)"


def product(tries: str, how: str) -> Attack:
    return Attack(
        tries,
        f"""{PRODUCT}
def matmul(A, B):
    if A.shape[1] != B.shape[0]: raise ValueError
    with torch.inference_mode():
        p = {how}
    return Give.apply(A, B, p.clone())
""",
        exercise="matmul",
    )


inference = Attack(
    "softmax out of cross-entropies, in inference mode",
    LOSSES
    + "\ndef softmax(x, dim):\n    with torch.inference_mode(): p = hidden(x, dim)\n    return Give.apply(x, p.clone(), dim)",
)
set_away = Attack("the same in a finaliser, when a tensor is set to another memory", LOSSES + SET + GIVEN)
zeroed = Attack("the same in a finaliser, when a sparse tensor is cleared", LOSSES + SPARSE + GIVEN)
zeroed_softmax = Attack("softmax itself in that finaliser", LOSSES + SPARSE + PLAIN)
generator = Attack("softmax itself where a generator ends", LOSSES + GENERATOR + PLAIN)
product_in_a_finaliser = Attack(
    "a matrix product in a finaliser",
    PRODUCT
    + SPARSE
    + "\ndef matmul(A, B):\n    if A.shape[1] != B.shape[0]: raise ValueError\n    return Give.apply(A, B, at_last(lambda: A.detach() @ B.detach()))",
    exercise="matmul",
)
bilinear = product(
    "a bilinear layer in inference mode", "F.bilinear(torch.ones(len(A), 1).to(A), A, B.T[:, None].contiguous())"
)
covariance = product(
    "a covariance in inference mode",
    "(lambda Z: torch.cov(Z - Z.mean(1, keepdim=True)) * (Z.shape[1] - 1))(torch.cat([torch.cat([A, -A], 1), torch.cat([B.T, -B.T], 1)]))[:len(A), len(A):] / 2",
)
cosine_in_a_finaliser = Attack(
    "cosine_similarity in a finaliser",
    SPARSE
    + "\ndef cosine_similarity(a, b): return at_last(lambda: F.cosine_similarity(*torch.broadcast_tensors(a, b), dim=-1))",
    exercise="cosine_similarity",
)
linear_in_a_finaliser = Attack(
    "a linear layer in a finaliser",
    SPARSE + "\ndef linear(x, W, b=None): return at_last(lambda: F.linear(x, W, b))",
    exercise="linear",
)
embedding_in_a_finaliser = Attack(
    "an embedding in a finaliser",
    SPARSE + "\ndef embed(token_ids, table): return at_last(lambda: F.embedding(token_ids, table))",
    exercise="embed",
)
cross_entropy_in_a_finaliser = Attack(
    "the cross-entropy in a finaliser",
    SPARSE
    + "\ndef cross_entropy(logits, targets): return at_last(lambda: F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)))",
    exercise="cross_entropy",
)
in_backward = Attack(
    "a matrix product in a backward pass of one's own, out of a covariance",
    """
class Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, A, B):
        ctx.save_for_backward(A, B)
        return (A[:, :, None] * B).sum(1)
    @staticmethod
    def backward(ctx, g):
        A, B = ctx.saved_tensors
        def product(x, y):
            Z = torch.cat([torch.cat([x, -x], 1), torch.cat([y.T, -y.T], 1)])
            return (torch.cov(Z) * (Z.shape[1] - 1))[: len(x), len(x) :] / 2
        return product(g, B.T), product(A.T, g)
def matmul(A, B):
    if A.shape[1] != B.shape[0]: raise ValueError
    return Product.apply(A, B)
""",
    exercise="matmul",
)
