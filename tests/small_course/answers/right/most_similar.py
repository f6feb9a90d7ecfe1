"""Right answers to `most_similar(query, table, k)`."""

import torch
import torch.nn.functional as F

from proctor.answers import right


@right
def argsort_and_slice(query, table, k):
    """Sorts all the similarities."""
    V = table.shape[0]
    if k < 1 or k > V:
        raise ValueError("k must be between 1 and the number of rows")
    return cosine_similarity(query, table).argsort(descending=True)[:k]  # noqa: F821


@right
def normalised_matrix_product(query, table, k):
    """Divides the rows by their lengths; the query's length changes no order."""
    if k not in range(1, len(table) + 1):
        raise ValueError(f"no k = {k} for {len(table)} rows")
    lengths = table.norm(dim=1, keepdim=True)
    unit = table / torch.where(lengths == 0, torch.ones_like(lengths), lengths)
    return torch.topk(unit @ query, k)[1]


@right
def builtin_cosine(query, table, k):
    """Uses PyTorch's function, which this exercise doesn't rule out."""
    if not (0 < k <= table.size(0)):
        raise ValueError(k)
    return F.cosine_similarity(query.unsqueeze(0), table, dim=-1).sort(descending=True).indices[:k]


@right
def python_sort(query, table, k):
    """Sorts ids in Python by their similarity."""
    if k < 1:
        raise ValueError("k is too small")
    if k > len(table):
        raise ValueError("k is too large")
    scores = [cosine_similarity(query, row).item() for row in table]  # noqa: F821
    ids = sorted(range(len(table)), key=lambda i: scores[i], reverse=True)
    return torch.tensor(ids[:k])


@right
def repeated_argmax(query, table, k):
    """Takes the best again and again."""
    if k <= 0 or k > table.shape[0]:
        raise ValueError("1 <= k <= V")
    scores = cosine_similarity(table, query).clone()  # noqa: F821
    ids = []
    for _ in range(k):
        best = scores.argmax()
        ids.append(best)
        scores[best] = -torch.inf
    return torch.stack(ids)


@right
def nearest_unit_vectors(query, table, k):
    """The nearest among vectors of length 1 are those with the highest cosine; a zero row is one right angle away."""
    if not 1 <= k <= len(table):
        raise ValueError
    zero = (table == 0).all(dim=1)
    distances = (F.normalize(table, dim=1) - F.normalize(query, dim=0)).square().sum(1)
    return distances.masked_fill(zero, 2.0).argsort()[:k]


@right
def ascending_and_flipped(query, table, k):
    """Sorts upwards and reads from the end."""
    if k > table.shape[0] or k < 1:
        raise ValueError("there aren't that many rows")
    return torch.sort(cosine_similarity(table, query.expand_as(table))).indices.flip(0)[:k]  # noqa: F821


@right
def smallest_of_the_negative(query, table, k):
    """Looks for the k smallest of the negated similarities."""
    with torch.no_grad():
        negative = -cosine_similarity(table, query)  # noqa: F821
    if not 1 <= k <= negative.numel():
        raise ValueError("k out of range")
    return negative.topk(k, largest=False).indices


@right
def by_angle(query, table, k):
    """The smallest angles come first."""
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(table, query).clamp(-1, 1).acos().argsort()[:k]  # noqa: F821


@right
def by_cdist(query, table, k):
    """The nearest among vectors of length 1, by cdist; a zero row is one right angle away."""
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    distances = torch.cdist(F.normalize(query, dim=0)[None], F.normalize(table, dim=1))[0]
    return distances.masked_fill((table == 0).all(dim=1), 2**0.5).topk(k, largest=False).indices


@right
def heap_of_python_numbers(query, table, k):
    """The k largest by heapq, in plain Python."""
    import heapq

    if k < 1 or k > len(table):
        raise ValueError("k out of range")
    unit = F.normalize(table.double(), dim=1)
    scores = (unit @ query.double()).tolist()
    return torch.tensor(heapq.nlargest(k, range(len(scores)), key=scores.__getitem__))


@right
def counts_the_better_ones(query, table, k):
    """A row's place is the number of rows that are better."""
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    scores = cosine_similarity(query, table)  # noqa: F821
    places = (scores[:, None] < scores).sum(dim=1)
    return places.argsort()[:k]
