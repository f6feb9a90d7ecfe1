"""Hidden checks of 06-training-loop.

The checks of `train`, `evaluate` and `generate` bring small models of their own, so that they don't depend on the
student's `TinyLM`. Each of these models lives in a probe. The same probe, run out here with a right answer in the
student's place, gives the expected reply.
"""

import itertools
import math
from types import SimpleNamespace

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.checks import (
    about,
    close,
    code,
    describe,
    drawn_again,
    equal,
    predicts,
    raises,
    unchanged,
)

LETTERS = "abcxyzABCXYZ  .,'!?0189éßﬁ²"
# Characters that some clean-ups change: e with a separate accent, line breaks of all kinds, tabs, signs of four bytes.
DELICATE = [
    "e\u0301",
    "\r\n",
    "\r",
    "\n",
    "\t",
    "\x0b",
    "\u2028",
    "\ufeff",
    "\u00a0",
    "😀",
    "𝒜",
    "Ａ",
    "Ä",
]


def some_text(draw, letters, length):
    return "".join(letters[i] for i in draw.integers(0, len(letters), length).tolist())


def many_characters(draw):
    """More distinct characters than a byte can number, in a random order."""
    signs = [
        chr(0x4E00 + i) for i in torch.randperm(20000, generator=draw.generator())[:300].tolist()
    ]
    return shuffled(draw, sorted({*LETTERS, *"".join(DELICATE), *signs}))


def delicate_text(draw, vocab, length):
    """A text of these characters, the last one among them, that any clean-up would change."""
    return (
        some_text(draw, vocab, length)
        + "".join(shuffled(draw, DELICATE))
        + vocab[-1]
        + "e\u0301\r\n\t"
    )


def shuffled(draw, items):
    """The items as a list in a random order."""
    return [items[i] for i in torch.randperm(len(items), generator=draw.generator()).tolist()]


def distinct_tokens(draw, count):
    """Data with no token twice, so that each token identifies its place; not contiguous in memory."""
    data = torch.randperm(count, generator=draw.generator())
    return torch.stack([data, data], 1)[:, 0]


def a_tensor(value):
    assert isinstance(value, torch.Tensor), f"expected a tensor, got {describe(value)}"
    return value


def a_float(value):
    assert isinstance(value, float), f"expected a Python float, got {describe(value)}"
    return value


def starts_of(inputs, data):
    """The places in `data` at which the windows `inputs`, (..., T), start; no token is in `data` twice."""
    assert isinstance(inputs, torch.Tensor) and inputs.dim() >= 2, (
        "expected the inputs to be a tensor of shape (B, T)"
    )
    seq_len = inputs.shape[-1]
    assert seq_len, "expected inputs of shape (B, T), and their rows are empty"
    starts = (inputs[..., :1] == data).long().argmax(-1)
    places = starts[..., None] + torch.arange(seq_len)
    strange = inputs[(inputs != data[places.clamp(max=len(data) - 1)]).any(-1)]
    assert not len(strange), (
        f"a row of inputs begins with {strange[0, :8].tolist()}: expected each to be seq_len tokens that stand one after "
        "another in data"
    )
    assert (starts + seq_len < len(data)).all(), (
        "a window starts so late that its last target is beyond the end of data"
    )
    return starts


def as_likely(counts, probs, what):
    """Fails unless the counts fit these probabilities, by a G-test that fails falsely once in 10 million."""
    assert len(counts) == len(probs), what
    expected = counts.sum() * probs
    distance = torch.xlogy(counts, counts / expected).sum()
    chance = torch.special.gammaincc(torch.tensor((len(counts) - 1) / 2).double(), distance)
    assert chance > 1e-7, what


def uniform_starts(starts, windows):
    """Fails unless `starts`, (batches, B) with B >= 2, are uniform and any two rows of a batch differ freely."""
    counts = torch.bincount(starts.flatten(), minlength=windows).double()
    message = f"{windows} windows fit, but over many batches they don't come up equally often"
    as_likely(counts, torch.full((windows,), 1 / windows, dtype=torch.float64), message)
    # Of 800 batches and 5 windows, or 200 and 3, a pair of starts is missing with a probability below 1e-8.
    for one, other in itertools.combinations(starts.T.tolist(), 2):
        drawn = len(set(zip(one, other, strict=True)))
        assert drawn == windows**2, (
            "expected the start of each row to be drawn on its own, so that rows may be the same"
        )


def tokens_of(ids, length, vocab_size):
    """The `ids` of a text, if they are `length` tokens of the vocabulary."""
    a_tensor(ids)
    assert ids.shape == (length,), f"expected a shape of ({length},), got {tuple(ids.shape)}"
    assert ids.dtype == torch.int64, f"expected dtype torch.int64, got {ids.dtype}"
    strange = ids[(ids < 0) | (ids >= vocab_size)]
    assert not len(strange), f"with {vocab_size} tokens in the vocabulary it drew {int(strange[0])}"
    return ids


def own_randomness(first, second, what):
    """Fails if two runs with equal generators, but different global seeds, differ or touch the global state."""
    same = (
        "with the generator in the same state and another global seed, must be those of the first"
    )
    with about(f"the {what} of a second run, {same}"):
        close(second[what], first[what])
    assert not first["global_moved"] and not second["global_moved"], (
        "the global random state has moved"
    )


# build_vocab


def test_build_vocab_characters__each_once(student, draw):
    """The vocabulary holds each character of the text once."""
    signs = many_characters(draw)
    for text in (
        "z",
        "é",  # as long as the one before
        "\n\u2003" + some_text(draw, LETTERS, 80) + "\tﬁ²",
        some_text(draw, LETTERS, 2000) + delicate_text(draw, signs, 1000),
        "\ufeffab",  # some files begin so
        "one\r\ntwo\r\n",  # line breaks of Windows
        "e\u0301\u2126",  # an accent of its own, and the sign for ohms
        "",
    ):
        got = student.build_vocab(text)
        assert isinstance(got, list) and all(isinstance(c, str) for c in got), (
            "expected a list of strings"
        )
        message = "expected every distinct character of the text once: space, line break, punctuation and capitals count"
        assert sorted(got) == sorted(set(text)), message


def test_build_vocab_order__of_the_characters(student, draw):
    """The characters of the vocabulary are sorted."""
    text = "".join(shuffled(draw, "NOPQRST.,!09\nabcdefgabcdefgefgéÄＡ😀"))
    got = student.build_vocab(text=text)
    characters = (
        isinstance(got, list) and len(got) > 1 and all(isinstance(each, str) for each in got)
    )
    assert characters, f"expected a list of characters, got {describe(got)}"
    assert got == sorted(got), (
        "expected the characters sorted, in the order in which Python sorts strings"
    )


# encode, decode


def test_encode_decode_ids__index_in_vocab(student, draw):
    """A character's id is its index in the vocabulary."""
    for length in (1, 30, 1500):
        vocab = many_characters(draw)
        text = delicate_text(draw, vocab, length) if length > 1 else vocab[-1]
        ids = torch.tensor([vocab.index(c) for c in text])
        equal(student.encode(text=text, vocab=vocab), ids)
        equal(student.run(probe_reversed_vocab, text, ids, vocab)["ids"], len(vocab) - 1 - ids)


def test_encode_decode_ids__unknown_character(student, draw):
    """A character that the vocabulary lacks raises a KeyError or a ValueError."""
    vocab = shuffled(draw, "abcdef ")
    raises(student, (KeyError, ValueError), "encode", "ab?cd", vocab)
    raises(student, (KeyError, ValueError), "encode", "a bC", vocab)
    raises(student, (KeyError, ValueError), "encode", "a b", ["a", "b"])


def probe_reversed_vocab(student, text, ids, vocab):
    """encode and decode, after the list that is the vocabulary has been turned round"""
    student.encode(text, vocab)
    student.decode(ids, vocab)
    vocab.reverse()
    return {"ids": student.encode(text, vocab), "text": student.decode(ids, vocab)}


def test_encode_decode_text__of_ids(student, draw):
    """Decoding gives the text of the ids."""
    for length in (1, 30, 1500):
        vocab = many_characters(draw)
        ids = draw.integers(0, len(vocab), length, 2)[:, 0]
        ids[0] = ids[-2:] = vocab.index(" ")
        equal(student.decode(ids=ids, vocab=vocab), "".join(vocab[i] for i in ids.tolist()))
        text = delicate_text(draw, vocab, length)
        ids = torch.tensor([vocab.index(c) for c in text])
        equal(student.decode(ids, vocab), text)
        got = student.run(probe_reversed_vocab, text, ids, vocab)["text"]
        equal(got, "".join(vocab[len(vocab) - 1 - i] for i in ids.tolist()))
    equal(student.decode(torch.tensor([], dtype=torch.int64), vocab), "")


# get_batch


def probe_get_batch(student, data, batch_size, seq_len, generator, calls=1, seed=0):
    """get_batch, drawing batch after batch."""
    import random

    import torch

    torch.manual_seed(seed)
    random.seed(seed)
    before = torch.get_rng_state(), random.getstate()
    batches = [student.get_batch(data, batch_size, seq_len, generator)[0] for _ in range(calls)]
    moved = not torch.equal(before[0], torch.get_rng_state()) or before[1] != random.getstate()
    return {"inputs": torch.stack(batches), "global_moved": moved}


def probe_get_batch_again(student, data, new, batch_size, seq_len, generator):
    """get_batch, called again after the numbers in data have changed, and once more with other data of that length"""
    import torch

    other = data.clone()
    first = student.get_batch(data, batch_size, seq_len, generator)
    data.copy_(new)
    second = student.get_batch(data, batch_size, seq_len, generator)
    third = student.get_batch(other, batch_size, seq_len, generator)
    return torch.stack([*first, *second, *third])


def test_get_batch_windows__targets_one_later(student, draw):
    """Inputs are windows of the data, and targets the same windows one position later."""
    large = draw.randint(300, 400), draw.randint(18, 22), draw.randint(70, 90)
    # 64 rows from two windows: a start that is one too far is drawn for certain. The only window is another cell's
    for tokens, batch_size, seq_len in ((23, 4, 5), (12, 1, 1), (40, 7, 12), large, (7, 64, 5)):
        data = distinct_tokens(draw, tokens)
        got = student.get_batch(
            data=data, batch_size=batch_size, seq_len=seq_len, generator=draw.generator()
        )
        two = (
            isinstance(got, list)
            and len(got) == 2
            and all(isinstance(each, torch.Tensor) for each in got)
        )
        assert two, f"expected two tensors, inputs and targets, got {describe(got)}"
        inputs, targets = got
        positions = starts_of(inputs, data)[:, None] + torch.arange(seq_len)
        assert inputs.shape == (batch_size, seq_len), (
            f"expected inputs of shape ({batch_size}, {seq_len})"
        )
        equal([inputs, targets], [data[positions], data[positions + 1]])
    unchanged(student, "get_batch", data, 3, 4, draw.generator())
    first, second = distinct_tokens(draw, 20), distinct_tokens(draw, 20)
    got = student.run(probe_get_batch_again, first, second, 3, 4, draw.generator())
    for data, (inputs, targets) in ((first, got[:2]), (second, got[2:4]), (first, got[4:])):
        equal(targets, data[starts_of(inputs, data)[:, None] + torch.arange(1, 5)])


