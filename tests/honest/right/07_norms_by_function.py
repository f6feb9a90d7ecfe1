# assignment: 07-tiny-llm
# what: norms by F.layer_norm with the weights of the block's own nn.LayerNorm, a row to spare, token rows times sqrt(D)

# %% solution Block
class Block(nn.Module):
    """Holds two nn.LayerNorm and never calls them as modules."""

    def __init__(self, d_model: int, n_heads: int):
        super().__init__()
        self.ln1 = nn.LayerNorm(d_model)
        self.ln2 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = F.layer_norm(x, self.ln1.normalized_shape, self.ln1.weight, self.ln1.bias, self.ln1.eps)
        x = x + self.attention(h)
        h = F.layer_norm(x, self.ln2.normalized_shape, self.ln2.weight, self.ln2.bias, self.ln2.eps)
        return x + self.mlp(h)

# %% solution TinyTransformer
class TinyTransformer(nn.Module):
    """The last row of the table of positions is to spare."""

    def __init__(self, vocab_size: int, d_model: int, n_heads: int, n_layers: int, max_len: int):
        super().__init__()
        self.max_len, self.scale = max_len, math.sqrt(d_model)
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len + 1, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(d_model, n_heads) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError(f"{T} tokens are too many")
        x = self.scale * self.tokens(ids) + self.positions(torch.arange(T))
        for block in self.blocks:
            x = block(x)
        return self.head(F.layer_norm(x, x.shape[-1:], self.norm.weight, self.norm.bias))
