# assignment: 07-tiny-llm
# what: SelfAttention calls causal_mix, and the model has its blocks in a ModuleList

# %% solution SelfAttention
class SelfAttention(nn.Module):
    def __init__(self, d_model, n_heads):
        if d_model % n_heads:
            raise ValueError(f"{d_model} isn't a multiple of {n_heads}")
        super().__init__()
        self.heads = n_heads
        for name in ("W_q", "W_k", "W_v", "W_o"):
            setattr(self, name, nn.Linear(d_model, d_model))

    def forward(self, x):
        parts = [W(x).unflatten(-1, (self.heads, -1)).movedim(-2, -3) for W in (self.W_q, self.W_k, self.W_v)]
        return self.W_o(causal_mix(*parts).movedim(-3, -2).flatten(-2))

# %% solution TinyTransformer
class TinyTransformer(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.tok = nn.Embedding(vocab_size, d_model)
        self.pos = nn.Embedding(max_len, d_model)
        self.blocks = nn.ModuleList(Block(d_model, n_heads) for _ in range(n_layers))
        self.ln = nn.LayerNorm(d_model)
        self.out = nn.Linear(d_model, vocab_size)
        for emb in (self.tok, self.pos):
            nn.init.normal_(emb.weight, std=0.02)

    def forward(self, idx):
        if idx.size(1) > self.pos.num_embeddings:
            raise ValueError("too long")
        x = self.tok(idx) + self.pos.weight[: idx.size(1)]
        for block in self.blocks:
            x = block(x)
        return self.out(self.ln(x))
