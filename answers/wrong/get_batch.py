"""Wrong answers to `get_batch(data, batch_size, seq_len, generator)`."""

import torch

from proctor.answers import wrong


@wrong(
    "Gives the inputs as targets",
    hint="Your targets are the inputs themselves. The model would only have to repeat what it sees. The answer to a token is the token after it.",
    fails="get_batch_windows",
)
def targets_are_inputs(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len, (batch_size,), generator=generator)
    inputs = torch.stack([data[i : i + seq_len] for i in starts])
    return inputs, inputs.clone()


@wrong(
    "Shifts the targets the wrong way",
    hint="Your targets are the tokens before the inputs: the model learns to guess the past. Which of the two has to start one place further right?",
    fails="get_batch_windows",
)
def targets_one_earlier(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len, (batch_size,), generator=generator)
    earlier = torch.stack([data[i : i + seq_len] for i in starts])
    later = torch.stack([data[i + 1 : i + 1 + seq_len] for i in starts])
    return later, earlier


@wrong(
    "Shifts the targets by two",
    hint="The targets are two places behind the inputs, so the token in between is never predicted. One place is enough.",
    fails="get_batch_windows",
)
def targets_two_later(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, max(1, len(data) - seq_len - 1), (batch_size,), generator=generator)
    inputs = torch.stack([data[i : i + seq_len] for i in starts])
    targets = torch.stack([torch.cat([data, data[:1]])[i + 2 : i + 2 + seq_len] for i in starts])
    return inputs, targets


@wrong(
    "Adds one to the tokens instead of going on by one",
    hint="`inputs + 1` is the next id of the vocabulary, whatever the text says. A target is the token that stands one place further on in `data`: where does its window start?",
    fails="get_batch_windows",
)
def next_ids(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len, (batch_size,), generator=generator)
    inputs = torch.stack([data[start : start + seq_len] for start in starts])
    return inputs, inputs + 1


@wrong(
    "Rolls each row to get its targets",
    hint="The last target of each row is the row's first token: `roll` moves the tokens around in a circle. The right one stands in `data`, just after the window.",
    fails="get_batch_windows",
)
def rolled_targets(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len, (batch_size,), generator=generator)
    inputs = torch.stack([data[i : i + seq_len] for i in starts])
    return inputs, inputs.roll(-1, dims=1)


@wrong(
    "Gives one target for each window",
    hint="You return only the token after each window. Every position of the window has a next token, and the model learns from all of them: targets are `(B, T)` too.",
    fails="get_batch_windows",
)
def one_target_a_row(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len, (batch_size,), generator=generator)
    inputs = torch.stack([data[i : i + seq_len] for i in starts])
    return inputs, data[starts + seq_len]


@wrong(
    "Makes the windows one token short",
    hint="You cut a window of seq_len tokens into inputs and targets, and each has one token less. Together they need seq_len + 1 tokens.",
    fails="get_batch_windows",
)
def one_token_short(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len, (batch_size,), generator=generator)
    windows = torch.stack([data[i : i + seq_len] for i in starts])
    return windows[:, :-1], windows[:, 1:]


