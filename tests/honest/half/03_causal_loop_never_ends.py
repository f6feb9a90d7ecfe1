# assignment: 03-softmax
# what: causal_attention_weights has a loop without an end, and the figure below calls it too
# loses: causal_attention_weights

# %% solution causal_attention_weights
def causal_attention_weights(scores):
    T = scores.shape[-1]
    t, rows = 0, []
    while True:
        if t == T + 1:
            break
    return torch.stack(rows, -2)

# %% solution sample_next_token
def sample_next_token(logits, temperature, generator):
    z = logits[:, -1] / temperature
    noise = torch.empty_like(z, dtype=torch.float64).exponential_(generator=generator)
    return (z - noise.log()).argmax(-1)