def test_get_batch_starts__every_window(student, draw):
    """Every window of the data can be drawn, each equally often."""
    data = distinct_tokens(draw, 8)
    got = student.run(probe_get_batch, data, draw.randint(3, 6), 3, draw.generator(), calls=800)
    uniform_starts(starts_of(got["inputs"], data), windows=5)
    got = student.run(probe_get_batch, data, 1, 3, draw.generator(), calls=400)
    counts = torch.bincount(starts_of(got["inputs"], data).flatten(), minlength=5).double()
    as_likely(
        counts,
        torch.full((5,), 0.2, dtype=torch.float64),
        "batches of one row don't start everywhere equally often",
    )
    long = distinct_tokens(draw, 1003)
    got = student.run(probe_get_batch, long, 64, 3, draw.generator(), calls=40)
    counts = torch.bincount(starts_of(got["inputs"], long).flatten() // 100, minlength=10).double()
    as_likely(
        counts,
        torch.full((10,), 0.1, dtype=torch.float64),
        "1000 windows fit, but some tenths of them come up too seldom",
    )


def test_get_batch_starts__own_generator(student, draw):
    """The starts are drawn from the given generator alone."""
    data, generator = distinct_tokens(draw, 200), draw.generator()
    for rows in (16, 1):
        first, second = (
            student.run(probe_get_batch, data, rows, 4, generator, seed=seed) for seed in (1, 2)
        )
        own_randomness(first, second, "inputs")


def test_get_batch_errors__no_window(student, draw):
    """Data too short for a window raises a ValueError."""
    for tokens in (2, 5):
        raises(
            student, ValueError, "get_batch", distinct_tokens(draw, tokens), 2, 5, draw.generator()
        )


def test_get_batch_errors__the_only_window(student, draw):
    """Data with exactly one window gives that window."""
    data = distinct_tokens(draw, 6)
    got = student.run(probe_get_batch, data, 32, 5, draw.generator())
    equal(got["inputs"], data[:5].expand(1, 32, 5))


# TinyLM


def probe_model(student, vocab_size, d_model, ids, seed, weights=None, spread=0.5, training=True):
    """A fresh TinyLM, fed with ids.

    With `weights` for the logits, its parameters are drawn anew first, and the gradients come back too, and which
    parameters of a second model of that size have changed with it.
    """
    import torch

    torch.manual_seed(seed)
    model = student.TinyLM(vocab_size=vocab_size, d_model=d_model).train(training)
    if weights is None:
        return {"logits": model(ids)}
    model((ids + 1) % vocab_size)  # other ids of the same shape come first
    other = student.TinyLM(vocab_size=vocab_size, d_model=d_model).eval()
    before = [parameter.detach().clone() for parameter in other.parameters()]
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        fresh = (
            torch.empty(parameter.shape, dtype=torch.float32)
            .normal_(0, spread, generator=generator)
            .to(parameter.dtype)
        )
        parameter.data = fresh
    model.zero_grad()
    parameters = dict(model.named_parameters())
    given = {name: p.detach().clone() for name, p in parameters.items()}
    logits = model(ids)
    if isinstance(logits, torch.Tensor) and logits.requires_grad and logits.shape == weights.shape:
        (logits * weights).sum().backward()
    return {
        "logits": logits,
        "parameters": given,
        "gradients": {name: p.grad for name, p in parameters.items()},
        "others_changed": [not torch.equal(*each) for each in zip(before, other.parameters())],
    }


def explained(logits, ids, parameters, vocab_size, d_model):
    """Whether some of the parameters are a table, two linear layers and their biases that give these logits.

    Weights may be stored either way round, biases may be missing, and the table may serve as the last matrix too.
    """
    if len(parameters) > 8:  # more than these layers have, and too many to try
        return False
    tensors = [p.double().squeeze(-1) if p.dim() == 3 else p.double() for p in parameters]
    matrices = [m for t in tensors if t.dim() == 2 for m in (t, t.T)]
    vectors = [0.0] + [t.flatten() for t in tensors if t.numel() in t.shape]

    def fitting(rows, columns):
        return [m for m in matrices if m.shape[1] == columns and rows in (None, m.shape[0])]

    def biases(size):
        return [v for v in vectors if isinstance(v, float) or len(v) == size]

    wanted = logits.double()
    for table in fitting(vocab_size, d_model):
        for first in fitting(None, d_model):
            for bias in biases(len(first)):
                before = table[ids] @ first.T + bias
                for after in (F.gelu(before), F.gelu(before, approximate="tanh")):
                    for last in fitting(vocab_size, len(first)):
                        for end in biases(vocab_size):
                            got = after @ last.T + end
                            if torch.allclose(
                                got, wanted, rtol=1e-4, atol=1e-5 * float(wanted.abs().max())
                            ):
                                return True
    return False


def test_TinyLM_logits__of_its_parameters(student, draw):
    """The logits are embedding, linear, GELU, linear of each token alone, and nothing else."""
    large = draw.randint(280, 320), 6, draw.randint(18, 22), draw.randint(70, 80)
    small, single, one_token = (11, 6, 3, 5), (13, 8, 1, 1), (1, 4, 3, 2)
    for sizes, spread, training in (
        (small, 0.5, True),
        (single, 0.5, False),
        (one_token, 0.5, True),
        (large, 5.0, True),
    ):
        vocab_size, d_model, batch, seq_len = sizes
        ids = draw.integers(0, vocab_size, seq_len, batch).T
        weights = draw.normal(batch, seq_len, vocab_size)
        seed = draw.randint(0, 10**6)
        got = student.run(probe_model, vocab_size, d_model, ids, seed, weights, spread, training)
        shape = (batch, seq_len, vocab_size)
        logits = got["logits"]
        assert isinstance(logits, torch.Tensor) and logits.shape == shape, (
            f"expected logits of shape {shape}"
        )
        message = (
            "the logits are not embedding, linear, GELU, linear of each token alone, with the parameters "
            f"of shapes {[tuple(p.shape) for p in got['parameters'].values()]}"
        )
        parameters = drawn_again(got["parameters"], seed, spread)
        assert explained(logits, ids, parameters, vocab_size, d_model), message
        assert not any(got["others_changed"]), (
            "two models of the same size share parameters: when one changed, the other did, too"
        )


def test_TinyLM_gradients__every_parameter(student, draw):
    """A loss gives every parameter a gradient."""
    ids = torch.arange(11)[None]
    got = student.run(probe_model, 11, 6, ids, draw.randint(0, 10**6), draw.normal(1, 11, 11))
    assert got["gradients"], "expected parameters that PyTorch can find, but there are none"
    for name, gradient in got["gradients"].items():
        assert gradient is not None, f"no gradient reaches the parameter {name}"
        # Every token is fed, so no row of the table may be left out either.
        rows = gradient.reshape(len(gradient), -1) if gradient.dim() > 1 else gradient[None]
        assert (rows != 0).any(1).all(), (
            f"part of the parameter {name} gets no gradient, though every token was fed"
        )


def probe_fresh_model(student, ids, targets, seed):
    """How much the logits of a new TinyLM differ between tokens after a few steps."""
    import torch
    import torch.nn.functional as F

    torch.manual_seed(seed)
    model = student.TinyLM(vocab_size=11, d_model=8)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(5):
        optimizer.zero_grad()
        F.cross_entropy(model(ids).flatten(0, 1), targets.flatten()).backward()
        optimizer.step()
    return model(ids).std(1).max().item()


def test_TinyLM_gradients__of_a_fresh_model(student, draw):
    """A fresh model can learn: after five steps its tokens have different logits."""
    ids = torch.arange(11)[None]
    spread = student.run(probe_fresh_model, ids, ids.roll(1, 1), draw.randint(0, 10**6))
    assert spread > 0, (
        "after five steps of training a new model still gives every token the same logits"
    )


def test_TinyLM_start__near_log_v(student, draw):
    """A fresh model's loss is within 0.3 of log V."""
    for vocab_size, d_model in ((65, 8), (40, 64), (100, 32), (50, 256)):
        ids = torch.arange(vocab_size)[None]
        logits = student.run(probe_model, vocab_size, d_model, ids, draw.randint(0, 10**6))[
            "logits"
        ]
        assert isinstance(logits, torch.Tensor), "expected a tensor of logits"
        logits = logits.double()
        loss = float((logits.logsumexp(-1) - logits.mean(-1)).mean())
        known = math.log(vocab_size)
        message = f"over all pairs of tokens its loss is {loss:.4f}, expected within 0.3 of log(V) = {known:.4f}"
        assert abs(loss - known) <= 0.3, message


# train


def probe_train(
    student,
    weights,
    data,
    steps,
    batch_size,
    seq_len,
    lr,
    generator,
    dropout=0.0,
    seed=0,
    again=False,
):
    """train, on a small model (embedding, linear, GELU, linear) that is in evaluation mode before.

    Old gradients are still there. Keeps the inputs of the forward passes. If there were more passes than steps, keeps only
    those with a backward pass, since the others only measured. With `again` the same model was trained before, with other
    weights and another `lr`, on other data of that length and on other numbers in the same tensor.
    """
    import random

    import torch
    from torch import nn

    def keep(module, args, output):
        if output.requires_grad:
            seen = [args[0].clone(), False]
            passes.append(seen)
            output.register_hook(lambda gradient: seen.__setitem__(1, True))

    table, first, _, last, _ = weights
    model = nn.Sequential(
        nn.Embedding(*table.shape),
        nn.Linear(*first.T.shape),
        nn.GELU(),
        nn.Dropout(dropout) if dropout else nn.Identity(),
        nn.Linear(*last.T.shape),
    ).to(table.dtype)
    if again:
        wanted = data.clone()
        student.train(model, wanted.roll(1), 1, batch_size, seq_len, 10 * lr, generator)
        data.copy_(wanted.flip(0))
        student.train(model, data, 2, batch_size, seq_len, 10 * lr, generator)
        data.copy_(wanted)
    with torch.no_grad():
        for parameter, weight in zip(model.parameters(), weights, strict=True):
            parameter.copy_(weight)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 0.5)
    model.eval()
    passes = []
    model[0].register_forward_hook(keep)
    torch.manual_seed(seed)
    random.seed(seed)
    before = torch.get_rng_state(), random.getstate()
    state = generator.get_state()
    losses = student.train(
        model=model,
        data=data,
        steps=steps,
        batch_size=batch_size,
        seq_len=seq_len,
        lr=lr,
        generator=generator,
    )
    return {
        "losses": losses,
        "weights": [parameter.detach() for parameter in model.parameters()],
        "inputs": [inputs for inputs, learned in passes if learned or len(passes) <= steps],
        "global_moved": not torch.equal(before[0], torch.get_rng_state())
        or before[1] != random.getstate(),
        "generator_moved": not torch.equal(state, generator.get_state()),
        "records": torch.is_grad_enabled(),
    }


