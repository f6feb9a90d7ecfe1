"""Right answers to `embed(token_ids, table)`."""

import torch
import torch.nn.functional as F

from proctor.answers import right


@right
def index_select(token_ids, table):
    """Selects rows for the flattened ids and restores the shape."""
    return table.index_select(0, token_ids.reshape(-1)).reshape(*token_ids.shape, table.shape[1])


@right
def one_hot_times_table(token_ids, table):
    """Multiplies one-hot rows by the table."""
    return F.one_hot(token_ids, table.shape[0]).to(table.dtype) @ table


@right
def gather_rows(token_ids, table):
    """Gathers every entry of every row."""
    D = table.size(-1)
    index = token_ids.flatten().unsqueeze(1).expand(-1, D)
    return table.gather(0, index).unflatten(0, token_ids.shape) if token_ids.dim() else table.gather(0, index)[0]


@right
def loop_over_ids(token_ids, table):
    """One row at a time, with Python integers."""
    rows = [table[i] for i in token_ids.flatten().tolist()]
    return torch.stack(rows).reshape(token_ids.shape + (table.shape[1],))


@right
def recursion(token_ids, table):
    """One dimension of the ids at a time."""

    def rows(ids):
        return table[ids] if isinstance(ids, int) else torch.stack([rows(part) for part in ids])

    return rows(token_ids.tolist())


@right
def take_entries(token_ids, table):
    """Counts where each entry lies in the flattened table."""
    D = table.shape[1]
    return torch.take(table, token_ids[..., None] * D + torch.arange(D))


@right
def comparison_and_einsum(token_ids, table):
    """Compares each id with all of them and sums the rows that match."""
    chosen = (token_ids.unsqueeze(-1) == torch.arange(len(table))).to(table)
    return torch.einsum("...v,vd->...d", chosen, table)


@right
def vmap_over_ids(token_ids, table):
    """Maps the lookup of one id over all of them."""
    rows = torch.vmap(lambda i: table.index_select(0, i.reshape(1))[0])(token_ids.reshape(-1))
    return rows.view(*token_ids.shape, -1)


@right
def fill_in_place(token_ids, table):
    """Fills a tensor of the result's shape, row by row."""
    out = table.new_empty(token_ids.numel(), table.shape[1])
    for n, i in enumerate(token_ids.reshape(-1)):
        out[n] = table[i]
    return out.reshape(*token_ids.shape, -1)


@right
def take_along_the_rows(token_ids, table):
    """Takes along the first dimension, for ids of any shape."""
    rows = torch.take_along_dim(table, token_ids.reshape(-1, 1), dim=0)
    return rows.reshape(token_ids.size() + table.size()[1:])


@right
def columns_of_the_transposed(token_ids, table):
    """Picks columns of the transposed table and moves the vector's dimension to the end."""
    return table.T[:, token_ids].movedim(0, -1)


@right
def one_hot_in_float64(token_ids, table):
    """One-hot rows times the table, all in float64, and back."""
    return (F.one_hot(token_ids, table.size(0)).double() @ table.double()).to(table.dtype)


@right
def each_token_once(token_ids, table):
    """Looks every different id up once and hands the rows out."""
    ids, places = token_ids.unique(return_inverse=True)
    return table[ids][places]


@right
def selected_and_stacked(token_ids, table):
    """Selects row after row."""
    rows = [table.select(0, int(i)) for i in token_ids.contiguous().view(-1)]
    return torch.stack(rows).view(*token_ids.shape, table.shape[1])


@right
def keeps_the_tables_it_saw(token_ids, table, kept={}):
    """Keeps the table itself, whose numbers are then always the present ones."""
    return kept.setdefault(table, table)[token_ids]
