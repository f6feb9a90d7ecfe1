"""Right answers to `normalize_rows(table)`, written otherwise."""

import torch
import torch.nn.functional as F

from proctor.answers import right


@right
def dimension_added(table):
    lengths = torch.linalg.vector_norm(table, dim=1)
    lengths = torch.where(lengths > 0, lengths, 1)
    return table / lengths[:, None]


@right
def ready_made(table):
    return F.normalize(table, dim=1)


@right
def turned_and_back(table):
    lengths = (table * table).sum(dim=1).sqrt()
    return (table.T / lengths.masked_fill(lengths == 0, 1)).T


@right
def nan_to_zero(table):
    return (table / table.norm(dim=-1, keepdim=True)).nan_to_num()


@right
def row_by_row(table):
    rows = []
    for row in table:
        length = row.norm()
        rows.append(row / length if length > 0 else torch.zeros_like(row))
    return torch.stack(rows)


@right
def by_a_diagonal_matrix(table):
    lengths = table.norm(dim=1).clamp(min=1e-12)
    return torch.diag(1 / lengths) @ table


@right
def by_a_bound(table):
    return table / table.square().sum(-1, keepdim=True).sqrt().clamp_min(torch.finfo(table.dtype).tiny)


@right
def repeated_by_rows(table):
    lengths = table.norm(dim=1).clamp(min=1e-10)
    return table / lengths.repeat_interleave(table.shape[1]).reshape(table.shape)
