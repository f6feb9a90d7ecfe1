# assignment: 02-matmul
# what: tries torch.compile and torch.jit on its functions in scratch cells

# %% solution attention_scores
def attention_scores(q, k):
    d = q.shape[-1]
    scores = q @ torch.swapaxes(k, -1, -2)
    return scores / d ** 0.5

# %% after attention_scores
try:
    fast = torch.compile(attention_scores, backend="eager")
    print(fast(torch.randn(2, 3), torch.randn(2, 3)))
except Exception as error:
    print("no compiler:", error)

# %% after attention_scores_leading
@torch.jit.script
def scripted(q: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
    return q @ k.transpose(-2, -1)
print(scripted(torch.ones(1, 2), torch.ones(3, 2)))
traced = torch.jit.trace(attention_scores, (torch.randn(2, 3), torch.randn(2, 3)))
