"""Hidden checks of assignment 01: embeddings, the last token, cosine similarity, neighbours, heads."""

import torch
import torch.nn.functional as F

from proctor.checks import (
    DTYPES,
    StudentError,
    close,
    describe,
    equal,
    gradients,
    in_turn,
    layouts,
    predicts,
    probe_calls,
    raises,
    unchanged,
)
from proctor.diagnosis.catch import caught

FORBIDDEN = {
    "embed": ["embedding", "embedding_bag", "embedding_bag_forward_only"],
    "cosine_similarity": ["cosine_similarity", "cosine_embedding_loss"],
}

# A cosine near zero is a sum of larger terms that cancel: its rounding error depends on the order of operations.
CANCELS = {torch.float32: 1e-5, torch.float64: None}


def any_size(draw, *shape, dtype=torch.float32):
    """Entries of either sign and of every size from 1e-4 to 1e4; a few are zero.

    Picking or moving numbers needs no arithmetic, so each is compared by its own size (`atol=0`). An answer that adds
    large numbers to small ones and subtracts them again has lost the small ones.
    """
    x = 10.0 ** draw.uniform(-4, 4, *shape, dtype=torch.float64) * (
        draw.integers(0, 2, *shape) * 2 - 1
    )
    return torch.where(draw.integers(0, 8, *shape) == 0, 0, x).to(dtype)


def comes_right(student, reference, name, *args):
    """Whether a call gives the right value.

    A fault at one boundary costs only the cell that compares the values there. Other cells use that input only if its
    value is right.
    """
    try:
        close(student.call(name, args, {}).value, reference(*args))
    except (AssertionError, StudentError):
        return False
    return True


def close_cosine(got, want):
    close(got, want, atol=CANCELS[want.dtype])