def follow(starts):
    """The right training loop, on windows that start at these places, (steps, B).

    Its AdamW is written out: to import PyTorch's takes a second.
    """

    def train(model, data, steps, batch_size, seq_len, lr, generator):
        model.train()
        losses, means, squares = [], {}, {}
        for step, rows in enumerate(starts, 1):
            positions = rows[:, None] + torch.arange(seq_len)
            loss = F.cross_entropy(
                model(data[positions]).flatten(0, 1), data[positions + 1].flatten()
            )
            model.zero_grad()
            loss.backward()
            losses.append(loss.item())
            for p in filter(lambda p: p.grad is not None, model.parameters()):
                means[p] = 0.9 * means.get(p, 0) + 0.1 * p.grad
                squares[p] = 0.999 * squares.get(p, 0) + 0.001 * p.grad**2
                scale = (squares[p] / (1 - 0.999**step)).sqrt() + 1e-8
                p.data.mul_(1 - 0.01 * lr).sub_(lr * means[p] / (1 - 0.9**step) / scale)
        return losses

    return train


def small_model(draw, vocab_size, scale=1.0):
    """Weights for the models in the probes. In float64 no rounding is large enough for AdamW to blow it up."""
    shapes = (vocab_size, 4), (8, 4), (8,), (vocab_size, 8), (vocab_size,)
    return [draw.normal(*shape, dtype=torch.float64, scale=scale) for shape in shapes]


def batches_of(got, steps, batch_size, seq_len, data):
    """The places at which the training windows start, (steps, B)."""
    inputs = got["inputs"]
    assert len(inputs) == steps, (
        f"expected {steps} forward passes to learn from, one a step, but there were {len(inputs)}"
    )
    message = f"expected the model to be given batches of shape ({batch_size}, {seq_len})"
    assert all(batch.shape == (batch_size, seq_len) for batch in inputs), message
    return starts_of(torch.stack(inputs), data)


def trained_and_expected(
    student, draw, steps, lr, sizes=(12, 3, 4), scale=3.0, offset=0.0, again=False
):
    """The replies after a few steps of training a small model: the student's, and the right one for the same batches."""
    # Large weights have large gradients, which show whether an answer clips them; small ones have small losses.
    tokens, batch_size, seq_len = sizes
    data, weights = distinct_tokens(draw, tokens), small_model(draw, tokens, scale=scale)
    weights[-1] += offset
    settings = {
        "steps": steps,
        "batch_size": batch_size,
        "seq_len": seq_len,
        "lr": lr,
        "generator": draw.generator(),
    }
    got = student.run(probe_train, weights, data, **settings, again=again)
    starts = batches_of(got, steps, batch_size, seq_len, data)
    return got, probe_train(SimpleNamespace(train=follow(starts)), weights, data, **settings)


def test_train_updates__adamw(student, draw):
    """Each step is an update of AdamW, with fresh gradients."""
    small, large = (12, 3, 4), (draw.randint(280, 320), draw.randint(18, 22), draw.randint(70, 80))
    # Large rates with large weights amplify the rounding of a loss. The long run shows whether an answer lowers its rate
    # with the steps, and whether it stops early.
    runs = (
        (8, 0.05, small, 3),
        (4, 1.5, small, 1),
        (4, 2e-4, small, 3),
        (3, 0.05, large, 3),
        (100, 0.01, small, 1),
    )
    for steps, lr, sizes, scale in runs:
        got, want = trained_and_expected(student, draw, steps, lr, sizes, scale, again=steps == 8)
        for mine, theirs in zip(want["weights"], got["weights"], strict=True):
            message = f"after {steps} steps with lr={lr} the parameters are not those that AdamW gives on these batches"
            # AdamW moves a parameter by about lr a step.
            assert torch.allclose(theirs, mine, rtol=1e-6, atol=1e-4 * lr), message
        assert got["records"], (
            "after the call PyTorch doesn't record graphs any more, also not for training"
        )


def test_train_updates__training_mode(student, draw):
    """The model trains in training mode."""
    data, weights = distinct_tokens(draw, 12), small_model(draw, 12)
    # Dropout of 1 lets nothing through in training mode, so the last matrix can only shrink.
    got = student.run(probe_train, weights, data, 3, 2, 4, 0.05, draw.generator(), dropout=1.0)
    before, after = weights[3].flatten(), got["weights"][3].flatten()
    cosine = float(before @ after / (before.norm() * after.norm()))
    assert cosine > 1 - 1e-9, (
        "the model was given in evaluation mode, and some of its training happened in that mode"
    )


def test_train_losses__before_each_update(student, draw):
    """The list holds each step's loss, computed before its update."""
    # A model that hardly moves has the same losses with any optimizer. After one large step its loss differs from before.
    for steps, lr in ((8, 1e-12), (1, 0.05)):
        # Logits near 10000 are far off once they are rounded to float32.
        got, want = trained_and_expected(student, draw, steps, lr, scale=0.5, offset=1e4)
        losses = got["losses"]
        assert isinstance(losses, list), "expected a list"
        assert len(losses) == steps, f"expected {steps} losses, one a step, got {len(losses)}"
        assert all(isinstance(loss, float) for loss in losses), "expected Python floats"
        for loss, expected in zip(losses, want["losses"], strict=True):
            message = "expected each loss to be that of the step's batch, before the update"
            assert math.isclose(loss, expected, rel_tol=1e-7), message
    data, weights = distinct_tokens(draw, 12), small_model(draw, 12)
    losses = student.run(probe_train, weights, data, 0, 3, 4, 0.05, draw.generator())["losses"]
    assert losses == [], "expected an empty list for no steps"
    # with two tokens there is soon nothing left to learn
    data, weights = distinct_tokens(draw, 2), small_model(draw, 2)
    losses = student.run(probe_train, weights, data, 40, 2, 1, 0.3, draw.generator())["losses"]
    assert len(losses) == 40, (
        f"expected 40 losses, one a step, also when they come near 0, got {len(losses)}"
    )


def test_train_batches__fresh_and_uniform(student, draw):
    """Each step draws a fresh batch from all windows."""
    data, weights = distinct_tokens(draw, 6), small_model(draw, 6)
    # Fewer rows than windows, so that drawing without repetition shows.
    got = student.run(probe_train, weights, data, 200, 2, 3, 0.01, draw.generator())
    starts = batches_of(got, 200, 2, 3, data)
    repeats = (starts[1:] == starts[:-1]).all(1).double().mean()
    assert repeats < 0.25, (
        "expected every step to draw a fresh batch, but most steps repeat the one before"
    )
    uniform_starts(starts, windows=3)


def test_train_batches__own_generator(student, draw):
    """The batches are drawn from the given generator alone."""
    data, weights, generator = distinct_tokens(draw, 60), small_model(draw, 60), draw.generator()
    first, second = (
        student.run(probe_train, weights, data, 4, 8, 5, 0.01, generator, seed=seed)
        for seed in (1, 2)
    )
    own_randomness(first, second, "inputs")
    other = student.run(probe_train, weights, data, 4, 8, 5, 0.01, draw.generator())
    assert not torch.equal(torch.stack(other["inputs"]), torch.stack(first["inputs"])), (
        "two generators in different states gave the same batches: expected the randomness to come from the one given"
    )
    torch.rand(1, generator=generator)
    later = student.run(probe_train, weights, data, 4, 8, 5, 0.01, generator)
    assert not torch.equal(torch.stack(later["inputs"]), torch.stack(first["inputs"])), (
        "a generator that had moved on gave the same batches as before: expected them to come from its state, not its seed"
    )


# evaluate


def probe_evaluate(student, weights, data, seq_len, training=True, apart=(), again=False):
    """evaluate, on a small model that adds up what it has seen so far.

    With `again` it was evaluated before, first with other numbers in data and then with other weights. The submodules named
    in `apart` are in the other mode than the model.
    """
    import torch
    from torch import nn

    table, first, _, last, _ = weights
    recorded, ran_in_training = [], {}

    def note(name):
        def hook(module, args):
            ran_in_training[name] = ran_in_training.get(name, False) or module.training

        return hook

    class Summing(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(*table.shape)
            self.body = nn.Sequential(
                nn.Linear(*first.T.shape), nn.Sequential(nn.Tanh(), nn.Dropout(0.0))
            )
            self.head = nn.Linear(*last.T.shape)

        def forward(self, ids):
            logits = self.head(self.body(self.embedding(ids).cumsum(1)))
            recorded.append(logits.requires_grad)
            return logits

    model = Summing().to(table.dtype)
    if again:
        wanted = data.clone()
        data.copy_(wanted.flip(0))
        student.evaluate(model=model, data=data, seq_len=seq_len)
        data.copy_(wanted)
        student.evaluate(model=model, data=data, seq_len=seq_len)
        recorded.clear()
    with torch.no_grad():
        for parameter, weight in zip(model.parameters(), weights, strict=True):
            parameter.copy_(weight)
    model.embedding.requires_grad_(False)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter) if parameter.requires_grad else None
    model.train(training)
    for name in apart:
        model.get_submodule(name).train(not training)
    for name, module in model.named_modules():
        module.register_forward_pre_hook(note(name))
    before = torch.get_rng_state()
    value = student.evaluate(model=model, data=data, seq_len=seq_len)
    return {
        "value": value,
        "global_moved": not torch.equal(before, torch.get_rng_state()),
        "modes": [module.training for module in model.modules()],
        "weights": [parameter.detach() for parameter in model.parameters()],
        "requires_grad": [parameter.requires_grad for parameter in model.parameters()],
        "gradients": [parameter.grad for parameter in model.parameters()],
        "recorded": recorded,
        "ran_in_training": ran_in_training,
        "still_recording": torch.is_grad_enabled(),
    }


def right_evaluate(model, data, seq_len):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            logits = model(data[None, start : start + len(targets)])
            total += F.cross_entropy(logits[0], targets, reduction="sum").item()
    for module, training in modes:
        module.training = training
    return total / (len(data) - 1)


def evaluated_and_expected(
    student, draw, tokens, seq_len, vocab_size=7, scale=1.0, offset=0.0, **settings
):
    weights, data = small_model(draw, vocab_size, scale=scale), draw.integers(0, vocab_size, tokens)
    weights[-1] += offset
    want = probe_evaluate(
        SimpleNamespace(evaluate=right_evaluate), weights, data, seq_len, **settings
    )
    return student.run(probe_evaluate, weights, data, seq_len, **settings), want


def test_evaluate_mean__every_token_once(student, draw):
    """The loss is the mean over all tokens, each counted once."""
    large = draw.randint(280, 320), draw.randint(70, 80), {"vocab_size": draw.randint(280, 320)}
    # The logits of the model with large weights are thousands apart: some losses are huge, and some are 0.
    sure = 40, 7, {"scale": 300.0}
    sizes = [
        (tokens, seq_len, {})
        for tokens, seq_len in ((14, 4), (13, 4), (6, 9), (2, 3), (8, 1), (800, 3))
    ]
    # Logits near 10000 are far off once they are rounded to float32.
    others = (14, 4, {"again": True}), (6, 4, {"vocab_size": 1}), (14, 4, {"offset": 1e4})
    for tokens, seq_len, model in (*sizes, large, sure, *others):
        got, want = evaluated_and_expected(student, draw, tokens, seq_len, **model)
        value, expected = a_float(got["value"]), want["value"]
        message = (
            f"with {tokens} tokens and seq_len {seq_len} it returned {value:.9g}, "
            f"expected {expected:.9g}, the mean loss over every token of data[1:]"
        )
        # Means that were collected in a float32 tensor are right.
        assert math.isclose(value, expected, rel_tol=2e-6, abs_tol=1e-9), message


