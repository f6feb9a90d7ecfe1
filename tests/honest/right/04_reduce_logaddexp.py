# assignment: 04-cross-entropy
# what: a functional programmer: reduce, starmap, operator, and one-line lambdas with type hints

# %% before negative_log_likelihood
from collections.abc import Callable
from functools import reduce, partial
from operator import itemgetter, neg
compose = lambda *fs: reduce(lambda f, g: lambda *a: g(f(*a)), fs)

# %% solution negative_log_likelihood
negative_log_likelihood: Callable[[torch.Tensor, int], torch.Tensor] = (
    lambda probs, target: compose(itemgetter(target), torch.log, neg)(probs)
)

# %% solution cross_entropy_between
cross_entropy_between = lambda p, q: neg(reduce(torch.add, map(torch.xlogy, p.unbind(-1), q.unbind(-1))))

# %% solution cross_entropy
cross_entropy = lambda logits, targets: (
    reduce(torch.logaddexp, logits.unbind(-1)) - logits.take_along_dim(targets[..., None], -1)[..., 0]
).mean()

# %% solution perplexity
perplexity = lambda logits, targets: compose(cross_entropy, torch.exp)(logits, targets)
