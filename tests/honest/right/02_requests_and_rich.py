# assignment: 02-matmul
# what: would download a text with requests, prints with rich, diffs with difflib

# %% after setup
try:
    import requests
    text = requests.get("https://example.com/shakespeare.txt", timeout=0.5).text
except Exception:
    text = "the cat sat on the mat"
try:
    from rich import print as rprint
    from rich.table import Table
    grid = Table("shape", "what")
    grid.add_row("(n, k)", "A")
    rprint(grid, "[bold red]hello[/]")
except ImportError:
    rprint = print
import difflib, textwrap, pprint
print("\n".join(difflib.ndiff(["(2, 3)"], ["(3, 2)"])))
pprint.pprint({"text": textwrap.shorten(text, 12)})

# %% solution linear
def linear(x, W, b=None):
    rprint("linear", list(x.shape), list(W.shape))
    bias = torch.zeros(W.shape[0], dtype=W.dtype) if b is None else b
    return x @ W.T + bias

# %% solution attention_scores
def attention_scores(q, k):
    kt = k.swapdims(-1, -2)
    return q @ kt / math.sqrt(kt.size(-2))
