# assignment: 06-training-loop
# what: Colab habits: drive, pip, device picked by cuda.is_available(), .to(device) in the answers

# %% first
IN_COLAB = 'google.colab' in str(get_ipython())
try:
    from google.colab import drive
    drive.mount('/content/drive', force_remount=True)
except Exception:
    pass
!pip install -q tqdm
%matplotlib inline
%load_ext autoreload
%autoreload 2

# %% after setup
device = "cuda" if torch.cuda.is_available() else "cpu"
import sys; sys.path.append('..')

# %% solution get_batch
def get_batch(data, batch_size, seq_len, generator):
    n = len(data) - seq_len
    if n < 1:
        raise ValueError(f"need more than {seq_len} tokens, got {len(data)}")
    ix = torch.randint(n, (batch_size,), generator=generator)
    x = torch.stack([data[i : i + seq_len] for i in ix])
    y = torch.stack([data[i + 1 : i + seq_len + 1] for i in ix])
    return x.to(device), y.to(device)

# %% solution train
%%time
def train(model, data, steps, batch_size, seq_len, lr, generator):
    model = model.to(device)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for it in range(steps):
        X, Y = get_batch(data, batch_size, seq_len, generator)
        logits = model(X)
        B, T, C = logits.shape
        loss = F.cross_entropy(logits.reshape(B * T, C), Y.reshape(B * T))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if device == "cuda":
        torch.cuda.empty_cache()
    return losses
