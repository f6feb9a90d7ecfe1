"""Hidden checks of assignment 01: embeddings, the last token, cosine similarity, neighbours, heads."""

import torch
import torch.nn.functional as F

from proctor.checks import DTYPES, close, equal, gradients, layouts, raises, unchanged

FORBIDDEN = {
    "embed": ["embedding", "embedding_bag", "embedding_bag_forward_only"],
    "cosine_similarity": ["cosine_similarity", "cosine_embedding_loss"],
}

# A cosine near zero is a sum of larger terms that cancel, and what float32 leaves of it depends on the route.
CANCELS = {torch.float32: 1e-5, torch.float64: None}


# embed


def lookup(token_ids, table):
    return table[token_ids]


def test_embed_values__any_shape(student, draw):
    for dtype in DTYPES:
        table = draw.normal(7, 5, dtype=dtype)
        for shape in [(), (1,), (4,), (2, 3), (3, 1, 2), (2, 3, 2, 4)]:
            ids = draw.integers(0, 7, *shape)
            close(student.embed(token_ids=ids, table=table), lookup(ids, table))
        for ids in (torch.tensor(0), torch.zeros(2, 3, dtype=torch.int64)):
            close(student.embed(ids, table), lookup(ids, table))
        ids = torch.tensor([[0, 6, 3], [6, 2, 0]])
        for strided_ids in layouts(ids):
            for strided_table in layouts(table):
                close(student.embed(strided_ids, strided_table), lookup(ids, table))
        for table in (draw.normal(4, 1, dtype=dtype), draw.normal(1, 4, dtype=dtype)):
            ids = draw.integers(0, len(table), 2, 3)
            close(student.embed(ids, table), lookup(ids, table))


def test_embed_values__arguments_unchanged(student, draw):
    unchanged(student, "embed", draw.integers(0, 4, 2, 3), draw.normal(5, 4))


def test_embed_gradients__repeated_ids(student, draw):
    ids = torch.tensor([[2, 4, 2], [0, 2, 4]])
    for dtype in DTYPES:
        gradients(student, lookup, "embed", ids, draw.normal(6, 3, dtype=dtype))


# last_token


def last_position(hidden):
    return hidden[:, -1]


def test_last_token_values__every_size(student, draw):
    for dtype in DTYPES:
        for shape in [(2, 3, 4), (7, 6, 3), (1, 3, 4), (2, 1, 4), (2, 3, 1), (1, 1, 1)]:
            hidden = draw.normal(*shape, dtype=dtype)
            close(student.last_token(hidden=hidden), last_position(hidden))
        hidden = draw.normal(3, 4, 5, dtype=dtype)
        hidden[0, -1], hidden[1, 0] = 0, 0
        close(student.last_token(hidden), last_position(hidden))
        for hidden in layouts(draw.normal(2, 3, 4, dtype=dtype)):
            close(student.last_token(hidden), last_position(hidden))


def test_last_token_values__arguments_unchanged(student, draw):
    unchanged(student, "last_token", draw.normal(2, 3, 4))


def test_last_token_gradients__last_position_only(student, draw):
    for dtype in DTYPES:
        gradients(student, last_position, "last_token", draw.normal(2, 3, 4, dtype=dtype))


# cosine_similarity


def cosine(a, b):
    """In float64, and 0 where either vector is zero."""
    dot = (a.double() * b.double()).sum(-1)
    lengths = a.double().square().sum(-1).sqrt() * b.double().square().sum(-1).sqrt()
    return torch.where(lengths > 0, dot / lengths, 0).to(a.dtype)


def test_cosine_similarity_values__every_shape(student, draw):
    for dtype in DTYPES:
        for shape in [(5,), (4, 6), (1, 5), (4, 1), (1,), (3, 3), (2, 3, 5), (2, 1, 3, 4)]:
            a, b = draw.normal(*shape, dtype=dtype, scale=2), draw.normal(*shape, dtype=dtype)
            close(student.cosine_similarity(a=a, b=b), cosine(a, b), atol=CANCELS[dtype])
        # zeros here and there, and entries that add up to zero
        a, b = torch.tensor([[1, 0, 2], [1, -1, 0], [0, 0, 3]], dtype=dtype), torch.tensor([0, 1, 2], dtype=dtype)
        close(student.cosine_similarity(a, b.expand(3, 3)), cosine(a, b), atol=CANCELS[dtype])
        close(student.cosine_similarity(a, a), cosine(a, a), atol=CANCELS[dtype])
        b = draw.normal(2, 3, 4, dtype=dtype)
        for a in [*layouts(draw.normal(2, 3, 4, dtype=dtype)), draw.normal(2, 1, 4, dtype=dtype).expand(2, 3, 4)]:
            close(student.cosine_similarity(a, b), cosine(a, b), atol=CANCELS[dtype])
            close(student.cosine_similarity(b, a), cosine(b, a), atol=CANCELS[dtype])


