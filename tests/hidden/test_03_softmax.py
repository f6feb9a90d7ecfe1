"""Hidden checks of assignment 03: softmax, temperature, causal attention weights, sampling."""

import math

import torch

from proctor.checks import DTYPES, close, equal, gradients, layouts, raises, unchanged

SOFTMAX = ["softmax", "log_softmax", "safe_softmax", "masked_softmax", "sparse_softmax", "sparse_log_softmax"]
# softmax is a part of these
SOFTMAX += ["scaled_dot_product_attention", "scaled_dot_product_flash_attention_for_cpu", "SoftmaxTransform"]
FORBIDDEN = {
    "softmax": SOFTMAX,
    "softmax_with_temperature": SOFTMAX,
    "causal_attention_weights": SOFTMAX,
    "next_token_probs": SOFTMAX,
    "sample_next_token": SOFTMAX,
}

# The contract's tolerance for logits between 100 and 1e4: there float32 itself is coarse (1e-3 apart at 1e4).
LARGE = {torch.float32: 2e-3, torch.float64: None}

# In a gradient of softmax large terms cancel, and what rounding leaves depends on the route. A wrong gradient is far off.
CANCELS = {torch.float32: 1e-3, torch.float64: 1e-5}


def softmax(x, dim):
    """In float64, so that the reference adds no rounding of its own."""
    return torch.softmax(x.double(), dim).to(x.dtype)


def test_softmax_values__every_dim(student, draw):
    for shape in [(5,), (1,), (4, 1), (2, 3, 5), (2, 3, 4, 5)]:
        for dtype, first in [(torch.float32, -len(shape)), (torch.float64, 0)]:
            x = draw.normal(*shape, dtype=dtype, scale=3)
            for dim in range(first, len(shape)):
                close(student.softmax(x, dim=dim), softmax(x, dim))


def test_softmax_values__any_memory_layout(student, draw):
    for x in layouts(draw.normal(2, 3, 4)):
        for dim in range(3):
            close(student.softmax(x, dim), softmax(x, dim))


def test_softmax_values__x_is_left_alone(student, draw):
    masked = draw.normal(3, 4)
    masked[0, 2] = masked[1, 0] = -math.inf
    for x in (draw.normal(3, 4), draw.normal(3, 1).expand(3, 4), masked):
        unchanged(student, "softmax", x, dim=1)


def test_softmax_stability__huge_logits(student, draw):
    for dtype in DTYPES:
        near, far = draw.normal(3, 3, dtype=dtype), torch.full((3, 1), 9990.0, dtype=dtype)
        for x in (near + 150, near + 9990, near - 9990, torch.cat([near + 9990, -far], 1), torch.cat([near, far], 1)):
            close(student.softmax(x, dim=1), softmax(x, 1), LARGE[dtype])
        for x in (torch.tensor([1e30, -1e30, 5e29], dtype=dtype), torch.tensor([-2e30, -1e30], dtype=dtype)):
            close(student.softmax(x, dim=0), softmax(x, 0), LARGE[dtype])


def test_softmax_stability__slices_of_very_different_size(student, draw):
    for dtype in DTYPES:
        x = draw.normal(3, 4, dtype=dtype)
        x[1] += 9990
        close(student.softmax(x, dim=1), softmax(x, 1), LARGE[dtype])
        x = x.T.contiguous()
        close(student.softmax(x, dim=0), softmax(x, 0), LARGE[dtype])


def test_softmax_stability__minus_infinity(student, draw):
    for dtype in DTYPES:
        for shift in (0, -9990):
            x = draw.normal(3, 5, dtype=dtype) + shift
            x[0, 2] = x[1, 1:] = x[2, :3] = -math.inf
            got = student.softmax(x, dim=1)
            close(got, softmax(x, 1), LARGE[dtype])
            assert (got[x == -math.inf] == 0).all(), "expected a share of exactly 0 where the logit is -inf"


def test_softmax_gradients__by_value(student, draw):
    for dtype in DTYPES:
        x = draw.normal(2, 3, 4, dtype=dtype)
        for dim in range(3):
            gradients(student, softmax, "softmax", x, dim=dim, rtol=CANCELS[dtype])
    x = draw.normal(3, 4, dtype=torch.float64) + 9000
    gradients(student, softmax, "softmax", x, dim=1, rtol=CANCELS[x.dtype])


