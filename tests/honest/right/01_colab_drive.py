# assignment: 01-vectors
# what: has Colab's lines at the top, which ask whether this is Colab and would mount a drive

# %% first
IN_COLAB = 'google.colab' in str(get_ipython())
print("in Colab:", IN_COLAB)
try:
    from google.colab import drive
    drive.mount('/content/drive')
except ImportError:
    print("no drive here")
if IN_COLAB:
    !pip install -q torch matplotlib

# %% after setup
device = "cuda" if torch.cuda.is_available() else "cpu"
print("using", device)

# %% solution embed
def embed(token_ids, table):
    token_ids = token_ids.to(table.device)
    return table[token_ids, :]

# %% solution cosine_similarity
def cosine_similarity(a, b):
    a_n = a / a.norm(dim=-1, keepdim=True).clamp_min(1e-10)
    b_n = b / b.norm(dim=-1, keepdim=True).clamp_min(1e-10)
    return (a_n * b_n).sum(-1)
