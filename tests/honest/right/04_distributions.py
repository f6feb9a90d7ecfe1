# assignment: 04-cross-entropy
# what: a statistician: leaves the work to torch.distributions

# %% before negative_log_likelihood
from torch.distributions import Categorical

Categorical(probs=torch.tensor([0.5, 0.25, 0.25])).entropy()

# %% solution cross_entropy_between
def cross_entropy_between(p, q):
    surprise = torch.where(p > 0, q, torch.ones_like(q)).log().neg()
    return (p * surprise).sum(-1)   # = E_p[surprise]

# %% solution cross_entropy
def cross_entropy(logits, targets):
    return -Categorical(logits=logits).log_prob(targets).mean()

# %% solution uniform_loss
def uniform_loss(vocab_size):
    if vocab_size <= 0:
        raise ValueError("empty vocabulary")
    return -math.log(1 / vocab_size)
