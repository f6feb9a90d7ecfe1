# assignment: 07-tiny-llm
# what: nucleus_probs by sorting and searching in float64, causal_mix without a mask of booleans

# %% solution causal_mix
def causal_mix(q, k, v):
    T = q.size(-2)
    mask = torch.zeros(T, T, dtype=q.dtype)
    mask[torch.triu_indices(T, T, offset=1).unbind()] = float("-inf")
    return torch.softmax(q @ k.mT / math.sqrt(q.size(-1)) + mask, -1) @ v

# %% solution nucleus_probs
def nucleus_probs(logits, p):
    if p <= 0 or p > 1:
        raise ValueError("p")
    probs = torch.softmax(logits, dim=-1)
    values, index = torch.sort(probs, dim=-1, descending=True)
    keep = torch.cat([torch.ones_like(values[..., :1]), (values.cumsum(-1) < p)[..., :-1].to(values)], -1)
    values = values * keep
    out = torch.empty_like(values).scatter(-1, index, values)
    return out / out.sum(-1, keepdim=True)
