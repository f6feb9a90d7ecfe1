"""The longer visible checks of this notebook. Each is called in the cell below its exercise, with your answer.

What is checked stands in the texts of `that` and in the numbers that `expect` compares with. No exercise is solved here.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn as nn
import torch.nn.functional as F
from expect import expect, none_of, that

# logits of two tokens, the first of which is eight times as likely
LOG_8 = torch.tensor([math.log(8), 0.0])


def kinds(value: Any, function: Callable) -> list[str] | tuple[str, ...] | str:
    """The kinds of the parts, if a function gave a list or a tuple; the kind of anything else that it gave."""
    if isinstance(value, list | tuple):
        names = [type(part).__name__ for part in value]
        return names if isinstance(value, list) else tuple(names)
    return none_of(function) if value is None else type(value).__name__


def batch_of(get_batch: Callable, *given: Any, **named: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """What `get_batch` gives; fails where that is no pair of tensors."""
    __tracebackhide__ = True
    batch = get_batch(*given, **named)
    found = kinds(batch, get_batch)
    if list(found) != ["Tensor", "Tensor"]:
        that(False, "get_batch returns two tensors, inputs and targets", found, get_batch)
    return batch


def batch_windows(get_batch: Callable) -> None:
    """Looks at the windows of a batch: their form, and that each target is what follows its input."""
    __tracebackhide__ = True
    story = torch.tensor([7, 3, 9, 1, 4, 8, 2, 6])
    inputs, targets = batch_of(
        get_batch, story, batch_size=5, seq_len=3, generator=torch.Generator().manual_seed(0)
    )
    forms = [(tuple(part.shape), part.dtype) for part in (inputs, targets)]
    that(
        forms == [((5, 3), torch.int64)] * 2,
        "inputs and targets are int64 and (5, 3)",
        forms,
        get_batch,
    )
    following = dict(zip(story.tolist(), story.tolist()[1:]))
    wanted = torch.tensor([[following.get(token, -1) for token in row] for row in inputs.tolist()])
    follows = torch.equal(targets, wanted)
    that(follows, "each target is what follows its input in data", [inputs, targets], get_batch)
    inside = torch.equal(inputs[:, 1:], targets[:, :-1])
    that(inside, "each row of inputs is a piece of data", inputs, get_batch)
    inputs, targets = get_batch(torch.arange(300, 700), 20, 80, torch.Generator().manual_seed(0))
    fits = inputs.shape == (20, 80) and torch.equal(targets, inputs + 1) and inputs.min() >= 300
    that(fits, "the same for larger ids, batches and windows", [inputs, targets], get_batch)


def batch_starts(get_batch: Callable) -> None:
    """Looks at where the windows of many batches start."""
    __tracebackhide__ = True

    def starts(rows, calls, seed, tokens=8):
        """The first token of each row, in many batches with windows of 3: from 8 tokens there are five."""
        data, generator = torch.arange(tokens), torch.Generator().manual_seed(seed)
        return torch.stack(
            [batch_of(get_batch, data, rows, 3, generator)[0][:, 0] for _ in range(calls)]
        )

    for rows, calls in ((1, 1500), (2, 750), (7, 200)):
        shares = starts(rows, calls, 1).flatten().bincount(minlength=5) / (rows * calls)
        even = len(shares) == 5 and (shares - 0.2).abs().max() < 0.05
        that(
            even,
            f"in batches of {rows}, each of the five windows starts a fifth of the rows",
            shares,
            get_batch,
        )
    pairs = set(map(tuple, starts(2, 500, 3).tolist()))
    claim = "the rows of a batch are drawn one by one: any two starts may come together"
    that(len(pairs) == 25, claim, len(pairs), get_batch)
    seen = starts(20, 50, 4, tokens=2003)
    even = seen.max() > 1900 and (seen.flatten() // 200).bincount(minlength=10).min() > 50
    that(even, "in a long text windows start everywhere", seen.max(), get_batch)
    torch.manual_seed(0)
    same, kept = torch.equal(starts(20, 2, 5), starts(20, 2, 5)), torch.get_rng_state()
    that(same, "the same seed gives the same batches", None, get_batch)
    other, twice = starts(20, 2, 6), starts(20, 2, 5)
    that(not torch.equal(other, twice), "another seed gives other batches", None, get_batch)
    that(
        not torch.equal(twice[0], twice[1]),
        "the generator moves on from call to call",
        None,
        get_batch,
    )
    untouched = torch.equal(kept, torch.get_rng_state())
    that(untouched, "PyTorch's global generator isn't touched", None, get_batch)


def logits_of_weights(TinyLM: Callable) -> None:
    """Puts one number into all weights of a model, and looks whether its layers are the four that the text asks for."""
    __tracebackhide__ = True

    def logits(weight, d_model=4, training=True):
        """The logits of a model whose biases are all 0, and whose other parameters all have this value."""
        model = TinyLM(vocab_size=7, d_model=d_model).train(training)
        for parameter in model.parameters():
            nn.init.constant_(
                parameter, 0.0 if parameter.numel() == max(parameter.shape) else weight
            )
        return model(torch.tensor([[1, 5]])).detach()

    for weight, training in ((-0.5, True), (0.3, True), (-0.6, False)):
        # of the hidden layer: what each of its numbers adds to the logits
        width = logits(10.0) / 4000
        want = width * weight * F.gelu(torch.tensor(4 * weight**2))
        got = logits(weight, training=training)
        claim = f"with weights of {weight}: width * weight * GELU(4 * weight²)"
        that(torch.allclose(got, want, rtol=1e-2), claim, got, TinyLM)
    wide, narrow = logits(10.0, d_model=8), logits(10.0)
    that(not torch.allclose(wide, narrow), "d_model makes a difference", wide, TinyLM)


def gradients_of_model(TinyLM: Callable) -> None:
    """Trains a model for three steps, and looks whether each parameter learns."""
    __tracebackhide__ = True
    model, before = TinyLM(vocab_size=7, d_model=8), []
    for _ in range(3):
        before = [parameter.detach().clone() for parameter in model.parameters()]
        model.zero_grad()
        logits = model(torch.arange(7)[None])[0]
        that(logits.requires_grad, "the logits depend on the parameters", None, TinyLM)
        F.cross_entropy(logits, torch.arange(7).roll(1)).backward()
        torch.optim.SGD(model.parameters(), lr=0.5).step()
    names = [name for name, parameter in model.named_parameters() if parameter.grad is None]
    reached = before and not names
    that(reached, "there are parameters, and the loss reaches every one of them", names, TinyLM)
    parts = {
        name: parameter.grad.reshape(len(parameter), -1)
        for name, parameter in model.named_parameters()
    }
    names = [
        name for name, grad in parts.items() if not (grad != 0).any(1).all() and grad.shape[1] > 1
    ]
    that(not names, "where every token was seen, every row of each matrix learns", names, TinyLM)


def train_updates(train: Callable) -> None:
    """Looks at what training does to a model: the loss that it reaches, how far each step goes, the mode."""
    __tracebackhide__ = True

    def small_model(vocab_size, training=False):
        """A small model, the same each time, with gradients left over from before."""
        torch.manual_seed(1)
        model = nn.Sequential(
            nn.Embedding(vocab_size, 8), nn.Dropout(0.0), nn.Linear(8, vocab_size)
        )
        F.cross_entropy(model(torch.arange(4)), torch.arange(4).roll(-1)).backward()
        for parameter in model.parameters():
            parameter.grad = -2 * parameter.grad
        return model.double().train(training)

    model, circle, generator = (
        small_model(6),
        torch.arange(6).repeat(5),
        torch.Generator().manual_seed(0),
    )
    train(model, circle, steps=100, batch_size=4, seq_len=8, lr=0.05, generator=generator)
    with torch.no_grad():
        after = F.cross_entropy(model(circle[:-1]), circle[1:]).item()
    claim = "after 100 steps on 0 1 2 3 4 5 0 1 2 ... each token tells the next: a loss below 0.1"
    that(after < 0.1, claim, after, train)
    for steps, lr in ((20, 1e-6), (1, 2.0), (1, 1e-4)):
        model, untouched = small_model(5), small_model(5)
        untouched.zero_grad()
        F.cross_entropy(untouched(torch.arange(4)), torch.arange(4).roll(-1)).backward()
        # each window holds all four of 0 1 2 3 0 1, so that the loss is the same whichever is drawn
        train(
            model,
            torch.arange(6) % 4,
            steps,
            batch_size=3,
            seq_len=4,
            lr=lr,
            generator=torch.Generator(),
        )
        for name, parameter in untouched.named_parameters():
            taken = (model.get_parameter(name) - parameter).detach() / (steps * lr)
            # the second part is AdamW's weight decay
            want = -parameter.grad.sign() - 0.01 * parameter.detach()
            fits = torch.allclose(taken, want, atol=2e-3)
            claim = f"steps: {steps}, lr: {lr:g}: {name} moves as AdamW moves it, by lr a step"
            that(fits, claim, taken, train)
    model, modes = small_model(5), []
    # a loop may measure on the way, without gradients and in evaluation mode
    model[1].register_forward_pre_hook(
        lambda module, ids: modes.append(module.training) if torch.is_grad_enabled() else None
    )
    train(
        model, torch.arange(6) % 4, 3, batch_size=3, seq_len=4, lr=0.1, generator=torch.Generator()
    )
    claim = "every part of the model is in training mode, in each of three steps"
    that(len(modes) >= 3 and all(modes), claim, modes, train)
    table = nn.Embedding.from_pretrained(torch.zeros(2, 2), freeze=False)
    losses = train(
        table,
        torch.tensor([0, 0, 0]),
        3,
        batch_size=1,
        seq_len=1,
        lr=1.0,
        generator=torch.Generator(),
    )
    three = isinstance(losses, list | tuple) and len(losses) == 3
    that(
        three,
        "train returns a list, of three losses after three steps",
        kinds(losses, train),
        train,
    )
    claim = "AdamW remembers earlier gradients: a table of zeros learns that 0 follows 0 with the losses 0.6931, 0.1269, 0.0262"
    that(
        torch.allclose(torch.tensor(losses), torch.tensor([0.6931, 0.1269, 0.0262]), atol=2e-4),
        claim,
        losses,
        train,
    )


def train_losses(train: Callable) -> None:
    """Looks at the list that `train` returns, beside the batches that the model was given."""
    __tracebackhide__ = True
    torch.manual_seed(0)
    model, batches = nn.Sequential(nn.Embedding(400, 16), nn.Linear(16, 400)), []
    hook = model.register_forward_pre_hook(
        lambda module, ids: batches.append(ids[0]) if torch.is_grad_enabled() else None
    )
    losses = train(
        model,
        torch.arange(400),
        3,
        batch_size=20,
        seq_len=80,
        lr=1e-12,
        generator=torch.Generator(),
    )
    hook.remove()
    found = kinds(losses, train)
    that(found == ["float"] * 3, "a list of three floats, one a step", found, train)
    shapes = [tuple(ids.shape) for ids in batches] == [(20, 80)] * 3
    that(shapes, "each step gives the model one batch, (20, 80)", batches, train)
    wanted = [
        F.cross_entropy(model(ids).flatten(0, 1), ids.flatten() + 1).item() for ids in batches
    ]
    alike = all(math.isclose(loss, want, rel_tol=1e-5) for loss, want in zip(losses, wanted))
    that(
        alike, "each loss is the mean over all tokens of that step's batch", [losses, wanted], train
    )
    pair, losses_of, before = torch.tensor([2, 5]), {}, 0.0
    for steps in (0, 1, 2):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Embedding(6, 16), nn.Linear(16, 6))
        before = F.cross_entropy(model(pair[None, :1])[0], pair[1:]).item()
        losses = train(
            model, pair, steps, batch_size=2, seq_len=1, lr=0.05, generator=torch.Generator()
        )
        losses_of[steps] = losses, F.cross_entropy(model(pair[None, :1])[0], pair[1:]).item()
    that(losses_of[0][0] == [], "no steps, no losses", losses_of[0][0], train)
    (first, second), after = losses_of[2][0], losses_of[1][1]
    claim = f"the first loss is from before any update: {before:.4f}"
    that(math.isclose(first, before, rel_tol=1e-5), claim, first, train)
    claim = f"the second one from after the first update: {after:.4f}"
    that(math.isclose(second, after, rel_tol=1e-5), claim, second, train)


def train_batches(train: Callable) -> None:
    """Looks at the batches that `train` gives to a model."""
    __tracebackhide__ = True

    def starts(seed, steps, batch_size, tokens=8):
        """Where the windows of 3 start that `train` gives to a model; in 8 tokens there are five."""
        model, batches = nn.Sequential(nn.Embedding(tokens, 2), nn.Linear(2, tokens)), []
        model.register_forward_pre_hook(
            lambda module, ids: batches.append(ids[0]) if torch.is_grad_enabled() else None
        )
        generator = torch.Generator().manual_seed(seed)
        train(model, torch.arange(tokens), steps, batch_size, 3, lr=0.01, generator=generator)
        return torch.stack(batches)[:, :, 0]

    seen = starts(1, steps=500, batch_size=2)
    shares = seen.flatten().bincount(minlength=5) / seen.numel()
    even = len(shares) == 5 and (shares - 0.2).abs().max() < 0.07
    that(even, "each of the five windows that fit starts a fifth of the rows", shares, train)
    pairs = set(map(tuple, seen.tolist()))
    that(len(pairs) == 25, "any two windows may come together", len(pairs), train)
    again = (seen[1:] == seen[:-1]).all(1).double().mean()
    that(
        again < 0.2, "every step draws a fresh batch, which seldom is the one before", again, train
    )
    torch.manual_seed(2)
    first = starts(3, 4, 8, tokens=60)
    torch.manual_seed(4)
    same, other = torch.equal(first, starts(3, 4, 8, tokens=60)), starts(5, 4, 8, tokens=60)
    that(
        same,
        "the same seed gives the same batches, whatever PyTorch's global generator does",
        None,
        train,
    )
    that(not torch.equal(first, other), "another seed gives other batches", None, train)
    model, kept = nn.Embedding(8, 8), torch.get_rng_state()
    train(model, torch.arange(8), 2, 2, 3, lr=0.01, generator=torch.Generator().manual_seed(0))
    untouched = torch.equal(kept, torch.get_rng_state())
    that(untouched, "PyTorch's global generator isn't touched", None, train)


def generate_sampling(generate: Callable) -> None:
    """Looks at the shares of the tokens that are drawn, and at the generator."""
    __tracebackhide__ = True

    def drawn(logits, temperature, seed=0, count=1500):
        """What `generate` draws in `count` tokens from a model with the same logits everywhere."""
        model = nn.Embedding.from_pretrained(logits.repeat(len(logits), 1))
        return generate(
            model, torch.tensor([0]), count, temperature, torch.Generator().manual_seed(seed)
        )[1:]

    for temperature in (1.0, 0.02, 30.0):
        # divided by the temperature, the logits are log 8 and 0
        share = (drawn(temperature * LOG_8, temperature) == 0).float().mean()
        claim = f"at temperature {temperature} token 0 is drawn 8 times in 9"
        that(abs(share - 8 / 9) < 0.04, claim, share, generate)
    share = (drawn(LOG_8, 3.0) == 0).float().mean()
    claim = "with logits [log 8, 0] and temperature 3, token 0 is drawn 2 times in 3"
    that(abs(share - 2 / 3) < 0.06, claim, share, generate)
    counts = drawn(torch.linspace(0, 0.1, 60), 1.0).bincount(minlength=60)
    claim = "of sixty almost equal tokens, each comes up in 1500 draws"
    that(counts.min() > 0, claim, counts.min(), generate)
    torch.manual_seed(1)
    first, kept = drawn(torch.zeros(9), 1.0, seed=2, count=60), torch.get_rng_state()
    same = torch.equal(first, drawn(torch.zeros(9), 1.0, seed=2, count=60))
    that(same, "the same seed draws the same tokens", None, generate)
    other = drawn(torch.zeros(9), 1.0, seed=3, count=60)
    that(not torch.equal(first, other), "another seed draws other tokens", None, generate)
    untouched = torch.equal(kept, torch.get_rng_state())
    that(untouched, "PyTorch's global generator isn't touched", None, generate)
    coin, generator = (
        nn.Embedding.from_pretrained(torch.zeros(2, 2)),
        torch.Generator().manual_seed(0),
    )
    twice = [generate(coin, torch.tensor([0]), 60, 1.0, generator) for _ in range(2)]
    claim = "the generator moves on: the next call draws other tokens"
    that(not torch.equal(*twice), claim, None, generate)


def within_sampling(generate_within: Callable) -> None:
    """Looks at the shares of the tokens that are drawn, and at the generator."""
    __tracebackhide__ = True
    coin, start = nn.Embedding.from_pretrained(LOG_8.repeat(2, 1)), torch.tensor([0])
    share = (generate_within(coin, start, 1000, 3.0, torch.Generator(), 4)[1:] == 0).float().mean()
    claim = "with logits [log 8, 0] and temperature 3, token 0 comes 2 times in 3"
    that(abs(share - 2 / 3) < 0.08, claim, share, generate_within)
    seeds = [torch.Generator().manual_seed(seed) for seed in (0, 0, 1)]
    first, same, other = (generate_within(coin, start, 60, 1.0, seed, 4) for seed in seeds)
    fits = torch.equal(first, same) and not torch.equal(first, other)
    that(fits, "its randomness is the generator's", None, generate_within)
    later = generate_within(coin, start, 60, 1.0, seeds[0], 4)
    claim = "the generator moves on: the next call draws other tokens"
    that(not torch.equal(first, later), claim, None, generate_within)


def mixed_modes(module: Callable, run: Callable, function: Callable) -> list[nn.Module]:
    """Lets `run(model)` call your function on models in training and in evaluation mode, with one part in the other mode
    or none. `module()` makes such a model. Looks at the modes during the call and after it, and gives the models back.
    """
    __tracebackhide__ = True
    models = []
    for training, apart in ((True, False), (False, False), (True, True), (False, True)):
        model, inner = module().train(training), []
        if apart:
            # one layer deep inside is in the other mode
            model.inner[1][0].train(not training)
        # else its random numbers fail the values that `run` compares, before the mode is told
        model.inner[1][0].p = 0.0
        before = [part.training for part in model.modules()]
        model.inner[1][0].register_forward_hook(
            lambda part, taken, made, inner=inner: inner.append(part.training)
        )
        run(model)
        ran = any(inner) or any(ran[2] for ran in model.ran)
        that(
            not ran,
            "the model runs in evaluation mode, its dropout too",
            [model.ran, inner],
            function,
        )
        after = [part.training for part in model.modules()]
        that(after == before, f"afterwards each part is in its own mode: {before}", after, function)
        models.append(model)
    return models


def two_characters(TwoCharLM: Callable) -> None:
    """Looks at which tokens the logits depend on, and whether the model learns a table of pairs."""
    __tracebackhide__ = True
    torch.manual_seed(0)
    small, ids = TwoCharLM(vocab_size=7, d_model=8).eval(), torch.tensor([[1, 5, 2, 5, 0, 3]])
    expect(small, ids).gives_shape(1, 6, 7)
    logits = small(ids)
    for place in range(6):
        moved = (small(ids + (torch.arange(6) == place)) - logits).abs().amax(-1)[0] > 1e-6
        want = [place in (t, t - 1) for t in range(6)]
        claim = f"another token at {place} changes the logits there and at {place + 1}"
        that(moved.tolist() == want, claim, moved, TwoCharLM)
    alone = torch.allclose(small(ids[:, :1]), logits[:, :1], atol=1e-5)
    that(alone, "one token alone will do", None, TwoCharLM)
    first, second = torch.cartesian_prod(torch.arange(7), torch.arange(7)).T
    small, pairs, loss = small.train(), torch.stack([first, second], 1), torch.tensor(math.inf)
    optimizer = torch.optim.AdamW(small.parameters(), lr=0.01)
    for _ in range(200):
        optimizer.zero_grad()
        # after a, b comes a + 2b, modulo 7: neither of the two tells anything alone
        loss = F.cross_entropy(small(pairs)[:, 1], (first + 2 * second) % 7)
        loss.backward()
        optimizer.step()
    that(
        loss < 0.5,
        "in 200 steps it learns what follows each pair of tokens",
        loss.item(),
        TwoCharLM,
    )


def sums(generate: Callable, module: Callable) -> None:
    """Continues a long prompt with a model after which the sum of all tokens, plus 1, comes next, modulo 301."""
    __tracebackhide__ = True
    large, prompt = (
        module(500 + 500 * torch.eye(301).roll(1, dims=1)).eval(),
        torch.arange(200, 240),
    )
    got = generate(large, prompt, 30, 1.0, torch.Generator()).tolist()
    wanted = [(sum(got[:place]) + 1) % 301 for place in range(40, 70)]
    claim = "after a long prompt, too, each new token is the sum of all, plus 1"
    that(got[40:] == wanted, claim, got[40:], generate)


def long_texts(evaluate: Callable) -> None:
    """Measures a model on 500 tokens, in windows of many lengths, and on two."""
    __tracebackhide__ = True
    tokens = torch.randint(300, (500,), generator=torch.Generator().manual_seed(1))
    model = nn.Embedding.from_pretrained(
        torch.randn(300, 300, generator=torch.Generator().manual_seed(2))
    )
    want = F.cross_entropy(model(tokens[:-1]), tokens[1:]).item()
    for seq_len in (3, 100, 499, 1000):
        expect(evaluate, model, tokens, seq_len).gives(want)
    expect(evaluate, model, tokens[:2], 3).gives(
        F.cross_entropy(model(tokens[:1]), tokens[1:2]).item()
    )
