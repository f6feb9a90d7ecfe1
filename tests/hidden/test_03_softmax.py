"""Hidden checks of assignment 03: softmax, temperature, causal attention weights, sampling."""

import functools
import math
from collections.abc import Callable

import torch
import torch.nn.functional as F

from proctor.checks import (
    DTYPES,
    close,
    code,
    equal,
    gradients,
    in_turn,
    layouts,
    predicts,
    probe_calls,
    raises,
    unchanged,
)
from proctor.diagnosis.catch import caught

SOFTMAX = [
    "softmax",
    "log_softmax",
    "safe_softmax",
    "masked_softmax",
    "sparse_softmax",
    "sparse_log_softmax",
]
# softmax is a part of these
SOFTMAX += [
    "scaled_dot_product_attention",
    "scaled_dot_product_flash_attention_for_cpu",
    "SoftmaxTransform",
]
FORBIDDEN = {
    "softmax": SOFTMAX,
    "softmax_with_temperature": SOFTMAX,
    "causal_attention_weights": SOFTMAX,
    "next_token_probs": SOFTMAX,
    "sample_next_token": SOFTMAX,
    "attend": SOFTMAX,
    "top_k_probs": SOFTMAX,
}

# The contract's tolerance for logits between 100 and 1e4: there float32 itself is coarse (1e-3 apart at 1e4).
LARGE = {torch.float32: 2e-3, torch.float64: None}

# In a gradient of softmax large terms cancel, so its rounding error depends on the order of operations. A wrong gradient
# is far off.
CANCELS = {torch.float32: 1e-3, torch.float64: 1e-5}


def softmax(x, dim):
    """In float64, so that the reference adds no rounding of its own."""
    return torch.softmax(x.double(), dim).to(x.dtype)


