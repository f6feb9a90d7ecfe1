# assignment: 01-vectors
# what: writes a module with %%writefile, imports it, and uses it in split_heads

# %% before split_heads
%%writefile my_shapes.py
def head_size(D, n_heads):
    d, rest = divmod(D, n_heads)
    if rest:
        raise ValueError(f"{D} is no multiple of {n_heads}")
    return d

# %% solution split_heads
import importlib
import my_shapes
importlib.reload(my_shapes)

def split_heads(x, n_heads):
    d = my_shapes.head_size(x.shape[-1], n_heads)
    return torch.stack(x.split(d, dim=-1), dim=1)

# %% after split_heads
!cat my_shapes.py
%ls
