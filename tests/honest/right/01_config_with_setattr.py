# assignment: 01-vectors
# what: an empty config class, filled with setattr and by attributes, that the answers read

# %% after setup
class Config:
    pass

cfg = Config()
for k, v in {"dim": 1, "eps": 1e-12, "verbose": False}.items():
    setattr(cfg, k, v)
cfg.max = 10
cfg._seen = 0
print(vars(cfg), cfg.__dict__.keys(), getattr(cfg, "eps"))

# %% solution last_token
def last_token(hidden):
    cfg._seen += 1
    if cfg.verbose:
        print(hidden)
    return hidden.narrow(cfg.dim, hidden.size(cfg.dim) - 1, 1).squeeze(cfg.dim)

# %% after last_token_gradients
cfg.eps = 1e-20
print("last_token was called", cfg._seen, "times")

# %% solution cosine_similarity
def cosine_similarity(a, b):
    norms = a.norm(dim=-1) * b.norm(dim=-1)
    return (a * b).sum(-1) / norms.clamp(min=cfg.eps)
