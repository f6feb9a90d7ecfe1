# assignment: 04-cross-entropy
# what: ends the process in perplexity, from a habit of scripts
# loses: perplexity

# %% solution perplexity
import os, sys

def perplexity(logits, targets):
    loss = cross_entropy(logits, targets)
    print("perplexity", loss.exp())
    sys.stdout.flush()
    os._exit(0)

# %% solution cross_entropy_between
def cross_entropy_between(p, q):
    return -torch.special.xlogy(p, q).sum(axis=-1)