def cancelling(draw, size, dtype=torch.float32):
    """Whole numbers that add up to exactly zero, in whatever order."""
    x = draw.integers(1, 10, size // 2)
    return torch.cat([x, -x, x.new_zeros(size % 2)]).to(dtype)


# embed


def lookup(token_ids, table):
    return table[token_ids]


def test_embed_values__any_shape(student, draw):
    """Ids of any shape become rows of the table, in both dtypes."""
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
        table = any_size(draw, 9, 6, dtype=dtype)
        table[3], table[5] = 0, cancelling(draw, 6)
        ids = draw.integers(0, 9, 30)
        close(student.embed(ids, table), lookup(ids, table), atol=0.0)


def test_embed_values__any_number_of_tokens(student, draw):
    """The table may have any number of rows."""
    # the last id doesn't fit into 16 bits, signed or not
    table, ids = draw.normal(70_000, 1), draw.integers(0, 70_000, 3, 4)
    ids[1, 2] = 69_999
    close(student.embed(ids, table), lookup(ids, table))
    table = draw.normal(draw.randint(300, 400), draw.randint(130, 160))
    ids = draw.integers(0, len(table), 2, draw.randint(130, 160))
    close(student.embed(ids, table), lookup(ids, table))


def test_embed_values__arguments_unchanged(student, draw):
    """The arguments stay as they were."""
    table = draw.normal(5, 4)
    table[1], table[2, 3] = 0, 0
    unchanged(student, "embed", draw.integers(0, 4, 2, 3), table)


def test_embed_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    (ids, table), later = ((draw.integers(0, 5, 2, 3), draw.normal(5, 4)) for _ in range(2))
    in_turn(
        student, "embed", lookup, (ids, table), (ids[:1], draw.normal(6, 3)), (ids, table), later
    )


def test_embed_gradients__repeated_ids(student, draw):
    """The gradients of repeated ids add up in their row."""
    ids = torch.tensor([[2, 4, 2], [0, 2, 4]])
    for dtype in DTYPES:
        table = draw.normal(6, 3, dtype=dtype)
        for each in (table, *layouts(table), torch.zeros_like(table)):
            gradients(student, lookup, "embed", ids, each)
        for one in (torch.tensor(5), torch.tensor([[5]])):
            if comes_right(student, lookup, "embed", one, table):
                gradients(student, lookup, "embed", one, table)


# last_token


def last_position(hidden):
    return hidden[:, -1]


def test_last_token_values__every_size(student, draw):
    """The result is the hidden state at the last position, for every size."""
    for dtype in DTYPES:
        for shape in [(7, 6, 3), (2, 3, 4), (1, 3, 4), (2, 1, 4), (2, 3, 1), (1, 1, 1)]:
            hidden = draw.normal(*shape, dtype=dtype)
            close(student.last_token(hidden=hidden), last_position(hidden))
        hidden = any_size(draw, 9, 4, 5, dtype=dtype)
        hidden[0, -1], hidden[1, 0], hidden[2, -1] = 0, 0, cancelling(draw, 5)
        close(student.last_token(hidden), last_position(hidden), atol=0.0)
        for hidden in layouts(draw.normal(2, 3, 4, dtype=dtype)):
            close(student.last_token(hidden), last_position(hidden))
    size = draw.randint(130, 160)
    for shape in [(size, 2, 3), (2, size, 3), (2, 3, size)]:
        hidden = draw.normal(*shape)
        close(student.last_token(hidden), last_position(hidden))


def test_last_token_values__arguments_unchanged(student, draw):
    """The arguments stay as they were."""
    hidden = draw.normal(2, 3, 4)
    hidden[0, 2], hidden[1, 1, 1] = 0, 0
    unchanged(student, "last_token", hidden)


def test_last_token_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    calls = [(draw.normal(*shape),) for shape in ((2, 3, 4), (3, 2, 4), (3, 2, 4))]
    in_turn(student, "last_token", last_position, *calls)


def test_last_token_gradients__last_position_only(student, draw):
    """Gradients flow to the last position, and to no other."""
    for dtype in DTYPES:
        hidden = draw.normal(2, 3, 4, dtype=dtype)
        for each in (hidden, *layouts(hidden), torch.zeros_like(hidden)):
            gradients(student, last_position, "last_token", each)
        for shape in ((2, 3, 1), (1, 1, 4)):
            hidden = draw.normal(*shape, dtype=dtype)
            if comes_right(student, last_position, "last_token", hidden):
                gradients(student, last_position, "last_token", hidden)


# cosine_similarity


def cosine_similarity(a, b):
    """The cosine in float64, or 0 if either vector is zero."""
    dot = (a.double() * b.double()).sum(-1)
    lengths = a.double().square().sum(-1).sqrt() * b.double().square().sum(-1).sqrt()
    return torch.where(lengths > 0, dot / lengths, 0).to(a.dtype)


def test_cosine_similarity_values__every_shape(student, draw):
    """The result is the dot product over both lengths, for every shape, in both dtypes."""
    for dtype in DTYPES:
        for shape in [(5,), (4, 6), (1, 5), (4, 1), (1,), (3, 3), (2, 3, 5), (2, 1, 3, 4)]:
            a, b = draw.normal(*shape, dtype=dtype, scale=2), draw.normal(*shape, dtype=dtype)
            close(student.cosine_similarity(a=a, b=b), cosine_similarity(a, b), atol=CANCELS[dtype])
        # zeros here and there, and entries that add up to zero
        a, b = (
            torch.tensor([[1, 0, 2], [1, -1, 0], [0, 0, 3]], dtype=dtype),
            torch.tensor([0, 1, 2], dtype=dtype),
        )
        close(
            student.cosine_similarity(a, b.expand(3, 3)),
            cosine_similarity(a, b),
            atol=CANCELS[dtype],
        )
        close(student.cosine_similarity(a, a), cosine_similarity(a, a), atol=CANCELS[dtype])
        b = draw.normal(2, 3, 4, dtype=dtype)
        for a in [
            *layouts(draw.normal(2, 3, 4, dtype=dtype)),
            draw.normal(2, 1, 4, dtype=dtype).expand(2, 3, 4),
        ]:
            close(student.cosine_similarity(a, b), cosine_similarity(a, b), atol=CANCELS[dtype])
            close(student.cosine_similarity(b, a), cosine_similarity(b, a), atol=CANCELS[dtype])
    size = draw.randint(130, 160)
    for shape in [(size, 3), (3, size)]:
        a, b = draw.normal(*shape), draw.normal(*shape)
        close(student.cosine_similarity(a, b), cosine_similarity(a, b), atol=CANCELS[a.dtype])


def test_cosine_similarity_values__short_and_long(student, draw):
    """The cosine doesn't depend on the lengths of the vectors, short or long."""
    # 1e-4 is as small as an entry gets; in float64 whatever is added to the denominator already shows at 1e-2.
    for dtype, small in ((torch.float32, 1e-4), (torch.float64, 1e-2)):
        for width, largest in ((1, 1.4), (3, 3)):
            short, other, long = (
                draw.uniform(1.1, largest, 6, width, dtype=dtype)
                * (draw.integers(0, 2, 6, width) * 2 - 1)
                * size
                for size in (small, small, 3e3)
            )
            for a, b in [(short, other), (short, long), (long, short)]:
                close(student.cosine_similarity(a, b), cosine_similarity(a, b), atol=CANCELS[dtype])


def test_cosine_similarity_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    a, b, c, d = (draw.normal(4, 5) for _ in range(4))
    calls = (a, b), (a[0], c[0]), (a, b), (c, d)
    in_turn(student, "cosine_similarity", cosine_similarity, *calls, compare=close_cosine)


def test_cosine_similarity_broadcasting__leading_dimensions(student, draw):
    """Leading dimensions of a and b are broadcast: a missing one or a 1 is stretched."""
    for dtype in DTYPES:
        for left, right in [
            ((5,), (4, 5)),
            ((4, 5), (5,)),
            ((1, 5), (4, 5)),
            ((2, 1, 5), (3, 5)),
            ((3, 1, 5), (4, 5)),
            ((2, 4, 5), (4, 5)),
            ((1, 3, 1, 5), (2, 1, 4, 5)),
        ]:
            # only shapes count here: another cell checks answers that round, pad or bound the lengths
            a, b = (
                draw.uniform(1, 2, *each, dtype=dtype) * (draw.integers(0, 2, *each) * 2 - 1)
                for each in (left, right)
            )
            close(student.cosine_similarity(a, b), cosine_similarity(a, b), rtol=1e-4, atol=1e-4)


def with_zero_rows(draw, dtype):
    # apart from the zeros, the input is easy: no negative number, no length below 1
    a, b = draw.uniform(1, 2, 5, 4, dtype=dtype), draw.uniform(1, 2, 5, 4, dtype=dtype)
    a[0], b[1], a[3], b[3] = 0, 0, 0, 0
    return a, b


def test_cosine_similarity_zero__among_others(student, draw):
    """A zero vector among others has the cosine 0, and changes no other result."""
    for dtype in DTYPES:
        a, b = with_zero_rows(draw, dtype)
        close(student.cosine_similarity(a, b), cosine_similarity(a, b), rtol=1e-4)
        # a zero vector against many
        for left, right in ((a[:1], b), (a, b[1])):
            close(student.cosine_similarity(left, right), cosine_similarity(left, right), rtol=1e-4)


def test_cosine_similarity_zero__one_pair(student, draw):
    """The cosine with a zero vector is 0."""
    for dtype in DTYPES:
        a, zero = draw.normal(4, dtype=dtype), torch.zeros(4, dtype=dtype)
        for pair in [(a, zero), (zero, a), (zero, zero)]:
            close(student.cosine_similarity(*pair), torch.zeros((), dtype=dtype))


def test_cosine_similarity_zero__arguments_unchanged(student, draw):
    """The arguments stay as they were."""
    unchanged(student, "cosine_similarity", *with_zero_rows(draw, torch.float32))


def test_cosine_similarity_gradients__both_arguments(student, draw):
    """Gradients flow back to both arguments."""

    def reference(a, b):
        return (a * b).sum(-1) / (a.square().sum(-1).sqrt() * b.square().sum(-1).sqrt())

    # In float64 only: a gradient of a cosine is a difference of two vectors, in which float32 loses digits.
    a, b = draw.normal(3, 5, dtype=torch.float64), draw.normal(3, 5, dtype=torch.float64)
    # the first two are at right angles, and the next two point away from each other
    a[0], b[0] = torch.tensor([1, 0, 2, 0, -1]), torch.tensor([2, 3, 0, -1, 2])
    b[1] *= -(a[1] @ b[1]).sign()
    for left, right in [(a, b), *zip(layouts(a), layouts(b), strict=True)]:
        gradients(student, reference, "cosine_similarity", left, right)
    gradients(student, reference, "cosine_similarity", a[:1], b[1:])


# normalize_rows


def unit_rows(table):
    lengths = table.double().square().sum(1, keepdim=True).sqrt()
    return (table.double() / torch.where(lengths > 0, lengths, 1)).to(table.dtype)


def test_normalize_rows_values__every_shape(student, draw):
    """Every row has length 1 afterwards, and its direction stays."""
    for dtype in DTYPES:
        for shape in [(4, 4), (6, 3), (3, 7), (1, 5), (5, 1), (1, 1), (2, 2)]:
            table = draw.normal(*shape, dtype=dtype, scale=3)
            close(student.normalize_rows(table=table), unit_rows(table))
        for table in layouts(draw.normal(5, 3, dtype=dtype)):
            close(student.normalize_rows(table), unit_rows(table))
        # as short as a row gets, and long ones beside it
        table = torch.tensor([[1e-4, 0], [3e-4, -4e-4], [8e3, 6e3], [1, -1]], dtype=dtype)
        close(student.normalize_rows(table), unit_rows(table))


def test_normalize_rows_values__rows_of_zeros(student, draw):
    """A row of zeros stays zero."""
    for dtype in DTYPES:
        for shape in [(4, 4), (5, 3), (1, 3)]:
            table = draw.normal(*shape, dtype=dtype)
            table[::2] = 0
            close(student.normalize_rows(table), unit_rows(table))


def test_normalize_rows_values__table_is_left_alone(student, draw):
    """The arguments stay as they were."""
    table = draw.normal(5, 3)
    unchanged(student, "normalize_rows", table)
    table[2] = 0
    unchanged(student, "normalize_rows", table)


def test_normalize_rows_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    calls = [(draw.normal(*shape),) for shape in ((5, 3), (3, 5), (3, 5))]
    in_turn(student, "normalize_rows", unit_rows, *calls)


def test_normalize_rows_gradients__every_entry(student, draw):
    """Gradients flow back to every entry, with the right values."""

    def reference(table):
        return table / table.square().sum(1, keepdim=True).sqrt()

    # In float64 only: each entry is a difference, in which digits are lost.
    table = draw.normal(4, 3, dtype=torch.float64)
    table[1] = torch.tensor([0.6, 0, 0.8])  # has length 1, and a gradient like any other
    gradients(student, reference, "normalize_rows", table, rtol=1e-5)


# catch_cosine_similarity

# The wrong answers that the reference solution's examples expose, by the inputs that expose them. Wrong answers added
# after the assignment was written change no grade.
COUNTED = {
    "for ordinary vectors": """
        dot_product divides_by_a_only length_of_the_projection squared_lengths absolute_lengths root_of_the_lengths
        sum_of_lengths length_of_everything one_number_for_all along_the_first_axis along_the_second_axis
        normalises_along_the_default keeps_the_axis all_against_all single_vectors_only matrices_only cosine_distance
        angle without_sign cut_off_at_zero between_zero_and_one mean_of_products correlation python_number
        plain_sum_of_lengths distance_of_the_points lengths_without_keepdim all_pairs_by_transpose all_pairs_by_t
    """,
    "only in float64": "float32_always",
    "only if shapes broadcast": "equal_shapes_only axes_of_a stretches_b_only pairs_by_zip",
    "only for short vectors": "adds_to_the_product adds_below_the_root bound_too_high bound_of_one short_is_zero",
    "only for vectors as short as they may be": "length_bound",
    "only if the numbers of a vector add up to zero": "zero_by_its_sum",
    "only if a vector is zero": """
        divides_by_zero zero_in_a_single_pair_only zero_for_all leaves_them_out zero_in_a_only zero_in_b_only
        zero_in_both_only nan_to_one python_zero
    """,
    "only if both vectors are zero": "equal_zeros_are_alike",
    "only if a vector is zero in float64": "float32_zero",
}


def compare_cosine_similarity(got, want, example):
    close(got, want, atol=CANCELS.get(want.dtype))


def exposed(student):
    return caught(
        student, "cosine_similarity", cosine_similarity, COUNTED, compare_cosine_similarity
    )


def test_catch_cosine_similarity_fair__right_answers_stand(student, draw):
    """Every example keeps to the rules, and a right answer passes it."""
    refused = exposed(student).refused
    assert not refused, "\n".join(f"example {number} {said}" for number, said in refused.items())


def test_catch_cosine_similarity_many__60_percent(student, draw):
    """The examples expose at least 60 % of the wrong answers that count."""
    found = exposed(student)
    student.remark = found.words()
    assert found.share >= 0.6, found.words()


def test_catch_cosine_similarity_most__85_percent(student, draw):
    """The examples expose at least 85 % of the wrong answers that count."""
    found = exposed(student)
    assert found.share >= 0.85, "fewer than 85 % of the wrong answers are exposed"


# most_similar: rows with given cosines, far enough apart that no rounding can swap two of them. A fault at k = 1 or at
# k = V costs only `most_similar_errors`: the order is checked for the k between them.

COSINES = (0.9, 0.65, 0.4, 0.15, -0.2, -0.5, -0.8, -0.97)


def directions(draw, query, cosines=COSINES, lengths=(0.1, 10.0)):
    """Rows with these cosines to the query, in that order; their lengths alternate."""
    query = query.double()
    along = query / query.norm()
    across = draw.normal(len(cosines), len(query), dtype=torch.float64)
    across = across - (across @ along)[:, None] * along
    across = across / across.norm(dim=1, keepdim=True)
    cosines = torch.tensor(cosines, dtype=torch.float64)[:, None]
    lengths = torch.tensor(lengths * (len(cosines) // 2), dtype=torch.float64)[:, None]
    return lengths * (cosines * along + (1 - cosines**2).sqrt() * across)


def shuffled(draw, rows, dtype):
    """The rows in random order, and the ids that they have there."""
    order = draw.uniform(0, 1, len(rows)).argsort()
    return rows[order].to(dtype), order.argsort()


def test_most_similar_order__by_direction(student, draw):
    """The ids are in the order of the cosines, the largest first."""
    for dtype in DTYPES:
        query = draw.normal(6, dtype=dtype, scale=3)
        table, ids = shuffled(draw, directions(draw, query), dtype)
        for k in (2, 4, 7):
            equal(student.most_similar(query=query, table=table, k=k), ids[:k])
        # The second best is 0.00003 behind the best, which is so short that 1e-8 beside its length would cost it more.
        short = torch.tensor([[1.1e-4, 1.1e-4], [1, 0.5], [2, 2.03], [-1, 1]], dtype=dtype)
        for query in (torch.ones(2, dtype=dtype), torch.full((2,), 2e-4, dtype=dtype)):
            equal(student.most_similar(query, short, 3), torch.tensor([0, 2, 1]))
        query = draw.normal(6, dtype=dtype, scale=3)
        table, ids = shuffled(draw, directions(draw, query), dtype)
        for strided_query in layouts(query):
            for strided_table in layouts(table):
                equal(student.most_similar(strided_query, strided_table, 3), ids[:3])


def test_most_similar_order__many_rows(student, draw):
    """The order holds for many rows, even if two cosines are only 0.00004 apart."""
    # Two neighbours in the order are 0.00004 apart, a hundred times the rounding error of float32, and one of them is
    # 50,000 times as long as the other. In all there are more rows than a byte can count.
    query = draw.normal(draw.randint(20, 40))
    first = torch.linspace(0.97, -0.9, draw.randint(140, 160), dtype=torch.float64)
    rows = directions(
        draw, query, torch.stack([first, first - 4e-5], dim=1).flatten().tolist(), (0.1, 5e3)
    )
    table, ids = shuffled(draw, rows, query.dtype)
    for k in (len(table) - 1, draw.randint(20, 120), 2):
        equal(student.most_similar(query, table, k), ids[:k])


def test_most_similar_order__query_and_zeros_among_the_rows(student, draw):
    """A row that equals the query counts like any other, and a row of zeros has similarity 0."""
    # the query's numbers add up to zero, and so do those of the row that equals it
    query = cancelling(draw, 6)
    rows = directions(draw, query)
    rows = torch.cat([query[None], rows[:4], torch.zeros(1, 6), rows[4:]])
    table, ids = shuffled(draw, rows, query.dtype)
    for k in (3, 7):
        equal(student.most_similar(query, table, k), ids[:k])


def test_most_similar_order__arguments_unchanged(student, draw):
    """The arguments stay as they were."""
    table = draw.normal(30, 4) * torch.tensor([1.0, 1, 5, 5])
    table[3], table[7, 2] = 0, 0
    unchanged(student, "most_similar", draw.normal(4), table, 20)


def test_most_similar_order__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    query = draw.normal(6)
    (table, ids), (other, order) = (
        shuffled(draw, directions(draw, query), query.dtype) for _ in range(2)
    )
    calls = [
        [query, table, 3],
        [query, table, 5],
        [query, other, 5],
        [query, other[order[:5]], 4],
        [-query, table, 5],
    ]
    calls += [[query.double(), table.double(), 5]]
    wanted = [ids[:3], ids[:5], order[:5], torch.arange(4), ids.flip(0)[:5], ids[:5]]
    for changed, want in (([-query, table, 5], ids.flip(0)[:5]), ([query, other, 5], order[:5])):
        equal(
            student.run(probe_calls, "most_similar", [*calls, [query, table, 5], changed]),
            [*wanted, want],
        )


def test_most_similar_errors__k_out_of_range(student, draw):
    """A k below 1 or above the number of rows raises a ValueError."""
    for k in (0, -1, -3, 6, 50):
        raises(student, ValueError, "most_similar", draw.normal(4), draw.normal(5, 4), k)
    raises(student, ValueError, "most_similar", draw.normal(4), draw.normal(1, 4), 2)


def test_most_similar_errors__from_one_row_to_all(student, draw):
    """Every k from 1 to the number of rows is allowed, and gives k different ids."""
    # From 257 on, two whole numbers of the same size are not the same object in Python.
    many = draw.randint(270, 300)
    # in a table with one column, the row that points the other way has a cosine of exactly -1
    for rows, width, k in ((8, 6, 8), (8, 6, 1), (1, 6, 1), (many, 6, many), (2, 1, 2)):
        table = draw.uniform(1, 2, rows, width) * torch.tensor([1, -1]).repeat(many)[:rows, None]
        for query in (table[0], table[-1]):
            got = student.most_similar(query, table, k)
            # the other cell checks the order
            fits = isinstance(got, torch.Tensor) and got.shape == (k,) and len(got.unique()) == k
            assert fits, f"expected {k} different ids of {rows} rows, k being {k}"


# analogy


def shuffled_behind_the_first(draw, rows, dtype):
    """So that whoever takes the first row out moves all the others up."""
    table, ids = shuffled(draw, rows[1:], dtype)
    return torch.cat([rows[:1].to(dtype), table]), [0, *(ids + 1).tolist()]


def test_analogy_ids__nearest_by_direction(student, draw):
    """The answer is the row nearest to c + b - a by cosine that is none of a, b and c."""
    for dtype in 3 * DTYPES:  # six times, since there are few rows to be right by chance with
        e = torch.linalg.qr(draw.normal(7, 7, dtype=torch.float64)).Q
        way = 1.5 * e[2]
        place = 2 * e[1] + way
        rows = [
            2 * e[0],  # a
            2 * e[0] + way,  # b, second by direction
            2 * e[1],  # c, first by direction
            9 * (0.3 * place / 2.5 + 0.95 * e[3]),  # the answer
            e[0] + e[4],  # nearest to b + c
            e[2] - 0.6 * e[1] + e[4],  # nearest to b - a
            e[1] - e[2] + e[4],  # nearest to c + a - b
            0.1 * (e[4] + e[5]),  # the nearest point
            90 * (0.25 * place / 2.5 + 0.97 * e[5]),  # the largest dot product
        ]
        table, ids = shuffled_behind_the_first(draw, torch.stack(rows), dtype)
        for each in (table, *layouts(table)):
            equal(student.analogy(a=ids[0], b=ids[1], c=ids[2], table=each), torch.tensor(ids[3]))


def test_analogy_ids__rows_as_long_as_they_are(student, draw):
    """b minus a is taken of the rows as they are, not brought to length 1 first."""
    # were all rows brought to one length first, the last but one would be nearest
    e = torch.eye(5, dtype=torch.float64)
    rows = torch.stack(
        [0.1 * e[0], 0.1 * e[0] + 3 * e[1], 2 * e[2], e[2] + 1.5 * e[1], e[2] + e[1] - e[0], e[4]]
    )
    for dtype in DTYPES:
        table, ids = shuffled_behind_the_first(draw, rows, dtype)
        equal(student.analogy(*ids[:3], table), torch.tensor(ids[3]))


def test_analogy_ids__four_rows(student, draw):
    """Of four rows the answer is the fourth, even if it points away."""
    # The one row that is left points away from the place.
    rows = torch.tensor([[1, 0.1], [1, 1], [2, 0.2], [-3, -1]], dtype=torch.float64)
    for dtype in DTYPES:
        table, ids = shuffled_behind_the_first(draw, rows, dtype)
        equal(student.analogy(*ids[:3], table), torch.tensor(ids[3]))


def test_analogy_ids__table_is_left_alone(student, draw):
    """The arguments stay as they were."""
    unchanged(student, "analogy", 0, 2, 3, draw.normal(6, 4))


def test_analogy_ids__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    e = torch.eye(4)
    table = torch.stack([e[0], e[0] + e[1], e[2], e[2] + e[1], e[3]])
    calls = [[0, 1, 2, table], [2, 3, 0, table], [0, 1, 2, table.roll(1, 0)], [0, 1, 3, table]]
    calls += [[0, 1, 2, table.double()], [0, 1, 2, table], [0, 1, 2, table[[0, 1, 2, 4, 3]]]]
    equal(
        student.run(probe_calls, "analogy", calls),
        [torch.tensor(wanted) for wanted in (3, 1, 4, 2, 3, 4)],
    )


# split_heads


def heads(x, n_heads):
    B, T, D = x.shape
    return x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


def test_split_heads_values__every_size(student, draw):
    """Each head gets its own part of every token's vector, for every size."""
    for dtype in DTYPES:
        for shape, n_heads in [
            ((2, 6, 12), 3),
            ((2, 5, 12), 3),
            ((2, 5, 12), 12),
            ((1, 3, 8), 2),
            ((3, 1, 6), 2),
        ]:
            x = draw.normal(*shape, dtype=dtype)
            close(student.split_heads(x=x, n_heads=n_heads), heads(x, n_heads))
        for x in layouts(draw.normal(2, 5, 12, dtype=dtype)):
            close(student.split_heads(x, 3), heads(x, 3))
        x = any_size(draw, 2, 5, 12, dtype=dtype)
        x[..., :4], x[1, 2, 4:] = 0, cancelling(draw, 8)
        close(student.split_heads(x, 3), heads(x, 3), atol=0.0)
    size = draw.randint(130, 160)
    for shape, n_heads in [
        ((1, size, 6), 2),
        ((1, 2, 2 * size), 2),
        ((2, 3, 50), 25),
        ((size, 1, 6), 3),
    ]:
        x = draw.normal(*shape)
        close(student.split_heads(x, n_heads), heads(x, n_heads))


def test_split_heads_values__arguments_unchanged(student, draw):
    """The arguments stay as they were."""
    x = draw.normal(2, 5, 12)
    x[0, 1], x[1, 2, 3] = 0, 0
    unchanged(student, "split_heads", x, 3)
    if comes_right(student, heads, "split_heads", x[:1], 1):
        unchanged(student, "split_heads", x[:1], 1)


def test_split_heads_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    x = draw.normal(2, 5, 12)
    in_turn(
        student,
        "split_heads",
        heads,
        (x, 3),
        (draw.normal(3, 4, 6), 2),
        (x, 4),
        (draw.normal(2, 5, 12), 4),
    )


def test_split_heads_gradients__every_entry(student, draw):
    """Gradients flow back to every entry."""
    for dtype in DTYPES:
        x = draw.normal(2, 5, 12, dtype=dtype)
        for each in (x, *layouts(x), torch.zeros_like(x)):
            gradients(student, heads, "split_heads", each, 3)
        if comes_right(student, heads, "split_heads", x[:1, :, :4], 1):
            gradients(student, heads, "split_heads", x[:1, :, :4], 1)


def test_split_heads_errors__remainder(student, draw):
    """A size that the number of heads doesn't divide raises a ValueError."""
    for D, n_heads in ((12, 5), (12, 8), (4, 8), (7, 2)):
        raises(student, ValueError, "split_heads", draw.normal(2, 3, D), n_heads)
    # with as many positions as heads, the numbers would fit into another shape
    raises(student, ValueError, "split_heads", draw.normal(1, 5, 12), 5)
    got = student.split_heads(draw.normal(2, 3, 12), 4)
    # another cell checks the order
    assert isinstance(got, torch.Tensor), (
        f"expected a tensor when D is a multiple of n_heads, got {describe(got)}"
    )


def test_split_heads_errors__one_head(student, draw):
    """One head gets the whole vector."""
    # with one token, the place of the heads' dimension makes no difference: another cell checks it
    for D in (12, 1):
        x = draw.normal(2, 1, D)
        equal(student.split_heads(x, 1), heads(x, 1))


# predictions


def test_predict_integer_mean_value__computed(student, draw):
    """PyTorch takes no mean of whole numbers: it raises an error."""
    try:
        letter = {torch.float32: "A", torch.int64: "B", torch.float64: "C"}[
            torch.tensor([1, 2, 4]).mean().dtype
        ]
    except RuntimeError:
        letter = "D"
    predicts(student, "predict_integer_mean", letter)


def test_predict_difference_shape_value__computed(student, draw):
    """Shapes line up from the right, and a missing size or a 1 is stretched."""
    predicts(student, "predict_difference_shape", tuple((torch.ones(4) - torch.ones(4, 1)).shape))


def test_predict_view_value__computed(student, draw):
    """reshape copies a transposed tensor; view, which never copies, raises an error."""
    turned = torch.arange(6).reshape(2, 3).transpose(0, 1)
    copied = turned.reshape(6).tolist()
    try:
        viewed = turned.view(6).tolist()
    except RuntimeError:
        viewed = None
    in_line, by_rows = [0, 1, 2, 3, 4, 5], [0, 3, 1, 4, 2, 5]
    options = {
        "A": (in_line, in_line),
        "B": (by_rows, by_rows),
        "C": (by_rows, None),
        "D": (by_rows, in_line),
    }
    predicts(
        student,
        "predict_view",
        next(letter for letter, each in options.items() if each == (copied, viewed)),
    )


# Stand-ins: regrading uses these in place of wrong answers, for example to `cosine_similarity`. They run beside the student's
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


def normalize_rows_stand_in(table: torch.Tensor) -> torch.Tensor:
    return F.normalize(table, dim=1)


def analogy_stand_in(a: int, b: int, c: int, table: torch.Tensor) -> torch.Tensor:
    scores = F.cosine_similarity(table, table[b] - table[a] + table[c], dim=1)
    return scores.index_fill(0, torch.tensor([a, b, c]), -2).argmax()


STAND_INS = {
    "embed": embed_stand_in,
    "last_token": last_token_stand_in,
    "cosine_similarity": cosine_similarity_stand_in,
    "most_similar": most_similar_stand_in,
    "split_heads": split_heads_stand_in,
    "normalize_rows": normalize_rows_stand_in,
    "analogy": analogy_stand_in,
}


def projected(a, b):
    return (a * b).sum(-1, keepdim=True) / (b * b).sum(-1, keepdim=True) * b


def test_projection_values__every_shape(student, draw):
    """The result is the multiple of b that is nearest to a, for every shape and a short b."""
    for dtype in DTYPES:
        for shape in [(3,), (1,), (4, 3), (2, 5, 3), (2, 1, 3, 4), (1, 1)]:
            a, b = draw.normal(*shape, dtype=dtype), draw.uniform(0.5, 2, *shape, dtype=dtype)
            close(student.projection(a=a, b=b), projected(a, b))
    a, b = draw.normal(2, 4, 3), draw.uniform(0.5, 2, 2, 4, 3)
    for one, other in zip(layouts(a), layouts(b), strict=True):
        close(student.projection(one, other), projected(one, other))
    # of a short b the square is tiny
    close(student.projection(a, 3e-4 * b), projected(a, 3e-4 * b))
    in_turn(student, "projection", projected, (a, b), (a[0], b[0]), (a[1], b[1]))
    unchanged(student, "projection", a[0], b[0])


def test_projection_gradients__both_arguments(student, draw):
    """Gradients flow back to both arguments."""
    gradients(student, projected, "projection", draw.normal(4, 3), draw.uniform(0.5, 2, 4, 3))
    gradients(student, projected, "projection", draw.normal(3), draw.uniform(0.5, 2, 3))


def projection_stand_in(a, b):
    return ((a * b).sum(-1) / (b * b).sum(-1)).unsqueeze(-1) * b


STAND_INS["projection"] = projection_stand_in
