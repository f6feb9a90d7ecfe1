# assignment: 02-matmul
# what: matmul by broadcasting to (n, k, m), the rest by einsum

# %% solution matmul
def matmul(A: torch.Tensor, B: torch.Tensor) -> torch.Tensor:
    if A.size(1) != B.size(0):
        raise ValueError("A.size(1) must equal B.size(0)")
    return (A.unsqueeze(2) * B.unsqueeze(0)).sum(dim=1)

# %% solution linear
def linear(x, W, b=None):
    out = torch.einsum("...i,oi->...o", x, W)
    return out if b is None else out.add(b)

# %% solution attention_scores
def attention_scores(q, k):
    return torch.einsum("...qd,...kd->...qk", q, k) * q.size(-1) ** -0.5

# %% solution collapse
def collapse(W1, b1, W2, b2):
    W = torch.einsum("oh,hi->oi", W2, W1)
    b = torch.einsum("oh,h->o", W2, b1) + b2
    return W, b
