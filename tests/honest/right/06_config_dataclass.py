# assignment: 06-training-loop
# what: keeps sizes in a config dataclass, the layers in a ModuleList, and gives the model extra methods; its `forward` calls its argument `idx`, as many models do

# %% before TinyLM
from dataclasses import dataclass, replace

@dataclass(frozen=True)
class Config:
    vocab_size: int = 65
    d_model: int = 32
    widening: int = 4

    @property
    def hidden(self):
        return self.widening * self.d_model

# %% solution TinyLM
class TinyLM(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self._cfg = cfg = Config(vocab_size, d_model)
        self.wte = nn.Embedding(cfg.vocab_size, cfg.d_model)
        self.mlp = nn.ModuleList([nn.Linear(cfg.d_model, cfg.hidden), nn.Linear(cfg.hidden, cfg.vocab_size)])
        self.apply(self._init)

    @staticmethod
    def _init(module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=0.1)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)

    def num_params(self):
        return sum(p.numel() for p in self.parameters())

    def forward(self, idx):
        up, down = self.mlp
        return down(F.gelu(up(self.wte(idx))))

    def loss(self, ids, targets):
        return F.cross_entropy(self(ids).flatten(0, 1), targets.flatten())

# %% after TinyLM_start
m = TinyLM(V, 8)
print(m, m.num_params(), m._cfg, replace(m._cfg, d_model=64))
vars(m).keys(), m.__dict__["_modules"].keys()
