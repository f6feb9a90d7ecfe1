"""Wrong answers to `embed(token_ids, table)`."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Looks up columns instead of rows",
    hint="Columns of the table come out. Its shape is (V, D): which of the two dimensions counts the tokens, and along which one do you look up?",
    fails="embed_values",
)
def columns(token_ids, table):
    return table[:, token_ids]


@wrong(
    "Looks up columns and moves their dimension to the end",
    hint="You look the ids up along the table's second dimension, which counts the numbers inside a vector. The shape only fits when V and D do. Tokens are rows.",
    fails="embed_values",
)
def rows_of_the_transposed(token_ids, table):
    return table.T[token_ids]


@wrong(
    "Counts ids from 1",
    hint="Each id gives the row before its own, as if 1 were taken off. Ids count from 0, as Python does: id 0 is the first row, and with -1 you get the last row without any error.",
    fails="embed_values",
)
def counts_from_one(token_ids, table):
    return table[token_ids - 1]


@wrong(
    "Flattens the ids and leaves the result flat",
    hint="The rows are right but the shape of the ids is lost: a batch of sequences comes out as one long sequence. Either restore it, or find out whether flattening was needed at all.",
    fails="embed_values",
)
def stays_flat(token_ids, table):
    return table[token_ids.flatten()]


@wrong(
    "Works for one sequence only",
    hint="A batch of sequences fails, as it does with `index_select`, which wants a one-dimensional index. Ids come in any shape: which kind of indexing takes them as they are?",
    fails="embed_values",
)
def index_select_without_reshape(token_ids, table):
    return torch.index_select(table, 0, token_ids)


@wrong(
    "Works for a batch of sequences only",
    hint="Two nested loops assume exactly two dimensions. The ids may also be a single number or have three dimensions. Is a loop needed?",
    fails="embed_values",
    like="steps_through_the_first_axis",
)
def two_loops(token_ids, table):
    return torch.stack([torch.stack([table[i] for i in sequence]) for sequence in token_ids])


@wrong(
    "Fails for a single id",
    hint="A single id is a tensor without dimensions: there is nothing to step through or to count. Ids may come with any number of dimensions, none included. Is a loop needed?",
    fails="embed_values",
)
def steps_through_the_first_axis(token_ids, table):
    return torch.stack([table[i] for i in token_ids])


@wrong(
    "Gives a list of rows",
    hint="A Python list of vectors isn't a tensor: it has no shape, and the next layer can't multiply it. How does PyTorch join vectors into one tensor, or get them all in one go?",
    fails="embed_values",
)
def list_of_rows(token_ids, table):
    return [table[i] for i in token_ids.reshape(-1)]


@wrong(
    "Looks up the first sequence only",
    hint="Only the first sequence of the batch comes out: by `token_ids[0]`, or because a loop ends in its first round. All of the ids count.",
    fails="embed_values",
)
def first_sequence_only(token_ids, table):
    return table[token_ids[0]] if token_ids.dim() > 1 else table[token_ids]


@wrong(
    "Drops dimensions of size one",
    hint="Every dimension of size 1 is dropped, as by `squeeze()`: also a batch that happens to hold one sequence. The shape of the ids must survive.",
    fails="embed_values",
)
def squeezed(token_ids, table):
    return table[token_ids].squeeze()


@wrong(
    "Picks single numbers of the table",
    hint="The table is read as one long row of numbers, as by `torch.take` or after `flatten()`, and each id gets one of them. You want a whole vector for each.",
    fails="embed_values",
)
def single_numbers(token_ids, table):
    return torch.take(table, token_ids)


@wrong(
    "Looks up every id just once",
    hint="Repeated ids are dropped and the rest sorted, as `unique` does. But the text repeats its tokens, and in its own order; each occurrence needs its vector.",
    fails="embed_values",
)
def unique_ids(token_ids, table):
    return table[token_ids.unique()]


@wrong(
    "Gives zeros for id 0",
    hint="You treat id 0 as padding. Nobody said that it is: id 0 is an ordinary token, and its vector is row 0.",
    fails="embed_values",
)
def zero_is_padding(token_ids, table):
    return table[token_ids] * (token_ids != 0).unsqueeze(-1)


@wrong(
    "Scales the vectors by the square root of D",
    hint="Some transformers multiply their embeddings by sqrt(D), but that's a separate step of theirs. A lookup copies the rows as they are.",
    fails="embed_values",
)
def scaled(token_ids, table):
    return table[token_ids] * math.sqrt(table.shape[1])


@wrong(
    "Guesses the size of the vocabulary from the ids",
    hint="The largest id that occurs is taken for the last one of all, as `one_hot` does unless it is told. The vocabulary's size is the number of rows in the table, whichever tokens the text has.",
    fails="embed_values",
)
def one_hot_of_guessed_width(token_ids, table):
    return F.one_hot(token_ids).to(table.dtype) @ table


@wrong(
    "Insists on float32",
    hint="float64 times float32 is refused, and `.float()`, or a tensor made without a dtype, is float32 whatever the table is. Take the dtype from the table.",
    fails="embed_values",
)
def one_hot_in_float32(token_ids, table):
    return F.one_hot(token_ids, len(table)).float() @ table


@wrong(
    "Multiplies whole numbers with floats",
    hint="A product wants both sides in one dtype, and whole numbers, such as `one_hot` gives, are int64. Which dtype does the table have?",
    fails=("embed_values", "embed_gradients"),
)
def one_hot_in_int64(token_ids, table):
    return F.one_hot(token_ids, len(table)) @ table


@wrong(
    "Gives float32 whatever the table's dtype",
    hint="A float64 table loses half its digits: `.float()`, and `torch.zeros(…)` or `torch.tensor(…)` without a dtype, make float32. What comes out has the dtype of what went in.",
    fails="embed_values",
)
def filled_float32(token_ids, table):
    out = torch.zeros(token_ids.numel(), table.shape[1])
    for n, i in enumerate(token_ids.flatten()):
        out[n] = table[i]
    return out.reshape(*token_ids.shape, -1)


@wrong(
    "Uses view on a tensor that may not be contiguous",
    hint="`view` only works where the numbers lie in memory in the order of the dimensions. A transposed or sliced tensor, the table or the ids, doesn't. `reshape` would copy where it must, or you can do without flattening.",
    fails="embed_values",
)
def flat_view(token_ids, table):
    D = table.shape[1]
    return table.view(-1)[token_ids.unsqueeze(-1) * D + torch.arange(D)]


@wrong(
    "Uses PyTorch's embedding function",
    hint="`F.embedding` is exactly what you are asked to write. It does nothing that indexing couldn't do.",
    fails=("embed_values", "embed_gradients"),
)
def functional_embedding(token_ids, table):
    return F.embedding(token_ids, table)


@wrong(
    "Uses PyTorch's embedding module with the table in it",
    hint="`nn.Embedding` is exactly what you are asked to write. It does nothing that indexing couldn't do.",
    fails=("embed_values", "embed_gradients"),
)
def embedding_module(token_ids, table):
    return nn.Embedding.from_pretrained(table, freeze=False)(token_ids)


@wrong(
    "Makes a new embedding with random numbers",
    hint="`nn.Embedding(V, D)` makes a table of its own with random vectors, and yours is never read. Besides, it's what you are asked to write.",
    fails=("embed_values", "embed_gradients"),
)
def random_embedding(token_ids, table):
    V, D = table.shape
    return nn.Embedding(V, D)(token_ids)


@wrong(
    "Uses PyTorch's embedding_bag",
    hint="A bag of one token each is a lookup in disguise, and `embedding_bag` is ruled out with the other embedding functions. Plain indexing is shorter.",
    fails=("embed_values", "embed_gradients"),
)
def bags_of_one(token_ids, table):
    bags = F.embedding_bag(token_ids.reshape(-1, 1), table, mode="sum")
    return bags.reshape(*token_ids.shape, -1)


@wrong(
    "Calls the operation below PyTorch's embedding",
    hint="You went a floor down, but it's the same built-in that this exercise asks you to build.",
    fails=("embed_values", "embed_gradients"),
)
def operation_below(token_ids, table):
    return torch.ops.aten.embedding(table, token_ids)


@wrong(
    "Cuts the result off from the table",
    hint="After `detach()` the numbers are right but no gradient can flow back, so the table would never learn. Leave the connection as it is.",
    fails="embed_gradients",
    like="bare_data",
)
def detached(token_ids, table):
    return table.detach()[token_ids]


@wrong(
    "Lets no gradient back to the table",
    hint="The numbers are right, but no gradient can flow back, so the table would never learn. Look for `.data`, `detach()`, `no_grad`, `tolist()` or a new `nn.Parameter`: each of them cuts the table off.",
    fails="embed_gradients",
)
def bare_data(token_ids, table):
    return table.data[token_ids]


@wrong(
    "Goes through Python lists",
    hint="`tolist()` gives plain numbers, which know nothing of the table that they came from, so no gradient flows back. Stay with tensors all the way.",
    fails="embed_gradients",
    like="bare_data",
)
def through_lists(token_ids, table):
    rows = table.tolist()
    flat = [rows[i] for i in token_ids.flatten().tolist()]
    return torch.tensor(flat, dtype=table.dtype).reshape(*token_ids.shape, -1)


@wrong(
    "Makes the table a new parameter",
    hint="`nn.Parameter(table)` is a new leaf with the same numbers. The gradient ends there and never reaches the table that you were given.",
    fails="embed_gradients",
    like="bare_data",
)
def new_parameter(token_ids, table):
    return nn.Parameter(table)[token_ids]


@wrong(
    "Counts a repeated id's gradient once",
    hint="Of a row that occurs several times, one occurrence alone passes its gradient on, for instance where a detached copy is used again. Each occurrence must add its share to the gradient.",
    fails="embed_gradients",
)
def remembers_detached_rows(token_ids, table):
    seen, rows = {}, []
    for i in token_ids.flatten().tolist():
        if i in seen:
            rows.append(seen[i])
        else:
            rows.append(table[i])
            seen[i] = table[i].detach()
    return torch.stack(rows).reshape(*token_ids.shape, -1)


@wrong(
    "Changes the shape of the caller's ids",
    hint="After the call the caller's ids have another shape. A method whose name ends in an underscore, such as `unsqueeze_`, changes the tensor itself; the form without it makes a new one.",
    fails="embed_values",
)
def reshapes_the_ids(token_ids, table):
    shape = token_ids.shape
    token_ids.unsqueeze_(-1)
    return table[token_ids.reshape(-1)].reshape(*shape, -1)


@wrong(
    "Works for one row of ids only",
    hint="In a batch of sequences each turn of a loop over the ids holds a whole sequence, and `.item()` or `int()` makes a number of a single id only. Ids come with any number of dimensions. Is a loop needed?",
    fails="embed_values",
)
def item_of_each(token_ids, table):
    return torch.stack([table[i.item()] for i in token_ids])


@wrong(
    "Gives one number for each id, the first of its row",
    hint="Only the table's first column is read, as by `gather` with an index of one column. Each id stands for a whole row of D numbers.",
    fails="embed_values",
)
def first_column_only(token_ids, table):
    return table.gather(0, token_ids.reshape(-1, 1)).reshape(token_ids.shape)


@wrong(
    "Keeps the ids in one byte",
    hint="int8 and uint8 know 256 numbers. A larger id comes out as another one, so the word gets another word's vector. A vocabulary has tens of thousands of tokens: ids are int64.",
    fails="embed_values",
)
def ids_in_one_byte(token_ids, table):
    return table[token_ids.to(torch.uint8).long()]


@wrong(
    "Keeps the ids in 16 bits",
    hint="int16 ends at 32767, and larger ids come out negative. GPT-2's vocabulary has 50257 tokens: ids are int64.",
    fails="embed_values",
)
def ids_in_16_bits(token_ids, table):
    return table[token_ids.to(torch.int16).long()]


@wrong(
    "Sends the ids through half precision",
    hint="Half precision has eleven digits in base 2: beyond 2048 it skips numbers, so some ids turn into their neighbours. Ids are whole numbers; leave them int64.",
    fails="embed_values",
)
def ids_in_half_precision(token_ids, table):
    return table[token_ids.half().long()]


@wrong(
    "Knows a fixed number of tokens only",
    hint="Your one-hot rows, a slice or a loop may have a fixed length. The vocabulary is as large as the table: `table.shape[0]`.",
    fails="embed_values",
)
def a_hundred_tokens(token_ids, table):
    known = table[:100]
    return F.one_hot(token_ids, len(known)).to(table.dtype) @ known


@wrong(
    "Handles a fixed number of ids of a sequence only",
    hint="You cut or fill sequences to a fixed length. They come in any length, and every id counts.",
    fails="embed_values",
)
def sixteen_ids(token_ids, table):
    return table[token_ids[..., :16]] if token_ids.dim() else table[token_ids]


@wrong(
    "Remembers the last table that it saw",
    hint="You keep the rows of a table from an earlier call and take the same tensor for the same numbers. Training changes a table in place: it is the same tensor with other numbers in it. Look up anew in each call.",
    fails="embed_values",
)
def remembers_the_table(token_ids, table, seen={}):
    if table not in seen:
        seen[table] = table.clone()
    return seen[table][token_ids]


@wrong(
    "Remembers the result by the tensors that it was given",
    hint="Your cache asks whether the tensors are the same objects. Their numbers may have changed since, as they do at every training step. Look up anew in each call.",
    fails="embed_values",
)
def remembers_the_result(token_ids, table, seen={}):
    key = id(token_ids), id(table)
    if key not in seen:
        seen[key] = table[token_ids], token_ids, table
    return seen[key][0]


@wrong(
    "Takes a row of zeros for a missing one",
    hint="You put something else where a row is all zeros, or where its sum is 0. Such a row is a vector like any other: hand it out as it is.",
    fails="embed_values",
)
def zero_rows_are_missing(token_ids, table):
    missing = table.sum(dim=1) == 0
    mean = table[~missing].mean(dim=0)
    return torch.where(missing[:, None], mean, table)[token_ids]


@wrong(
    "Reads rows as differences of running sums",
    hint="A running sum minus the one before gives the row back on paper only: where a large row stands above, the digits of a small one are gone. Take the row itself.",
    fails="embed_values",
)
def differences_of_running_sums(token_ids, table):
    sums = torch.cat([torch.zeros_like(table[:1]), table.cumsum(dim=0)])
    return sums[token_ids + 1] - sums[token_ids]


@wrong(
    "Adds a constant to the table and takes it off again",
    hint="x + c - c is x on paper only: the sum keeps the digits of the larger number, and what a small x had beyond them is lost. Leave the constant out.",
    fails="embed_values",
)
def constant_on_and_off(token_ids, table):
    shift = table.abs().max()
    return (table + shift)[token_ids] - shift


@wrong(
    "Cuts large numbers off",
    hint="You clamp the vectors. A lookup gives the numbers as they are, however large.",
    fails="embed_values",
)
def clamped(token_ids, table):
    return table[token_ids].clamp(-100, 100)


@wrong(
    "Copies a table that isn't contiguous, without its history",
    hint="Where the table is transposed or sliced you make a fresh copy with no graph, so no gradient reaches the table. `contiguous()` copies with the history; or index the table as it is.",
    fails="embed_gradients",
)
def copies_without_history(token_ids, table):
    if not table.is_contiguous():
        table = torch.empty_like(table, memory_format=torch.contiguous_format).copy_(table.detach())
    return table[token_ids]


@wrong(
    "Overwrites the caller's ids",
    hint="The caller's ids are -1 after the call: a method whose name ends in an underscore, such as `fill_`, or an assignment to `token_ids[…]` changes the tensor itself. A lookup leaves its arguments as they are.",
    fails="embed_values",
)
def marks_the_ids(token_ids, table):
    rows = [table[i] for i in token_ids.flatten().tolist()]
    token_ids.fill_(-1)
    return torch.stack(rows).reshape(*token_ids.shape, -1)


@wrong(
    "Gives the same tensor in every call",
    hint="You write into a tensor that you keep, and give it out each time: a later call changes what the earlier one gave. Give a new tensor each time.",
    fails="embed_values",
)
def one_result_for_all(token_ids, table, kept={}):
    rows = table[token_ids]
    if not table.requires_grad:
        rows = kept.setdefault((rows.shape, rows.dtype), torch.empty_like(rows)).copy_(rows)
    return rows


@wrong(
    "Guesses the size of the vocabulary from the ids, and insists on float32",
    hint="Two things: without being told, `one_hot` takes the largest id that it sees for the last one of all, and `.float()` makes float32 whatever the table is. The table tells both: how many rows, and which dtype.",
    fails="embed_values",
)
def guessed_width_in_float32(token_ids, table):
    return F.one_hot(token_ids).float() @ table


@wrong(
    "Gives a batch of sequences, whatever shape the ids have",
    hint="Your result is always `(B, T, D)`: one sequence comes out as a batch of one, and a single id has no `T` at all. The result has the shape of the ids, with `D` behind it.",
    fails="embed_values",
)
def always_a_batch(token_ids, table):
    T, D = token_ids.shape[-1], table.shape[-1]
    return table[token_ids.reshape(-1)].reshape(-1, T, D)


@wrong(
    "Gathers along dimension 0, which takes one sequence only",
    hint="`gather` wants an index with as many dimensions as the table has, so only ids of shape `(T,)` get through. Ids come in any shape: which kind of indexing takes them as they are?",
    fails="embed_values",
)
def gathers_rows(token_ids, table):
    return table.gather(0, token_ids.unsqueeze(-1).expand(-1, table.shape[1]))


@wrong(
    "Remembers rows by the address of the table",
    hint="You keep results by where the table lies in memory, `data_ptr()` or `id()`, and by its shape. Training changes a table where it lies: same address, same shape, other numbers. Look up anew in each call.",
    fails="embed_values",
    like="remembers_the_table",
)
def remembers_by_address(token_ids, table, seen={}):
    key = table.data_ptr(), table.shape, token_ids.shape, tuple(token_ids.flatten().tolist())
    if key not in seen:
        seen[key] = table[token_ids], table
    return seen[key][0]


@wrong(
    "Remembers rows by the address of the table and PyTorch's count of its changes",
    hint="You keep results by where the table lies in memory, and by `_version`. An optimizer may change a table by `.data`, which that number doesn't count. Look up anew in each call.",
    fails="embed_values",
    like="remembers_the_table",
)
def remembers_by_version(token_ids, table, seen={}):
    key = table.data_ptr(), table._version, table.shape, token_ids.shape, tuple(token_ids.flatten().tolist())
    if key not in seen:
        seen[key] = table[token_ids], table
    return seen[key][0]


@wrong(
    "Goes through a single row of ids",
    hint="With ids of shape `(B, T)`, your loop sees the length of a row alone. The result has the shape of the ids, with `D` behind it: for any number of dimensions.",
    fails=("embed_values", "embed_gradients"),
)
def one_row_of_ids(token_ids, table):
    T = token_ids.shape[-1]
    out = torch.zeros(T, table.shape[1], dtype=table.dtype)
    for t in range(T):
        out[t] = table[token_ids[t]]
    return out


@wrong(
    "Walks along the ids as a list, which a single id is not",
    hint="`tolist()` of a 0-d tensor is one number, and no loop walks along a number. The ids may have any shape, none at all among them: `table[token_ids]` takes all of them.",
    fails="embed_values",
)
def walks_along_a_list(token_ids, table):
    rows = []
    for i in token_ids.tolist():
        rows.append(table[i])
    return torch.stack(rows)


@wrong(
    "Spells out how many dimensions the ids may have",
    hint="Each case handles one number of dimensions, and the ids may have any. `table[token_ids]` handles all of them.",
    fails="embed_values",
)
def three_dimensions_at_most(token_ids, table):
    if token_ids.dim() == 0:
        return table[int(token_ids)]
    if token_ids.dim() == 1:
        return torch.stack([table[int(i)] for i in token_ids])
    if token_ids.dim() == 2:
        return torch.stack([torch.stack([table[int(i)] for i in row]) for row in token_ids])
    return torch.stack([torch.stack([torch.stack([table[int(i)] for i in row]) for row in rows]) for rows in token_ids])