def spread(draw, rows, size, dtype=torch.float32):
    """Logits that make shares from nearly 1 down to 1e-13; those of the first row are 0 here and there, those of the
    second add up to exactly 0.

    However small, a share is compared by its own size (`atol=0`): an exponential over a sum of exponentials is as
    precise for a small share as for a large one. A share computed as 1 minus the others is not.
    """
    x = draw.uniform(0.1, 15, rows, size) * (draw.integers(0, 2, rows, size) * 2 - 1)
    x[:, -1] = -15
    x[0, draw.integers(0, size - 1, size // 4)] = 0
    whole = draw.integers(1, 16, size // 2)
    x[1] = torch.cat([whole, -whole, whole.new_zeros(size % 2)])
    return x.to(dtype)


def test_softmax_values__every_dim(student, draw):
    """Softmax is right along every dimension, negative ones too, in both dtypes."""
    for shape in [(5,), (1,), (4, 1), (2, 3, 5), (2, 3, 4, 5), (2, 1, 3, 2, 2)]:
        for dtype, first in [(torch.float32, -len(shape)), (torch.float64, 0)]:
            x = draw.normal(*shape, dtype=dtype, scale=3)
            for dim in range(first, len(shape)):
                close(student.softmax(x, dim=dim), softmax(x, dim))
    x = draw.normal(2, 3, 4)
    for each in (*layouts(x), x[:, :1].expand(2, 3, 4)):
        for dim in range(3):
            close(student.softmax(each, dim), softmax(each, dim))


def test_softmax_values__many_entries(student, draw):
    """With many entries too, each share is right, down to the smallest."""
    for dtype in DTYPES:
        x = spread(draw, 3, draw.randint(130, 160), dtype)
        close(student.softmax(x, dim=-1), softmax(x, -1), atol=0.0)
        x = x.T.contiguous()
        for dim in (0, 1):
            close(student.softmax(x, dim=dim), softmax(x, dim), atol=0.0)
        x = torch.zeros(2, 3, dtype=dtype)
        close(student.softmax(x, dim=1), softmax(x, 1))


def test_softmax_values__x_is_left_alone(student, draw):
    """The arguments stay as they were."""
    masked = draw.normal(3, 4)
    masked[0, 2] = masked[1, 0] = -math.inf
    masked[2, 1] = 0
    for x in (draw.normal(3, 4), draw.normal(3, 4) + 900, draw.normal(3, 1).expand(3, 4), masked):
        unchanged(student, "softmax", x, dim=1)


def test_softmax_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    x = draw.normal(3, 4)
    in_turn(
        student,
        "softmax",
        softmax,
        (x, 1),
        (draw.normal(2, 3, 3), 2),
        (x, 0),
        (draw.normal(3, 4), 0),
    )


def test_softmax_stability__huge_logits(student, draw):
    """Huge logits, up to 2e30 in size, give the right shares."""
    for dtype in DTYPES:
        near, far = draw.normal(3, 3, dtype=dtype), torch.full((3, 1), 9990.0, dtype=dtype)
        for x in (
            near + 150,
            near + 9990,
            near - 9990,
            torch.cat([near + 9990, -far], 1),
            torch.cat([near, far], 1),
        ):
            close(student.softmax(x, dim=1), softmax(x, 1), LARGE[dtype])
        for x in (
            torch.tensor([1e30, -1e30, 5e29], dtype=dtype),
            torch.tensor([-2e30, -1e30], dtype=dtype),
        ):
            close(student.softmax(x, dim=0), softmax(x, 0), LARGE[dtype])


def test_softmax_stability__slices_of_very_different_size(student, draw):
    """Each slice counts for itself, however far its logits are from another's."""
    for dtype in DTYPES:
        x = draw.normal(3, 4, dtype=dtype)
        x[1] += 9990
        close(student.softmax(x, dim=1), softmax(x, 1), LARGE[dtype])
        x = x.T.contiguous()
        close(student.softmax(x, dim=0), softmax(x, 0), LARGE[dtype])


def test_softmax_stability__minus_infinity(student, draw):
    """A logit of -inf gets the probability 0."""
    for dtype in DTYPES:
        for shift in (0, -9990):
            x = draw.normal(3, 5, dtype=dtype) + shift
            x[0, 2] = x[1, 1:] = x[2, :3] = -math.inf
            got = student.softmax(x, dim=1)
            close(got, softmax(x, 1), LARGE[dtype])
            assert (got[x == -math.inf] == 0).all(), (
                "expected a share of exactly 0 for a logit of -inf"
            )


def test_softmax_gradients__by_value(student, draw):
    """Gradients flow from the result back to the arguments, with the right values."""
    for dtype in DTYPES:
        x = draw.normal(2, 3, 4, dtype=dtype)
        x[0, 1, 2] = x[1, 0] = 0
        for each in (x, *layouts(x), torch.zeros_like(x)):
            for dim in range(3):
                gradients(student, softmax, "softmax", each, dim=dim, rtol=CANCELS[dtype])
    x = draw.normal(3, 4, dtype=torch.float64) + 9000
    gradients(student, softmax, "softmax", x, dim=1, rtol=CANCELS[x.dtype])


def tempered(logits, temperature):
    return softmax(logits.double() / temperature, -1).to(logits.dtype)


def test_softmax_with_temperature_values__over_the_last_dimension(student, draw):
    """The tokens along the last dimension compete, whatever the shape."""
    for dtype in DTYPES:
        flat, deep = draw.normal(5, dtype=dtype), draw.normal(2, 3, 4, dtype=dtype)
        others = [draw.normal(*shape, dtype=dtype) for shape in ((1,), (3, 4), (2, 1, 3, 4))]
        for logits in (flat, *layouts(flat), deep, *layouts(deep), *others):
            for temperature in (
                (0.05, 1.5) if logits is deep else (1.0, 2.5) if logits is flat else (0.5,)
            ):
                got = student.softmax_with_temperature(logits=logits, temperature=temperature)
                close(got, tempered(logits, temperature))


def test_softmax_with_temperature_values__any_temperature(student, draw):
    """The logits are divided by the temperature, small and large ones too."""
    for dtype in DTYPES:
        # A right answer may subtract first, and a division then makes the rounding larger.
        smallest = draw.randint(-9, -7) if dtype == torch.float64 else draw.randint(-5, -4)
        # powers of 2, so that the divided logits are those of `spread` exactly
        for power in (smallest, 0, draw.randint(7, 10)):
            logits = 2.0**power * spread(draw, 4, draw.randint(130, 160), dtype)
            got = student.softmax_with_temperature(logits, 2.0**power)
            close(got, tempered(logits, 2.0**power), atol=0.0)
    logits = draw.uniform(1e-4, 3e-4, 3, 4, dtype=torch.float64)
    close(student.softmax_with_temperature(logits, 1e-4), tempered(logits, 1e-4))


def test_softmax_with_temperature_values__huge_logits(student, draw):
    """Huge logits, or a small temperature, give the right shares."""
    for dtype in DTYPES:
        logits = draw.normal(3, 4, dtype=dtype)
        # so far below the others that one maximum for all rows leaves it nothing but zeros
        logits[2] -= 3
        for x, temperature in [
            (logits, 2**-9),
            (500 * logits, 250.0),
            (2 * logits + 9000, 2.0),
            (2 * logits - 9000, 2.0),
        ]:
            close(
                student.softmax_with_temperature(x, temperature),
                tempered(x, temperature),
                LARGE[dtype],
            )


def test_softmax_with_temperature_values__logits_are_left_alone(student, draw):
    """The arguments stay as they were."""
    for logits in (spread(draw, 3, 4), draw.normal(3, 4) + 900, draw.normal(3, 1).expand(3, 4)):
        unchanged(student, "softmax_with_temperature", logits, 0.7)


def test_softmax_with_temperature_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    logits = draw.normal(3, 4)
    calls = (logits, 0.7), (draw.normal(2, 5), 1.5), (logits, 2.0), (draw.normal(3, 4), 2.0)
    in_turn(student, "softmax_with_temperature", tempered, *calls)


def test_softmax_with_temperature_gradients__by_value(student, draw):
    """Gradients flow from the result back to the arguments, with the right values."""
    for dtype in DTYPES:
        for temperature in (0.75, 2.5):
            logits = draw.normal(3, 4, dtype=dtype)
            logits[0, 1] = logits[2] = 0
            for each in (logits, *layouts(logits)):
                gradients(
                    student,
                    tempered,
                    "softmax_with_temperature",
                    each,
                    temperature,
                    rtol=CANCELS[dtype],
                )


def test_softmax_with_temperature_errors__not_above_zero(student, draw):
    """A temperature of 0 or below raises a ValueError."""
    for temperature in (0.0, -0.5, -3.0):
        raises(student, ValueError, "softmax_with_temperature", draw.normal(3, 4), temperature)
    raises(student, ValueError, "softmax_with_temperature", draw.normal(3, 1), -1.0)
    student.softmax_with_temperature(draw.normal(3, 4), 0.5)


def causal(scores):
    size = scores.shape[-1]
    future = torch.ones(size, size, dtype=torch.bool).triu(1)
    return softmax(scores.masked_fill(future, -math.inf), -1)


def check_causal(student, scores, rtol=None, atol=None):
    got = student.causal_attention_weights(scores)
    close(got, causal(scores), rtol, atol)
    assert (got.triu(1) == 0).all(), (
        "expected exactly 0 above the diagonal: position t has no weight on a later position"
    )


def test_causal_attention_weights_values__every_shape(student, draw):
    """Row t is the softmax of its scores at 0..t, and exactly 0 after t, for every shape."""
    for dtype in DTYPES:
        for shape in [(4, 4), (1, 1), (3, 5, 5), (2, 3, 4, 4), (1, 2, 1, 3, 3), (7, 5, 2, 2)]:
            check_causal(student, draw.normal(*shape, dtype=dtype))
    scores = draw.normal(2, 4, 4)
    scores[0, 2, 1] = scores[0, 0, 0] = scores[1, 3, 3] = 0
    for each in (scores, *layouts(scores), torch.zeros(2, 3, 3)):
        check_causal(student, each)


def test_causal_attention_weights_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    # this check runs before those with longer inputs: a mask kept from one of these would serve here, too
    calls = [(draw.normal(*shape),) for shape in ((2, 11, 11), (13, 13), (13, 13))]
    in_turn(student, "causal_attention_weights", causal, *calls)


def test_causal_attention_weights_values__many_positions(student, draw):
    """In a long row too, each weight is right, down to the smallest."""
    # an even number, so that the scores of the last row, which has no future, add up to zero
    T = 2 * draw.randint(65, 80)
    scores = spread(draw, T, T)
    scores[[1, T - 1]] = scores[[T - 1, 1]]
    # so low that a mask value only somewhat below the scores shows
    scores[0, 0] = -15
    check_causal(student, scores, atol=0.0)
    check_causal(student, draw.normal(T := draw.randint(260, 300), T))


def test_causal_attention_weights_values__scores_are_left_alone(student, draw):
    """The arguments stay as they were."""
    for scores in (spread(draw, 4, 4), draw.normal(4, 4).expand(2, 4, 4)):
        unchanged(student, "causal_attention_weights", scores)


def test_causal_attention_weights_masking__huge_scores_in_the_future(student, draw):
    """A later position gets weight 0, however large its score is."""
    for dtype in DTYPES:
        scores = draw.normal(2, 4, 4, dtype=dtype)
        check_causal(student, scores + torch.ones(4, 4, dtype=dtype).triu(1) * 9990, LARGE[dtype])


def test_causal_attention_weights_masking__rows_of_very_different_size(student, draw):
    """Each row counts for itself, however far its scores are from another's."""
    for dtype in DTYPES:
        scores = draw.normal(2, 4, 4, dtype=dtype)
        size = torch.tensor([-9990.0, 0.0, -9990.0, 9990.0], dtype=dtype)
        check_causal(student, scores + size[:, None], LARGE[dtype])
        check_causal(student, scores - 9990, LARGE[dtype])


def test_causal_attention_weights_gradients__by_value(student, draw):
    """Gradients flow from the result back to the arguments, with the right values."""
    for dtype in DTYPES:
        scores = draw.normal(2, 4, 4, dtype=dtype)
        scores[0, 2, 1] = scores[1, 3] = 0
        for each in (scores, *layouts(scores)):
            gradients(student, causal, "causal_attention_weights", each, rtol=CANCELS[dtype])
    scores = draw.normal(2, 4, 4, dtype=torch.float64) + torch.ones(4, 4).triu(1) * 9000
    gradients(student, causal, "causal_attention_weights", scores, rtol=CANCELS[scores.dtype])


def last_probs(logits):
    return softmax(logits[:, -1], -1)


def test_next_token_probs_values__last_position(student, draw):
    """The probabilities are those of the last position."""
    for dtype in DTYPES:
        for shape in [(2, 3, 5), (4, 1, 3), (1, 4, 3), (1, 1, 6), (3, 2, 1)]:
            for logits in layouts(draw.normal(*shape, dtype=dtype)):
                close(student.next_token_probs(logits=logits), last_probs(logits))
        # the earlier positions hold large numbers: an answer that adds and subtracts them loses digits
        last = spread(draw, 3, draw.randint(130, 160), dtype)
        last[2] = 0
        logits = torch.stack([draw.normal(*last.shape, dtype=dtype, scale=2000), last], dim=1)
        close(student.next_token_probs(logits), last_probs(logits), atol=0.0)
    size = draw.randint(260, 300)
    for shape in [(size, 1, 3), (2, size, 3)]:
        logits = draw.normal(*shape)
        close(student.next_token_probs(logits), last_probs(logits))


def test_next_token_probs_values__huge_logits(student, draw):
    """Huge logits give the right shares."""
    for dtype in DTYPES:
        logits = draw.normal(3, 2, 4, dtype=dtype)
        rows = torch.tensor([300.0, 0.0, -300.0], dtype=dtype)[:, None, None]
        positions = torch.tensor([300.0, 0.0], dtype=dtype)[:, None]
        for x in (logits + 9000, logits - 9000, logits + rows, logits + positions):
            close(student.next_token_probs(x), last_probs(x), LARGE[dtype])


def test_next_token_probs_values__logits_are_left_alone(student, draw):
    """The arguments stay as they were."""
    large = draw.normal(3, 2, 4) + 900
    for logits in (
        spread(draw, 6, 4).reshape(3, 2, 4),
        large,
        draw.normal(3, 2, 1).expand(3, 2, 4),
    ):
        unchanged(student, "next_token_probs", logits)


def test_next_token_probs_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    calls = [(draw.normal(*shape),) for shape in ((3, 2, 4), (2, 3, 5), (2, 3, 5))]
    in_turn(student, "next_token_probs", last_probs, *calls)


def test_next_token_probs_gradients__by_value(student, draw):
    """Gradients flow from the result back to the arguments, with the right values."""
    for dtype in DTYPES:
        logits = draw.normal(3, 2, 4, dtype=dtype)
        logits[0, 1, 2] = logits[1] = 0
        for each in (logits, *layouts(logits)):
            gradients(student, last_probs, "next_token_probs", each, rtol=CANCELS[dtype])


def sharp_logits(winners, others):
    """`(B, 2, 5)` logits: 0.02 more for the winner of each row at the last position, and for another token before it."""
    logits = torch.zeros(len(winners), 2, 5)
    logits[:, 0].scatter_(1, others[:, None], 0.02)
    logits[:, 1].scatter_(1, winners[:, None], 0.02)
    return logits


def draw_ids(student, logits, temperature, generator):
    """One draw a row, flattened: another check examines their shape and dtype."""
    return one_a_row(student.sample_next_token(logits, temperature, generator), len(logits))


def one_a_row(ids, *sizes):
    fits = isinstance(ids, torch.Tensor) and ids.numel() == math.prod(sizes)
    assert fits, "expected a tensor with one token id a row"
    return ids.reshape(sizes)


def test_sample_next_token_ids__one_int64_id_a_row(student, draw):
    """The result has one int64 id for each row, from 0 to V - 1."""
    for shape in [(3, 2, 1), (1, 4, 1)]:
        got = student.sample_next_token(draw.normal(*shape), 0.8, draw.generator())
        equal(got, torch.zeros(shape[0], dtype=torch.int64))
    for dtype in DTYPES:
        for batch, length, vocab in [(4, 3, 6), (1, 2, 5), (5, 1, 3)]:
            for logits in layouts(draw.normal(batch, length, vocab, dtype=dtype)):
                got = student.sample_next_token(
                    logits=logits, temperature=0.8, generator=draw.generator()
                )
                assert isinstance(got, torch.Tensor), "expected a tensor"
                assert got.shape == (batch,), (
                    f"expected shape ({batch},): one token id a row, for {batch} rows"
                )
                assert got.dtype == torch.int64, "expected dtype torch.int64"
                assert ((got >= 0) & (got < vocab)).all(), (
                    f"expected every id to be from 0 to {vocab - 1}"
                )


def test_sample_next_token_ids__logits_are_left_alone(student, draw):
    """The arguments stay as they were."""
    for logits in (spread(draw, 6, 4).reshape(3, 2, 4), draw.normal(3, 2, 1).expand(3, 2, 4)):
        unchanged(student, "sample_next_token", logits, 0.7, draw.generator())


def test_sample_next_token_distribution__frequencies_of_each_row(student, draw):
    """Each row's ids are as frequent as its probabilities at the last position say."""
    # Hoeffding: the share of a token among 4000 draws is off by more than 0.05 with probability below 1e-8; 24 are compared.
    base = torch.tensor([3.0, 1.5, 0.0, -1.5]).roll(draw.randint(0, 4))
    kinds = torch.stack([torch.stack([base.flip(0), base]), torch.stack([base, base.flip(0)])])
    for temperature, two_kinds in ((0.7, kinds), (2.0, kinds), (500.0, 100 * kinds + 3000)):
        ids = draw_ids(
            student, two_kinds.repeat(4000, 1, 1), temperature, draw.generator()
        ).reshape(4000, 2)
        for kind in range(2):
            got = torch.stack([(ids[:, kind] == token).double().mean() for token in range(4)])
            off = (got - tempered(two_kinds[kind, -1].double(), temperature)).abs().max()
            assert off < 0.05, (
                "expected each token as often as the tempered distribution of its own row's last position says"
            )


def test_sample_next_token_distribution__many_tokens(student, draw):
    """In a large vocabulary, nearly every token is drawn at some time."""
    # Each token has 5 draws or more to expect, most of them about 20: more than 6 of them fail to come up with
    # probability below 1e-9.
    logits = draw.uniform(-1, 1, draw.randint(140, 160))
    ids = draw_ids(student, logits.repeat(3000, 1, 1), 1.0, draw.generator())
    missing = len(logits) - len(ids.unique())
    assert missing <= 6, (
        f"expected all {len(logits)} tokens to be drawn sometimes, as none has a probability near 0"
    )


def probe_draws(student, logits, generator, calls):
    """one call after the other with the same generator"""
    import torch

    return torch.stack([student.sample_next_token(logits, 1.0, generator) for _ in range(calls)])


def draws(student, logits, generator, calls):
    return one_a_row(student.run(probe_draws, logits, generator, calls), calls, len(logits))


def test_sample_next_token_distribution__batch_of_one(student, draw):
    """A batch of one row is drawn at random, too."""
    # Hoeffding: the share among 100 draws is off by more than 0.35 with probability below 1e-10.
    ids = draws(student, draw.uniform(-0.2, 0.2, 1, 2, 4), draw.generator(), 100)
    for token in range(4):
        assert (ids == token).double().mean() < 0.7, (
            "expected a draw from the distribution for a batch of one, too"
        )


def test_sample_next_token_distribution__low_temperature(student, draw):
    """With a temperature near 0, each row draws the token with its highest logit."""
    # At this temperature the winner has probability 1 but for rounding; two rows in 50 may fall to a uniform number of exactly 0.
    winners = draw.integers(0, 5, 50)
    ids = draw_ids(student, sharp_logits(winners, (winners + 1) % 5), 1e-4, draw.generator())
    # all of one shape, and each with another winner
    logits, later = (
        sharp_logits((winners + shift) % 5, (winners + shift + 1) % 5) for shift in (2, 3)
    )
    calls = [[each, 1e-4, draw.generator()] for each in (logits, later)]
    (changed,) = student.run(probe_calls, "sample_next_token", calls)
    for got, want in ((ids, winners), (one_a_row(changed, 50), (winners + 3) % 5)):
        misses = (got != want).sum()
        assert misses <= 2, (
            "expected the token with the highest logit at the last position, since the temperature is next to 0"
        )


def test_sample_next_token_distribution__independent_rows(student, draw):
    """The rows are drawn independently of each other."""
    # Hoeffding: the share of agreeing pairs among 3000 is off by more than 0.06 with probability below 1e-8; 3 are compared.
    last = torch.tensor([1.0, 0.5, 0.0, -0.5]).roll(draw.randint(0, 4))
    ids = draw_ids(student, last.repeat(6000, 2, 1), 1.0, draw.generator())
    want = torch.softmax(last.double(), 0).square().sum()
    for first, second in [
        (ids[0::2], ids[1::2]),
        (ids[:3000], ids[3000:]),
        (ids[:3000], ids[3000:].flip(0)),
    ]:
        agree = (first == second).double().mean()
        assert abs(agree - want) < 0.06, (
            "expected the draw of a row to say nothing about the draw of another row"
        )
    # Rows at any distance up to 3000, by autocorrelation. The 3000 pairs or more at one distance fall into two sets that
    # share no row within, for which Hoeffding's bound is good for half of them (Janson 2004): off by more than 0.15 with
    # probability below 1e-25, at any of the distances.
    spectrum = torch.fft.rfft((ids == torch.arange(4)[:, None]).double(), n=12_000)
    pairs = torch.fft.irfft(spectrum * spectrum.conj(), n=12_000).sum(0)[1:3001]
    agree = pairs / (6000 - torch.arange(1, 3001))
    assert (agree - want).abs().max() < 0.15, (
        "expected the draw of a row to say nothing about the draw of another row"
    )


def test_sample_next_token_distribution__independent_rows_of_few(student, draw):
    """The rows are drawn independently of each other, in a small vocabulary too."""
    # Of 16 rows with 16 equal tokens 120 pairs can agree and 7.5 are expected to, give or take 2.7. The mean over 60
    # calls is off by more than 2.5 with probability below 1e-10.
    ids = draws(student, torch.zeros(16, 1, 16), draw.generator(), 60)
    agree = (ids[:, :, None] == ids[:, None, :]).double().sum((1, 2)).sub(16).div(2).mean()
    assert abs(agree - 7.5) < 2.5, (
        "expected the draw of a row to say nothing about the draw of another row"
    )


def probe_two_draws(student, logits, seed, global_seed):
    import torch

    torch.manual_seed(global_seed)
    before = torch.get_rng_state()
    generator = torch.Generator().manual_seed(seed)
    state = generator.get_state()
    first = student.sample_next_token(logits, 1.5, generator)
    second = student.sample_next_token(logits, 1.5, generator)
    generator.set_state(state)
    again = student.sample_next_token(logits, 1.5, generator)
    return {
        "first": first,
        "second": second,
        "again": again,
        "before": before,
        "after": torch.get_rng_state(),
    }


def two_draws(student, logits, seed, global_seed):
    got = student.run(probe_two_draws, logits, seed, global_seed)
    for name in ("first", "second", "again"):
        assert isinstance(got[name], torch.Tensor), "expected a tensor of token ids"
    return got


def test_sample_next_token_generator__is_the_only_source(student, draw):
    """The draw depends on the given generator, and on no other randomness."""
    for rows, seed in ((64, draw.randint(0, 2**31)), (64, 0), (1, draw.randint(0, 2**31))):
        logits = draw.normal(rows, 2, 8)
        one, two = (two_draws(student, logits, seed, global_seed) for global_seed in (1, 2))
        for a, b in [
            (one["first"], two["first"]),
            (one["second"], two["second"]),
            (one["first"], one["again"]),
        ]:
            assert torch.equal(a, b), "expected the same ids from generators in the same state"
        assert torch.equal(one["before"], one["after"]), (
            "expected PyTorch's global generator to be left as it was"
        )


def test_sample_next_token_generator__moves_on(student, draw):
    """Repeated calls with one generator differ, and so do generators with different seeds."""
    # 64 draws among 8 tokens of similar probability agree by chance about once in 1e50.
    logits, seed = draw.normal(64, 2, 8, scale=0.1), draw.randint(0, 2**31)
    one, other = (two_draws(student, logits, s, 1) for s in (seed, seed + 1))
    assert not torch.equal(one["first"], one["second"]), (
        "expected two calls with one generator to give different ids"
    )
    assert not torch.equal(one["first"], other["first"]), (
        "expected generators with different seeds to give different ids"
    )
    # 48 draws among as few as 2 equal tokens agree by chance in one of 3e14 pairs of calls; here are 1770 pairs.
    ids = draws(student, torch.zeros(48, 1, 16), draw.generator(), 60)
    assert len(ids.unique(dim=0)) == len(ids), (
        "expected each of 60 calls with one generator to give other ids"
    )


# Stand-ins: regrading uses these in place of wrong answers, for example to `softmax`. They run beside the student's
# code, in a scope of their own that holds torch, math, nn and F.


def test_predict_row_sum_value__computed(student, draw):
    """Along dim=0 each column sums to 1, not each row."""
    predicts(student, "predict_row_sum", torch.softmax(torch.zeros(2, 4), 0)[0].sum().item())


def test_predict_scores_shape_value__computed(student, draw):
    """Every query meets every key, so the last two sizes are Tq and Tk; D is summed away."""
    q, k = torch.zeros(2, 8, 5, 16), torch.zeros(2, 8, 7, 16)
    predicts(student, "predict_scores_shape", tuple((q @ k.transpose(-2, -1)).shape))


def test_predict_temperature_ratio_value__computed(student, draw):
    """At temperature t the ratio of two probabilities is their ratio at 1, to the power 1 / t."""
    logits = torch.tensor([4.0, 1.0], dtype=torch.float64).log()
    cat, dog = torch.softmax(logits / 0.5, 0).tolist()
    predicts(student, "predict_temperature_ratio", cat / dog)


# The wrong answers that the reference solution's examples expose, by the inputs that expose them. Wrong answers added
# after the assignment was written change no grade.
COUNTED = {
    "for ordinary logits": """
        over_the_last_dimension over_dimension_0 over_everything one_maximum_and_one_sum sum_without_keepdim
        without_exp relu_instead_of_exp squares base_2 minimum_wins sigmoid shared_sigmoids divides_by_the_maximum
        unit_length logarithms hard_maximum rounded two_dimensions_only maximum_over_another_dimension
        divides_the_logits maximum_without_keepdim logsumexp_without_keepdim divides_by_the_mean
        maximum_over_dimension_0
    """,
    "only for a negative dim": "no_negative_dim",
    "only in float64": "always_float32 through_float32 padded_sum",
    "only for logits that are too large for exp, or too far below 0": """
        without_shift float64_without_shift mean_shift minimum_shift largest_size positive_maximum clamped hides_nan
        exp_of_log_share hard_maximum_on_overflow padded_sum_without_shift
    """,
    "only if one slice lies far above another": "global_maximum",
    "only if a logit is 0": "zero_is_padding",
    "only if a logit is -inf": "infinity_becomes_0",
}


def compare_softmax(got, want, example):
    large = example["x"].abs()
    huge = bool((large[large.isfinite()] > 100).any())
    close(got, want, LARGE[want.dtype] if huge and want.dtype in LARGE else None)


def exposed(student):
    return caught(student, "softmax", softmax, COUNTED, compare_softmax, infinite=True)


def test_catch_softmax_fair__right_answers_stand(student, draw):
    """Every example keeps to the rules, and a right answer passes it."""
    refused = exposed(student).refused
    assert not refused, "\n".join(f"example {number} {said}" for number, said in refused.items())


def test_catch_softmax_many__85_percent(student, draw):
    """The examples expose at least 85 % of the wrong answers that count."""
    found = exposed(student)
    student.remark = found.words()
    assert found.share >= 0.85, found.words()


def test_catch_softmax_most__95_percent(student, draw):
    """The examples expose at least 95 % of the wrong answers that count."""
    found = exposed(student)
    assert found.share >= 0.95, "fewer than 95 % of the wrong answers are exposed"


def attend(q, k, v):
    return (
        softmax((q @ k.transpose(-2, -1)).double() / math.sqrt(q.shape[-1]), -1) @ v.double()
    ).to(q.dtype)


def attention_inputs(draw, lead, Tq, Tk, D, Dv, dtype=torch.float32):
    return [draw.normal(*lead, *size, dtype=dtype) for size in ((Tq, D), (Tk, D), (Tk, Dv))]


def test_attend_values__every_shape(student, draw):
    """Values are mixed by the softmax over the keys of the scores / sqrt(D), for every shape."""
    for lead, Tq, Tk, D, Dv in [
        ((), 3, 3, 4, 4),
        ((), 1, 5, 2, 3),
        ((2,), 4, 1, 3, 2),
        ((2, 3), 5, 4, 1, 2),
        ((2, 1), 3, 6, 9, 1),
    ]:
        for dtype in DTYPES:
            q, k, v = attention_inputs(draw, lead, Tq, Tk, D, Dv, dtype)
            close(student.attend(q=q, k=k, v=v), attend(q, k, v))
    q, k, v = attention_inputs(draw, (2,), 3, 4, 5, 6)
    for given in zip(layouts(q), layouts(k), layouts(v), strict=True):
        close(student.attend(*given), attend(*given))
    q, k, v = attention_inputs(draw, (2, 3), 3, 4, 5, 6)
    # as they are when they were split into heads: the tokens in front of the heads
    Q, K, V = (x.transpose(1, 2).contiguous().transpose(1, 2) for x in (q, k, v))
    for given in ((Q, k, v), (q, K, v), (q, k, V), (Q, K, V)):
        close(student.attend(*given), attend(*given))


def test_attend_values__large_scores(student, draw):
    """Large scores give the right mix of the values."""
    for dtype in DTYPES:
        q, k, v = attention_inputs(draw, (), 3, 4, 5, 2, dtype)
        # if two large scores nearly tie, their rounding moves a share: so no sum of v's entries may be near 0
        v = v.abs() + 0.5
        close(student.attend(40 * q, 40 * k, v), attend(40 * q, 40 * k, v), LARGE[dtype])


def test_attend_values__arguments_are_left_alone(student, draw):
    """The arguments stay as they were."""
    unchanged(student, "attend", *attention_inputs(draw, (2,), 3, 4, 5, 2))


def test_attend_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    calls = [
        attention_inputs(draw, *sizes)
        for sizes in (((2,), 3, 4, 5, 2), ((), 2, 3, 4, 3), ((), 2, 3, 4, 3))
    ]
    in_turn(student, "attend", attend, *map(tuple, calls))


def test_attend_gradients__by_value(student, draw):
    """Gradients flow from the result back to the arguments, with the right values."""
    for dtype in DTYPES:
        given = attention_inputs(draw, (2,), 3, 4, 5, 2, dtype)
        for each in (given, *zip(*map(layouts, given), strict=True)):
            gradients(student, attend, "attend", *each, rtol=CANCELS[dtype])


def top_k(logits, k):
    kept = logits.topk(k, -1).indices
    return softmax(
        logits.masked_fill(
            torch.ones_like(logits, dtype=torch.bool).scatter(-1, kept, False), -math.inf
        ),
        -1,
    )


def test_top_k_probs_values__every_shape(student, draw):
    """The k largest logits share the probability by softmax; all others get exactly 0."""
    for dtype in DTYPES:
        for shape in [(7,), (1,), (3, 5), (2, 1, 4), (2, 3, 2, 6), (2, 140)]:
            logits = draw.normal(*shape, dtype=dtype, scale=3)
            for k in {1, (shape[-1] + 1) // 2, shape[-1]}:
                got = student.top_k_probs(logits=logits, k=k)
                close(got, top_k(logits, k))
                assert (got[top_k(logits, k) == 0] == 0).all(), (
                    "expected exactly 0 beside the k largest logits"
                )
    logits = draw.normal(3, 5)
    for each in layouts(logits):
        close(student.top_k_probs(each, 2), top_k(each, 2))
    in_turn(
        student,
        "top_k_probs",
        top_k,
        (logits, 2),
        (logits[0], 3),
        (logits, 3),
        (draw.normal(3, 5), 3),
    )
    close(student.top_k_probs(logits - 9996, 2), top_k(logits - 9996, 2), LARGE[torch.float32])
    logits -= logits.amax(-1, keepdim=True)  # the largest is exactly 0
    close(student.top_k_probs(logits, 2), top_k(logits, 2))


def test_top_k_probs_values__logits_are_left_alone(student, draw):
    """The arguments stay as they were."""
    unchanged(student, "top_k_probs", draw.normal(3, 5), 2)


def test_top_k_probs_values__gradients(student, draw):
    """Gradients flow from the result back to the logits."""
    gradients(student, top_k, "top_k_probs", draw.normal(3, 5, dtype=torch.float64), 3, rtol=1e-5)


def test_top_k_probs_values__k_out_of_range(student, draw):
    """A k below 1 or above the number of tokens raises a ValueError."""
    for k in (0, 6, -1):
        raises(student, ValueError, "top_k_probs", draw.normal(3, 5), k)


def attend_stand_in(q, k, v):
    return torch.softmax(q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5, -1) @ v


def top_k_probs_stand_in(logits, k):
    if k < 1 or k > logits.shape[-1]:
        raise ValueError("k is out of range")
    smallest = logits.topk(k, -1).values[..., -1:]
    return torch.softmax(logits.masked_fill(logits < smallest, -math.inf), -1)


def softmax_stand_in(x: torch.Tensor, dim: int = -1) -> torch.Tensor:
    return torch.softmax(x, dim)


def softmax_with_temperature_stand_in(
    logits: torch.Tensor, temperature: float = 1.0
) -> torch.Tensor:
    if temperature <= 0:
        raise ValueError("temperature")
    return torch.softmax(logits / temperature, -1)


def causal_attention_weights_stand_in(scores: torch.Tensor) -> torch.Tensor:
    past = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    return torch.softmax(torch.where(past, scores, -torch.inf), -1)


def next_token_probs_stand_in(logits: torch.Tensor) -> torch.Tensor:
    return torch.softmax(logits.select(1, -1), -1)


def sample_next_token_stand_in(
    logits: torch.Tensor, temperature: float = 1.0, generator=None
) -> torch.Tensor:
    return torch.multinomial(
        torch.softmax(logits[:, -1, :] / temperature, 1), 1, generator=generator
    )[:, 0]


STAND_INS = {
    "softmax": softmax_stand_in,
    "softmax_with_temperature": softmax_with_temperature_stand_in,
    "causal_attention_weights": causal_attention_weights_stand_in,
    "next_token_probs": next_token_probs_stand_in,
    "sample_next_token": sample_next_token_stand_in,
    "attend": attend_stand_in,
    "top_k_probs": top_k_probs_stand_in,
}


# Answers that call a function which the exercise rules out. The instructor sees a note if a student's answer gives the same
# bits as one of these in every reply.
SHARES = {
    "torch.softmax": torch.softmax,
    "torch.log_softmax": lambda x, dim: torch.log_softmax(x, dim).exp(),
}


def built_in(*uses: Callable) -> list[tuple[str, Callable]]:
    return [
        (words, functools.partial(use, shares)) for words, shares in SHARES.items() for use in uses
    ]


BUILT_INS = {
    "softmax": built_in(
        lambda f, x, dim: f(x, dim), lambda f, x, dim: f(x.movedim(dim, -1), -1).movedim(-1, dim)
    ),
    "softmax_with_temperature": built_in(
        lambda f, logits, temperature: f(logits / temperature, -1),
        lambda f, logits, temperature: f(logits * (1 / temperature), -1),
    ),
    "causal_attention_weights": built_in(
        lambda f, scores: f(
            scores.masked_fill(torch.ones(scores.shape[-2:]).triu(1) > 0, -math.inf), -1
        )
    ),
    "next_token_probs": built_in(lambda f, logits: f(logits[:, -1], -1)),
    "attend": built_in(
        lambda f, q, k, v: f(q @ k.mT / math.sqrt(q.shape[-1]), -1) @ v,
        lambda f, q, k, v: f(q @ k.mT * q.shape[-1] ** -0.5, -1) @ v,
        lambda f, q, k, v: f(q / math.sqrt(q.shape[-1]) @ k.mT, -1) @ v,
    ),
    # a right answer comes too near to log_softmax
    "top_k_probs": [
        ("torch.softmax", top_k_probs_stand_in),
        (
            "torch.softmax",
            lambda logits, k: torch.zeros_like(logits).scatter(
                -1, logits.topk(k).indices, logits.topk(k).values.softmax(-1)
            ),
        ),
    ],
}
# in an exercise that has few questions in float64, a right answer that computes in it comes too near
BUILT_INS["softmax"] += [("torch.softmax in float64", softmax)]
BUILT_INS["attend"] += [
    ("F.scaled_dot_product_attention", lambda q, k, v: F.scaled_dot_product_attention(q, k, v))
]


# Small experiments, the smallest first, for each graded cell. If the cell fails, the student sees the first experiment
# that comes out otherwise than with the reference solution. Each number in braces is drawn anew.

CERTAIN = "sample_next_token(torch.tensor([[[0.0, 100.0]]]), temperature=1.0, generator=torch.Generator())"
SEEDED = "torch.Generator().manual_seed({seed})"
DRAW_99 = f"sample_next_token(torch.zeros(99, 1, 4), 1.0, {SEEDED})"

EXPERIMENTS = {
    "sample_next_token_ids": [
        CERTAIN,
        CERTAIN.replace("[[[0.0, 100.0]]]", "[[[0.0, 100.0]], [[100.0, 0.0]]]"),
        CERTAIN.replace("[[[0.0, 100.0]]]", "[[[100.0, 0.0], [0.0, 100.0]]]"),
        CERTAIN.replace("[[[0.0, 100.0]]]", "[[[{number}]]]"),
        CERTAIN.replace("[[[0.0, 100.0]]]", "[[[0.0], [100.0]]]").replace(
            "]]])", "]]]).transpose(1, 2)"
        ),
        CERTAIN.replace(
            "torch.tensor([[[0.0, 100.0]]])", "torch.tensor([[[0.0, 100.0]]], dtype=torch.float64)"
        ),
        CERTAIN.replace("sample_next_token(", "sample_next_token(logits="),
        code(
            "logits = torch.tensor([[[{number}, {number}]]])",
            "sample_next_token(logits, 0.5, torch.Generator())",
            "logits",
        ),
    ],
    "sample_next_token_distribution": [
        CERTAIN.replace("100.0", "9000.0"),
        CERTAIN,
        CERTAIN.replace("[[[0.0, 100.0]]]", "[[[0.0, 100.0]], [[100.0, 0.0]]]"),
        CERTAIN.replace("[[[0.0, 100.0]]]", "[[[100.0, 0.0], [0.0, 100.0]]]"),
        f"sample_next_token(torch.zeros(400, 1, 4), 1.0, {SEEDED}).unique()",
        f"sample_next_token(torch.tensor([[[0.0, 0.01]]]), 0.0001, {SEEDED})",
        code(
            "logits = torch.tensor([4.0, 0.0, 0.0]).repeat(400, 1, 1)",
            f"ids = sample_next_token(logits, 2.0, {SEEDED})",
            "275 < (ids == 0).sum().item() < 355  # token 0 has the probability 0.79: about 315 of 400?",
        ),
        code(
            "logits = torch.tensor([1.0, 0.0, 0.0]).repeat(400, 1, 1)",
            f"ids = sample_next_token(logits, 500.0, {SEEDED})",
            "85 < (ids == 0).sum().item() < 185  # token 0 has the probability 0.33: about 133 of 400?",
        ),
        code(
            "generator = torch.Generator().manual_seed({seed})",
            "ids = [sample_next_token(torch.zeros(1, 1, 4), 1.0, generator) for _ in range(200)]",
            "torch.cat(ids).unique()",
        ),
        code(f"ids = {DRAW_99}", "bool((ids == ids[0]).all())  # did all rows get the same token?"),
        code(
            f"ids = {DRAW_99}",
            "bool((ids[0::2][:49] == ids[1::2]).all())  # did each pair of rows get one token?",
        ),
    ],
    "sample_next_token_generator": [
        code(
            "torch.manual_seed({seed})",
            "one = sample_next_token(torch.zeros(99, 1, 4), 1.0, torch.Generator().manual_seed(5))",
            "two = sample_next_token(torch.zeros(99, 1, 4), 1.0, torch.Generator().manual_seed(5))",
            "torch.equal(one, two)  # the same tokens from the same seed?",
        ),
        code(
            "one = sample_next_token(torch.zeros(99, 1, 4), 1.0, torch.Generator().manual_seed(5))",
            "two = sample_next_token(torch.zeros(99, 1, 4), 1.0, torch.Generator().manual_seed(6))",
            "torch.equal(one, two)  # the same tokens from two seeds?",
        ),
        code(
            "generator = torch.Generator().manual_seed({seed})",
            "one = sample_next_token(torch.zeros(99, 1, 4), 1.0, generator)",
            "torch.equal(one, sample_next_token(torch.zeros(99, 1, 4), 1.0, generator))  # the same tokens again from one generator?",
        ),
        code(
            "before = torch.get_rng_state()",
            DRAW_99,
            "torch.equal(before, torch.get_rng_state())  # is PyTorch's own generator as before?",
        ),
    ],
}
