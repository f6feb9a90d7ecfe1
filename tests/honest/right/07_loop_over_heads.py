# assignment: 07-tiny-llm
# what: a Python loop over the heads, slices and cat; a Block with an Mlp class; prints shapes everywhere

# %% solution SelfAttention
class SelfAttention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError("does not divide")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        print("x", x.shape)
        T, d = x.shape[1], x.shape[2] // self.n_heads
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        results = []
        for h in range(self.n_heads):
            part = slice(h * d, (h + 1) * d)
            scores = torch.einsum("btd,bsd->bts", q[..., part], k[..., part]) / d**0.5
            scores = scores + torch.full((T, T), float("-inf")).triu(1)
            results.append(torch.einsum("bts,bsd->btd", scores.softmax(-1), v[..., part]))
        return self.W_o(torch.cat(results, dim=-1))

# %% before Block
class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))

# %% solution Block
class Block(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.attention, self.mlp = SelfAttention(d_model, n_heads), Mlp(d_model)
        self.norms = nn.ModuleList([nn.LayerNorm(d_model), nn.LayerNorm(d_model)])

    def forward(self, x):
        a = self.attention(self.norms[0](x))
        print("attention gave", a.shape)
        y = x + a
        return y + self.mlp(self.norms[1](y))
