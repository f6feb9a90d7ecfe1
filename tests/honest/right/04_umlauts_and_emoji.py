# assignment: 04-cross-entropy
# what: a German student: Umlaute in every identifier, Greek letters, emoji in the prints

# %% solution negative_log_likelihood
def negative_log_likelihood(probs, target):
    größe = probs.shape[0]
    überraschung = -torch.log(probs[target])
    print(f"😮 {überraschung.item():.3f} bei {größe} Wörtern")
    return überraschung

# %% solution cross_entropy
def cross_entropy(logits, targets):
    """Mittlere Überraschung über alle Zeichen 🎲"""
    Σ = torch.logsumexp(logits, dim=-1)
    ŷ = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    λ = Σ - ŷ
    return λ.mean()

# %% solution perplexity
ℯ = math.e

def perplexity(logits, targets):
    verlust = cross_entropy(logits, targets)
    return torch.pow(ℯ, verlust)

# %% markdown after perplexity
Perplexität = wie viele Würfelseiten 🎲 das Modell sieht. Fertig! ✅