def tempered(logits, temperature):
    return softmax(logits.double() / temperature, -1).to(logits.dtype)


def test_softmax_with_temperature_values__over_the_last_dimension(student, draw):
    for dtype in DTYPES:
        flat, deep = draw.normal(5, dtype=dtype), draw.normal(2, 3, 4, dtype=dtype)
        others = [draw.normal(*shape, dtype=dtype) for shape in ((1,), (3, 4), (2, 1, 3, 4))]
        for logits in (flat, *layouts(flat), deep, *layouts(deep), *others):
            for temperature in (0.05, 1.5) if logits is deep else (1.0, 2.5) if logits is flat else (0.5,):
                got = student.softmax_with_temperature(logits=logits, temperature=temperature)
                close(got, tempered(logits, temperature))


def test_softmax_with_temperature_values__huge_logits(student, draw):
    for dtype in DTYPES:
        logits = draw.normal(3, 4, dtype=dtype)
        for x, temperature in [
            (logits, 2**-9),
            (500 * logits, 250.0),
            (2 * logits + 9000, 2.0),
            (2 * logits - 9000, 2.0),
        ]:
            close(student.softmax_with_temperature(x, temperature), tempered(x, temperature), LARGE[dtype])


def test_softmax_with_temperature_values__logits_are_left_alone(student, draw):
    for logits in (draw.normal(3, 4), draw.normal(3, 1).expand(3, 4)):
        unchanged(student, "softmax_with_temperature", logits, 0.7)


def test_softmax_with_temperature_gradients__by_value(student, draw):
    for dtype in DTYPES:
        for temperature in (0.75, 2.5):
            logits = draw.normal(3, 4, dtype=dtype)
            gradients(student, tempered, "softmax_with_temperature", logits, temperature, rtol=CANCELS[dtype])


def test_softmax_with_temperature_errors__not_above_zero(student, draw):
    for temperature in (0.0, -0.5, -3.0):
        raises(student, ValueError, "softmax_with_temperature", draw.normal(3, 4), temperature)
    student.softmax_with_temperature(draw.normal(3, 4), 0.5)


def causal(scores):
    size = scores.shape[-1]
    future = torch.ones(size, size, dtype=torch.bool).triu(1)
    return softmax(scores.masked_fill(future, -math.inf), -1)


def check_causal(student, scores, rtol=None):
    got = student.causal_attention_weights(scores)
    close(got, causal(scores), rtol)
    assert (got.triu(1) == 0).all(), (
        "expected exactly 0 above the diagonal: position t has no weight on what follows it"
    )


def test_causal_attention_weights_values__every_shape(student, draw):
    for dtype in DTYPES:
        for shape in [(4, 4), (1, 1), (3, 5, 5), (2, 3, 4, 4), (1, 2, 1, 3, 3)]:
            check_causal(student, draw.normal(*shape, dtype=dtype))
    for scores in layouts(draw.normal(2, 4, 4)):
        check_causal(student, scores)


def test_causal_attention_weights_values__scores_of_zero(student, draw):
    scores = draw.normal(2, 4, 4)
    scores[0, 2, 1] = scores[0, 0, 0] = scores[1, 3, 3] = 0
    check_causal(student, scores)


def test_causal_attention_weights_values__scores_are_left_alone(student, draw):
    for scores in (draw.normal(2, 4, 4), draw.normal(4, 4).expand(2, 4, 4)):
        unchanged(student, "causal_attention_weights", scores)


def test_causal_attention_weights_masking__huge_scores_in_the_future(student, draw):
    for dtype in DTYPES:
        scores = draw.normal(2, 4, 4, dtype=dtype)
        check_causal(student, scores + torch.ones(4, 4, dtype=dtype).triu(1) * 9990, LARGE[dtype])


def test_causal_attention_weights_masking__rows_of_very_different_size(student, draw):
    for dtype in DTYPES:
        scores = draw.normal(2, 4, 4, dtype=dtype)
        size = torch.tensor([-9990.0, 0.0, -9990.0, 9990.0], dtype=dtype)
        check_causal(student, scores + size[:, None], LARGE[dtype])
        check_causal(student, scores - 9990, LARGE[dtype])


def test_causal_attention_weights_gradients__by_value(student, draw):
    for dtype in DTYPES:
        gradients(student, causal, "causal_attention_weights", draw.normal(2, 4, 4, dtype=dtype), rtol=CANCELS[dtype])
    scores = draw.normal(2, 4, 4, dtype=torch.float64) + torch.ones(4, 4).triu(1) * 9000
    gradients(student, causal, "causal_attention_weights", scores, rtol=CANCELS[scores.dtype])