def test_evaluate_mode__evaluation(student, draw):
    """The model and each of its parts run in evaluation mode."""
    got, _ = evaluated_and_expected(student, draw, 9, 4)
    assert not any(got["ran_in_training"].values()), (
        "the model was given in training mode, and ran in it, rather than in evaluation mode"
    )
    got, _ = evaluated_and_expected(student, draw, 9, 4, training=False, apart=("body.1.1",))
    message = "the model was given in evaluation mode, but its dropout layer wasn't, and ran in training mode"
    assert not any(got["ran_in_training"].values()), message


def test_evaluate_mode__put_back(student, draw):
    """The model and each of its parts are in their old modes afterwards."""
    for training, apart in (
        (True, ()),
        (False, ()),
        (True, ("body.1",)),
        (True, ("embedding", "head")),
    ):
        # If all parts are in evaluation mode, the model was evaluated in training mode before.
        again = not training and not apart
        got, want = evaluated_and_expected(
            student, draw, 9, 4, training=training, apart=apart, again=again
        )
        message = "expected the model and each submodule in the mode that they were in before, also when modes differ"
        assert got["modes"] == want["modes"], message


def test_evaluate_graph__no_trace(student, draw):
    """No graph is built, and the parameters keep their values, gradients and requires_grad."""
    got, want = evaluated_and_expected(student, draw, 9, 4)
    assert got["recorded"] and not any(got["recorded"]), (
        "a graph was recorded during a forward pass"
    )
    assert got["still_recording"], (
        "after the call PyTorch doesn't record graphs any more, also not for training"
    )
    assert not got["global_moved"], "the global random state has moved, and nothing is drawn here"
    words = {
        "weights": "the weights",
        "requires_grad": "requires_grad of the parameters",
        "gradients": "their gradients",
    }
    for what, named in words.items():
        with about(f"{named} after the call"):
            equal(got[what], want[what])


# generate


