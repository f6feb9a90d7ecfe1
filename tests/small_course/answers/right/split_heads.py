"""Right answers to `split_heads(x, n_heads)`."""

import torch

from proctor.answers import right


@right
def unflatten_and_permute(x, n_heads):
    """Unflattens the last dimension."""
    if x.shape[-1] % n_heads:
        raise ValueError("D must be a multiple of n_heads")
    return x.unflatten(-1, (n_heads, -1)).permute(0, 2, 1, 3)


@right
def chunk_and_stack(x, n_heads):
    """Cuts the last dimension into chunks and stacks them as a new dimension."""
    D = x.size(2)
    if D // n_heads * n_heads != D:
        raise ValueError(f"{D} / {n_heads} leaves a remainder")
    return torch.stack(x.chunk(n_heads, dim=-1), dim=1)


@right
def split_by_size(x, n_heads):
    """Splits by the size of a head, and concatenates along a new dimension."""
    d, remainder = divmod(x.shape[-1], n_heads)
    if remainder != 0:
        raise ValueError("the heads would have unequal sizes")
    return torch.cat([part[:, None] for part in torch.split(x, d, dim=2)], dim=1)


@right
def slices_into_empty(x, n_heads):
    """Fills an empty tensor head by head."""
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError
    d = D // n_heads
    out = x.new_empty(B, n_heads, T, d)
    for h in range(n_heads):
        out[:, h] = x[:, :, h * d : (h + 1) * d]
    return out


@right
def unfold_the_last_axis(x, n_heads):
    """Lets a window of the size of a head step along the last dimension."""
    if x.shape[2] % n_heads != 0:
        raise ValueError("not divisible")
    d = x.shape[2] // n_heads
    return x.unfold(2, d, d).transpose(1, 2).contiguous()


@right
def as_the_definition_says(x, n_heads):
    """Every vector of every head, one at a time."""
    B, T, D = x.shape
    if D % n_heads > 0:
        raise ValueError(f"{n_heads} heads don't fit {D}")
    d = D // n_heads
    return torch.stack(
        [
            torch.stack([torch.stack([x[b, t, h * d : (h + 1) * d] for t in range(T)]) for h in range(n_heads)])
            for b in range(B)
        ]
    )


@right
def index_of_entries(x, n_heads):
    """An index that says which entries each head gets."""
    D = x.shape[-1]
    if D % n_heads:
        raise ValueError("D does not divide")
    entries = torch.arange(D).reshape(n_heads, D // n_heads)
    return x[:, :, entries].movedim(2, 1)


@right
def features_first(x, n_heads):
    """Brings the features to the front, where a plain reshape is right."""
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    return x.transpose(1, 2).reshape(B, n_heads, D // n_heads, T).swapaxes(2, 3)


@right
def einsum_axes(x, n_heads):
    """Orders the dimensions with einsum."""
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    return torch.einsum("bthd->bhtd", x.contiguous().view(B, T, n_heads, -1))


@right
def view_and_transpose(x, n_heads):
    """Cuts the last dimension with view, which any stride of that dimension allows."""
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    return x.view(B, T, n_heads, D // n_heads).transpose(1, 2)


@right
def selected_by_a_product(x, n_heads):
    """Multiplies by a matrix of zeros and ones for each head."""
    D = x.shape[-1]
    if D % n_heads:
        raise ValueError("D does not divide")
    entries = torch.eye(D, dtype=x.dtype).reshape(D, n_heads, D // n_heads)
    return torch.einsum("btD,Dhd->bhtd", x, entries)


@right
def narrowed_head_by_head(x, n_heads):
    """Narrows the last dimension to each head's part."""
    d, rest = divmod(x.shape[-1], n_heads)
    if rest:
        raise ValueError("D does not divide")
    return torch.stack([x.narrow(-1, h * d, d) for h in range(n_heads)]).transpose(0, 1)


@right
def gathered(x, n_heads):
    """Gathers every number by its place."""
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    d = D // n_heads
    places = torch.arange(D).view(1, n_heads, 1, d).expand(B, n_heads, T, d)
    return x.unsqueeze(1).expand(B, n_heads, T, D).gather(-1, places)