def last_probs(logits):
    return softmax(logits[:, -1], -1)


def test_next_token_probs_values__last_position(student, draw):
    for dtype in DTYPES:
        for shape in [(2, 3, 5), (4, 1, 3), (1, 4, 3), (1, 1, 6), (3, 2, 1)]:
            for logits in layouts(draw.normal(*shape, dtype=dtype)):
                close(student.next_token_probs(logits=logits), last_probs(logits))


def test_next_token_probs_values__huge_logits(student, draw):
    for dtype in DTYPES:
        logits = draw.normal(3, 2, 4, dtype=dtype)
        rows = torch.tensor([300.0, 0.0, -300.0], dtype=dtype)[:, None, None]
        positions = torch.tensor([300.0, 0.0], dtype=dtype)[:, None]
        for x in (logits + 9000, logits - 9000, logits + rows, logits + positions):
            close(student.next_token_probs(x), last_probs(x), LARGE[dtype])


def test_next_token_probs_values__logits_are_left_alone(student, draw):
    for logits in (draw.normal(3, 2, 4), draw.normal(3, 2, 1).expand(3, 2, 4)):
        unchanged(student, "next_token_probs", logits)


def test_next_token_probs_gradients__by_value(student, draw):
    for dtype in DTYPES:
        gradients(student, last_probs, "next_token_probs", draw.normal(3, 2, 4, dtype=dtype), rtol=CANCELS[dtype])


def sharp_logits(winners, others):
    """`(B, 2, 5)` logits: 0.02 more for the winner of each row at the last position, and for another token before it."""
    logits = torch.zeros(len(winners), 2, 5)
    logits[:, 0].scatter_(1, others[:, None], 0.02)
    logits[:, 1].scatter_(1, winners[:, None], 0.02)
    return logits


def draw_ids(student, logits, temperature, generator):
    """One draw a row, flattened: what shape and dtype they come in is examined elsewhere."""
    ids = student.sample_next_token(logits, temperature, generator)
    assert isinstance(ids, torch.Tensor) and ids.numel() == len(logits), "expected a tensor with one token id a row"
    return ids.reshape(-1)


def test_sample_next_token_ids__one_int64_id_a_row(student, draw):
    for shape in [(3, 2, 1), (1, 4, 1)]:
        got = student.sample_next_token(draw.normal(*shape), 0.8, draw.generator())
        equal(got, torch.zeros(shape[0], dtype=torch.int64))
    for dtype in DTYPES:
        for batch, length, vocab in [(4, 3, 6), (1, 2, 5), (5, 1, 3)]:
            for logits in layouts(draw.normal(batch, length, vocab, dtype=dtype)):
                got = student.sample_next_token(logits=logits, temperature=0.8, generator=draw.generator())
                assert isinstance(got, torch.Tensor), "expected a tensor"
                assert got.shape == (batch,), f"expected shape ({batch},): one token id a row, for {batch} rows"
                assert got.dtype == torch.int64, "expected dtype torch.int64"
                assert ((got >= 0) & (got < vocab)).all(), f"expected every id to be from 0 to {vocab - 1}"


def test_sample_next_token_ids__logits_are_left_alone(student, draw):
    for logits in (draw.normal(3, 2, 4), draw.normal(3, 2, 1).expand(3, 2, 4)):
        unchanged(student, "sample_next_token", logits, 0.7, draw.generator())


def test_sample_next_token_distribution__frequencies_of_each_row(student, draw):
    # Hoeffding: the share of a token among 5000 draws is off by more than 0.045 with probability below 1e-8; 24 are compared.
    base = torch.tensor([3.0, 1.5, 0.0, -1.5]).roll(draw.randint(0, 4))
    two_kinds = torch.stack([torch.stack([base.flip(0), base]), torch.stack([base, base.flip(0)])])
    for temperature in (0.7, 2.0, 5.0):
        ids = draw_ids(student, two_kinds.repeat(5000, 1, 1), temperature, draw.generator()).reshape(5000, 2)
        for kind in range(2):
            got = torch.stack([(ids[:, kind] == token).double().mean() for token in range(4)])
            off = (got - tempered(two_kinds[kind, -1].double(), temperature)).abs().max()
            assert off < 0.045, (
                "expected each token as often as the tempered distribution of its own row's last position says"
            )


