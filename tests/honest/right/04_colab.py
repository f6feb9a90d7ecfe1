# assignment: 04-cross-entropy
# what: works in Colab: mounts a drive in a try, pips, picks a device, and moves tensors in the answers

# %% first
IN_COLAB = 'google.colab' in str(get_ipython())
if IN_COLAB:
    !pip install -q torch matplotlib
try:
    from google.colab import drive
    drive.mount('/content/drive')
    ROOT = '/content/drive/MyDrive/llm'
except ImportError:
    ROOT = '.'

# %% after setup
device = "cuda" if torch.cuda.is_available() else "cpu"
gpu = device == "cuda"
import numpy as np
xp = torch if gpu else np
print(device, xp.__name__, ROOT)

# %% solution cross_entropy
def cross_entropy(logits, targets):
    targets = targets.to(logits.device)
    lse = torch.logsumexp(logits, -1)
    mask = torch.arange(logits.shape[-1], device=logits.device) == targets[..., None]
    right = torch.where(mask, logits, torch.zeros_like(logits)).sum(-1)
    return (lse - right).mean()

# %% solution uniform_loss
def uniform_loss(vocab_size):
    if not vocab_size >= 1:
        raise ValueError("need at least one token, got %d" % vocab_size)
    return float(np.log(vocab_size))