def test_cosine_similarity_values__short_and_long(student, draw):
    # 1e-4 is as small as an entry gets; in float64 whatever is added to the denominator already shows at 1e-2.
    for dtype, small in ((torch.float32, 1e-4), (torch.float64, 1e-2)):
        short, other, long = (
            draw.uniform(1.1, 3, 6, 3, dtype=dtype) * (draw.integers(0, 2, 6, 3) * 2 - 1) * size
            for size in (small, small, 3e3)
        )
        for a, b in [(short, other), (short, long), (long, short)]:
            close(student.cosine_similarity(a, b), cosine(a, b), atol=CANCELS[dtype])


def test_cosine_similarity_broadcasting__leading_dimensions(student, draw):
    for dtype in DTYPES:
        for left, right in [
            ((5,), (4, 5)),
            ((4, 5), (5,)),
            ((1, 5), (4, 5)),
            ((2, 1, 5), (3, 5)),
            ((1, 3, 1, 5), (2, 1, 4, 5)),
        ]:
            a, b = draw.normal(*left, dtype=dtype), draw.normal(*right, dtype=dtype)
            close(student.cosine_similarity(a, b), cosine(a, b), atol=CANCELS[dtype])


def with_zero_rows(draw, dtype):
    a, b = draw.normal(5, 4, dtype=dtype), draw.normal(5, 4, dtype=dtype)
    a[0], b[1], a[3], b[3] = 0, 0, 0, 0
    return a, b


def test_cosine_similarity_zero__among_others(student, draw):
    for dtype in DTYPES:
        a, b = with_zero_rows(draw, dtype)
        close(student.cosine_similarity(a, b), cosine(a, b), atol=CANCELS[dtype])


def test_cosine_similarity_zero__one_pair(student, draw):
    for dtype in DTYPES:
        a, zero = draw.normal(4, dtype=dtype), torch.zeros(4, dtype=dtype)
        for pair in [(a, zero), (zero, a), (zero, zero)]:
            close(student.cosine_similarity(*pair), torch.zeros((), dtype=dtype))


def test_cosine_similarity_zero__arguments_unchanged(student, draw):
    unchanged(student, "cosine_similarity", *with_zero_rows(draw, torch.float32))


def test_cosine_similarity_gradients__both_arguments(student, draw):
    def reference(a, b):
        return (a * b).sum(-1) / (a.square().sum(-1).sqrt() * b.square().sum(-1).sqrt())

    # In float64 only: a gradient of a cosine is a difference of two vectors, in which float32 loses digits.
    a, b = draw.normal(3, 5, dtype=torch.float64), draw.normal(3, 5, dtype=torch.float64)
    gradients(student, reference, "cosine_similarity", a, b)


# most_similar: rows with given cosines, far enough apart that no rounding can swap two of them

COSINES = (0.9, 0.65, 0.4, 0.15, -0.2, -0.5, -0.8, -0.97)


