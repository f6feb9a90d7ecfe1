# assignment: 07-tiny-llm
# what: pastes split_heads, merge_heads and the masked softmax from the earlier notebooks, and builds on them

# %% before SelfAttention
def split_heads(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D must be divisible by n_heads")
    return x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


def merge_heads(x):
    B, H, T, d = x.shape
    return x.transpose(1, 2).reshape(B, T, H * d)


def softmax(x, dim):
    e = torch.exp(x - x.max(dim=dim, keepdim=True).values)
    return e / e.sum(dim=dim, keepdim=True)


def causal_attention_weights(scores):
    T = scores.shape[-1]
    keep = torch.tril(torch.ones(T, T, dtype=torch.bool))
    return softmax(scores.masked_fill(~keep, float("-inf")), dim=-1)

# %% solution causal_mix
def causal_mix(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)  # was 2!
    return scores.masked_fill(future, -math.inf).softmax(dim=-1) @ v

# %% solution SelfAttention
class SelfAttention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError("d_model must be divisible by n_heads")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        q = split_heads(self.W_q(x), self.n_heads)
        k = split_heads(self.W_k(x), self.n_heads)
        v = split_heads(self.W_v(x), self.n_heads)
        weights = causal_attention_weights(q @ k.mT / q.shape[-1] ** 0.5)
        return self.W_o(merge_heads(weights @ v))
