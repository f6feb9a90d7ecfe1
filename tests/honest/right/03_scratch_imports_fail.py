# assignment: 03-softmax
# what: unguarded imports of packages that may be missing, in scratch cells only

# %% after setup
import pandas as pd
import sklearn
from transformers import AutoTokenizer

# %% solution causal_attention_weights
def causal_attention_weights(scores):
    T = scores.shape[-1]
    i, j = torch.triu_indices(T, T, offset=1)
    masked = scores.clone()
    masked[..., i, j] = float("-inf")
    return softmax(masked, -1)

# %% after causal_attention_weights
import seaborn as sns
sns.heatmap(causal_attention_weights(torch.randn(4, 4)))

# %% solution sample_next_token
def sample_next_token(logits, temperature, generator):
    p = softmax_with_temperature(logits[:, -1], temperature)
    return p.multinomial(num_samples=1, generator=generator).view(-1)
