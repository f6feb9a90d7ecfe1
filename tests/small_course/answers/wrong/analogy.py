"""Wrong answers to `analogy(a, b, c, table)`."""

import torch
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Goes the way back, from b to a",
    hint="The way from a to b is `table[b] - table[a]`: where you arrive minus where you start. You subtract them the other way round.",
    fails="analogy_ids",
)
def the_way_back(a, b, c, table):
    scores = F.cosine_similarity(table, table[c] + table[a] - table[b], dim=1)
    scores[[a, b, c]] = -torch.inf
    return scores.argmax()


@wrong(
    "Compares the way from c to each row with the way from a to b",
    hint="You compare two differences. The row may lie far from where the way ends: walk it from `c`, and look which row points the same way as the place where you arrive.",
    fails="analogy_ids",
)
def compares_the_ways(a, b, c, table):
    scores = F.cosine_similarity(table - table[c], table[b] - table[a], dim=1)
    scores[[a, b, c]] = -torch.inf
    return scores.argmax()


@wrong(
    "Lets the words of the question answer it",
    hint="The place that you look for lies close to `b` and `c`, so the nearest row is often one of those. The three rows of the question don't count.",
    fails="analogy_ids",
)
def words_of_the_question(a, b, c, table):
    return F.cosine_similarity(table, table[c] + table[b] - table[a], dim=1).argmax()


@wrong(
    "Leaves only c out",
    hint="`a` and `b` don't count as answers either.",
    fails="analogy_ids",
)
def leaves_only_c_out(a, b, c, table):
    scores = F.cosine_similarity(table, table[c] + table[b] - table[a], dim=1)
    scores[c] = -torch.inf
    return scores.argmax()


@wrong(
    "Looks for what is like b and c, and forgets a",
    hint="The sum of `b` and `c` isn't the way from `a` to `b`. Subtract where you start.",
    fails="analogy_ids",
)
def forgets_a(a, b, c, table):
    scores = F.cosine_similarity(table, table[b] + table[c], dim=1)
    scores[[a, b, c]] = -torch.inf
    return scores.argmax()


@wrong(
    "Looks for what is like the way, and forgets where it starts",
    hint="`table[b] - table[a]` is a way, not a place. Go it from `c`.",
    fails="analogy_ids",
)
def forgets_c(a, b, c, table):
    scores = F.cosine_similarity(table, table[b] - table[a], dim=1)
    scores[[a, b, c]] = -torch.inf
    return scores.argmax()


@wrong(
    "Takes the nearest point instead of the nearest direction",
    hint="The row with the highest cosine similarity is asked for. It may be far away, if its direction is right.",
    fails="analogy_ids",
)
def by_distance(a, b, c, table):
    away = (table - (table[c] + table[b] - table[a])).norm(dim=1)
    away[[a, b, c]] = torch.inf
    return away.argmin()


@wrong(
    "Lets the lengths of the rows decide",
    hint="A long row has a large dot product with everything that points more or less its way. The cosine is asked for.",
    fails="analogy_ids",
)
def by_dot_product(a, b, c, table):
    scores = table @ (table[c] + table[b] - table[a])
    scores[[a, b, c]] = -torch.inf
    return scores.argmax()


@wrong(
    "Counts among the rows that are left",
    hint="Where three rows are taken out, those behind move up, and the number that you find is no id of the table. Keep the rows, and make their scores unattractive.",
    fails="analogy_ids",
)
def counts_what_is_left(a, b, c, table):
    left = torch.tensor([i for i in range(len(table)) if i not in (a, b, c)])
    return F.cosine_similarity(table[left], table[c] + table[b] - table[a], dim=1).argmax()


@wrong(
    "Gives the words of the question a score of 0",
    hint="Where all others point away, 0 is the highest score. Nothing is below minus infinity.",
    fails="analogy_ids",
)
def score_of_zero(a, b, c, table):
    scores = F.cosine_similarity(table, table[c] + table[b] - table[a], dim=1)
    scores[[a, b, c]] = 0
    return scores.argmax()


@wrong(
    "Gives the similarity instead of the id",
    hint="`max` gives the score. Which row has it is told by `argmax`, or by the indices of `topk`.",
    fails="analogy_ids",
)
def similarity(a, b, c, table):
    scores = F.cosine_similarity(table, table[c] + table[b] - table[a], dim=1)
    scores[[a, b, c]] = -torch.inf
    return scores.max()


@wrong(
    "Gives a list of one id",
    hint="A tensor with one dimension, of size 1, comes out, as of `topk(1)`. One id alone is 0-d: take its first.",
    fails="analogy_ids",
)
def list_of_one(a, b, c, table):
    scores = F.cosine_similarity(table, table[c] + table[b] - table[a], dim=1)
    scores[[a, b, c]] = -torch.inf
    return scores.topk(1).indices


@wrong(
    "Erases the words of the question from the table",
    hint="The caller's table has lost three words after your call. Leave it as it is: change your own scores instead.",
    fails="analogy_ids",
)
def erases_the_question(a, b, c, table):
    place = table[c] + table[b] - table[a]
    table.data[[a, b, c]] = -place
    return F.cosine_similarity(table, place, dim=1).argmax()


@wrong(
    "Remembers the answer by the tensor that it was given",
    hint="You keep the answer for three ids and a table, and ask whether it is the same table object. Its numbers may have changed since, as they do at every training step. Look anew in each call.",
    fails="analogy_ids",
)
def remembers(a, b, c, table, seen={}):
    if (a, b, c, table) not in seen:
        scores = cosine_similarity(table[b] - table[a] + table[c], table)
        scores[[a, b, c]] = -2
        seen[a, b, c, table] = scores.argmax()
    return seen[a, b, c, table]


@wrong(
    "Brings the words to one length before it adds and subtracts them",
    hint="The cosine at the end ignores lengths, but the place itself is made of the rows as they are: a longer difference takes you further from `c`.",
    fails="analogy_ids",
)
def unit_rows_first(a, b, c, table):
    unit = F.normalize(table, dim=1)
    scores = unit @ (unit[c] + unit[b] - unit[a])
    scores[[a, b, c]] = -torch.inf
    return scores.argmax()