@wrong(
    "Draws single tokens instead of windows",
    hint="Every entry of your batch comes from another place of the text. A row has to be a piece of the text, token after token, or a model that looks back finds nothing to see.",
    fails="get_batch_windows",
)
def scattered_tokens(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    places = torch.randint(0, len(data) - 1, (batch_size, seq_len), generator=generator)
    return data[places], data[places + 1]


@wrong(
    "Returns positions instead of tokens",
    hint="What you return are places in `data`. The model wants the ids that stand there.",
    fails="get_batch_windows",
)
def positions(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    return places, places + 1


@wrong(
    "Puts the windows into columns",
    hint="Your result is `(T, B)`: each window runs down a column. Rows come first in a batch: `(B, T)`.",
    fails="get_batch_windows",
)
def windows_as_columns(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len, (batch_size,), generator=generator)
    inputs = torch.stack([data[i : i + seq_len] for i in starts], dim=1)
    targets = torch.stack([data[i + 1 : i + 1 + seq_len] for i in starts], dim=1)
    return inputs, targets


@wrong(
    "Turns the ids into floats",
    hint="Ids are whole numbers. Floats can neither pick rows of an embedding nor serve as targets of the cross-entropy.",
    fails="get_batch_windows",
)
def floats(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    return data[places].float(), data[places + 1].float()


@wrong(
    "Wraps around at the end of the data",
    hint="Windows that run off the end go on at the beginning, as if the last token were followed by the first. Draw only starts whose window, targets included, fits.",
    fails="get_batch_windows",
)
def wraps_around(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data), (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len + 1)
    windows = data[places % len(data)]
    return windows[:, :-1], windows[:, 1:]


@wrong(
    "Changes the data in place",
    hint="The argument `data` is changed by your call: the next batch is cut out of another text. Draw starts, and leave the text as it is.",
    fails="get_batch_windows",
)
def changes_the_data(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    batch = data[places], data[places + 1]
    data.copy_(data.roll(-1))
    return batch


@wrong(
    "Never draws the last window",
    hint="`randint` leaves out its upper end by itself: do you subtract one more? Count the windows for eight tokens and seq_len 3: does yours find them all?",
    fails="get_batch_starts",
)
def misses_the_last_window(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len - 1, (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Never draws the last window, unless it is the only one",
    hint="`randint` leaves out its upper end by itself; you subtract one more, and patch up the case where nothing is left. Count the windows for eight tokens and seq_len 3.",
    fails="get_batch_starts",
    like="misses_the_last_window",
)
def patched_upper_end(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, max(1, len(data) - seq_len - 1), (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Never draws the first window",
    hint="Your starts begin at 1, so the first token of the text is never seen. Positions count from 0.",
    fails="get_batch_starts",
)
def misses_the_first_window(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    last = len(data) - seq_len - 1
    starts = torch.randint(min(1, last), last + 1, (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Starts only at multiples of the window's length",
    hint="Your windows never overlap, so the text is always cut at the same places. Every position where a window fits may be a start.",
    fails="get_batch_starts",
)
def in_a_grid(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    blocks = (len(data) - 1) // seq_len
    starts = torch.randint(0, blocks, (batch_size, 1), generator=generator) * seq_len
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Uses one start for the whole batch",
    hint="You draw a single start, so all rows are the same window. The batch then teaches as much as one row. Draw a start for each row.",
    fails="get_batch_starts",
)
def one_start_for_all(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    start = torch.randint(0, len(data) - seq_len, (1,), generator=generator)
    places = (start + torch.arange(seq_len)).expand(batch_size, seq_len)
    return data[places], data[places + 1]


@wrong(
    "Takes neighbouring windows",
    hint="Only the first row's start is random, and the others follow right behind it. Neighbouring windows are nearly alike; draw each start on its own.",
    fails="get_batch_starts",
)
def neighbouring_windows(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    windows = len(data) - seq_len
    first = torch.randint(0, windows, (1,), generator=generator)
    starts = (first + torch.arange(batch_size)) % windows
    places = starts[:, None] + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Lets each row go on where the row before ends",
    hint="One start is random, and the rows after it follow one window further on each. A batch then shows a single stretch of the text. Draw each row's start on its own.",
    fails="get_batch_starts",
)
def one_stretch(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    windows = len(data) - seq_len
    first = torch.randint(0, windows, (1,), generator=generator)
    starts = (first + torch.arange(batch_size) * seq_len) % windows
    places = starts[:, None] + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Always starts at the beginning",
    hint="Your rows are the first windows of the text, in order, every time. The model would never see the rest: the starts have to be drawn.",
    fails="get_batch_starts",
)
def from_the_beginning(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.arange(batch_size) % (len(data) - seq_len)
    places = starts[:, None] + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Draws starts without putting them back",
    hint="A permutation gives each start at most once, so a batch larger than the number of windows comes out too small. Each row has its own draw.",
    fails="get_batch_starts",
)
def without_replacement(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randperm(len(data) - seq_len, generator=generator)[:batch_size]
    places = starts[:, None] + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Folds starts that are too large back with a remainder",
    hint="You draw from all positions and bring the ones that don't fit back with `%`. The windows that they fall on come up more often than the others. Draw from the right range at once.",
    fails="get_batch_starts",
)
def folded_with_a_remainder(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data), (batch_size, 1), generator=generator) % (len(data) - seq_len)
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Moves starts that are too large to the last window",
    hint="You draw from all positions and clamp the ones that don't fit, so the last window comes up far more often than the others. Draw from the right range at once.",
    fails="get_batch_starts",
)
def clamped(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data), (batch_size, 1), generator=generator).clamp(max=len(data) - seq_len - 1)
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Rounds a random fraction",
    hint="Rounding gives the first and the last start only half of the others' chance: each is the nearest whole number to half as wide a stretch. `randint` draws whole numbers evenly.",
    fails="get_batch_starts",
)
def rounded(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = (torch.rand(batch_size, 1, generator=generator) * (len(data) - seq_len - 1)).round().long()
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Seeds the generator at every call",
    hint="The generator begins anew inside, so every batch is the same one. The caller seeds it once; each call should move it on.",
    fails="get_batch_starts",
    constants=("manual_seed(0)", "manual_seed(1)", "manual_seed(42)", "manual_seed(1337)"),
)
def seeds_every_time(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    generator.manual_seed(0)
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Starts a new generator from the seed of the given one",
    hint="The seed doesn't change from call to call, so every batch is the same one. What moves on is the state of `generator`: draw from it itself.",
    fails="get_batch_starts",
)
def starts_from_its_seed(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    own = torch.Generator().manual_seed(generator.initial_seed())
    places = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=own) + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Draws starts whose last target lies behind the end",
    hint="With N tokens there are N - seq_len + 1 places for the inputs, but at the last of them the last target doesn't exist. How many starts leave room for the targets too?",
    fails="get_batch_starts",
)
def one_start_too_many(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len + 1, (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Ignores the generator",
    hint="Your numbers come from PyTorch's global generator. Anything else that draws from it changes your batches. Pass `generator=generator`.",
    fails="get_batch_starts",
)
def ignores_the_generator(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1))
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Draws with Python's random module",
    hint="Python's `random` knows nothing of the generator that you were given, so the same generator gives other batches each time.",
    fails="get_batch_starts",
)
def python_random(data, batch_size, seq_len, generator):
    import random

    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.tensor([random.randrange(len(data) - seq_len) for _ in range(batch_size)])
    places = starts[:, None] + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Raises no error of its own",
    hint="Where no window fits, yours fails with whatever `randint` or `stack` has to say. Check the length first and raise a `ValueError` that names the problem.",
    fails="get_batch_errors",
)
def no_check(data, batch_size, seq_len, generator):
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Forgets the last target when it checks the length",
    hint="You refuse data shorter than seq_len. With exactly seq_len tokens the inputs fit, but the last target does not exist.",
    fails="get_batch_errors",
)
def check_one_off(data, batch_size, seq_len, generator):
    if len(data) < seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, max(1, len(data) - seq_len), (batch_size, 1), generator=generator)
    places = (starts + torch.arange(seq_len + 1)).clamp(max=len(data) - 1)
    return data[places[:, :-1]], data[places[:, 1:]]


