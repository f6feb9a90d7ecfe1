"""Right answers to `analogy(a, b, c, table)`, written otherwise."""

import torch
import torch.nn.functional as F

from proctor.answers import right


@right
def minus_infinity(a, b, c, table):
    scores = cosine_similarity(table[c] + table[b] - table[a], table)
    scores[[a, b, c]] = -torch.inf
    return scores.argmax()


@right
def first_that_is_new(a, b, c, table):
    for i in most_similar(table[b] - table[a] + table[c], table, len(table)):
        if i not in (a, b, c):
            return i


@right
def ids_of_what_is_left(a, b, c, table):
    left = torch.tensor([i for i in range(len(table)) if i not in (a, b, c)])
    return left[most_similar(table[b] - table[a] + table[c], table[left], 1)[0]]


@right
def by_unit_vectors(a, b, c, table):
    scores = normalize_rows(table) @ F.normalize(table[c] + (table[b] - table[a]), dim=0)
    taken = torch.zeros(len(table), dtype=torch.bool)
    taken[[a, b, c]] = True
    return scores.masked_fill(taken, -2).argmax()
