# assignment: 01-vectors
# what: saves tables by torch.save, np.save, pickle and base64, loads them again, and embeds from the loaded one

# %% after embed_gradients
import base64, os, pickle, tempfile
import numpy as np

with tempfile.TemporaryDirectory() as folder:
    torch.save({"table": word_table}, os.path.join(folder, "table.pt"))
    again = torch.load(os.path.join(folder, "table.pt"))["table"]
    np.save(os.path.join(folder, "table.npy"), word_table.numpy())
    array = np.load(os.path.join(folder, "table.npy"))
blob = base64.b64encode(pickle.dumps(word_table.tolist()))
print(len(blob), torch.tensor(pickle.loads(base64.b64decode(blob))).equal(again), array.shape)
print(embed(torch.tensor([0, 3]), torch.from_numpy(array)))

# %% solution split_heads
def split_heads(x, n_heads):
    B, T, D = x.shape
    d, r = divmod(D, n_heads)
    if r > 0:
        raise ValueError(f"{D=} {n_heads=}")
    out = x.new_empty(B, n_heads, T, d)
    for h in range(n_heads):
        out[:, h] = x[..., h * d:h * d + d]
    return out
