"""Right answers to `last_token(hidden)`."""

import torch
import torch.nn.functional as F

from proctor.answers import right


@right
def length_minus_one(hidden):
    """Counts the positions instead of indexing from the end."""
    B, T, D = hidden.shape
    return hidden[:, T - 1, :]


@right
def slice_and_squeeze(hidden):
    """Keeps the dimension, then drops exactly that one."""
    return hidden[:, -1:].squeeze(1)


@right
def select_dim(hidden):
    """Selects along dimension 1."""
    return hidden.select(1, -1).clone()


@right
def unbind_positions(hidden):
    """Takes the batch apart by position."""
    return hidden.unbind(dim=1)[-1]


@right
def loop_over_sequences(hidden):
    """One sequence at a time."""
    return torch.stack([sequence[-1] for sequence in hidden])


@right
def flip_and_take_the_first(hidden):
    """Turns the positions round."""
    return torch.flip(hidden, dims=(1,))[:, 0].contiguous()


@right
def positions_first(hidden):
    """Brings the positions to the front."""
    return hidden.transpose(0, 1)[-1]


@right
def weighted_sum(hidden):
    """Weighs the last position with 1 and the others with 0."""
    weights = F.one_hot(torch.tensor(hidden.shape[1] - 1), hidden.shape[1]).to(hidden.dtype)
    return torch.einsum("t,btd->bd", weights, hidden)


@right
def gather_last(hidden):
    """Gathers with an index for every entry."""
    B, T, D = hidden.size()
    index = torch.full((B, 1, D), T - 1)
    return hidden.gather(1, index)[:, 0]


@right
def ellipsis(hidden):
    """Counts dimensions from the end."""
    return hidden[..., -1, :]


@right
def every_t_th_row(hidden):
    """Flattens sequences and positions, and takes every T-th row."""
    T = hidden.shape[1]
    return hidden.reshape(-1, hidden.shape[2])[T - 1 :: T]


@right
def index_select_last(hidden):
    """Selects with a tensor of one index."""
    return hidden.index_select(1, torch.tensor([hidden.shape[1] - 1])).flatten(1)


@right
def narrowed(hidden):
    """Narrows the positions to one."""
    return hidden.narrow(1, hidden.shape[1] - 1, 1).squeeze(dim=1)


@right
def weights_in_float64(hidden):
    """A matrix product with weights 0 and 1, in float64."""
    weights = torch.zeros(hidden.shape[1], dtype=torch.float64)
    weights[-1] = 1
    return (hidden.double().transpose(1, 2) @ weights).to(hidden.dtype)


@right
def filled_in_place(hidden):
    """Writes each sequence's last vector into a new tensor."""
    out = hidden.new_zeros(hidden.shape[0], hidden.shape[2])
    for b in range(len(hidden)):
        out[b] = hidden[b, -1]
    return out
