"""Wrong answers to `merge_heads(x)`; the first is handed out."""

import torch

from proctor.answers import wrong

BOTH = ("merge_heads_values", "merge_heads_gradients")


@wrong(
    "Reshapes straight to the final shape",
    hint="`reshape` reads the numbers of one head first, token after token, and fills the first tokens with them. Bring the heads of each token next to each other, then reshape.",
    fails=BOTH,
)
def straight_reshape(x):
    B, n_heads, T, d = x.shape
    return x.reshape(B, T, n_heads * d)


@wrong(
    "Flattens the positions along with the heads",
    hint="A whole sequence becomes one row, as by `flatten(1)`, which joins everything from dimension 1 on. Which two dimensions belong to one token, once heads and positions are swapped?",
    fails=("merge_heads_values", "merge_heads_gradients"),
)
def flattens_the_positions(x):
    return x.transpose(1, 2).flatten(1)


@wrong(
    "Makes a contiguous copy and then views it straight",
    hint="That mends the symptom, the complaint of `view`, and not the order: `contiguous` doesn't change which number stands at which index.",
    fails=BOTH,
    like="straight_reshape",
)
def contiguous_first(x):
    B, H, T, d = x.shape
    return x.contiguous().view(B, T, H * d)


@wrong(
    "Swaps heads and positions twice",
    hint="The second transpose undoes the first, and `contiguous` in between changes nothing but the place in memory. Reshape what the first one gives.",
    fails=BOTH,
    like="straight_reshape",
)
def turned_twice(x):
    B, H, T, d = x.shape
    return x.transpose(1, 2).contiguous().transpose(1, 2).reshape(B, T, H * d)


@wrong(
    "Uses view after the transpose, where a copy may be needed",
    hint="Swapping heads and positions is right. But `view` never copies, and the swapped numbers need not lie in memory in their new order: then it raises an error. `reshape` copies where it must.",
    fails=BOTH,
)
def view_after_transpose(x):
    B, H, T, d = x.shape
    return x.transpose(1, 2).view(B, T, H * d)


@wrong(
    "Mends a single sequence of the batch only",
    hint="It is right for the first sequence, on which it may have been tried. The others are still reshaped straight. One transpose does all of them at once.",
    fails=BOTH,
)
def first_sequence_only(x):
    B, H, T, d = x.shape
    first = x[:1].transpose(1, 2).reshape(1, T, H * d)
    return torch.cat([first, x[1:].reshape(B - 1, T, H * d)])


@wrong(
    "Swaps only where there are as many heads as positions",
    hint="That mends the one case in which it was seen. The order is wrong for every size: swap always.",
    fails=BOTH,
)
def square_only(x):
    B, H, T, d = x.shape
    if H == T:
        x = x.transpose(1, 2)
    return x.reshape(B, T, H * d)


@wrong(
    "Deals the heads out in turn",
    hint="Your heads are interleaved: the first number of every head, then the second of every head. A head stays in one block: `(B, T, n_heads, d)` is the order to reshape from.",
    fails=BOTH,
)
def in_turn(x):
    B, H, T, d = x.shape
    return x.permute(0, 2, 3, 1).reshape(B, T, H * d)


@wrong(
    "Swaps the last two dimensions",
    hint="That turns each head round, as in the scores. Here heads and positions have to change places: dimensions 1 and 2.",
    fails=BOTH,
)
def last_two(x):
    B, H, T, d = x.shape
    return x.transpose(-2, -1).reshape(B, T, H * d)


@wrong(
    "Brings the heads in front of the batch",
    hint="The batch stays where it is. Heads and positions change places: dimensions 1 and 2.",
    fails=BOTH,
)
def heads_to_the_front(x):
    B, H, T, d = x.shape
    return x.transpose(0, 1).reshape(B, T, H * d)


@wrong(
    "Swaps the heads with the numbers of a head",
    hint="Dimensions 1 and 3 change places in yours. Those that have to are 1, the heads, and 2, the positions.",
    fails=BOTH,
)
def heads_and_width(x):
    B, H, T, d = x.shape
    return x.transpose(1, 3).reshape(B, T, H * d)


@wrong(
    "Swaps heads and positions, and leaves the four dimensions",
    hint="`(B, T, n_heads, d)` is the right order. What is left is to join the last two dimensions.",
    fails=BOTH,
)
def four_dimensions(x):
    return x.transpose(1, 2)


@wrong(
    "Puts the heads one after another along the positions",
    hint="Your sequences have become longer: `(B, n_heads * T, d)`. The heads of one token belong side by side, along the last dimension.",
    fails=BOTH,
)
def along_the_positions(x):
    return torch.cat(x.unbind(1), dim=1)


@wrong(
    "Adds the heads up",
    hint="Each head has found something of its own, and all of it is kept: side by side, `n_heads * d` numbers a token.",
    fails=BOTH,
)
def added_up(x):
    return x.sum(1)


@wrong(
    "Puts the last head first",
    hint="Head 0 belongs in the first block, `result[..., :d]`.",
    fails=BOTH,
)
def last_head_first(x):
    return torch.cat(x.flip(1).unbind(1), dim=-1)