def directions(draw, query):
    """Rows with `COSINES` to the query, in that order; every other row is a hundred times as long as its neighbours."""
    query = query.double()
    along = query / query.norm()
    across = draw.normal(len(COSINES), len(query), dtype=torch.float64)
    across = across - (across @ along)[:, None] * along
    across = across / across.norm(dim=1, keepdim=True)
    cosines = torch.tensor(COSINES, dtype=torch.float64)[:, None]
    lengths = torch.tensor([0.1, 10.0] * (len(COSINES) // 2), dtype=torch.float64)[:, None]
    return lengths * (cosines * along + (1 - cosines**2).sqrt() * across)


def shuffled(draw, rows, dtype):
    """The rows in random order, and the ids that they have there."""
    order = draw.uniform(0, 1, len(rows)).argsort()
    return rows[order].to(dtype), order.argsort()


def test_most_similar_order__by_direction(student, draw):
    for dtype in DTYPES:
        query = draw.normal(6, dtype=dtype, scale=3)
        table, ids = shuffled(draw, directions(draw, query), dtype)
        for k in (1, 4, 7):
            equal(student.most_similar(query=query, table=table, k=k), ids[:k])
        short = torch.tensor([[3e-4, 3e-4], [1, 0.5], [2, 2.4], [-1, 1]], dtype=dtype)
        for query in (torch.ones(2, dtype=dtype), torch.full((2,), 2e-4, dtype=dtype)):
            equal(student.most_similar(query, short, 3), torch.tensor([0, 2, 1]))
        query = draw.normal(6, dtype=dtype, scale=3)
        table, ids = shuffled(draw, directions(draw, query), dtype)
        for strided_query in layouts(query):
            for strided_table in layouts(table):
                equal(student.most_similar(strided_query, strided_table, 3), ids[:3])


def test_most_similar_order__query_and_zeros_among_the_rows(student, draw):
    query = draw.normal(6)
    rows = directions(draw, query)
    rows = torch.cat([query[None], rows[:4], torch.zeros(1, 6), rows[4:]])
    table, ids = shuffled(draw, rows, query.dtype)
    for k in (3, 7):
        equal(student.most_similar(query, table, k), ids[:k])


def test_most_similar_order__arguments_unchanged(student, draw):
    table = draw.normal(30, 4) * torch.tensor([1.0, 1, 5, 5])
    unchanged(student, "most_similar", draw.normal(4), table, 20)


def test_most_similar_errors__k_out_of_range(student, draw):
    for k in (0, -1, -3, 6, 50):
        raises(student, ValueError, "most_similar", draw.normal(4), draw.normal(5, 4), k)


def test_most_similar_errors__every_row_is_allowed(student, draw):
    query = draw.normal(6)
    table, ids = shuffled(draw, directions(draw, query), query.dtype)
    equal(student.most_similar(query, table, len(table)), ids)
    equal(student.most_similar(query, table[:1], 1), torch.tensor([0]))


# split_heads


def heads(x, n_heads):
    B, T, D = x.shape
    return x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


def test_split_heads_values__every_size(student, draw):
    for dtype in DTYPES:
        for shape, n_heads in [
            ((2, 6, 12), 3),
            ((2, 5, 12), 3),
            ((2, 5, 12), 1),
            ((2, 5, 12), 12),
            ((1, 3, 8), 2),
            ((3, 1, 6), 2),
            ((2, 3, 1), 1),
        ]:
            x = draw.normal(*shape, dtype=dtype)
            close(student.split_heads(x=x, n_heads=n_heads), heads(x, n_heads))
        for x in layouts(draw.normal(2, 5, 12, dtype=dtype)):
            close(student.split_heads(x, 3), heads(x, 3))


def test_split_heads_values__arguments_unchanged(student, draw):
    unchanged(student, "split_heads", draw.normal(2, 5, 12), 3)


def test_split_heads_gradients__every_entry(student, draw):
    for dtype in DTYPES:
        gradients(student, heads, "split_heads", draw.normal(2, 5, 12, dtype=dtype), 3)


def test_split_heads_errors__remainder(student, draw):
    for D, n_heads in ((12, 5), (12, 8), (4, 8), (7, 2)):
        raises(student, ValueError, "split_heads", draw.normal(2, 3, D), n_heads)
    student.split_heads(draw.normal(2, 3, 12), 4)


# Stand-ins: what is asked again is given these in the place of a wrong `cosine_similarity`. They run beside the student's
# code, in a scope of their own that holds torch, math, nn and F.


def embed_stand_in(token_ids: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    return F.embedding(token_ids, table)


def last_token_stand_in(hidden: torch.Tensor) -> torch.Tensor:
    return hidden.select(1, -1)


def cosine_similarity_stand_in(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return F.cosine_similarity(a, b, dim=-1)


def most_similar_stand_in(query: torch.Tensor, table: torch.Tensor, k: int = 1) -> torch.Tensor:
    if k < 1 or k > table.size(0):
        raise ValueError("k")
    return F.cosine_similarity(query[None], table).argsort(descending=True)[:k]


def split_heads_stand_in(x: torch.Tensor, n_heads: int) -> torch.Tensor:
    if x.size(-1) % n_heads:
        raise ValueError("n_heads")
    return x.unflatten(-1, (n_heads, -1)).transpose(-3, -2)


STAND_INS = {
    "embed": embed_stand_in,
    "last_token": last_token_stand_in,
    "cosine_similarity": cosine_similarity_stand_in,
    "most_similar": most_similar_stand_in,
    "split_heads": split_heads_stand_in,
}
