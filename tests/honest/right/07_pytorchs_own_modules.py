# assignment: 07-tiny-llm
# what: nn.MultiheadAttention in the block, nn.TransformerEncoderLayer in the model

# %% before Block
class Mine(nn.Module):
    """nn.MultiheadAttention, made to take one tensor."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        self.mha = nn.MultiheadAttention(d_model, n_heads, batch_first=True)

    def forward(self, x):
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], dtype=x.dtype)
        return self.mha(x, x, x, attn_mask=mask, need_weights=False, is_causal=True)[0]

# %% solution Block
class Block(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Mine(d_model, n_heads)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.n1(x))
        return x + self.mlp(self.n2(x))

# %% solution TinyTransformer
class TinyTransformer(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, d_model)
        self.place = nn.Parameter(0.02 * torch.randn(max_len, d_model))
        nn.init.normal_(self.embed.weight, std=0.02)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                d_model, n_heads, 4 * d_model, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > len(self.place):
            raise ValueError(f"at most {len(self.place)} tokens")
        x = self.embed(ids) + self.place[:T]
        future = torch.full((T, T), float("-inf"), dtype=x.dtype).triu(1)
        for layer in self.layers:
            x = layer(x, src_mask=future)
        return self.head(self.norm(x))