@wrong(
    "Drops dimensions of size one",
    hint="Dimensions of size 1 are dropped, as by `squeeze()`: also a batch of one, or a single position. The result has three dimensions always.",
    fails="merge_heads_values",
)
def squeezed(x):
    return torch.cat(x.unbind(1), dim=-1).squeeze()


@wrong(
    "Gives float32 whatever came in",
    hint="`torch.empty(…)` or `torch.zeros(…)` without a dtype makes float32, and so does `.float()`. `x.new_empty` has the dtype of `x`; or reshape, and nothing has to be made.",
    fails="merge_heads_values",
)
def always_float32(x):
    B, H, T, d = x.shape
    result = torch.empty(B, T, H * d)
    for h in range(H):
        result[:, :, h * d : (h + 1) * d] = x[:, h]
    return result


@wrong(
    "Swaps the dimensions of the caller's tensor in place",
    hint="The caller finds the dimensions swapped: `transpose_`, with an underscore, turns the caller's tensor. `transpose` gives a new view and leaves it alone.",
    fails="merge_heads_values",
)
def in_place(x):
    B, H, T, d = x.shape
    return x.transpose_(1, 2).reshape(B, T, H * d)


@wrong(
    "Cuts the result off from x",
    hint="Without gradients nothing behind the heads can tell them what to learn. Leave `detach`, `data` and `tolist` out.",
    fails="merge_heads_gradients",
)
def cut_off(x):
    B, H, T, d = x.shape
    return x.detach().transpose(1, 2).reshape(B, T, H * d)


@wrong(
    "Joins two heads, however many there are",
    hint="The number of heads is `x.shape[1]`; a loop or a reshape has to take all of them.",
    fails=BOTH,
)
def two_heads(x):
    return torch.cat([x[:, 0], x[:, -1]], dim=-1)


@wrong(
    "Erases the caller's heads once they are joined",
    hint="What the caller does with `x` afterwards is the caller's business. Leave the memory to PyTorch, which frees what nobody needs.",
    fails="merge_heads_values",
)
def erases(x):
    result = torch.cat(x.unbind(1), dim=-1)
    x.detach().zero_()
    return result


@wrong(
    "Remembers the result by the tensor that it was given",
    hint="You keep the result and ask whether it is the same tensor object. Its numbers may have changed since. Merge anew in each call; it costs little.",
    fails="merge_heads_values",
)
def remembers(x, seen={}):
    if x not in seen:
        seen[x] = x.transpose(1, 2).flatten(2)
    return seen[x]


@wrong(
    "Brings the positions in front of the batch",
    hint="The positions come first in what you reshape, and `reshape` takes them for the batch. `(B, T, n_heads, d)` is the order to bring the dimensions into.",
    fails=("merge_heads_values",),
)
def positions_before_the_batch(x):
    B, n_heads, T, d = x.shape
    return x.permute(2, 0, 1, 3).reshape(B, T, n_heads * d)


@wrong(
    "Averages over the heads",
    hint="Each head has found something of its own, and a mean mixes it up: `(B, T, d)`. Put the heads side by side, `n_heads * d` numbers a token.",
    fails=BOTH,
)
def averaged(x):
    return x.mean(1)


@wrong(
    "Merges the last sequence of the batch only",
    hint="One sequence comes out, for instance where each turn of a loop over the batch writes over what the turn before found. Collect the results, or merge all sequences at once.",
    fails=BOTH,
)
def last_sequence_only(x):
    return x[-1:].transpose(1, 2).flatten(2)


@wrong(
    "Reshapes as if the positions came last, and transposes afterwards",
    hint="The shape comes out right, and the numbers are mixed up. `reshape` joins dimensions that stand side by side, and between the heads and the numbers of a head stand the positions: what has to happen before you reshape?",
    fails=BOTH,
)
def transposed_afterwards(x):
    B, H, T, d = x.shape
    return x.reshape(B, H * d, T).mT


@wrong(
    "Takes the strides from the shape",
    hint="You work out where each number lies from the sizes alone. What `split_heads` gives is a transposed view and lies otherwise in memory: ask the tensor, or let `transpose` do it.",
    fails="merge_heads_values",
)
def strides_from_the_shape(x):
    B, n_heads, T, d = x.shape
    strides = (n_heads * T * d, d, T * d, 1)
    return x.as_strided((B, T, n_heads, d), strides).reshape(B, T, n_heads * d)


@wrong(
    "Renames the dimensions by a reshape and then swaps them",
    hint="`reshape` to `(B, T, n_heads, d)` doesn't swap anything: it reads the numbers in the order in which they lie and deals them out anew. So the swap has to come first; then the two last dimensions can be joined.",
    fails=("merge_heads_values", "merge_heads_gradients"),
)
def renamed_and_swapped(x):
    B, n_heads, T, d = x.shape
    return x.reshape(B, T, n_heads, d).transpose(1, 2).reshape(B, T, n_heads * d)
