# assignment: 07-tiny-llm
# what: makes tensors on the default device, and ends with a large model on meta, whose parameters it counts

# %% solution causal_mix
def causal_mix(q, k, v):
    T = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    allowed = torch.ones(T, T, dtype=torch.bool, device=torch.get_default_device()).tril()
    return torch.softmax(scores.masked_fill(~allowed, -math.inf), -1) @ v

# %% last
torch.set_default_device("meta")
gpt2 = TinyTransformer(vocab_size=50257, d_model=768, n_heads=12, n_layers=12, max_len=1024)
print(sum(p.numel() for p in gpt2.parameters()))
