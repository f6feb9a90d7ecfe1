# assignment: 07-tiny-llm
# what: leaves the leak as it is and the last two exercises blank, and runs out of time
# loses: causal_mix, TinyTransformer, predict_wall

# %% solution causal_mix
def causal_mix(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=2)
    return scores.masked_fill(future, -math.inf).softmax(dim=-1) @ v

# %% solution TinyTransformer
# TODO

# %% solution predict_wall
predict_wall = ...
