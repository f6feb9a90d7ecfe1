# assignment: 07-tiny-llm
# what: a config dataclass, apply(init_weights) over the whole model, position ids as a buffer

# %% before TinyTransformer
from dataclasses import dataclass


@dataclass
class Config:
    vocab_size: int
    d_model: int = 64
    n_heads: int = 4
    n_layers: int = 1
    max_len: int = 32


def init_weights(module):
    if isinstance(module, (nn.Linear, nn.Embedding)):
        torch.nn.init.normal_(module.weight, mean=0.0, std=0.02)
    if isinstance(module, nn.Linear) and module.bias is not None:
        torch.nn.init.zeros_(module.bias)

# %% solution TinyTransformer
class TinyTransformer(nn.Module):
    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.config = Config(vocab_size, d_model, n_heads, n_layers, max_len)
        self.transformer = nn.ModuleDict(
            dict(
                wte=nn.Embedding(vocab_size, d_model),
                wpe=nn.Embedding(max_len, d_model),
                h=nn.ModuleList([Block(d_model, n_heads) for _ in range(n_layers)]),
                ln_f=nn.LayerNorm(d_model),
            )
        )
        self.lm_head = nn.Linear(d_model, vocab_size, bias=False)
        self.register_buffer("place", torch.arange(max_len), persistent=False)
        self.apply(init_weights)
        print(f"number of parameters: {sum(p.numel() for p in self.parameters()):,}")

    def forward(self, idx: torch.Tensor):
        _, t = idx.shape
        if t > self.config.max_len:
            raise ValueError("sequence too long")
        x = self.transformer.wte(idx) + self.transformer.wpe(self.place[:t])
        for block in self.transformer.h:
            x = block(x)
        return self.lm_head(self.transformer.ln_f(x))