@wrong(
    "Lets data of exactly seq_len tokens through its check",
    hint="You refuse data shorter than seq_len and leave data of just that length to PyTorch. Its inputs fit, but the last target does not exist. Refuse it too, with the `ValueError`.",
    fails="get_batch_errors",
)
def refuses_shorter_data_only(data, batch_size, seq_len, generator):
    if len(data) < seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Checks the length with an assert",
    hint="`assert` raises an AssertionError, and Python drops asserts when it runs with -O. For a caller's mistake, raise a `ValueError`.",
    fails="get_batch_errors",
)
def asserts_the_length(data, batch_size, seq_len, generator):
    assert len(data) > seq_len, "too short"
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Refuses a single window",
    hint="With seq_len + 1 tokens one window fits, inputs and targets. Your check turns it away.",
    fails="get_batch_errors",
)
def refuses_the_only_window(data, batch_size, seq_len, generator):
    if len(data) <= seq_len + 1:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Draws two starts and repeats them",
    hint="The third row is the first one again. Every row of a batch has a start of its own: draw `batch_size` of them.",
    fails="get_batch_starts",
)
def two_starts_in_turn(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError
    starts = torch.randint(0, len(data) - seq_len, (min(batch_size, 2),), generator=generator)
    starts = starts.repeat(batch_size)[:batch_size]
    places = starts[:, None] + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Takes the first window where one row is asked for",
    hint="A batch of one is drawn like any other batch.",
    fails="get_batch_starts",
)
def one_row_from_the_start(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=generator)
    if batch_size == 1:
        starts = starts * 0
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Squeezes a batch of one row",
    hint="With a batch of one, a dimension is lost: a model that expects `(batch_size, seq_len)` gets a single row. Leave the shape as it is, whatever the size of the batch.",
    fails="get_batch_windows",
)
def squeezes_one_row(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    return data[places].squeeze(0), data[places + 1].squeeze(0)


@wrong(
    "Starts within the first few places only",
    hint="Data are longer than that, and what comes later is never learned from. How many windows are there?",
    fails="get_batch_starts",
    constants=("256", "100", "128", "255"),
)
def first_256(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError
    starts = torch.randint(0, min(256, len(data) - seq_len), (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Draws from a fixed number of starts and takes the remainder",
    hint="A fixed number of starts doesn't reach all windows of long data, and doesn't spread evenly over few. Draw from as many numbers as there are windows.",
    fails="get_batch_starts",
    constants=("256", "100", "1000"),
)
def modulo_of_256(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError
    starts = torch.randint(0, 256, (batch_size, 1), generator=generator) % (len(data) - seq_len)
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Keeps the tokens in one byte",
    hint="A byte holds 0 to 255, so token 256 becomes token 0. The data are `int64`: leave them so.",
    fails="get_batch_windows",
)
def data_in_bytes(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    data = data.to(torch.uint8).long()
    return data[places], data[places + 1]


@wrong(
    "Cuts long windows",
    hint="`seq_len` says how long a window is, whatever it is.",
    fails="get_batch_windows",
    constants=("64", "16", "32"),
)
def windows_of_64(data, batch_size, seq_len, generator):
    seq_len = min(seq_len, 64)
    if len(data) <= seq_len:
        raise ValueError
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Keeps the windows of a tensor that it has seen",
    hint="The same tensor may hold other numbers the next time. Each call cuts its windows from what it is given.",
    fails="get_batch_windows",
)
def keeps_the_windows(data, batch_size, seq_len, generator, kept={}):
    if len(data) <= seq_len:
        raise ValueError("too short")
    windows = kept.setdefault((data, seq_len), data.unfold(0, seq_len + 1, 1).clone())
    rows = windows[torch.randint(len(windows), (batch_size,), generator=generator)]
    return rows[:, :-1], rows[:, 1:]


@wrong(
    "Draws no window twice into a batch",
    hint="Each row is drawn on its own, so that a batch may hold a window twice.",
    fails="get_batch_starts",
)
def no_window_twice(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    chances = torch.ones(len(data) - seq_len)
    starts = torch.multinomial(chances, batch_size, replacement=batch_size > len(chances), generator=generator)
    places = starts[:, None] + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Remembers data by its length",
    hint="Two texts may be equally long. You keep the first one of each length, and cut your windows from it when another comes: take them from the `data` of this call.",
    fails="get_batch_windows",
)
def remembers_by_length(data, batch_size, seq_len, generator, seen={}):
    if len(data) <= seq_len:
        raise ValueError("too short")
    data = seen.setdefault(len(data), data)
    places = torch.randint(len(data) - seq_len, (batch_size, 1), generator=generator) + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Gives the windows whole instead of inputs and targets",
    hint="Each of your windows holds both: the inputs are all of its tokens but the last, the targets all but the first. Give the two as a pair.",
    fails=("get_batch_windows", "get_batch_starts"),
)
def whole_windows(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len, (batch_size,), generator=generator)
    return torch.stack([data[i : i + seq_len + 1] for i in starts])


@wrong(
    "Draws one start too many, and repeats the last token where its target is missing",
    hint="At the last of your starts the inputs end where the data end, so no target follows. Cutting the places off at the end hides that: the last token becomes its own successor. How many starts leave room for the targets?",
    fails="get_batch_starts",
)
def repeats_the_last_token(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len + 1, (batch_size, 1), generator=generator)
    places = starts + torch.arange(seq_len)
    return data[places], data[(places + 1).clamp(max=len(data) - 1)]


@wrong(
    "Draws a batch of one without the generator",
    hint="For a batch of one the start comes from PyTorch's global generator. All randomness comes from `generator`: pass it to every call that draws.",
    fails="get_batch_starts",
)
def own_luck_for_one(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    if batch_size == 1:
        starts = torch.randint(0, len(data) - seq_len, (1,))
    else:
        starts = torch.randint(0, len(data) - seq_len, (batch_size,), generator=generator)
    places = starts[:, None] + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Takes nothing but the seed of the generator",
    hint="A generator is more than its seed: it moves on with each draw. From `initial_seed()` you make the same numbers in every call, and so the same batch. Hand the generator itself to `torch.randint`.",
    fails="get_batch_starts",
    constants=(
        "drawn.choices(range(len(data) - seq_len), k=batch_size)",
        "[drawn.randrange(len(data) - seq_len) for _ in range(batch_size)]",
    ),
)
def by_the_seed_alone(data, batch_size, seq_len, generator):
    import random

    if len(data) <= seq_len:
        raise ValueError("the text is too short")
    drawn = random.Random(generator.initial_seed())
    starts = drawn.choices(range(len(data) - seq_len), k=batch_size)
    rows = torch.stack([data[start : start + seq_len + 1] for start in starts])
    return rows[:, :-1], rows[:, 1:]


@wrong(
    "Sorts the starts",
    hint="The starts are drawn right, but then sorted: the first rows come from early in the text. Each row's start is drawn on its own, so leave them in the order in which they come.",
    fails="get_batch_starts",
)
def sorted_starts(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("the text is too short")
    starts = torch.randint(len(data) - seq_len, (batch_size,), generator=generator).sort().values
    places = starts[:, None] + torch.arange(seq_len)
    return data[places], data[places + 1]


@wrong(
    "Calls `torch.cat` and leaves what it returns",
    hint="`torch.cat` changes none of its tensors: it returns a new one. Your batches stay empty until what it returns has their name.",
    fails="get_batch_windows",
)
def leaves_what_cat_returns(data, batch_size, seq_len, generator):
    if len(data) <= seq_len:
        raise ValueError("too short")
    starts = torch.randint(0, len(data) - seq_len, (batch_size, 1), generator=generator)
    inputs = targets = torch.zeros(batch_size, 0, dtype=torch.int64)
    for t in range(seq_len):
        torch.cat([inputs, data[starts + t]], dim=1)
        torch.cat([targets, data[starts + t + 1]], dim=1)
    return inputs, targets


@wrong(
    "Draws from the first nine tenths alone",
    hint="What is held out was cut off before: any start whose window fits may come, up to the end of `data`.",
    fails="get_batch_starts",
)
def first_nine_tenths(data, batch_size, seq_len, generator):
    N = len(data)
    if N <= seq_len:
        raise ValueError('no window fits')
    starts = torch.randint(0, max(1, int(0.9 * N) - seq_len), (batch_size,), generator=generator)
    idx = starts[:, None] + torch.arange(seq_len)
    return (data[idx], data[idx + 1])


@wrong(
    "Draws each token from a place of its own",
    hint="Neighbours in your rows don't follow one another in the text. Draw one start for each row, and take the `seq_len` tokens from there on.",
    fails=("get_batch_windows", "get_batch_starts", "get_batch_errors"),
)
def scattered(data, batch_size, seq_len, generator):
    N = len(data)
    if N <= seq_len:
        raise ValueError('no window fits')
    starts = torch.randint(0, N - seq_len, (batch_size, seq_len), generator=generator)
    idx = starts
    return (data[idx], data[idx + 1])
