# assignment: 04-cross-entropy
# what: prints in every answer and stops the time with %%time and %timeit

# %% solution negative_log_likelihood
%%time
def negative_log_likelihood(probs, target):
    p = probs[target]
    print(f"p[{target}] = {p.item():.4f}")
    return -p.log()

# %% solution cross_entropy
%%time
def cross_entropy(logits, targets):
    print("logits", logits.shape, "targets", targets.shape)
    shifted = logits - logits.amax(dim=-1, keepdim=True)
    print("largest after shift:", shifted.max().item())
    log_sum = shifted.exp().sum(dim=-1).log()
    right = torch.take_along_dim(shifted, targets[..., None], dim=-1)[..., 0]
    print(log_sum, right)
    return (log_sum - right).mean()

# %% after cross_entropy
%timeit -n 3 -r 2 cross_entropy(torch.randn(2, 3, 5), torch.randint(5, (2, 3)))

# %% after perplexity
import time
t0 = time.perf_counter()
time.sleep(0.2)
print(perplexity(torch.zeros(4, 3), torch.tensor([0, 1, 2, 0])), time.perf_counter() - t0, "s")
