"""Right answers to `sample_next_token(logits, temperature, generator)`, written otherwise."""

import torch

from proctor.answers import right


@right
def gumbel(logits, temperature, generator):
    """The largest of logits plus Gumbel noise."""
    divided = logits[:, -1] / temperature
    noise = -torch.log(-torch.log(torch.rand(divided.shape, generator=generator)))
    return (divided + noise).argmax(dim=-1)


@right
def scaled_gumbel(logits, temperature, generator):
    """Noise times temperature instead of logits over temperature."""
    last = logits[:, -1]
    u = torch.rand(last.shape, dtype=last.dtype, generator=generator)
    return torch.argmax(last - temperature * torch.log(-torch.log(u)), -1)


@right
def exponential_race(logits, temperature, generator):
    """The first of exponential clocks that run at the speed of the probabilities."""
    probs = softmax_with_temperature(logits[:, -1], temperature)
    return (probs / torch.empty_like(probs).exponential_(generator=generator)).argmax(-1)


@right
def inverse_cdf(logits, temperature, generator):
    """One uniform number a row, searched in the cumulative sum."""
    cumulative = softmax_with_temperature(logits[:, -1], temperature).cumsum(-1)
    u = torch.rand(logits.shape[0], 1, generator=generator, dtype=cumulative.dtype)
    return torch.searchsorted(cumulative, u, right=True).squeeze(1).clamp(max=logits.shape[-1] - 1)


@right
def counted_inverse_cdf(logits, temperature, generator):
    """Counts how many cumulative sums the random number has passed."""
    cumulative = softmax_with_temperature(logits, temperature)[:, -1].cumsum(-1)
    u = torch.rand((len(logits), 1), generator=generator) * cumulative[:, -1:]
    return (cumulative <= u).sum(dim=-1).clamp(max=logits.size(-1) - 1)


@right
def row_by_row(logits, temperature, generator):
    """multinomial for one row at a time."""
    ids = []
    for sequence in logits:
        probs = softmax_with_temperature(sequence[-1], temperature)
        ids.append(torch.multinomial(probs, num_samples=1, generator=generator))
    return torch.cat(ids)


@right
def python_loop(logits, temperature, generator):
    """Walks through the probabilities in plain Python."""
    probs = softmax_with_temperature(logits[:, -1], temperature)
    ids = []
    for row in probs.tolist():
        left = torch.rand(1, generator=generator).item()
        chosen = len(row) - 1
        for index, p in enumerate(row):
            left -= p
            if left < 0:
                chosen = index
                break
        ids.append(chosen)
    return torch.tensor(ids, dtype=torch.int64)


@right
def seeded_python_random(logits, temperature, generator):
    """Python's own generator, seeded from the given one."""
    import random

    own = random.Random(int(torch.randint(2**62, (1,), generator=generator)))
    probs = softmax_with_temperature(logits[:, -1], temperature).tolist()
    return torch.tensor([own.choices(range(len(row)), weights=row)[0] for row in probs])


@right
def seeded_second_generator(logits, temperature, generator):
    """A second generator, seeded from the given one."""
    own = torch.Generator()
    own.manual_seed(torch.randint(0, 2**62, (), generator=generator).item())
    probs = next_token_probs(logits / temperature)
    return torch.multinomial(probs, 1, generator=own)[:, 0]


@right
def under_no_grad(logits, temperature, generator):
    """Ids have no gradient, so none is recorded; unnormalised weights will do."""
    with torch.no_grad():
        last = logits[:, -1]
        weights = torch.exp((last - last.amax(-1, keepdim=True)) / temperature)
        return torch.multinomial(weights, 1, True, generator=generator).flatten()


@right
def gumbel_in_float64(logits, temperature, generator):
    """The largest of logits plus Gumbel noise, by an exponential's logarithm, in float64."""
    divided = logits[:, -1].double() / temperature
    return (divided - torch.empty_like(divided).exponential_(generator=generator).log()).argmax(-1)


@right
def one_token_after_the_other(logits, temperature, generator):
    """Asks each token in turn whether it is the one, given that those before it aren't."""
    probs = softmax_with_temperature(logits[:, -1].double(), temperature)
    left = probs.flip(-1).cumsum(-1).flip(-1)
    u = torch.rand(probs.shape, generator=generator, dtype=torch.float64)
    taken = u * left < probs
    taken[:, -1] = True
    return taken.int().argmax(dim=-1)


@right
def tried_until_accepted(logits, temperature, generator):
    """Draws any token, and accepts it as often as its probability says; else tries again."""
    probs = softmax_with_temperature(logits[:, -1], temperature)
    chance = probs / probs.amax(-1, keepdim=True)
    B, V = probs.shape
    ids = torch.full((B,), -1)
    while (open_ := (ids < 0).nonzero().flatten()).numel():
        tried = torch.randint(V, (len(open_),), generator=generator)
        accepted = torch.rand(len(open_), generator=generator) < chance[open_, tried]
        ids[open_[accepted]] = tried[accepted]
    return ids


@right
def sorted_inverse_cdf(logits, temperature, generator):
    """One uniform number a row, searched among the tokens sorted by probability."""
    probs, order = softmax_with_temperature(logits[:, -1], temperature).sort(dim=-1, descending=True)
    u = torch.rand(len(probs), 1, generator=generator)
    place = (probs.cumsum(-1) <= u).sum(-1, keepdim=True).clamp(max=probs.shape[-1] - 1)
    return order.gather(-1, place).squeeze(-1)