def test_sample_next_token_distribution__low_temperature(student, draw):
    # At this temperature the winner has probability 1 but for rounding; two rows in 50 may fall to a uniform number of exactly 0.
    winners = draw.integers(0, 5, 50)
    ids = draw_ids(student, sharp_logits(winners, (winners + 1) % 5), 1e-4, draw.generator())
    misses = (ids != winners).sum()
    assert misses <= 2, (
        "expected the token with the highest logit at the last position, since the temperature is next to 0"
    )


def test_sample_next_token_distribution__independent_rows(student, draw):
    # Hoeffding: the share of agreeing pairs among 3000 is off by more than 0.06 with probability below 1e-8; 2 are compared.
    last = torch.tensor([1.0, 0.5, 0.0, -0.5]).roll(draw.randint(0, 4))
    ids = draw_ids(student, last.repeat(6000, 2, 1), 1.0, draw.generator())
    want = torch.softmax(last.double(), 0).square().sum()
    for first, second in [(ids[0::2], ids[1::2]), (ids[:3000], ids[3000:])]:
        agree = (first == second).double().mean()
        assert abs(agree - want) < 0.06, "expected the draw of a row to say nothing about the draw of another row"


def probe_two_draws(student, logits, seed, global_seed):
    import torch

    torch.manual_seed(global_seed)
    before = torch.get_rng_state()
    generator = torch.Generator().manual_seed(seed)
    first = student.sample_next_token(logits, 1.5, generator)
    second = student.sample_next_token(logits, 1.5, generator)
    return {"first": first, "second": second, "before": before, "after": torch.get_rng_state()}


def two_draws(student, logits, seed, global_seed):
    got = student.run(probe_two_draws, logits, seed, global_seed)
    for name in ("first", "second"):
        assert isinstance(got[name], torch.Tensor), "expected a tensor of token ids"
    return got


def test_sample_next_token_generator__is_the_only_source(student, draw):
    logits, seed = draw.normal(64, 2, 8), draw.randint(0, 2**31)
    one, two = (two_draws(student, logits, seed, global_seed) for global_seed in (1, 2))
    for which in ("first", "second"):
        assert torch.equal(one[which], two[which]), "expected the same ids from generators in the same state"
    assert torch.equal(one["before"], one["after"]), "expected PyTorch's global generator to be left as it was"


def test_sample_next_token_generator__moves_on(student, draw):
    # 64 draws among 8 tokens of similar probability agree by chance about once in 1e50.
    logits, seed = 0.1 * draw.normal(64, 2, 8), draw.randint(0, 2**31)
    one, other = (two_draws(student, logits, s, 1) for s in (seed, seed + 1))
    assert not torch.equal(one["first"], one["second"]), "expected two calls with one generator to give different ids"
    assert not torch.equal(one["first"], other["first"]), (
        "expected generators with different seeds to give different ids"
    )


# Stand-ins: what is asked again is given these in the place of a wrong `softmax`. They run beside the student's
# code, in a scope of their own that holds torch, math, nn and F.


def softmax_stand_in(x: torch.Tensor, dim: int = -1) -> torch.Tensor:
    return torch.softmax(x, dim)


def softmax_with_temperature_stand_in(logits: torch.Tensor, temperature: float = 1.0) -> torch.Tensor:
    if temperature <= 0:
        raise ValueError("temperature")
    return torch.softmax(logits / temperature, -1)


def causal_attention_weights_stand_in(scores: torch.Tensor) -> torch.Tensor:
    past = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    return torch.softmax(torch.where(past, scores, -torch.inf), -1)


def next_token_probs_stand_in(logits: torch.Tensor) -> torch.Tensor:
    return torch.softmax(logits.select(1, -1), -1)


def sample_next_token_stand_in(logits: torch.Tensor, temperature: float = 1.0, generator=None) -> torch.Tensor:
    return torch.multinomial(torch.softmax(logits[:, -1, :] / temperature, 1), 1, generator=generator)[:, 0]


STAND_INS = {
    "softmax": softmax_stand_in,
    "softmax_with_temperature": softmax_with_temperature_stand_in,
    "causal_attention_weights": causal_attention_weights_stand_in,
    "next_token_probs": next_token_probs_stand_in,
    "sample_next_token": sample_next_token_stand_in,
}