def probe_generate(
    student,
    table,
    prompt,
    max_new_tokens,
    temperature,
    generator,
    seed=0,
    training=True,
    again=False,
):
    """generate, with a small model that looks at all tokens so far.

    Its logits are the row of `table` that the tokens so far, and their number, add up to. With `again` the model has generated
    before, first with other numbers in the prompt and then with another table.
    """
    import random

    import torch
    from torch import nn

    recorded = []

    class Pointing(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(table.clone())
            self.inside = nn.Identity()

        def forward(self, ids):
            _, length = ids.shape
            rows = (ids.cumsum(1) + torch.arange(1, length + 1)) % len(table)
            logits = self.inside(self.table[rows])
            recorded.append(logits.requires_grad)
            return logits

    model = Pointing()
    settings = {"temperature": temperature, "generator": generator}
    if again:
        wanted = prompt.clone()
        model.table.data.copy_(table.roll(1, 1))
        prompt.copy_((wanted + 1) % table.shape[1])
        student.generate(model, prompt, max_new_tokens, **settings)
        prompt.copy_(wanted)
        student.generate(model, prompt, max_new_tokens, **settings)
        model.table.data.copy_(table)
    model.train(training)
    model.table.grad = torch.ones_like(table)
    torch.manual_seed(seed)
    random.seed(seed)
    before = torch.get_rng_state(), random.getstate()
    ids = student.generate(model=model, prompt=prompt, max_new_tokens=max_new_tokens, **settings)
    return {
        "ids": ids,
        "prompt": prompt,
        "modes": [model.training, model.inside.training],
        "requires_grad": model.table.requires_grad,
        "grad": model.table.grad,
        "recorded": recorded,
        "still_recording": torch.is_grad_enabled(),
        "global_moved": not torch.equal(before[0], torch.get_rng_state())
        or before[1] != random.getstate(),
    }


def test_generate_sequence__of_all_so_far(student, draw):
    """Each new token depends on all tokens so far, and follows them in the result."""
    vocab_size = draw.randint(500, 600)
    winners = draw.integers(256, vocab_size, 11)  # more than a byte holds
    prompts = [draw.integers(0, vocab_size, length, 2)[:, 0] for length in (1, 6, 300, 4)]
    winners[:3] = 0  # a token like any other, and the first that is new
    winners[(int(prompts[0]) + 1) % 11] = 0
    table = 500 + 500 * F.one_hot(winners, vocab_size).float()
    for prompt, new in zip(prompts, (12, 15, 5, 0), strict=True):
        want = prompt.tolist()
        for _ in range(new):
            want.append(int(winners[(sum(want) + len(want)) % 11]))
        got = student.run(
            probe_generate, table, prompt, new, 1.0, draw.generator(), again=new == 15
        )
        equal(got["ids"], torch.tensor(want))
        assert torch.equal(got["prompt"], prompt), "the argument 'prompt' must be left as it was"
        # a fault with max_new_tokens=0 costs only this cell
        assert new or got["modes"] == [True, True], (
            "max_new_tokens was 0, and afterwards the model is in another mode"
        )
    # sizes of one: a vocabulary of one token, and a text of one
    for length, new in ((3, 2), (1, 0)):
        got = student.run(
            probe_generate, table[:1, :1], torch.zeros(length).long(), new, 1.0, draw.generator()
        )
        equal(got["ids"], torch.zeros(length + new).long())


def test_generate_sampling__tempered(student, draw):
    """Each token is drawn at the given temperature."""
    # 60 tokens in a random order, in ten groups of more and less likely ones.
    ranks = torch.randperm(60, generator=draw.generator())
    groups = ranks // 6
    # Not colder, so that a probability to the power of 1 / temperature still is a float32.
    # Enough draws to expose a quotient that is rounded down.
    for temperature, spread, calls in ((0.05, 1.0, 3), (20.0, 0.5, 5)):
        after = spread * torch.special.ndtri((ranks.double() + 0.5) / 60)
        logits = (after * temperature).float()
        # several calls, so that an answer that calls itself for each token has room on the stack
        runs = [
            student.run(
                probe_generate, logits[None], torch.tensor([0]), 400, temperature, draw.generator()
            )["ids"]
            for _ in range(calls)
        ]
        new = torch.cat([tokens_of(ids, 401, 60)[1:] for ids in runs])
        counts = torch.bincount(groups[new], minlength=10).double()
        probs = torch.zeros(10, dtype=torch.float64).index_add(0, groups, after.softmax(-1))
        message = f"the shares of {calls * 400} new tokens don't fit the probabilities at temperature {temperature}"
        as_likely(counts, probs, message)


def test_generate_sampling__own_generator(student, draw):
    """The tokens are drawn from the given generator alone."""
    table, prompt, generator = draw.normal(11, 7), draw.integers(0, 7, 3), draw.generator()
    for temperature in (0.7, 1.0):
        first, second = (
            student.run(probe_generate, table, prompt, 40, temperature, generator, seed=seed)
            for seed in (1, 2)
        )
        own_randomness(first, second, "ids")
    assert isinstance(first["ids"], torch.Tensor), (
        "the result is no tensor: expected the ids in a tensor"
    )
    other = student.run(probe_generate, table, prompt, 40, 1.0, draw.generator())
    assert not (
        isinstance(other["ids"], torch.Tensor) and torch.equal(other["ids"], first["ids"])
    ), (
        "two generators in different states gave the same tokens: expected the randomness to come from the one given"
    )
    torch.rand(1, generator=generator)
    later = student.run(probe_generate, table, prompt, 40, 1.0, generator)
    assert not (
        isinstance(later["ids"], torch.Tensor) and torch.equal(later["ids"], first["ids"])
    ), (
        "a generator that had moved on gave the same tokens as before: expected them to come from its state, not its seed"
    )


def test_generate_graph__none(student, draw):
    """No graph is built, and the model keeps its mode and gradients."""
    table, prompt = draw.normal(11, 7), draw.integers(0, 7, 3)
    for training in (True, False):
        got = student.run(
            probe_generate, table, prompt, 4, 1.0, draw.generator(), training=training
        )
        assert got["recorded"] and not any(got["recorded"]), (
            "a graph was recorded during a forward pass"
        )
        assert got["still_recording"], (
            "after the call PyTorch doesn't record graphs any more, also not for training"
        )
        mode = "training" if training else "evaluation"
        message = f"the model was in {mode} mode, and afterwards it is in another one"
        assert got["modes"] == [training, training], message
        assert got["requires_grad"], (
            "after the call the model's parameters require no gradient any more"
        )
        assert got["grad"] is not None and got["grad"].eq(1).all(), (
            "the .grad of a parameter was changed"
        )


# generate_within


def probe_generate_within(
    student,
    table,
    prompt,
    max_new_tokens,
    temperature,
    generator,
    max_len,
    training=False,
    apart=(),
    seed=0,
    again=False,
):
    """generate_within, with a small model like `probe_generate`'s, but with a dropout layer deep inside.

    The submodules named in `apart` are in the other mode than the model. With `again` the model has generated before, first
    with other numbers in the prompt and then with another table.
    """
    import random

    import torch
    from torch import nn

    recorded, ran_in_training = [], {}

    def note(name):
        def hook(module, args):
            ran_in_training[name] = ran_in_training.get(name, False) or module.training

        return hook

    class Pointing(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(table.clone())
            self.body = nn.Sequential(nn.Identity(), nn.Sequential(nn.Dropout(0.0), nn.Identity()))

        def forward(self, ids):
            _, length = ids.shape
            rows = (ids.cumsum(1) + torch.arange(1, length + 1)) % len(table)
            logits = self.body(self.table[rows])
            recorded.append(logits.requires_grad)
            return logits

    model = Pointing()
    settings = {"temperature": temperature, "generator": generator, "max_len": max_len}
    if again:
        wanted = prompt.clone()
        model.table.data.copy_(table.roll(1, 1))
        prompt.copy_((wanted + 1) % table.shape[1])
        student.generate_within(model, prompt, max_new_tokens, **settings)
        prompt.copy_(wanted)
        student.generate_within(model, prompt, max_new_tokens, **settings)
        model.table.data.copy_(table)
    model.train(training)
    for name in apart:
        model.get_submodule(name).train(not training)
    for name, module in model.named_modules():
        module.register_forward_pre_hook(note(name))
    model.table.grad = torch.ones_like(table)
    torch.manual_seed(seed)
    random.seed(seed)
    before = torch.get_rng_state(), random.getstate()
    ids = student.generate_within(
        model=model, prompt=prompt, max_new_tokens=max_new_tokens, **settings
    )
    return {
        "ids": ids,
        "prompt": prompt,
        "modes": [module.training for module in model.modules()],
        "recorded": recorded,
        "requires_grad": model.table.requires_grad,
        "grad": model.table.grad,
        "ran_in_training": ran_in_training,
        "still_recording": torch.is_grad_enabled(),
        "global_moved": not torch.equal(before[0], torch.get_rng_state())
        or before[1] != random.getstate(),
    }


def winning(draw, vocab_size=9, rows=101):
    """The token that each row of a table makes certain, and the table."""
    winners = draw.integers(0, vocab_size, rows)
    return winners, 500 * F.one_hot(winners, vocab_size).float()


def continued(prompt, new, winners, max_len):
    """The tokens that a model with this table writes if it sees the last `max_len` tokens."""
    ids = prompt.tolist()
    for _ in range(new):
        seen = ids[-max_len:]
        ids.append(int(winners[(sum(seen) + len(seen)) % len(winners)]))
    return torch.tensor(ids)


def test_generate_within_sequence__of_the_last(student, draw):
    """At each step the model sees exactly the last max_len tokens, or all if there are fewer."""
    # the second shows whether the prompt is cut, and whether the window is halved or one short
    for length, new, max_len in (
        (7, 0, 2),
        (8, 9, 5),
        (1, 12, 4),
        (9, 8, 20),
        (5, 7, 1),
        (4, 3, 4),
        (90, 6, 70),
    ):
        winners, table = winning(draw)
        prompt = draw.integers(0, 9, length, 2)[:, 0]
        settings = {"training": not new, "again": length == 8}
        got = student.run(
            probe_generate_within, table, prompt, new, 1.0, draw.generator(), max_len, **settings
        )
        equal(got["ids"], continued(prompt, new, winners, max_len))
        # a fault with max_new_tokens=0 costs only this cell
        assert new or all(got["modes"]), (
            "max_new_tokens was 0, and afterwards the model is in another mode"
        )
        assert torch.equal(got["prompt"], prompt), "the argument 'prompt' must be left as it was"
    # sizes of one: a vocabulary of one token, and a text of one
    for length, new in ((3, 2), (1, 0)):
        nothing = torch.zeros(length).long()
        got = student.run(
            probe_generate_within, table[:1, :1], nothing, new, 1.0, draw.generator(), 2
        )
        equal(got["ids"], torch.zeros(length + new).long())


def test_generate_within_sequence__drawn(student, draw):
    """Each token is drawn at the given temperature, from the given generator alone."""
    ranks = torch.randperm(20, generator=draw.generator())
    for temperature in (0.1, 8.0):
        after = torch.special.ndtri((ranks.double() + 0.5) / 20)
        table, start = (after * temperature).float()[None], torch.tensor([0])
        runs = [
            student.run(probe_generate_within, table, start, 400, temperature, draw.generator(), 5)[
                "ids"
            ]
            for _ in range(2)
        ]
        counts = torch.bincount(
            torch.cat([tokens_of(ids, 401, 20)[1:] for ids in runs]), minlength=20
        ).double()
        message = (
            f"the shares of 800 new tokens don't fit the probabilities at temperature {temperature}"
        )
        as_likely(counts, after.softmax(-1), message)
    table, generator = draw.normal(11, 7), draw.generator()
    for temperature in (0.7, 1.0):
        first, second = (
            student.run(
                probe_generate_within,
                table,
                torch.tensor([2, 0, 1]),
                40,
                temperature,
                generator,
                3,
                seed=seed,
            )
            for seed in (1, 2)
        )
        own_randomness(first, second, "ids")
    torch.rand(1, generator=generator)
    later = student.run(probe_generate_within, table, first["prompt"], 40, 1.0, generator, 3)
    assert not (
        isinstance(later["ids"], torch.Tensor) and torch.equal(later["ids"], first["ids"])
    ), (
        "a generator that had moved on gave the same tokens as before: expected them to come from its state"
    )


def test_generate_within_mode__evaluation(student, draw):
    """The model and each of its parts run in evaluation mode."""
    for training, apart in ((True, ()), (False, ("body.1.0",))):
        _, table = winning(draw)
        prompt = draw.integers(0, 9, 3)
        got = student.run(
            probe_generate_within, table, prompt, 20, 1.0, draw.generator(), 4, training, apart
        )
        which = "its dropout layer" if apart else "the model"
        assert not any(got["ran_in_training"].values()), (
            f"{which} was given in training mode, and ran in it"
        )


def test_generate_within_mode__put_back(student, draw):
    """The model and each of its parts are in their old modes afterwards."""
    for training, apart in (
        (True, ()),
        (False, ()),
        (True, ("body.1",)),
        (False, ("body.1.0",)),
        (True, ("body",)),
    ):
        _, table = winning(draw)
        # If all parts are in evaluation mode, the model ran in training mode before.
        again = not training and not apart
        prompt = draw.integers(0, 9, 3)
        got = student.run(
            probe_generate_within,
            table,
            prompt,
            4,
            1.0,
            draw.generator(),
            4,
            training,
            apart,
            again=again,
        )
        # in the order of modules()
        parts = ("", "body", "body.0", "body.1", "body.1.0", "body.1.1")
        message = "expected the model and each submodule in the mode that they were in before, also when modes differ"
        assert got["modes"] == [
            training != f"{part}.".startswith(tuple(f"{name}." for name in apart)) for part in parts
        ], message


def test_generate_within_mode__no_graph(student, draw):
    """No graph is built, and the parameters keep their gradients."""
    _, table = winning(draw)
    prompt = draw.integers(0, 9, 3)
    got = student.run(probe_generate_within, table, prompt, 4, 1.0, draw.generator(), 3)
    assert got["recorded"] and not any(got["recorded"]), (
        "a graph was recorded during a forward pass"
    )
    assert got["still_recording"], (
        "after the call PyTorch doesn't record graphs any more, also not for training"
    )
    assert got["requires_grad"], (
        "after the call the model's parameters require no gradient any more"
    )
    assert got["grad"] is not None and got["grad"].eq(1).all(), (
        "the .grad of a parameter was changed"
    )


# TwoCharLM


def probe_two(student, ids, seed):
    """Which positions' logits of a fresh TwoCharLM change when a single token does."""
    import torch

    torch.manual_seed(seed)
    model = student.TwoCharLM(vocab_size=9, d_model=8).eval()
    with torch.no_grad():
        logits = model(ids)
        moved = []
        for place in range(ids.shape[1]):
            other = ids.clone()
            other[:, place] = (other[:, place] + 1) % 9
            moved.append(((model(other) - logits).abs().amax((0, 2)) > 1e-6).tolist())
        turned = (model(ids[:, :2].flip(1))[:, 1] - logits[:, 1]).abs().max() > 1e-6
        alone = torch.allclose(model(ids[:, :1]), logits[:, :1], atol=1e-5)
        shares = torch.allclose(logits.exp().sum(-1), torch.ones(ids.shape)) or bool(
            logits.min() >= 0
        )
    return {
        "shape": list(logits.shape),
        "moved": moved,
        "turned": bool(turned),
        "alone": alone,
        "shares": shares,
    }


def test_TwoCharLM_sight__of_two(student, draw):
    """The raw logits at t depend on the tokens at t - 1 and t, in their order, and on no others."""
    ids = torch.stack([torch.randperm(9, generator=draw.generator())[:5] for _ in range(3)])
    got = student.run(probe_two, ids, draw.randint(0, 10**6))
    assert got["shape"] == [3, 5, 9], "expected logits of shape (B, T, V)"
    message = (
        "expected the logits at t to depend on the tokens at t - 1 and t, on both, and on no other"
    )
    assert got["moved"] == [[place in (t - 1, t) for t in range(5)] for place in range(5)], message
    assert got["alone"], "expected the logits at position 0 to be those of a text of this one token"
    assert got["turned"], "expected it to matter which of the two tokens came first"
    assert not got["shares"], "expected raw logits, and not probabilities or their logarithms"


def probe_two_learns(student, pairs, wanted, seed):
    """a TwoCharLM that was trained on pairs of tokens, which decide the next token

    Its guesses come back, or nothing if its loss is large: such guesses depend on the order of its layers, and diagnosis
    compares replies.
    """
    import torch
    import torch.nn.functional as F

    torch.manual_seed(seed)
    model = student.TwoCharLM(vocab_size=7, d_model=8).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.03)
    for _ in range(100):
        loss = F.cross_entropy(model(pairs)[:, 1], wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    # a model that doesn't know which of two tokens came first stays above 0.59
    return model(pairs)[:, 1].argmax(-1) if loss.item() < 0.5 else wanted[:0]


def test_TwoCharLM_sight__learns(student, draw):
    """The model learns a text in which two characters decide the next."""
    pairs = torch.cartesian_prod(torch.arange(7), torch.arange(7))
    wanted = (pairs[:, 0] + 2 * pairs[:, 1]) % 7
    guessed = a_tensor(student.run(probe_two_learns, pairs, wanted, draw.randint(0, 10**6)))
    message = "after 100 steps it has not learned which token follows each pair of seven tokens"
    # the student's code could fake the loss, but not these guesses
    assert guessed.shape == wanted.shape and (guessed == wanted).sum() > 35, message


# Predictions


def test_predict_fresh_perplexity_value__computed(student, draw):
    """A model that gives each of V characters the same probability has the perplexity V."""
    predicts(
        student,
        "predict_fresh_perplexity",
        F.cross_entropy(torch.zeros(1, 45), torch.tensor([3])).exp().item(),
    )


def test_predict_windows_value__computed(student, draw):
    """A window uses one token more than its inputs, so N - T windows fit."""
    predicts(student, "predict_windows", len(torch.arange(20).unfold(0, 8 + 1, 1)))


def test_predict_same_ending_value__computed(student, draw):
    """TinyLM sees only the last character, so equal last characters and seeds give equal texts."""
    model, prompts = nn.Embedding(45, 45), torch.randint(45, (2, 8))
    prompts[:, -1] = 0
    one, other = (
        generate_stand_in(model, prompt, 50, 1.0, torch.Generator().manual_seed(1))[8:]
        for prompt in prompts
    )
    predicts(student, "predict_same_ending", "A" if torch.equal(one, other) else "B")


# Stand-ins: regrading uses these in place of wrong answers, for example to `get_batch`. They run beside the student's
# code, in a scope of their own that holds torch, math, nn and F.


def build_vocab_stand_in(text: str) -> list[str]:
    return list(dict.fromkeys(sorted(text)))


def encode_stand_in(text: str, vocab: list[str]) -> torch.Tensor:
    return torch.tensor(list(map(vocab.index, text)), dtype=torch.int64)


def decode_stand_in(ids: torch.Tensor, vocab: list[str]) -> str:
    return "".join(map(vocab.__getitem__, ids.tolist()))


def get_batch_stand_in(data: torch.Tensor, batch_size: int, seq_len: int, generator=None) -> tuple:
    if len(data) <= seq_len:
        raise ValueError("seq_len")
    windows = data.unfold(0, seq_len + 1, 1)
    rows = windows[torch.randint(len(windows), (batch_size,), generator=generator)]
    return rows[:, :-1].contiguous(), rows[:, 1:].contiguous()


class TinyLMStandIn(nn.Module):
    def __init__(self, vocab_size: int, d_model: int):
        super().__init__()
        layers = nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, vocab_size)
        self.layers = nn.Sequential(nn.Embedding(vocab_size, d_model), *layers)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.layers(ids)


def train_stand_in(model, data, steps, batch_size, seq_len, lr, generator=None) -> list[float]:
    losses, windows = [], data.unfold(0, seq_len + 1, 1)
    optimizer = torch.optim.AdamW(model.train().parameters(), lr=lr)
    while len(losses) < steps:
        rows = windows[torch.randint(len(windows), (batch_size,), generator=generator)]
        loss = F.cross_entropy(model(rows[:, :-1]).transpose(1, 2), rows[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    return losses


def evaluate_stand_in(model, data: torch.Tensor, seq_len: int) -> float:
    modes = {module: module.training for module in model.modules()}
    model.eval()
    total = 0.0
    with torch.no_grad():
        for inputs, targets in zip(data[:-1].split(seq_len), data[1:].split(seq_len)):
            total += float(F.cross_entropy(model(inputs[None])[0], targets)) * len(targets)
    for module, mode in modes.items():
        module.training = mode
    return total / (len(data) - 1)


def generate_stand_in(
    model, prompt: torch.Tensor, max_new_tokens: int, temperature: float = 1.0, generator=None
):
    tokens = prompt.clone()
    while len(tokens) < len(prompt) + max_new_tokens:
        with torch.no_grad():
            chances = torch.softmax(model(tokens[None])[0, -1] / temperature, 0)
        tokens = torch.cat([tokens, torch.multinomial(chances, 1, generator=generator)])
    return tokens


def generate_within_stand_in(
    model, prompt, max_new_tokens, temperature=1.0, generator=None, max_len=1
):
    modes = {module: module.training for module in model.modules()}
    model.eval()
    tokens = prompt.clone()
    while len(tokens) < len(prompt) + max_new_tokens:
        with torch.no_grad():
            chances = torch.softmax(model(tokens[None, -max_len:])[0, -1] / temperature, 0)
        tokens = torch.cat([tokens, torch.multinomial(chances, 1, generator=generator)])
    for module, mode in modes.items():
        module.training = mode
    return tokens


class TwoCharLMStandIn(nn.Module):
    def __init__(self, vocab_size: int, d_model: int):
        super().__init__()
        self.table = nn.Embedding(vocab_size, d_model)
        self.two = nn.Conv1d(d_model, 4 * d_model, 2)
        self.head = nn.Linear(4 * d_model, vocab_size)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(F.gelu(self.two(F.pad(self.table(ids).mT, (1, 0))).mT))


STAND_INS = {
    "build_vocab": build_vocab_stand_in,
    "encode": encode_stand_in,
    "decode": decode_stand_in,
    "get_batch": get_batch_stand_in,
    "TinyLM": TinyLMStandIn,
    "train": train_stand_in,
    "evaluate": evaluate_stand_in,
    "generate": generate_stand_in,
    "generate_within": generate_within_stand_in,
    "TwoCharLM": TwoCharLMStandIn,
}


# Small experiments, the smallest first, for each graded cell. If the cell fails, the student sees the first experiment
# that comes out otherwise than with the reference solution. Each number in braces is drawn anew.


G = "torch.Generator().manual_seed({seed})"
MODEL = """
    model = nn.Embedding(2, 2)
    model.weight.data = torch.tensor([[{number}, {number}], [{number}, {number}]])
"""
FRESH = "model = TinyLM(vocab_size=2, d_model=4)"
# the only window of these data is the whole, so that nothing is left to chance
TRAIN = "losses = train(model, torch.tensor([0, {bit}, 1]), steps=2, batch_size=1, seq_len=2, lr=0.5, generator=torch.Generator())"
EVALUATE = "evaluate(model, torch.tensor([0, {bit}, 1, {bit}]), seq_len=2)"
# the next token is certain: the sum of all so far, modulo 3
COUNTS = """
    model = nn.Identity()
    model.forward = lambda ids: 100.0 * F.one_hot(ids.cumsum(1) % 3, 3)
"""
LENGTH = """
    model = nn.Identity()
    model.forward = lambda ids: 100.0 * F.one_hot(torch.ones_like(ids).cumsum(1) - 1, 5)
"""
GENERATE = "ids = generate(model, torch.tensor([1, {bit}]), max_new_tokens=3, temperature=1.0, generator=torch.Generator())"
WITHIN = GENERATE.replace("generate(", "generate_within(").replace(
    "generator=torch.Generator()", "generator=torch.Generator(), max_len=2"
)
FLIPS = """
    model = nn.Embedding(2, 2)
    model.weight.data = torch.tensor([[0.0, 100.0], [100.0, 0.0]])
"""
EQUAL = """
    model = nn.Embedding(3, 3)
    model.weight.data = torch.zeros(3, 3)
"""
WITH_DROPOUT = """
    model = nn.Sequential(nn.Embedding(2, 2), nn.Dropout(1.0))
    model[0].weight.data = torch.tensor([[0.0, 100.0], [100.0, 0.0]])
"""


def draws(settings: str, new: int = 400) -> str:
    """New tokens after one, with these settings."""
    seeded = "generator=torch.Generator().manual_seed({seed})"
    return f"ids = generate(model, torch.tensor([0]), {new}, {seeded}, {settings})"


EXPERIMENTS = {
    "build_vocab_characters": [
        "sorted(build_vocab('ab'))",
        "sorted(build_vocab('aba'))",
        "sorted(build_vocab('B a,'))",
        "sorted(build_vocab('\\n\\ta'))",
        "sorted(build_vocab('e\u0301\u00e9'))",
        "build_vocab('')",
    ],
    "build_vocab_order": [
        "build_vocab('ba')",
        "build_vocab('b a')",
        "build_vocab('aB')",
        "build_vocab(text='a1é')",
    ],
    "encode_decode_ids": [
        "encode('a', ['a', 'b'])",
        "encode('ba', ['a', 'b'])",
        "encode('ab', ['b', 'a'])",
        "encode('a b', ['b', 'a', ' '])",
        "encode('\\n', ['a', '\\n'])",
        "encode('e\u0301', ['\u00e9', 'e', '\u0301'])",
        "encode('c', ['a', 'b'])",
        "encode('A', ['a', 'b'])",
        """
        vocab = ['a', 'b', 'c']
        encode('ab', vocab)
        vocab.reverse()
        encode('ab', vocab)
        """,
    ],
    "encode_decode_text": [
        "decode(torch.tensor([0]), ['a', 'b'])",
        "decode(torch.tensor([1, 0]), ['a', 'b'])",
        "decode(torch.tensor([0, 1]), ['b', 'a'])",
        "decode(torch.tensor([2, 0, 2]), ['b', 'a', ' '])",
        "decode(torch.tensor([1, 0, 1]), ['a', '\\n'])",
        "decode(torch.tensor([1, 2]), ['\u00e9', 'e', '\u0301'])",
        "decode(torch.tensor([], dtype=torch.int64), ['a', 'b'])",
        """
        vocab = ['a', 'b', 'c']
        decode(torch.tensor([0, 1]), vocab)
        vocab.reverse()
        decode(torch.tensor([0, 1]), vocab)
        """,
    ],
    "get_batch_windows": [
        "get_batch(torch.tensor([{bit}, {bit}]), batch_size=1, seq_len=1, generator=torch.Generator())",
        "get_batch(torch.tensor([5, 6, 7]), batch_size=1, seq_len=2, generator=torch.Generator())",
        "get_batch(torch.tensor([5, 6, 7]), batch_size=2, seq_len=2, generator=torch.Generator())",
        """
        inputs, targets = get_batch(torch.arange(9), 4, 2, torch.Generator().manual_seed({seed}))
        targets - inputs
        """,
        """
        inputs, targets = get_batch(torch.arange(9), 4, 2, torch.Generator().manual_seed({seed}))
        inputs[:, 1] - inputs[:, 0]
        """,
        """
        data = torch.tensor([1, 2, 3])
        get_batch(data, 1, 2, torch.Generator())
        data.copy_(torch.tensor([3, 1, 2]))
        get_batch(data, 1, 2, torch.Generator())
        """,
        """
        data = torch.tensor([1, 2, 3])
        get_batch(data, 1, 2, torch.Generator())
        data
        """,
    ],
    "get_batch_starts": [
        "get_batch(torch.tensor([5, 6, 7]), batch_size=2, seq_len=2, generator=torch.Generator())",
        """
        inputs, targets = get_batch(torch.arange(4), 300, 1, torch.Generator().manual_seed({seed}))
        inputs.unique()
        """,
        """
        inputs, targets = get_batch(torch.arange(5), 300, 2, torch.Generator().manual_seed({seed}))
        inputs[:, 0].unique()
        """,
        """
        generator = torch.Generator().manual_seed({seed})
        batches = [get_batch(torch.arange(4), 1, 1, generator) for _ in range(200)]
        torch.cat([inputs for inputs, targets in batches]).unique()
        """,
        """
        inputs, targets = get_batch(torch.arange(1000), 300, 1, torch.Generator().manual_seed({seed}))
        bool(inputs.max() > 500)  # do windows begin in the second half, too?
        """,
        """
        inputs, targets = get_batch(torch.arange(3), 400, 1, torch.Generator().manual_seed({seed}))
        bool(100 < inputs.sum() < 300)  # do both windows come up about equally often?
        """,
        """
        inputs, targets = get_batch(torch.arange(4), 3000, 1, torch.Generator().manual_seed({seed}))
        bool((inputs.flatten().bincount() > 800).all())  # do all three windows come up about 1000 times?
        """,
        """
        first = get_batch(torch.arange(99), 8, 1, torch.Generator().manual_seed({seed}))
        second = get_batch(torch.arange(99), 8, 1, torch.Generator().manual_seed(0))
        torch.equal(first[0], second[0])  # the same windows from two seeds?
        """,
        """
        generator = torch.Generator().manual_seed(1)
        first, state = get_batch(torch.arange(99), 8, 1, generator), generator.get_state()
        torch.manual_seed({seed})
        second = get_batch(torch.arange(99), 8, 1, torch.Generator().manual_seed(1))
        torch.equal(first[0], second[0])  # the same windows from the same seed?
        """,
        """
        generator = torch.Generator().manual_seed({seed})
        first, second = get_batch(torch.arange(99), 8, 1, generator), get_batch(torch.arange(99), 8, 1, generator)
        torch.equal(first[0], second[0])  # the same windows again from one generator?
        """,
        """
        torch.manual_seed({seed})
        before = torch.get_rng_state()
        get_batch(torch.arange(99), 8, 1, torch.Generator())
        torch.equal(before, torch.get_rng_state())  # is PyTorch's own generator as before?
        """,
    ],
    "get_batch_errors": [
        "get_batch(torch.tensor([1, 2]), batch_size=1, seq_len=2, generator=torch.Generator())",
        "get_batch(torch.tensor([1, 2]), batch_size=1, seq_len=3, generator=torch.Generator())",
        "get_batch(torch.tensor([1, 2, 3]), batch_size=1, seq_len=2, generator=torch.Generator())",
    ],
    "TinyLM_logits": [
        code(FRESH, "list(model(torch.tensor([[0, 1, 1]])).shape)"),
        code(FRESH, "list(model(torch.tensor([[0], [1]])).shape)"),
        # shows that a model draws at random, before the next experiment would report another fault
        code(
            FRESH,
            "ids = torch.tensor(50 * [[0, 1]])",
            "one, again = model(ids), model(ids)",
            "(one - again).nan_to_num().abs().max()",
        ),
        code(
            FRESH,
            "logits = model(torch.tensor([[0, 1]]))",
            "torch.allclose(logits.exp().sum(-1), torch.ones(1, 2))  # are these log-probabilities?",
        ),
        code(
            FRESH,
            "one, both = model(torch.tensor([[1]])), model(torch.tensor([[0, 1]]))",
            "torch.allclose(one[0, 0], both[0, 1], atol=1e-4)  # the same logits for token 1 at each place?",
        ),
        code(
            FRESH,
            "one, both = model(torch.tensor([[1]])), model(torch.tensor([[0], [1]]))",
            "torch.allclose(one[0, 0], both[1, 0], atol=1e-4)  # the same logits for token 1 in each row?",
        ),
        code(
            FRESH,
            "for p in model.parameters():",
            "    p.data.zero_()",
            "model(torch.tensor([[0, 1]]))",
        ),
        code(
            FRESH,
            "training, evaluating = model(torch.tensor([[0, 1]])), model.eval()(torch.tensor([[0, 1]]))",
            "torch.allclose(training, evaluating, atol=1e-4)  # the same logits in training and in evaluation?",
        ),
        code(
            FRESH,
            "logits = model(torch.tensor([[0, 1]]))",
            "torch.allclose(logits.sum(-1), torch.ones(1, 2))  # are these probabilities?",
        ),
        code(
            "model, logits = TinyLM(vocab_size=2, d_model=4), []",
            "for size in (0.25, 0.5):",
            "    for p in model.parameters():",
            "        p.data.fill_(size if p.dim() > 1 and len(p) > 1 else 0.0)",
            "    logits.append(model(torch.tensor([[0]]))[0, 0, 0].item())",
            "F.normalize(torch.tensor(logits), dim=0)",
        ),
        code(
            "model, logits = TinyLM(vocab_size=2, d_model=4), []",
            "for size in (20.0, 40.0):",
            "    for p in model.parameters():",
            "        p.data.fill_(size if p.dim() > 1 and len(p) > 1 else 0.0)",
            "    logits.append(model(torch.tensor([[0]]))[0, 0, 0].item())",
            "logits[1] / logits[0]",
        ),
        code(
            "model = TinyLM(vocab_size=300, d_model=4)",
            "one, all_of_them = model(torch.tensor([[299]])), model(torch.arange(300)[None])",
            "torch.allclose(one[0, 0], all_of_them[0, 299], atol=1e-4)  # the same logits for token 299 at each place?",
        ),
        "list(TinyLM(vocab_size=1, d_model=4)(torch.tensor([[0]])).shape)",
        code(
            "one, other = TinyLM(2, 4), TinyLM(2, 4)",
            "before = one(torch.tensor([[0, 1]]))",
            "for p in other.parameters():",
            "    p.data.fill_(2.0)",
            "torch.equal(one(torch.tensor([[0, 1]])), before)  # do the parameters of another model change nothing here?",
        ),
    ],
    "TinyLM_gradients": [
        code(
            FRESH,
            "model(torch.tensor([[0, 1]]))[..., 0].sum().backward()",
            "any(p.grad is None for p in model.parameters())  # did a parameter get no gradient?",
        ),
        code(FRESH, "len(list(model.parameters())) > 0  # has the model any parameters?"),
        code(FRESH, "all(p.requires_grad for p in model.parameters())"),
    ],
    "TinyLM_start": [
        code(
            "model = TinyLM(vocab_size=50, d_model=32)",
            "loss = F.cross_entropy(model(torch.arange(50)[None])[0], torch.arange(50).flip(0)).item()",
            "abs(loss - math.log(50)) < 0.5  # is the loss near log(50) = 3.91?",
        )
    ],
    "train_updates": [
        code(MODEL, TRAIN.replace("steps=2", "steps=0"), "model.weight"),
        code(MODEL, TRAIN.replace("steps=2", "steps=1"), "model.weight"),
        code(MODEL, TRAIN, "model.weight"),
        code(MODEL, TRAIN.replace("lr=0.5", "lr=0.01"), "model.weight"),
        code(MODEL, "model.weight.grad = torch.ones(2, 2)", TRAIN, "model.weight"),
        code(MODEL, TRAIN, TRAIN, "model.weight"),
        code(WITH_DROPOUT, "model.eval()", TRAIN, "losses"),
        code(
            "model = nn.Sequential(nn.Embedding(2, 2), nn.Linear(2, 2))",
            "model[0].weight.data, model[1].weight.data = torch.ones(2, 2), torch.eye(2)",
            TRAIN.replace("steps=2", "steps=1"),
            "model[0].weight",
        ),
        code(MODEL, TRAIN, "torch.is_grad_enabled()"),
    ],
    "train_losses": [
        code(MODEL, TRAIN.replace("steps=2", "steps=1"), "losses"),
        code(MODEL, TRAIN, "losses"),
        code(MODEL, TRAIN.replace("steps=2", "steps=0"), "losses"),
        code(
            MODEL,
            "losses = train(model, torch.tensor([0, 1]), steps=40, batch_size=1, seq_len=1, lr=0.5, generator=torch.Generator())",
            "len(losses)",
        ),
        code(
            MODEL,
            TRAIN,
            "isinstance(losses, list) and all(isinstance(loss, float) for loss in losses)",
        ),
    ],
    "train_batches": [
        code(
            "model, seen = nn.Embedding(9, 9), []",
            "model.forward = lambda ids: seen.append(list(ids.shape)) or F.embedding(ids, model.weight)",
            "train(model, torch.arange(9), steps=1, batch_size=3, seq_len=2, lr=0.1, generator=torch.Generator())",
            "seen[-1]",
        ),
        code(MODEL, TRAIN, "losses"),
        code(
            "model = nn.Embedding(99, 99)",
            "start, data = model.weight.detach().clone(), torch.arange(99)",
            "train(model, data, steps=9, batch_size=1, seq_len=1, lr=0.1, generator=torch.Generator().manual_seed({seed}))",
            "moved = ((model.weight - start).abs() > 0.05).any(1)",
            "int(moved.sum()) > 4  # did more than four rows of the table move?",
        ),
        code(
            "model = nn.Embedding(3, 3)",
            "seen, data = [], torch.arange(3)",
            "model.forward = lambda ids: seen.append(ids) or F.embedding(ids, model.weight)",
            "train(model, data, steps=200, batch_size=1, seq_len=1, lr=0.1, generator=torch.Generator().manual_seed({seed}))",
            "torch.cat([each.flatten() for each in seen]).unique()",
        ),
        code(
            "model, seen = nn.Embedding(99, 99), []",
            "model.forward = lambda ids: seen.append(ids) or F.embedding(ids, model.weight)",
            "for global_seed in (1, 2):",
            "    torch.manual_seed(global_seed)",
            "    train(model, torch.arange(99), 2, 3, 1, 0.1, torch.Generator().manual_seed({seed}))",
            "torch.equal(seen[len(seen) // 2 - 1], seen[-1])  # the same batches from the same seed?",
        ),
        code(
            "model, seen = nn.Embedding(99, 99), []",
            "model.forward = lambda ids: seen.append(ids) or F.embedding(ids, model.weight)",
            "for seed in (1, 2):",
            "    train(model, torch.arange(99), 2, 3, 1, 0.1, torch.Generator().manual_seed(seed))",
            "torch.equal(seen[len(seen) // 2 - 1], seen[-1])  # the same batches from two seeds?",
        ),
        code(
            "model, seen, generator = nn.Embedding(99, 99), [], torch.Generator().manual_seed({seed})",
            "model.forward = lambda ids: seen.append(ids) or F.embedding(ids, model.weight)",
            "for _ in range(2):",
            "    train(model, torch.arange(99), 2, 3, 1, 0.1, generator)",
            "torch.equal(seen[len(seen) // 2 - 1], seen[-1])  # the same batches again from one generator?",
        ),
        code(
            MODEL,
            "torch.manual_seed({seed})",
            "before = torch.get_rng_state()",
            TRAIN,
            "torch.equal(before, torch.get_rng_state())  # is PyTorch's own generator as before?",
        ),
    ],
    "evaluate_mean": [
        code(MODEL, "evaluate(model, torch.tensor([0, {bit}]), seq_len=1)"),
        code(MODEL, "evaluate(model, torch.tensor([0, 1, {bit}]), seq_len=2)"),
        code(MODEL, "evaluate(model, torch.tensor([0, {bit}, 1, 1]), seq_len=2)"),
        code(MODEL, "evaluate(model, torch.tensor([0, {bit}, 1, 1]), seq_len=9)"),
        code(MODEL, "evaluate(model, torch.tensor([0, 0, 1, 1, 0]), seq_len=2)"),
        code(MODEL, "evaluate(model, torch.tensor([0, 0, 1, 1, 0, 1, 1]), seq_len=4)"),
        code(
            MODEL,
            "model.forward = lambda ids: F.embedding(ids, model.weight).cumsum(1)",
            "evaluate(model, torch.tensor([0, {bit}, 1, 1, 0]), seq_len=2)",
        ),
        code(MODEL, "evaluate(model, torch.tensor([0] * 20 + [1] * 20), seq_len=2)"),
        code(
            MODEL,
            "model.forward = lambda ids: F.embedding(ids, model.weight).cumsum(1)",
            "evaluate(model, torch.tensor([0, 1] * 60), seq_len=99)",
        ),
        code(FLIPS, "evaluate(model, torch.tensor([0, 0, 1]), seq_len=2)"),
        code(
            FLIPS, "model.weight.data *= 10", "evaluate(model, torch.tensor([0, 0, 1]), seq_len=2)"
        ),
        code("model = nn.Embedding(1, 1)", "evaluate(model, torch.tensor([0, 0]), seq_len=1)"),
        code(
            MODEL,
            "data = torch.tensor([0, 0, 0])",
            "evaluate(model, data, seq_len=2)",
            "data.copy_(torch.tensor([1, 1, 0]))",
            "evaluate(model, data, seq_len=2)",
        ),
        code(MODEL, f"isinstance({EVALUATE}, float)"),
        code(MODEL, EVALUATE, "model.weight.data.mul_(2)", EVALUATE),
    ],
    "evaluate_mode": [
        code(WITH_DROPOUT, "model.eval()", "evaluate(model, torch.tensor([0, 1, 0]), seq_len=2)"),
        code(WITH_DROPOUT, "evaluate(model, torch.tensor([0, 1, 0]), seq_len=2)"),
        code(
            WITH_DROPOUT,
            "model.eval()",
            "model[1].train()",
            "evaluate(model, torch.tensor([0, 1, 0]), seq_len=2)",
        ),
        code(
            MODEL,
            "modes = []",
            "model.register_forward_hook(lambda module, args, logits: modes.append(module.training))",
            EVALUATE,
            "any(modes)  # did the model run in training mode?",
        ),
        code(MODEL, "model.train()", EVALUATE, "model.training"),
        code(MODEL, "model.eval()", EVALUATE, "model.training"),
        code(
            WITH_DROPOUT,
            "model.train()",
            "model[1].eval()",
            EVALUATE,
            "[model.training, model[1].training]",
        ),
        code(
            WITH_DROPOUT,
            "model.eval()",
            "model[1].train()",
            EVALUATE,
            "[model.training, model[1].training]",
        ),
        code(WITH_DROPOUT, "model.train()", EVALUATE, "[model.training, model[1].training]"),
    ],
    "evaluate_graph": [
        code(
            MODEL,
            "recorded = []",
            "model.register_forward_hook(lambda module, args, logits: recorded.append(logits.requires_grad))",
            "evaluate(model, torch.tensor([0, 1]), seq_len=1)",
            "any(recorded)  # did a forward pass record a graph?",
        ),
        code(MODEL, EVALUATE, "model.weight.grad"),
        code(MODEL, EVALUATE, "torch.is_grad_enabled()"),
        code(MODEL, EVALUATE, "model.weight.requires_grad"),
        code(MODEL, "model.weight.requires_grad_(False)", EVALUATE, "model.weight.requires_grad"),
        code(MODEL, EVALUATE, "model.weight"),
        code(MODEL, "model.weight.grad = torch.ones(2, 2)", EVALUATE, "model.weight.grad"),
    ],
    "generate_sequence": [
        code(FLIPS, GENERATE.replace("[1, {bit}]", "[1]"), "ids"),
        code(FLIPS, GENERATE, "ids"),
        code(COUNTS, GENERATE, "ids"),
        code(LENGTH, GENERATE, "ids"),
        code(FLIPS, GENERATE.replace("max_new_tokens=3", "max_new_tokens=0"), "ids"),
        code(
            FLIPS,
            "model.train()",
            GENERATE.replace("max_new_tokens=3", "max_new_tokens=0"),
            "model.training",
        ),
        code(
            "model = nn.Embedding(300, 300)",
            "model.weight.data = 100 * torch.eye(300).roll(1, 1)",
            GENERATE.replace("[1, {bit}]", "[280]"),
            "ids",
        ),
        code(
            FLIPS,
            "prompt = torch.tensor([1])",
            "generate(model, prompt, max_new_tokens=1, temperature=1.0, generator=torch.Generator())",
            "prompt",
        ),
        code("model = nn.Embedding(1, 1)", GENERATE.replace("[1, {bit}]", "[0, 0]"), "ids"),
        code(
            FLIPS,
            GENERATE.replace("[1, {bit}]", "[1]").replace("max_new_tokens=3", "max_new_tokens=0"),
            "ids",
        ),
        code(FLIPS, GENERATE, "model.weight.data = torch.eye(2) * 100", GENERATE, "ids"),
        code(
            FLIPS,
            "prompt = torch.tensor([1, 0])",
            "generate(model, prompt, max_new_tokens=2, temperature=1.0, generator=torch.Generator())",
            "prompt.copy_(torch.tensor([1, 1]))",
            "generate(model, prompt, max_new_tokens=2, temperature=1.0, generator=torch.Generator())",
        ),
    ],
    "generate_sampling": [
        code(FLIPS, GENERATE, "ids"),
        code(EQUAL, draws("temperature=1.0", 5), "list(ids.shape)"),
        code(EQUAL, draws("temperature=1.0", 5), "ids.dtype == torch.int64"),
        code(EQUAL, draws("temperature=1.0", 50), "ids.unique()"),
        code(EQUAL, "model.weight.data[:, 0] = 1.0", draws("temperature=0.05", 20), "ids.unique()"),
        code(
            EQUAL, "model.weight.data[:, 0] = 10.0", draws("temperature=20.0", 50), "ids.unique()"
        ),
        code(
            EQUAL,
            "model.weight.data[:, 0] = 1.0",
            draws("temperature=1.0"),
            "180 < (ids == 0).sum().item() < 280  # token 0 has the probability 0.58: about 230 of 400?",
        ),
        code(
            EQUAL,
            "model.weight.data[:, 0] = 4.0",
            draws("temperature=2.0"),
            "275 < (ids == 0).sum().item() < 355  # token 0 has the probability 0.79: about 315 of 400?",
        ),
        code(
            EQUAL,
            "model.weight.data[:, 0] = 40.0",
            draws("temperature=20.0"),
            "275 < (ids == 0).sum().item() < 355  # token 0 has the probability 0.79: about 315 of 400?",
        ),
        code(
            EQUAL,
            "torch.manual_seed(1)",
            draws("temperature=1.0", 50).replace("{seed}", "5"),
            "torch.manual_seed(2)",
            draws("temperature=1.0", 50).replace("ids =", "again =").replace("{seed}", "5"),
            "torch.equal(ids, again)  # the same tokens from the same seed?",
        ),
        code(
            EQUAL,
            draws("temperature=1.0", 50).replace("{seed}", "1"),
            draws("temperature=1.0", 50).replace("ids =", "again =").replace("{seed}", "2"),
            "torch.equal(ids, again)  # the same tokens from two seeds?",
        ),
        code(
            EQUAL,
            "generator = torch.Generator().manual_seed({seed})",
            "ids = generate(model, torch.tensor([0]), 50, 1.0, generator)",
            "torch.equal(ids, generate(model, torch.tensor([0]), 50, 1.0, generator))  # the same tokens again from one generator?",
        ),
        code(
            EQUAL,
            "before = torch.get_rng_state()",
            draws("temperature=1.0", 5),
            "torch.equal(before, torch.get_rng_state())  # is PyTorch's own generator as before?",
        ),
    ],
    "generate_graph": [
        code(
            FLIPS,
            "recorded = []",
            "model.register_forward_hook(lambda module, args, logits: recorded.append(logits.requires_grad))",
            GENERATE,
            "any(recorded)  # did a forward pass record a graph?",
        ),
        code(FLIPS, GENERATE, "torch.is_grad_enabled()"),
        code(FLIPS, "model.train()", GENERATE, "model.training"),
        code(FLIPS, "model.eval()", GENERATE, "model.training"),
        code(FLIPS, GENERATE, "model.weight.requires_grad"),
        code(FLIPS, "model.weight.grad = torch.ones(2, 2)", GENERATE, "model.weight.grad"),
    ],
    "generate_within_sequence": [
        code(FLIPS, WITHIN.replace("[1, {bit}]", "[1]"), "ids"),
        code(FLIPS, WITHIN, "ids"),
        code(COUNTS, WITHIN, "ids"),
        code(COUNTS, WITHIN.replace("[1, {bit}]", "[1, 1, 2, 1]"), "ids"),
        code(COUNTS, WITHIN.replace("max_len=2", "max_len=1"), "ids"),
        code(LENGTH, WITHIN, "ids"),
        code(LENGTH, WITHIN.replace("max_len=2", "max_len=4").replace("[1, {bit}]", "[1]"), "ids"),
        code(
            COUNTS,
            WITHIN.replace("max_new_tokens=3", "max_new_tokens=0").replace(
                "[1, {bit}]", "[1, 1, 1]"
            ),
            "ids",
        ),
        code(
            FLIPS,
            "model.train()",
            WITHIN.replace("max_new_tokens=3", "max_new_tokens=0"),
            "model.training",
        ),
        code(
            FLIPS,
            "prompt = torch.tensor([1, 0, 0])",
            "generate_within(model, prompt, 2, temperature=1.0, generator=torch.Generator(), max_len=2)",
            "prompt",
        ),
        code(
            EQUAL,
            "ids = generate_within(model, torch.tensor([0]), 200, 1.0, torch.Generator().manual_seed({seed}), max_len=2)",
            "ids.unique()",
        ),
        code(
            EQUAL,
            "model.weight.data[:, 0] = 1.0",
            "ids = generate_within(model, torch.tensor([0]), 200, 0.05, torch.Generator().manual_seed({seed}), max_len=2)",
            "ids.unique()",
        ),
        code(
            EQUAL,
            "generator = torch.Generator().manual_seed({seed})",
            "ids = generate_within(model, torch.tensor([0]), 99, 1.0, generator, 2)",
            "torch.equal(ids, generate_within(model, torch.tensor([0]), 99, 1.0, generator, 2))  # the same tokens again from one generator?",
        ),
        code(
            EQUAL,
            "torch.manual_seed(1)",
            "ids = generate_within(model, torch.tensor([0]), 99, 1.0, torch.Generator().manual_seed(5), 2)",
            "torch.manual_seed(2)",
            "torch.equal(ids, generate_within(model, torch.tensor([0]), 99, 1.0, torch.Generator().manual_seed(5), 2))  # the same tokens from the same seed?",
        ),
    ],
    "generate_within_mode": [
        code(WITH_DROPOUT, "model.train()", WITHIN, "ids"),
        code(WITH_DROPOUT, "model.eval()", "model[1].train()", WITHIN, "ids"),
        code(FLIPS, "model.train()", WITHIN, "model.training"),
        code(FLIPS, "model.eval()", WITHIN, "model.training"),
        code(
            WITH_DROPOUT,
            "model.train()",
            "model[1].eval()",
            WITHIN,
            "[model.training, model[1].training]",
        ),
        code(
            WITH_DROPOUT,
            "model.eval()",
            "model[1].train()",
            WITHIN,
            "[model.training, model[1].training]",
        ),
        code(
            FLIPS,
            "recorded = []",
            "model.register_forward_hook(lambda module, args, logits: recorded.append(logits.requires_grad))",
            WITHIN,
            "any(recorded)  # did a forward pass record a graph?",
        ),
        code(FLIPS, WITHIN, "torch.is_grad_enabled()"),
        code(FLIPS, WITHIN, "model.weight.requires_grad"),
        code(FLIPS, "model.weight.grad = torch.ones(2, 2)", WITHIN, "model.weight.grad"),
    ],
    "TwoCharLM_sight": [
        code(
            "model = TwoCharLM(vocab_size=3, d_model=4)",
            "list(model(torch.tensor([[0, 1, 2]])).shape)",
        ),
        code(
            "model = TwoCharLM(vocab_size=3, d_model=4)",
            "one, other = model(torch.tensor([[0, 1, 2]])), model(torch.tensor([[0, 1, 1]]))",
            "torch.allclose(one[0, 1], other[0, 1], atol=1e-5)  # the same at place 1 for another token after it?",
        ),
        code(
            "model = TwoCharLM(vocab_size=3, d_model=4)",
            "one, other = model(torch.tensor([[0, 1, 2]])), model(torch.tensor([[1, 1, 2]]))",
            "torch.allclose(one[0, 2], other[0, 2], atol=1e-5)  # the same at place 2 for another token at place 0?",
        ),
        code(
            "model = TwoCharLM(vocab_size=3, d_model=4)",
            "one, other = model(torch.tensor([[0, 1]])), model(torch.tensor([[2, 1]]))",
            "torch.allclose(one[0, 1], other[0, 1], atol=1e-6)  # the same at place 1 for another token before it?",
        ),
        code(
            "model = TwoCharLM(vocab_size=3, d_model=4)",
            "one, other = model(torch.tensor([[0, 1]])), model(torch.tensor([[0, 2]]))",
            "torch.allclose(one[0, 1], other[0, 1], atol=1e-6)  # the same at place 1 for another token there?",
        ),
        code(
            "model = TwoCharLM(vocab_size=3, d_model=4)",
            "one, other = model(torch.tensor([[0, 1]])), model(torch.tensor([[1, 0]]))",
            "torch.allclose(one[0, 1], other[0, 1], atol=1e-6)  # the same at place 1 with both tokens swapped?",
        ),
        code(
            "model = TwoCharLM(vocab_size=3, d_model=4)",
            "one, other = model(torch.tensor([[0]])), model(torch.tensor([[0, 1]]))",
            "torch.allclose(one[0, 0], other[0, 0], atol=1e-5)  # the same at place 0 in a longer text?",
        ),
        code(
            "model = TwoCharLM(vocab_size=3, d_model=4)",
            "logits = model(torch.tensor([[0, 1]]))",
            "torch.allclose(logits.exp().sum(-1), torch.ones(1, 2))  # are these log-probabilities?",
        ),
    ],
}
