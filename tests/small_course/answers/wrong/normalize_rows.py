"""Wrong answers to `normalize_rows(table)`; the first is handed out."""

import torch
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Divides each row by the lengths of all of them",
    hint="Shapes are lined up from the right, so the lengths, `(V,)`, meet the numbers of a row instead of the rows. Where that raises no error, because V equals D or one of the two is 1, or because they were cut to fit, it is wrong. With `keepdim=True` the lengths are `(V, 1)`, and each meets its own row.",
    fails=("normalize_rows_values", "normalize_rows_gradients"),
)
def lengths_without_keepdim(table):
    lengths = torch.linalg.vector_norm(table, dim=1)
    lengths = torch.where(lengths > 0, lengths, 1)
    return table / lengths


@wrong(
    "Gives the lengths a second dimension on the wrong side",
    hint="`(1, V)` is what broadcasting makes of `(V,)` anyway, so nothing has changed. The new dimension belongs on the right: `(V, 1)`.",
    fails=("normalize_rows_values", "normalize_rows_gradients"),
    like="lengths_without_keepdim",
)
def dimension_on_the_left(table):
    lengths = torch.linalg.vector_norm(table, dim=1).unsqueeze(0)
    return table / torch.where(lengths > 0, lengths, 1)


@wrong(
    "Brings the columns to length 1, so that the shapes fit",
    hint="That mends the symptom: along `dim=0` there are D lengths, and `(D,)` fits below `(V, D)` without an error. But they are the lengths of the columns. The vectors are the rows.",
    fails="normalize_rows_values",
)
def columns(table):
    lengths = torch.linalg.vector_norm(table, dim=0)
    return table / torch.where(lengths > 0, lengths, 1)


@wrong(
    "Mends it only where it raised an error",
    hint="That mends the symptom. A table with as many rows as columns raises no error, and its numbers are wrong all the same. Give the lengths the shape `(V, 1)`, always.",
    fails="normalize_rows_values",
)
def only_where_it_raised(table):
    lengths = torch.linalg.vector_norm(table, dim=1)
    lengths = torch.where(lengths > 0, lengths, 1)
    if table.shape[0] == table.shape[1]:
        return table / lengths
    return table / lengths.unsqueeze(1)


@wrong(
    "Repeats the lengths until there are enough of them",
    hint="That mends the symptom: there are V times D of them now, but dealt out in turn, so that a row gets the lengths of others. Each length belongs to one whole row.",
    fails=("normalize_rows_values", "normalize_rows_gradients"),
)
def dealt_out_in_turn(table):
    lengths = torch.linalg.vector_norm(table, dim=1)
    lengths = torch.where(lengths > 0, lengths, 1)
    return table / (lengths.repeat(table.shape[1]).reshape(table.shape) + 0 * table.norm())


@wrong(
    "Divides by one length for the whole table",
    hint="That mends the symptom: one number fits below everything. But each row has a length of its own, and each should come out as 1.",
    fails="normalize_rows_values",
)
def one_length_for_all(table):
    length = torch.linalg.vector_norm(table)
    return table / torch.where(length > 0, length, 1)


@wrong(
    "Divides by the largest of the lengths",
    hint="That mends the symptom: one number fits below everything. The longest row comes out with length 1, the others shorter. Each has a length of its own.",
    fails="normalize_rows_values",
)
def largest_length(table):
    length = torch.linalg.vector_norm(table, dim=1).max()
    return table / torch.where(length > 0, length, 1)


@wrong(
    "Leaves the table transposed",
    hint="Turned round, the table fits on its lengths, and the numbers are right. Turn it back afterwards: the result is `(V, D)`.",
    fails="normalize_rows_values",
)
def left_transposed(table):
    lengths = torch.linalg.vector_norm(table, dim=1)
    return table.T / torch.where(lengths > 0, lengths, 1)


@wrong(
    "Divides rows of zeros by 0",
    hint="The shapes are right now, but a row of zeros comes out as nan: its length of 0 must not stand below the line. The code that you were given took care of that.",
    fails="normalize_rows_values",
)
def divides_by_zero(table):
    return table / torch.linalg.vector_norm(table, dim=1, keepdim=True)


@wrong(
    "Adds a small number to every length",
    hint="Beside a length of one that is nothing. Beside a length of 0.0001 it isn't, and float64 has digits enough to show it. Change a length only where it is 0.",
    fails="normalize_rows_values",
    constants=("1e-8", "1e-7", "1e-6", "1e-9"),
)
def adds_to_the_length(table):
    return table / (torch.linalg.vector_norm(table, dim=1, keepdim=True) + 1e-8)


@wrong(
    "Leaves rows of zeros out",
    hint="Then the rows behind move up, and an id finds another word's vector. A row of zeros keeps its place.",
    fails="normalize_rows_values",
)
def leaves_zero_rows_out(table):
    lengths = torch.linalg.vector_norm(table, dim=1, keepdim=True)
    return (table / lengths)[lengths.squeeze(1) > 0]


@wrong(
    "Divides by the squared length",
    hint="The sum of the squares is the length squared. The square root is missing.",
    fails=("normalize_rows_values", "normalize_rows_gradients"),
)
def squared_length(table):
    squares = (table * table).sum(1, keepdim=True)
    return table / torch.where(squares > 0, squares, 1)


