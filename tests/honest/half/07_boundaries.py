# assignment: 07-tiny-llm
# what: a single head is squeezed away, and a text of exactly max_len tokens is refused; all else is right
# loses: SelfAttention, TinyTransformer

# %% solution SelfAttention
class SelfAttention(nn.Module):
    def __init__(self, d_model: int, n_heads: int):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, D = x.shape
        q, k, v = (W(x).view(B, T, self.n_heads, -1).squeeze(2).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.W_o(mixed.transpose(1, 2).reshape(B, T, D))

# %% solution TinyTransformer
class TinyTransformer(nn.Module):
    def __init__(self, vocab_size: int, d_model: int, n_heads: int, n_layers: int, max_len: int):
        super().__init__()
        self.max_len = max_len
        self.tokens, self.positions = nn.Embedding(vocab_size, d_model), nn.Embedding(max_len, d_model)
        for table in (self.tokens, self.positions):
            nn.init.normal_(table.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        T = ids.shape[1]
        if not T < self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))
