# assignment: 04-cross-entropy
# what: swaps sys.stdout, redirects and captures output, and puts it back, inside an answer too

# %% solution cross_entropy
import contextlib, io, sys

def cross_entropy(logits, targets):
    buffer = io.StringIO()
    with contextlib.redirect_stdout(buffer):
        print("debug", logits.shape)
    right = torch.gather(logits, -1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.special.logsumexp(logits, -1) - right).mean()

# %% after cross_entropy_values
old, sys.stdout = sys.stdout, io.StringIO()
try:
    print(cross_entropy(torch.zeros(1, 3), torch.tensor([1])))
    captured = sys.stdout.getvalue()
finally:
    sys.stdout = old
captured

# %% after cross_entropy_confident
%%capture out
print("nobody sees this")
cross_entropy(torch.zeros(3), torch.tensor(1))

# %% solution perplexity
def perplexity(logits, targets):
    keep = sys.stdout
    sys.stdout = io.StringIO()
    try:
        result = torch.exp(cross_entropy(logits, targets))
    finally:
        sys.stdout = keep
    return result
