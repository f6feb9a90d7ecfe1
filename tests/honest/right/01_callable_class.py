# assignment: 01-vectors
# what: the answers are instances of classes with __call__, configured by a dataclass

# %% before cosine_similarity
from dataclasses import dataclass

@dataclass
class CosineConfig:
    dim: int = -1
    eps: float = 1e-30

# %% solution cosine_similarity
class Cosine:
    def __init__(self, config):
        self.config = config

    def __call__(self, a, b):
        d = self.config.dim
        squares = a.pow(2).sum(d) * b.pow(2).sum(d)
        return (a * b).sum(d) * torch.rsqrt(squares.clamp(min=self.config.eps))

cosine_similarity = Cosine(CosineConfig())

# %% solution most_similar
class Search:
    """Finds neighbours; remembers how often it was asked."""
    calls = 0

    def __call__(self, query, table, k):
        self.calls += 1
        V = table.size(0)
        if k <= 0 or k > V:
            raise ValueError(f"1 <= k <= {V}, please")
        return torch.argsort(-cosine_similarity(query, table))[0:k]

most_similar = Search()
