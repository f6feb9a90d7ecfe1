# assignment: 04-cross-entropy
# what: imports pandas, seaborn, sklearn and wandb unguarded at the top of cells although no answer needs them

# %% first
import pandas as pd
import seaborn as sns
sns.set_theme()

# %% solution negative_log_likelihood
import wandb
from sklearn.metrics import log_loss

def negative_log_likelihood(probs, target):
    return -probs[target].log()

# %% solution cross_entropy
import pandas as pd

def cross_entropy(logits, targets):
    n = targets.numel()
    flat = logits.reshape(n, -1)
    return (flat.logsumexp(-1) - flat[range(n), targets.reshape(n)]).sum() / n

# %% after cross_entropy
df = pd.DataFrame({"gap": [0, 1, 200], "loss": [cross_entropy(torch.tensor([0.0, g]), torch.tensor(0)).item() for g in (0.0, 1.0, 200.0)]})
df.describe()
