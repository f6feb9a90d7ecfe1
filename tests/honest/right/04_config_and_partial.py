# assignment: 04-cross-entropy
# what: has a config object that is changed by setattr and attribute writes, and answers made by partial and closures

# %% after setup
from dataclasses import dataclass, asdict
from functools import partial

@dataclass
class Config:
    dim: int = 0
    keepdim: bool = False
    _seen: int = 0

cfg = Config()
for k, v in {"dim": -1, "keepdim": True}.items():
    setattr(cfg, k, v)
cfg._seen += 1
print(asdict(cfg))

# %% solution cross_entropy
def make_loss(config):
    config._seen += 1

    def loss(logits, targets):
        lse = logits.logsumexp(config.dim, keepdim=config.keepdim)
        return (lse - logits.gather(config.dim, targets.unsqueeze(config.dim))).mean()

    return loss


cross_entropy = make_loss(cfg)

# %% solution perplexity
def _apply(logits, targets, *, loss, last):
    return last(loss(logits, targets))


perplexity = partial(_apply, loss=cross_entropy, last=torch.exp)
