# assignment: 04-cross-entropy
# what: keeps the first attempts, which use the forbidden losses, under other names and never calls them in the final answer

# %% solution cross_entropy_between
def cross_entropy_between_old(p, q):
    # KL + entropy... not allowed :(
    return F.kl_div(q.log(), p, reduction="none").sum(-1) + torch.special.entr(p).sum(-1)


def cross_entropy_between(p, q):
    log_q = torch.where(p != 0, q, 1.0).log()
    return -(p * log_q).sum(dim=-1)

# %% solution cross_entropy
def cross_entropy_old(logits, targets):
    return F.cross_entropy(logits.flatten(0, -2), targets.flatten())


def cross_entropy_v2(logits, targets):
    return F.nll_loss(F.log_softmax(logits, -1).flatten(0, -2), targets.flatten())


def cross_entropy(logits, targets):
    # v3, without any of them
    z = logits - logits.max(-1, keepdim=True).values
    return (z.exp().sum(-1).log() - z.gather(-1, targets[..., None]).squeeze(-1)).mean()

# %% after cross_entropy_gradients
for f in (cross_entropy_old, cross_entropy_v2, cross_entropy):
    print(f.__name__, f(torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(1)), torch.tensor([[0, 1, 2], [3, 4, 0]])))
