# assignment: 04-cross-entropy
# what: comes from Java: every answer is an object of a class with __call__

# %% solution negative_log_likelihood
class NegativeLogLikelihood:
    def __call__(self, probs, target):
        return torch.neg(torch.log(probs.select(0, target)))


negative_log_likelihood = NegativeLogLikelihood()

# %% solution cross_entropy
class CrossEntropy:
    calls = 0

    def __init__(self, dim=-1):
        self._dim = dim

    def _right(self, logits, targets):
        return logits.gather(self._dim, targets.unsqueeze(self._dim)).squeeze(self._dim)

    def __call__(self, logits, targets):
        CrossEntropy.calls += 1
        return torch.mean(logits.logsumexp(self._dim) - self._right(logits, targets))

    def __repr__(self):
        return f"<CrossEntropy called {self.calls} times>"


cross_entropy = CrossEntropy()

# %% after cross_entropy_gradients
cross_entropy

# %% solution perplexity
class Perplexity:
    def __init__(self, loss):
        self._loss = loss

    def __call__(self, logits, targets):
        return self._loss(logits, targets).exp()


perplexity = Perplexity(cross_entropy)
