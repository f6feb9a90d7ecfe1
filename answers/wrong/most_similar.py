"""Wrong answers to `most_similar(query, table, k)`."""

import torch
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Lets the lengths of the rows decide",
    hint="A long row wins even where its direction is off. Each row has to be divided by its own length; dividing by the query's alone changes no order, and lengths along `dim=0` are those of the columns. You have written a function that compares directions alone.",
    fails="most_similar_order",
)
def by_dot_product(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return (table @ query).topk(k).indices


@wrong(
    "Divides by the query's length only",
    hint="The query's length is the same for all rows and changes no order. It's the lengths of the rows that must go.",
    fails="most_similar_order",
    like="by_dot_product",
)
def normalises_the_query_only(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return (table @ (query / query.norm())).topk(k).indices


@wrong(
    "Ranks by distance",
    hint="You look for the rows that lie nearest. A row may be far away and still point exactly in the query's direction: similarity is about the angle.",
    fails="most_similar_order",
)
def by_distance(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return (table - query).norm(dim=1).topk(k, largest=False).indices


@wrong(
    "Takes the worst instead of the best",
    hint="You get the least similar rows first: `argsort`, for one, sorts upwards unless told otherwise.",
    fails="most_similar_order",
)
def worst_first(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).argsort()[:k]


@wrong(
    "Gives the best ones with the best at the end",
    hint="You have the right rows, but the best comes last, for instance where the last k are cut from an upward order. The best should come first.",
    fails="most_similar_order",
)
def best_last(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).argsort()[-k:]


@wrong(
    "Gives the ids in the order of the table",
    hint="You have the right rows, but in the order of their ids. The order that counts is that of the similarity.",
    fails="most_similar_order",
)
def sorted_by_id(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).topk(k).indices.sort().values


@wrong(
    "Ignores the sign of the similarity",
    hint="With an absolute value or a square, a row that points the opposite way counts as very similar. It's the least similar of all.",
    fails="most_similar_order",
)
def by_absolute_value(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).abs().topk(k).indices


@wrong(
    "Gives the similarities instead of the ids",
    hint="`topk` and `sort` hand you both values and indices, and it's the values that come out. Which of the two says which rows they are?",
    fails="most_similar_order",
)
def similarities(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).topk(k).values


@wrong(
    "Gives similarities and ids together",
    hint="`topk` and `sort` return a pair, values and indices. Only the ids are asked for.",
    fails="most_similar_order",
)
def pair_of_topk(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).topk(k)


@wrong(
    "Gives the rows instead of their ids",
    hint="You look the rows up at the end. Their ids are asked for: with those, whoever calls your function can look up rows, words or anything else.",
    fails="most_similar_order",
)
def rows(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return table[cosine_similarity(query, table).topk(k).indices]


@wrong(
    "Gives a Python list",
    hint="A list of Python numbers comes out, as of `tolist()`. A tensor of ids is asked for, which can be used as an index straight away.",
    fails="most_similar_order",
)
def python_list(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).topk(k).indices.tolist()


@wrong(
    "Gives ids of another dtype",
    hint="Ids in PyTorch are int64, which `topk` and `argsort` give by themselves. Look for `.int()` or `dtype=torch.int32`: neither is needed.",
    fails="most_similar_order",
)
def int32_ids(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).topk(k).indices.int()


@wrong(
    "Gives ids as floating-point numbers",
    hint="Your ids are 3.0 instead of 3, and can't be used as an index: `torch.zeros(k)`, for one, makes float32. Ids are int64.",
    fails="most_similar_order",
)
def float_ids(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    ids = torch.zeros(k)
    ids[:] = cosine_similarity(query, table).topk(k).indices
    return ids


@wrong(
    "Always leaves out the best row",
    hint="The first place is skipped, as if it had to be the query itself. But the query need not be a row of the table, and if it is, it counts like any other.",
    fails=("most_similar_order", "most_similar_errors"),
)
def skips_the_best(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).argsort(descending=True)[1 : k + 1]


@wrong(
    "Leaves out a row that equals the query",
    hint="You exclude the row that is the query itself. That's a sensible wish, but here such a row counts like any other; it comes first.",
    fails="most_similar_order",
)
def skips_the_query(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    scores = cosine_similarity(query, table).masked_fill((table == query).all(dim=1), -2.0)
    return scores.topk(k).indices


@wrong(
    "Puts rows of zeros first",
    hint="A row of zeros gives 0 / 0, and sorting takes nan for the largest of all. Such a row has similarity 0, as in your `cosine_similarity`.",
    fails="most_similar_order",
)
def nan_first(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    scores = table @ query / (table.norm(dim=1) * query.norm())
    return scores.topk(k).indices


@wrong(
    "Puts rows of zeros last",
    hint="A row of zeros comes after the rows that point away, for instance where its nan is turned into minus infinity. A zero row has similarity 0, and those have less.",
    fails="most_similar_order",
)
def nan_last(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    scores = table @ query / (table.norm(dim=1) * query.norm())
    return scores.nan_to_num(nan=-2.0).topk(k).indices


@wrong(
    "Gives just the best one",
    hint="One id comes out whatever k is, as of `argmax`. You want the k best.",
    fails="most_similar_order",
)
def best_only(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).argmax().reshape(1)


@wrong(
    "Normalises the columns of the table",
    hint="The columns come to length 1, as with `dim=0`, which runs down them. The vectors are the rows.",
    fails="most_similar_order",
)
def normalises_columns(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return (F.normalize(table, dim=0) @ F.normalize(query, dim=0)).topk(k).indices


@wrong(
    "Insists on float32",
    hint="Query or table becomes float32, whatever it was, and float64 times float32 is refused. Leave the dtype as it is.",
    fails="most_similar_order",
)
def float32_query(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    query = F.normalize(query, dim=0).float()
    return (F.normalize(table, dim=1) @ query).topk(k).indices


@wrong(
    "Ranks by the squared similarity",
    hint="A square has no sign, so a row that points the opposite way counts as very similar. Did you mean to save the square root of the lengths? Then keep the sign.",
    fails="most_similar_order",
    like="by_absolute_value",
)
def by_square(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    squares = (table * table).sum(1)
    return ((table @ query) ** 2 / squares.clamp(min=1e-12)).topk(k).indices


@wrong(
    "Normalises the query of the caller in place",
    hint="Afterwards the caller's query has length 1: `/=`, or a method with an underscore, changes the tensor that you were given. Write `query = query / ...`, which makes a new tensor.",
    fails="most_similar_order",
)
def normalises_in_place(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    query /= query.norm()
    return (F.normalize(table, dim=1) @ query).topk(k).indices


@wrong(
    "Lets k = 0 pass without an error",
    hint="For k = 0 you give no ids and no error either: `topk` and slices let it pass without a word. Zero rows can't be the most similar ones. Check both ends of k yourself, first, and `raise` the error.",
    fails="most_similar_errors",
)
def no_check(query, table, k):
    return cosine_similarity(query, table).topk(k).indices


@wrong(
    "Slices without a check",
    hint="A slice never complains: with a k that is too large you get fewer ids than were asked for, and with -1 all but one. Check k first.",
    fails="most_similar_errors",
    like="no_check",
)
def slice_without_check(query, table, k):
    return cosine_similarity(query, table).argsort(descending=True)[:k]


@wrong(
    "Accepts a k that is too large",
    hint="You refuse k below 1, but there can be no more ids than rows. Check the other end too.",
    fails="most_similar_errors",
)
def no_upper_limit(query, table, k):
    if k < 1:
        raise ValueError("k must be at least 1")
    return cosine_similarity(query, table).argsort(descending=True)[:k]


@wrong(
    "Cuts k to what there is",
    hint="You quietly use the nearest k that works. Whoever asked for 50 rows and gets 5 should be told: raise the error.",
    fails="most_similar_errors",
)
def cuts_k(query, table, k):
    k = max(1, min(k, len(table)))
    return cosine_similarity(query, table).topk(k).indices


@wrong(
    "Accepts k = 0 and below",
    hint="You refuse a k that is too large, but 0 and negative numbers pass. Check the other end too.",
    fails="most_similar_errors",
    like="no_check",
)
def no_lower_limit(query, table, k):
    if k > len(table):
        raise ValueError("k is larger than the table")
    return cosine_similarity(query, table).argsort(descending=True)[:k]


@wrong(
    "Accepts k = 0",
    hint="You refuse negative numbers only. Zero rows can't be the most similar ones either: k starts at 1.",
    fails="most_similar_errors",
    like="no_check",
)
def accepts_zero(query, table, k):
    if k < 0 or k > len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).topk(k).indices


@wrong(
    "Compares k with the size of the vectors",
    hint="`table.shape[1]` is D, the size of a vector. How many rows are there to choose from?",
    fails=("most_similar_order", "most_similar_errors"),
)
def limit_of_the_wrong_axis(query, table, k):
    if not 1 <= k <= table.shape[1]:
        raise ValueError("k out of range")
    return cosine_similarity(query, table).argsort(descending=True)[:k]


@wrong(
    "Refuses to rank all rows",
    hint="`k < V` is one too strict: asking for all the rows, in order, is allowed.",
    fails="most_similar_errors",
)
def refuses_all_rows(query, table, k):
    if not 1 <= k < len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).topk(k).indices


@wrong(
    "Checks with assert",
    hint="`assert` raises an AssertionError, and is meant for what can't happen unless your own code is wrong. A wrong argument is a ValueError.",
    fails="most_similar_errors",
)
def checks_with_assert(query, table, k):
    assert 1 <= k <= len(table), "k out of range"
    return cosine_similarity(query, table).topk(k).indices


@wrong(
    "Returns the error instead of raising it",
    hint="`return ValueError(...)` hands the error over as if it were an answer, and nothing stops. An error is raised.",
    fails="most_similar_errors",
)
def returns_the_error(query, table, k):
    if not 1 <= k <= len(table):
        return ValueError("k out of range")
    return cosine_similarity(query, table).topk(k).indices


@wrong(
    "Gives None instead of raising an error",
    hint="You return None where k is wrong, after a printed message perhaps, so the program goes on with nothing in its hands. Raise a ValueError.",
    fails="most_similar_errors",
)
def prints_a_message(query, table, k):
    if k < 1 or k > len(table):
        print("k out of range")
        return None
    return cosine_similarity(query, table).topk(k).indices


@wrong(
    "Adds a constant to the lengths",
    hint="A constant beside a short row is no longer small, and the row's similarity shrinks. Guard against a length of 0 only where it is 0.",
    fails="most_similar_order",
)
def constant_beside_the_length(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError(f"k must be from 1 to {len(table)}")
    scores = (table @ query) / (table.norm(dim=1) * query.norm() + 1e-3)
    return scores.topk(k).indices


@wrong(
    "Rounds the similarities before ranking them",
    hint="Two rows whose similarities agree to a few places are still in an order. Rounding is for printing: rank the numbers as they are.",
    fails="most_similar_order",
    constants=("decimals=3", "decimals=2", "decimals=4"),
)
def ranks_rounded(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).round(decimals=3).topk(k).indices


@wrong(
    "Ranks the similarities in half precision",
    hint="Half precision has three digits, and two rows whose similarities agree in three are still in an order. Rank the numbers as they are.",
    fails="most_similar_order",
)
def half_precision(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).half().topk(k).indices


@wrong(
    "Gives a fixed number of rows at most",
    hint="Your list ends after a fixed number of rows. `k` may be anything up to the number of rows in the table.",
    fails="most_similar_order",
)
def ten_at_most(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).argsort(descending=True)[:10][:k]


@wrong(
    "Searches a fixed number of rows only",
    hint="You rank a part of the table. The best row may stand anywhere in it.",
    fails="most_similar_order",
)
def first_hundred_rows(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table)[: max(k, 100)].topk(k).indices


@wrong(
    "Keeps the ids in one byte",
    hint="uint8 ends at 255, and int8 at 127. Larger ids come out as others. Ids are int64 all the way.",
    fails="most_similar_order",
)
def ids_in_one_byte(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).topk(k).indices.to(torch.uint8).long()


@wrong(
    "Looks at a fixed number of each vector's numbers only",
    hint="A loop or slice of yours has a fixed end. Vectors come in any width, and every number counts.",
    fails="most_similar_order",
)
def first_16_numbers(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return cosine_similarity(query[:16], table[:, :16]).topk(k).indices


@wrong(
    "Compares k with `is`",
    hint="`is` asks for the same object, not the same number. Small whole numbers happen to be shared, larger ones are not: 300 is 300, but not always the same object. Compare with `==` or `<=`.",
    fails="most_similar_errors",
)
def compares_with_is(query, table, k):
    if k < 1 or not (k < len(table) or k is len(table)):
        raise ValueError("k out of range")
    return cosine_similarity(query, table).topk(k).indices


@wrong(
    "Remembers a table's unit vectors",
    hint="You keep a table's rows from an earlier call and take the same tensor for the same numbers. Training changes a table in place: it is the same tensor with other numbers in it. Divide by the lengths anew in each call.",
    fails="most_similar_order",
)
def remembers_the_table(query, table, k, seen={}):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    if table not in seen:
        seen[table] = F.normalize(table, dim=1)
    return (seen[table] @ query).topk(k).indices


@wrong(
    "Remembers the similarities by the tensors that it was given",
    hint="Your cache asks whether query and table are the same objects. Their numbers may have changed since, as a table's do at every training step. Compute anew in each call.",
    fails="most_similar_order",
)
def remembers_the_ranking(query, table, k, seen={}):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    key = id(query), id(table)
    if key not in seen:
        seen[key] = cosine_similarity(query, table).argsort(descending=True), query, table
    return seen[key][0][:k]


@wrong(
    "Ranks by differences of squares",
    hint="(|a|² + |b|² - |a - b|²) / 2 is the dot product on paper only. Where a row is much longer or shorter than the query, the digits cancel, and with them the order. Multiply and add up.",
    fails="most_similar_order",
)
def from_the_distance(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    dot = (table.square().sum(1) + query.square().sum() - (table - query).square().sum(1)) / 2
    return (dot / table.norm(dim=1).clamp(min=1e-12)).topk(k).indices


@wrong(
    "Adds a small number to the lengths",
    hint="Beside a row of length 0.0001 that isn't small: its similarity comes out too low, and it loses its place. Keep only the 0 away from the division.",
    fails="most_similar_order",
)
def adds_1e6(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return ((table @ query) / (table.norm(dim=1) + 1e-6)).topk(k).indices


@wrong(
    "Takes a query whose sum is zero for an empty one",
    hint="You give the first rows where the query's numbers add up to 0. They may well cancel; its direction is as good as any.",
    fails="most_similar_order",
)
def zero_sum_query(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    if query.sum() == 0:
        return torch.arange(k)
    return cosine_similarity(query, table).topk(k).indices


@wrong(
    "Remembers the similarities of a table, whatever the query",
    hint="You keep what an earlier query was compared with and give it to the next one as well. A similarity depends on both: compute it anew in each call.",
    fails="most_similar_order",
)
def remembers_without_the_query(query, table, k, seen={}):
    if not 1 <= k <= len(table):
        raise ValueError("k is out of range")
    key = tuple(table.flatten().tolist())
    if key not in seen:
        seen[key] = cosine_similarity(query, table)
    return seen[key].topk(k).indices


@wrong(
    "Says at which place each of the first k rows comes",
    hint="Your numbers are the places of rows 0, 1, 2 and so on, as `argsort` of an `argsort` gives them. Asked is the other way round: which row comes at the first place, and which at the next?",
    fails="most_similar_order",
)
def places_of_the_first_rows(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k is out of range")
    return cosine_similarity(query, table).argsort(descending=True).argsort()[:k]


@wrong(
    "Leaves rows of zeros out before it ranks the others",
    hint="Without them the rows behind move up, and your ids are those of another table. A row of zeros keeps its place and has similarity 0, as in your `cosine_similarity`.",
    fails="most_similar_order",
)
def ranks_without_zero_rows(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k is out of range")
    kept = table[table.abs().sum(1) > 0]
    return cosine_similarity(query, kept).argsort(descending=True)[:k]


@wrong(
    "Strikes out what it has taken by a similarity of -1",
    hint="A row that was taken gets -1, so that it isn't taken again. But -1 is a cosine that a row can have, where it points exactly the other way: then one id comes twice. Which number is below every cosine?",
    fails="most_similar_errors",
)
def struck_out_by_minus_one(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k must be from 1 to the number of rows")
    similarity = cosine_similarity(query, table).detach().clone()
    ids = torch.zeros(k, dtype=torch.int64)
    for place in range(k):
        ids[place] = similarity.argmax()
        similarity[ids[place]] = -1.0
    return ids


@wrong(
    "Sorts by an angle that can be nan",
    hint="A cosine is rounded, and may come out a little above 1: `acos` of that is nan, which is sorted behind all numbers. So the row that fits best is lost. The order of the cosines is enough; no angle is needed.",
    fails="most_similar_order",
)
def sorted_by_the_angle(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k must be from 1 to the number of rows")
    lengths = (table * table).sum(-1).sqrt() * (query * query).sum().sqrt()
    cosines = torch.where(lengths == 0, 0.0, table @ query / lengths)
    return torch.acos(cosines).argsort()[:k]


@wrong(
    "Gives a bare number where one row is asked for",
    hint="For k = 1 your result has no dimension: `squeeze()` takes every dimension of size 1 away. The result is `(k,)`, also for one row.",
    fails="most_similar_errors",
)
def squeezes_one_id(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k must be from 1 to the number of rows")
    return cosine_similarity(query, table).topk(k).indices.squeeze()


@wrong(
    "Sorts by angles, which nan ends",
    hint="Rounding may make a cosine a little larger than 1, as for a row that equals the query, and there `acos` gives nan. You need no angles: the largest cosine comes first.",
    fails="most_similar_order",
)
def by_angle(query, table, k):
    if not 1 <= k <= len(table):
        raise ValueError("k out of range")
    return torch.acos(cosine_similarity(query, table)).argsort()[:k]