@wrong(
    "Makes the sizes of the numbers sum to 1",
    hint="The sum of absolute values is the way along the grid. The length of an arrow is Pythagoras: squares, sum, root.",
    fails=("normalize_rows_values", "normalize_rows_gradients"),
)
def absolute_values(table):
    return F.normalize(table, p=1, dim=1)


@wrong(
    "Makes the numbers of each row sum to 1",
    hint="You divide by the sum of the numbers, which may be negative, or 0 where they cancel. What should be 1 is the length: squares, sum, root.",
    fails=("normalize_rows_values", "normalize_rows_gradients"),
)
def numbers_sum_to_1(table):
    sums = table.sum(1, keepdim=True)
    return table / torch.where(sums != 0, sums, 1)


@wrong(
    "Moves each row's mean to 0 first",
    hint="A row with its mean taken off points in another direction. Divide, and leave the direction alone.",
    fails=("normalize_rows_values", "normalize_rows_gradients"),
)
def subtracts_the_mean(table):
    return F.normalize(table - table.mean(1, keepdim=True), dim=1)


@wrong(
    "Gives float32 whatever comes in",
    hint="What comes out has the dtype of what went in. Leave `.float()` out, and give a tensor that you make the table's dtype.",
    fails="normalize_rows_values",
)
def float32_always(table):
    return F.normalize(table.float(), dim=1)


@wrong(
    "Divides the caller's table in place",
    hint="The table that you were given is changed, as by `/=`, and autograd refuses that. `table / ...` makes a new one.",
    fails=("normalize_rows_values", "normalize_rows_gradients"),
)
def in_place(table):
    lengths = torch.linalg.vector_norm(table, dim=1, keepdim=True)
    table /= torch.where(lengths > 0, lengths, 1)
    return table


@wrong(
    "Writes the result into the caller's table as well",
    hint="Whoever hands you a table may still need it as it was. Give the result back, and leave the argument alone.",
    fails="normalize_rows_values",
)
def writes_back(table):
    rows = F.normalize(table.clone(), dim=1)
    table.data.copy_(rows.detach())
    return rows


@wrong(
    "Takes the lengths for constants",
    hint="The lengths depend on the table, too. Computed under `no_grad`, or detached, they leave a term of the gradient out.",
    fails="normalize_rows_gradients",
)
def lengths_without_graph(table):
    with torch.no_grad():
        lengths = torch.linalg.vector_norm(table, dim=1, keepdim=True)
    return table / torch.where(lengths > 0, lengths, 1)


@wrong(
    "Cuts the result off from the table",
    hint="The numbers are right, but no gradient can flow back. Leave `detach`, `.data` and `no_grad` out.",
    fails="normalize_rows_gradients",
)
def detached(table):
    return F.normalize(table, dim=1).detach()


@wrong(
    "Remembers the lengths of a table that it has seen",
    hint="You keep the lengths from an earlier call and take the same tensor for the same numbers. Training changes a table in place: it is the same tensor with other numbers in it. Measure anew in each call.",
    fails="normalize_rows_values",
)
def remembers_the_lengths(table, seen={}):
    if table not in seen:
        lengths = table.norm(dim=1, keepdim=True)
        seen[table] = torch.where(lengths > 0, lengths, 1)
    return table / seen[table]


@wrong(
    "Lengthens no row that is shorter than 1",
    hint="Rows shorter than 1 stay as they are: by `clamp(min=1)` on the lengths, or by `renorm`, which only shortens. Only a length of 0 needs another divisor.",
    fails="normalize_rows_values",
)
def short_rows_stay(table):
    return table / table.norm(dim=1, keepdim=True).clamp(min=1)


@wrong(
    "Divides each row by its largest entry",
    hint="Now the largest number of each row is 1, and not its length: the square root of the sum of the squares.",
    fails="normalize_rows_values",
)
def largest_entry(table):
    largest = table.abs().amax(dim=1, keepdim=True)
    return table / torch.where(largest > 0, largest, 1)


@wrong(
    "Takes short rows for rows of zeros",
    hint="A row that is shorter than a small number stays as it is. It has a direction like any other, and should come out with length 1. Which length alone can't be divided by?",
    fails="normalize_rows_values",
    constants=("> 1e-3", "> 1e-2", "> 0.1"),
)
def short_is_zero(table):
    lengths = table.norm(dim=1, keepdim=True)
    return table / torch.where(lengths > 1e-3, lengths, 1)


@wrong(
    "Fills rows of zeros in the caller's table",
    hint="A row of zeros in the table that was passed holds other numbers after your call. `torch.where` makes a new tensor.",
    fails="normalize_rows_values",
)
def fills_the_zero_rows(table):
    lengths = table.square().sum(1, keepdim=True).sqrt()
    zero = lengths[:, 0] == 0
    table[zero] = 1.0
    unit = table / table.square().sum(1, keepdim=True).sqrt()
    return torch.where(zero[:, None], 0.0, unit)


@wrong(
    "Leaves rows of length 1 out of the division",
    hint="A row that has length 1 comes out right, but its gradient is another one: where a number of it changes, its length does too, and all its numbers with it. Divide those rows like all others.",
    fails="normalize_rows_gradients",
)
def unit_rows_left_out(table):
    lengths = torch.linalg.vector_norm(table, dim=1, keepdim=True)
    done = ((lengths - 1).abs() < 1e-5) | (lengths == 0)
    return table / torch.where(done, 1, lengths)
