"""Wrong answers to `split_heads(x, n_heads)`."""

import torch

from proctor.answers import wrong


@wrong(
    "Reshapes straight to the final shape",
    hint="The shape is right but the numbers are not: `reshape` reads them in order and deals them out anew, so one head gets parts of different tokens. Cut the last dimension first, then swap two dimensions.",
    fails=("split_heads_values", "split_heads_gradients"),
)
def straight_reshape(x, n_heads):
    B, T, D = x.shape
    if D % n_heads != 0:
        raise ValueError("D does not divide")
    return x.reshape(B, n_heads, T, D // n_heads)


@wrong(
    "Deals the entries out to the heads in turn",
    hint="You cut the last dimension into (d, n_heads), so neighbours go to different heads: head 0 gets entries 0, 3, 6, ... A head gets a block of neighbours. Which of the two dimensions is the slow one?",
    fails="split_heads_values",
    like="every_nth_entry",
)
def dealt_out_in_turn(x, n_heads):
    B, T, D = x.shape
    if D % n_heads != 0:
        raise ValueError("D does not divide")
    return x.reshape(B, T, D // n_heads, n_heads).permute(0, 3, 1, 2)


@wrong(
    "Takes every n-th entry for a head",
    hint="With 3 heads, your head 0 gets entries 0, 3, 6, ... from all over the vector. A head gets a block of neighbours. Does your slice have a step, or, if you reshape, which of the two new dimensions is the slow one?",
    fails="split_heads_values",
)
def every_nth_entry(x, n_heads):
    if x.shape[-1] % n_heads != 0:
        raise ValueError("D does not divide")
    return torch.stack([x[..., h::n_heads] for h in range(n_heads)], dim=1)


@wrong(
    "Leaves the heads behind the positions",
    hint="You cut the vectors but leave the heads after the positions, (B, T, n_heads, d). Each head wants to see a whole sequence: bring the heads in front.",
    fails="split_heads_values",
)
def heads_behind_positions(x, n_heads):
    B, T, D = x.shape
    if D % n_heads != 0:
        raise ValueError("D does not divide")
    return x.reshape(B, T, n_heads, D // n_heads)


@wrong(
    "Brings the heads to the very front",
    hint="The heads come before the batch in your result, (n_heads, B, T, d). The batch stays first: (B, n_heads, T, d).",
    fails="split_heads_values",
)
def heads_before_the_batch(x, n_heads):
    if x.shape[-1] % n_heads != 0:
        raise ValueError("D does not divide")
    return torch.stack(x.chunk(n_heads, dim=-1), dim=0)


@wrong(
    "Joins the parts along the batch",
    hint="Your heads end up as more sequences: `cat`, for one, joins along a dimension that's there already. A new dimension is wanted, after the batch.",
    fails="split_heads_values",
)
def heads_in_the_batch(x, n_heads):
    if x.shape[-1] % n_heads != 0:
        raise ValueError("D does not divide")
    return torch.cat(x.chunk(n_heads, dim=-1), dim=0)


@wrong(
    "Swaps positions and entries",
    hint="The last two dimensions are swapped, so every head is (d, T). Each row should be one token's part: (T, d).",
    fails="split_heads_values",
)
def swapped_positions_and_entries(x, n_heads):
    B, T, D = x.shape
    if D % n_heads != 0:
        raise ValueError("D does not divide")
    return x.reshape(B, T, n_heads, D // n_heads).permute(0, 2, 3, 1)


@wrong(
    "Swaps the heads with the entries",
    hint="You swap the last two dimensions, so what should be the heads' dimension still isn't in front of the positions. Which two of (B, T, n_heads, d) have to change places?",
    fails="split_heads_values",
)
def wrong_axes_swapped(x, n_heads):
    B, T, D = x.shape
    if D % n_heads != 0:
        raise ValueError("D does not divide")
    return x.reshape(B, T, n_heads, D // n_heads).transpose(2, 3)


@wrong(
    "Swaps the heads with the batch",
    hint="You swap the first and the third dimension. The batch stays where it is; heads and positions change places.",
    fails="split_heads_values",
)
def swapped_with_the_batch(x, n_heads):
    B, T, D = x.shape
    if D % n_heads != 0:
        raise ValueError("D does not divide")
    return x.reshape(B, T, n_heads, D // n_heads).transpose(0, 2)


@wrong(
    "Takes n_heads for the size of a head",
    hint="Your parts have n_heads entries each, as `split(n_heads)` makes them; it's n_heads parts that are wanted. How large is one part?",
    fails="split_heads_values",
)
def parts_of_the_wrong_size(x, n_heads):
    if x.shape[-1] % n_heads != 0:
        raise ValueError("D does not divide")
    return torch.stack(x.split(n_heads, dim=-1), dim=1)


@wrong(
    "Transposes and reshapes before it cuts",
    hint="The reshape mixes positions and numbers. Cut the last dimension of `x` as it is.",
    fails="split_heads_values",
)
def cuts_the_sequence(x, n_heads):
    B, T, D = x.shape
    if D % n_heads != 0:
        raise ValueError("D does not divide")
    return torch.stack(x.transpose(1, 2).reshape(B, T, D).chunk(n_heads, dim=-1), dim=1)


@wrong(
    "Gives every head the first part",
    hint="All heads get entries 0 to d, for instance where a slice doesn't depend on h. Head h starts at h*d.",
    fails="split_heads_values",
)
def first_part_for_all(x, n_heads):
    d, remainder = divmod(x.shape[-1], n_heads)
    if remainder:
        raise ValueError("D does not divide")
    return torch.stack([x[..., :d] for h in range(n_heads)], dim=1)


@wrong(
    "Lets the heads overlap",
    hint="Your head h starts at entry h, not at h*d, so neighbouring heads share entries and the last entries go to none.",
    fails="split_heads_values",
)
def overlapping_heads(x, n_heads):
    d, remainder = divmod(x.shape[-1], n_heads)
    if remainder:
        raise ValueError("D does not divide")
    return torch.stack([x[..., h : h + d] for h in range(n_heads)], dim=1)


@wrong(
    "Puts the heads in reverse order",
    hint="Head 0 ends up last, for instance where every new head is inserted in front. Head h has the entries from h*d on.",
    fails="split_heads_values",
)
def reverse_order(x, n_heads):
    if x.shape[-1] % n_heads:
        raise ValueError("D does not divide")
    parts = []
    for part in x.chunk(n_heads, dim=-1):
        parts.insert(0, part)
    return torch.stack(parts, dim=1)


@wrong(
    "Gives a list of heads",
    hint="A Python list of heads isn't a tensor, and the next step multiplies all heads at once. Join them along a new dimension.",
    fails="split_heads_values",
)
def list_of_heads(x, n_heads):
    if x.shape[-1] % n_heads:
        raise ValueError("D does not divide")
    return list(x.chunk(n_heads, dim=-1))


@wrong(
    "Drops dimensions of size one",
    hint="Every dimension of size 1 is dropped, as by `squeeze()`: a batch of one sequence, a single head, one token. They must stay.",
    fails="split_heads_values",
)
def squeezed(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    return x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2).squeeze()


@wrong(
    "Flattens with view a tensor that may not be contiguous",
    hint="`view` only works where the numbers lie in memory in the order of the dimensions, which isn't so for a tensor that was transposed or sliced before. `reshape` copies where it must; and the dimensions of batch and positions can stay as they are.",
    fails="split_heads_values",
)
def flat_view(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    rows = x.view(B * T, n_heads, D // n_heads)
    return rows.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


@wrong(
    "Gives float32 whatever comes in",
    hint="`.float()`, and `torch.zeros(…)` or `torch.tensor(…)` without a dtype, make float32. What comes out has the dtype of what went in.",
    fails="split_heads_values",
)
def filled_float32(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    d = D // n_heads
    out = torch.zeros(B, n_heads, T, d)
    for h in range(n_heads):
        out[:, h] = x[..., h * d : (h + 1) * d]
    return out


@wrong(
    "Refuses a single head",
    hint="One head that gets the whole vector is allowed: every D can be divided by 1. Raise the error for a remainder only.",
    fails="split_heads_errors",
)
def refuses_one_head(x, n_heads):
    B, T, D = x.shape
    if n_heads <= 1 or D % n_heads:
        raise ValueError("D does not divide")
    return x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


@wrong(
    "Asks whether the positions divide among the heads",
    hint="T is the number of tokens, and every head sees all of them. It's the width D, the last size, that is cut into n_heads parts.",
    fails=("split_heads_values", "split_heads_gradients"),
)
def asks_the_positions(x, n_heads):
    B, T, D = x.shape
    if T % n_heads != 0 or D % n_heads != 0:
        raise ValueError("T does not divide")
    return x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


@wrong(
    "Shares the positions out among the heads",
    hint="Every head sees every token, but only its part of each vector. You cut T, the number of tokens, where D, the width, has to be cut.",
    fails=("split_heads_values", "split_heads_gradients"),
)
def cuts_the_positions(x, n_heads):
    B, T, D = x.shape
    if D % n_heads != 0 or T % n_heads != 0:
        raise ValueError("T does not divide")
    return x.reshape(B, n_heads, T // n_heads, D)


@wrong(
    "Asks for the division the wrong way round",
    hint="`n_heads % D` asks whether D goes into n_heads. It's D that has to be cut into n_heads parts.",
    fails=("split_heads_values", "split_heads_errors"),
)
def division_the_wrong_way_round(x, n_heads):
    B, T, D = x.shape
    if n_heads % D != 0:
        raise ValueError("D does not divide")
    return x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


@wrong(
    "Raises the error where D divides",
    hint="`D % n_heads` is the remainder. You raise the error where it is 0, which is the good case.",
    fails=("split_heads_values", "split_heads_errors"),
)
def error_where_it_divides(x, n_heads):
    B, T, D = x.shape
    if D % n_heads == 0:
        raise ValueError("D does not divide")
    return x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


@wrong(
    "Erases the caller's tensor",
    hint="The caller's x is all zeros after the call. Nobody asked for that, and the caller may still need x. Cutting leaves x as it is.",
    fails="split_heads_values",
)
def erases_what_was_copied(x, n_heads):
    if x.shape[-1] % n_heads:
        raise ValueError("D does not divide")
    out = torch.stack(x.chunk(n_heads, dim=-1), dim=1)
    x.data[:] = 0
    return out


@wrong(
    "Swaps the dimensions of the caller's tensor",
    hint="The caller finds the dimensions of x swapped: a method whose name ends in an underscore, such as `transpose_`, changes the tensor itself. Use the form without it, which leaves x alone.",
    fails="split_heads_values",
)
def swaps_in_place(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    return x.transpose_(1, 2).reshape(B, n_heads, D // n_heads, T).transpose(2, 3)


@wrong(
    "Lets no gradient back to x",
    hint="The numbers are right, but no gradient can flow back through the heads, so attention would learn nothing. Look for `detach()`, `.data`, `no_grad` or plain numbers from `tolist()`: each of them cuts the result off.",
    fails="split_heads_gradients",
)
def detached(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    return x.detach().reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


@wrong(
    "Copies the data without its history",
    hint="`.data` is a tensor without its history: the numbers are right but no gradient can flow back. Copy from x itself, or don't copy at all.",
    fails="split_heads_gradients",
    like="detached",
)
def copies_bare_data(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    d = D // n_heads
    out = x.new_empty(B, n_heads, T, d)
    for h in range(n_heads):
        out[:, h] = x.data[:, :, h * d : (h + 1) * d]
    return out


@wrong(
    "Makes a new tensor of plain numbers",
    hint="`tolist()` gives plain numbers, which know nothing of where they came from, so no gradient flows back. Stay with tensors all the way.",
    fails="split_heads_gradients",
    like="detached",
)
def through_lists(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    values = torch.tensor(x.tolist(), dtype=x.dtype)
    return values.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


@wrong(
    "Leaves the complaint to PyTorch",
    hint="12 entries and 5 heads get as far as PyTorch, whose RuntimeError about sizes few will understand. Check the division yourself, first, and raise a ValueError. What counts is the remainder for this n_heads, not whether D is even.",
    fails="split_heads_errors",
)
def no_check(x, n_heads):
    B, T, D = x.shape
    return x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


@wrong(
    "Drops the remainder",
    hint="Where D leaves a remainder you drop the last entries without a word, which would be very hard to find in a model. Raise a ValueError for every remainder; that n_heads isn't larger than D is not enough.",
    fails="split_heads_errors",
)
def drops_the_remainder(x, n_heads):
    d = x.shape[-1] // n_heads
    return torch.stack([x[..., h * d : (h + 1) * d] for h in range(n_heads)], dim=1)


@wrong(
    "Checks only that there are not too many heads",
    hint="You make sure that n_heads isn't larger than D. But 12 can't be cut into 5 equal parts either: look at the remainder.",
    fails="split_heads_errors",
    like="drops_the_remainder",
)
def only_not_too_many(x, n_heads):
    B, T, D = x.shape
    if n_heads > D:
        raise ValueError("more heads than entries")
    d = D // n_heads
    return x[..., : n_heads * d].reshape(B, T, n_heads, d).transpose(1, 2)


@wrong(
    "Checks with assert",
    hint="`assert` raises an AssertionError, and is meant for what can't happen unless your own code is wrong. A wrong argument is a ValueError.",
    fails="split_heads_errors",
)
def checks_with_assert(x, n_heads):
    B, T, D = x.shape
    assert D % n_heads == 0, "D does not divide"
    return x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


@wrong(
    "Checks only whether D is even",
    hint="You check that D is even, which settles the question for two heads only. It's the remainder of D divided by n_heads that counts.",
    fails="split_heads_errors",
    like="no_check",
)
def checks_for_even(x, n_heads):
    B, T, D = x.shape
    if D % 2 and n_heads > 1:
        raise ValueError("D must be even")
    return x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


@wrong(
    "Deals the positions out to the heads",
    hint="You cut along dimension 1, the positions, so each head gets some of the tokens. Every head sees all tokens, but only its own part of each vector.",
    fails="split_heads_values",
)
def cuts_dimension_1(x, n_heads):
    if x.shape[-1] % n_heads:
        raise ValueError("D does not divide")
    return torch.stack(x.chunk(n_heads, dim=1), dim=1)


@wrong(
    "Makes a fixed number of heads at most",
    hint="A loop or slice of yours ends after a fixed number of heads. There may be any number that divides D.",
    fails="split_heads_values",
)
def sixteen_heads(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    d = D // n_heads
    return torch.stack([x[..., h * d : (h + 1) * d] for h in range(min(n_heads, 16))], dim=1)


@wrong(
    "Takes heads of a fixed width at most",
    hint="64 is a common size of a head, but nobody said that it is the largest. A head has D // n_heads numbers.",
    fails="split_heads_values",
)
def heads_of_64(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    return x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)[..., :64]


@wrong(
    "Keeps a fixed number of positions only",
    hint="You cut sequences to a fixed length. They come in any length, and every position counts.",
    fails="split_heads_values",
)
def sixteen_positions(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    return x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)[:, :, :16]


@wrong(
    "Cuts the heads out as differences of running sums",
    hint="A running sum minus the one before gives the number back on paper only: where the sum is large, the digits of a small number are lost. Take the slice itself.",
    fails="split_heads_values",
)
def differences_of_running_sums(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    sums = torch.cat([torch.zeros_like(x[..., :1]), x.cumsum(-1)], dim=-1)
    return sums.diff(dim=-1).reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


@wrong(
    "Adds a constant and takes it off again",
    hint="x + c - c is x on paper only: the sum keeps the digits of the larger number, and what a small x had beyond them is lost. Leave the constant out.",
    fails="split_heads_values",
)
def constant_on_and_off(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    shift = x.abs().max()
    return (x + shift).reshape(B, T, n_heads, D // n_heads).transpose(1, 2) - shift


@wrong(
    "Remembers the heads of a tensor that it has seen",
    hint="Your cache asks whether the tensor is the same object. Its numbers may have changed since, in place. Cut anew in each call.",
    fails="split_heads_values",
)
def remembers(x, n_heads, seen={}):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    if (x, n_heads) not in seen:
        seen[x, n_heads] = x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2).clone()
    return seen[x, n_heads]


@wrong(
    "Drops heads that are all zero",
    hint="A head of zeros is a head like any other. Where it is left out, as by `if part.any()`, there are fewer of them than asked for.",
    fails="split_heads_values",
)
def drops_zero_heads(x, n_heads):
    if x.shape[-1] % n_heads:
        raise ValueError("D does not divide")
    return torch.stack([part for part in x.chunk(n_heads, dim=-1) if part.any()], dim=1)


@wrong(
    "Cuts large numbers off",
    hint="You clamp the vectors. They are wanted as they are, however large.",
    fails="split_heads_values",
)
def clamped(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    return x.clamp(-100, 100).reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


@wrong(
    "Copies what isn't contiguous, without its history",
    hint="Where the tensor is transposed or sliced you make a fresh copy with no graph, so no gradient gets back. `contiguous()` and `reshape` copy with the history.",
    fails="split_heads_gradients",
)
def copies_without_history(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    if not x.is_contiguous():
        x = torch.empty(x.shape, dtype=x.dtype).copy_(x.detach())
    return x.view(B, T, n_heads, D // n_heads).transpose(1, 2)


@wrong(
    "Accepts only some numbers of heads",
    hint="Your list of numbers of heads ends somewhere. Any number that divides D will do: look at the remainder.",
    fails="split_heads_values",
)
def known_head_counts(x, n_heads):
    B, T, D = x.shape
    if n_heads not in (1, 2, 3, 4, 6, 8, 12, 16) or D % n_heads:
        raise ValueError("D does not divide")
    return x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2)


@wrong(
    "Joins all sequences of the batch to one",
    hint="Yours is `(1, n_heads, B * T, d)`, for instance where a -1 in `reshape` takes batch and positions together. The sequences of a batch know nothing of each other: keep B as it is.",
    fails=("split_heads_values", "split_heads_gradients"),
)
def batch_swallowed(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    return x.reshape(-1, n_heads, D // n_heads).transpose(0, 1).unsqueeze(0)


@wrong(
    "Brings the positions to the very front",
    hint="Yours is (T, n_heads, B, d): one dimension is swapped too many, or a swap takes the wrong two. Which two of (B, T, n_heads, d) have to change places?",
    fails=("split_heads_values", "split_heads_gradients"),
)
def positions_before_the_batch(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D does not divide")
    return x.reshape(B, T, n_heads, D // n_heads).permute(1, 2, 0, 3)


@wrong(
    "Asks whether the positions divide among the heads, and brings them to the very front",
    hint="Two things. It's the width D, the last size, that is cut into n_heads parts, and not the number of tokens. And yours is (T, n_heads, B, d): which two of (B, T, n_heads, d) have to change places?",
    fails=("split_heads_values", "split_heads_gradients", "split_heads_errors"),
)
def asks_the_positions_and_puts_them_first(x, n_heads):
    B, T, D = x.shape
    if T % n_heads != 0:
        raise ValueError("T does not divide")
    return x.reshape(B, T, n_heads, D // n_heads).permute(1, 2, 0, 3)


@wrong(
    "Joins the parts along the batch, and reshapes them as if they came sequence by sequence",
    hint="After `cat` along the batch come the heads 0 of all sequences, then all heads 1. To reshape moves none of them, so with more than one sequence a head lands in the wrong one. Make the heads' dimension where it belongs, after the batch.",
    fails="split_heads_values",
)
def reshapes_the_joined_parts(x, n_heads):
    B, T, D = x.shape
    if D % n_heads != 0:
        raise ValueError("D does not divide")
    return torch.cat(x.chunk(n_heads, dim=-1), dim=0).reshape(B, n_heads, T, D // n_heads)


@wrong(
    "Gives a tuple that holds the tensor",
    hint="A comma behind the result makes a tuple of it: `(heads,)` is a tuple with one tensor in it. Give the tensor itself.",
    fails=("split_heads_values", "split_heads_gradients", "split_heads_errors"),
)
def tuple_of_one(x, n_heads):
    B, T, D = x.shape
    if D % n_heads:
        raise ValueError("D is no multiple of n_heads")
    return (x.reshape(B, T, n_heads, D // n_heads).transpose(1, 2),)


@wrong(
    "Leaves it to reshape to find that the heads don't divide the width",
    hint="The -1 takes up the difference: numbers of one token slip into the next position, and no error comes. Compare `D % n_heads` with 0 first.",
    fails="split_heads_errors",
)
def reshape_finds_it(x, n_heads):
    B, T, D = x.shape
    try:
        return x.reshape(B, -1, n_heads, D // n_heads).transpose(1, 2)
    except RuntimeError:
        raise ValueError("n_heads must divide the width") from None
