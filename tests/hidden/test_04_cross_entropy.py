"""Hidden checks of assignment 04: surprise, cross-entropy, the loss of the next token and of a model that knows nothing, perplexity."""

import math

import torch
import torch.nn.functional as F

from proctor.checks import (
    DTYPES,
    RTOL,
    close,
    gradients,
    in_turn,
    layouts,
    predicts,
    raises,
    unchanged,
)
from proctor.diagnosis.catch import caught

LOSSES = [
    "cross_entropy_loss",
    "nll_loss",
    "nll_loss_forward",
    "nll_loss_nd",
    "nll_loss2d_forward",
    "kl_div",
]
LOSSES += ["log_softmax", "sparse_log_softmax"]
FORBIDDEN = {
    "negative_log_likelihood": LOSSES,
    "cross_entropy_between": LOSSES,
    "cross_entropy": LOSSES,
    "uniform_loss": LOSSES,
    "perplexity": LOSSES,
    "smoothed_cross_entropy": LOSSES,
}

# A loss is the difference of numbers as large as the logits, so it is rounded like the largest of them: float32
# numbers near 1e4 are 1e-3 apart. These times the largest logit are the absolute tolerance.
ROUNDING = {torch.float32: 2e-6, torch.float64: 1e-9}


def cross_entropy(logits, targets):
    """In float64, so that the reference adds no rounding of its own."""
    flat = logits.double().reshape(-1, logits.shape[-1])
    return F.cross_entropy(flat, targets.reshape(-1)).to(logits.dtype)


def close_at_size(got, logits, targets):
    """Compares a loss, with a tolerance in proportion to the size of the logits."""
    close(
        got, cross_entropy(logits, targets), atol=ROUNDING[logits.dtype] * float(logits.abs().max())
    )


def close_perplexity(got, logits, targets):
    """Likewise for a perplexity: `exp` turns the absolute rounding of a loss into a relative one."""
    rtol = RTOL[logits.dtype] + ROUNDING[logits.dtype] * float(logits.abs().max())
    close(got, cross_entropy(logits, targets).exp(), rtol=rtol)


def surprise(probs, target):
    return -probs.double()[target].log().to(probs.dtype)


def between(p, q):
    return -torch.xlogy(p.double(), q.double()).sum(-1).to(p.dtype)


def up_to_both_ends(draw, size, *shape):
    """Ids among which are the first and the last of the vocabulary."""
    ids = draw.integers(0, size, *shape)
    ids.view(-1)[0], ids.view(-1)[-1] = size - 1, 0
    return ids


def guesses(draw):
    """Pairs of logits and targets. The last two pairs have the same shapes."""
    for B, T, V in ((2, 4, 5), (3, 3, 7), (3, 3, 7)):
        yield draw.normal(B, T, V), draw.integers(0, V, B, T)


def some_size(draw):
    """The size of a vocabulary whose last ids need more than one byte."""
    return draw.randint(280, 320)


# negative_log_likelihood


def test_negative_log_likelihood_values__every_token(student, draw):
    """Each token's loss is the negative logarithm of its probability."""
    for dtype in DTYPES:
        small = torch.tensor([3e-4, 0.25, 0.5, 0.2497], dtype=dtype)
        for probs in (draw.probs(7, dtype=dtype), small, *layouts(draw.probs(5, dtype=dtype))):
            for target in range(len(probs)):
                close(
                    student.negative_log_likelihood(probs=probs, target=target),
                    surprise(probs, target),
                )
        size = some_size(draw)
        probs = draw.probs(size, dtype=dtype)
        for target in (size - 1, *draw.integers(0, size, 4).tolist()):
            close(student.negative_log_likelihood(probs, target), surprise(probs, target))
        sure = torch.ones(1, dtype=dtype)
        close(student.negative_log_likelihood(sure, 0), surprise(sure, 0), atol=ROUNDING[dtype])
    probs = draw.probs(5)
    calls = (probs, 3), (draw.probs(7), 3), (probs, 1), (draw.probs(5), 1)
    in_turn(student, "negative_log_likelihood", surprise, *calls)


def test_negative_log_likelihood_values__probability_zero(student, draw):
    """A right token of probability 0 costs infinity; one that doesn't come costs nothing."""
    for dtype in DTYPES:
        probs = torch.tensor([0.25, 0.0, 0.75], dtype=dtype)
        for target in (1, 0, 2):  # an impossible token costs nothing if another one comes
            close(student.negative_log_likelihood(probs, target), surprise(probs, target))


def test_negative_log_likelihood_gradients__flow(student, draw):
    """Gradients flow back to the probabilities."""
    for dtype in DTYPES:
        probs = draw.probs(6, dtype=dtype)
        for target in (0, 4):
            gradients(student, lambda p, t: -p[t].log(), "negative_log_likelihood", probs, target)


def test_negative_log_likelihood_gradients__probs_are_left_alone(student, draw):
    """The arguments stay as they were."""
    unchanged(student, "negative_log_likelihood", 0.5 * draw.probs(6), 2)


# cross_entropy_between


def test_cross_entropy_between_values__row_by_row(student, draw):
    """Each row gives minus the sum of p times log q over the last dimension, for every shape."""
    for dtype in DTYPES:
        for shape in [
            (5,),
            (1,),
            (3, 4),
            (4, 4),
            (2, 3, 5),
            (2, 1, 3, 4),
            (draw.randint(70, 90), some_size(draw)),
        ]:
            p, q = draw.probs(*shape, dtype=dtype), draw.probs(*shape, dtype=dtype)
            close(student.cross_entropy_between(p=p, q=q), between(p, q), atol=ROUNDING[dtype])


def test_cross_entropy_between_values__any_memory_layout(student, draw):
    """Arguments may be non-contiguous."""
    p, q = draw.probs(2, 3, 5), draw.probs(2, 3, 5)
    for one, other in zip(layouts(p), layouts(q), strict=True):
        close(student.cross_entropy_between(one, q), between(p, q))
        close(student.cross_entropy_between(p, other), between(p, q))
    same = draw.probs(5).expand(2, 3, 5)
    close(student.cross_entropy_between(same, same), between(same, same))


def test_cross_entropy_between_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    calls = [(draw.probs(*shape), draw.probs(*shape)) for shape in ((3, 4), (2, 5), (2, 5))]
    in_turn(student, "cross_entropy_between", between, *calls)


def test_cross_entropy_between_zeros__what_never_happens_is_free(student, draw):
    """A term with p = 0 is 0, whatever q is, and probabilities of 0.0001 count in full."""
    for dtype in DTYPES:
        p, q = draw.probs(2, 3, 5, dtype=dtype), draw.probs(2, 3, 5, dtype=dtype)
        p[0, 0, 1] = p[0, 1, 4] = q[0, 1, 4] = p[1, 2, 0] = q[1, 2, 0] = p[1, 2, 3] = 0
        p[0, 2] = F.one_hot(torch.tensor(2), 5)
        q[0, 2, :2], q[0, 0, 0], p[1, 1, 1] = 0, 2e-4, 0.5
        p, q = p / p.sum(-1, keepdim=True), q / q.sum(-1, keepdim=True)
        # rare, but not impossible: as small as an entry gets
        for each, index, rest in ((p, (0, 0, 0), (0, 0, 2)), (q, (1, 1, 1), (1, 1, 2))):
            each[rest] += each[index] - 1e-4
            each[index] = 1e-4
        close(student.cross_entropy_between(p, q), between(p, q))


def test_cross_entropy_between_zeros__impossible_is_infinite(student, draw):
    """A row in which p > 0 and q = 0 meet gives inf, and the other rows stay finite."""
    for dtype in DTYPES:
        p, q = draw.probs(2, 3, 5, dtype=dtype), draw.probs(2, 3, 5, dtype=dtype)
        q[0, 1, 4] = q[1, 0, 0] = q[1, 0, 2] = p[1, 0, 2] = 0
        p, q = p / p.sum(-1, keepdim=True), q / q.sum(-1, keepdim=True)
        close(student.cross_entropy_between(p, q), between(p, q))


def test_cross_entropy_between_gradients__reach_both(student, draw):
    """Gradients flow back to both arguments."""
    for dtype in DTYPES:
        p, q = draw.probs(2, 3, 5, dtype=dtype), draw.probs(2, 3, 5, dtype=dtype)
        # a result computed through float32 has lost digits, which another cell checks, but has the right gradient
        gradients(
            student, lambda p, q: -(p * q.log()).sum(-1), "cross_entropy_between", p, q, rtol=1e-4
        )


def test_cross_entropy_between_gradients__p_and_q_are_left_alone(student, draw):
    """The arguments stay as they were."""
    p, q = draw.probs(2, 3, 5), draw.probs(2, 3, 5)
    p[0, 1, 1] = p[1, 2, 2] = q[1, 2, 2] = q[1, 0, 0] = 0
    unchanged(student, "cross_entropy_between", p, q)
    unchanged(student, "cross_entropy_between", p[0, 1], q[1, 0])


# cross_entropy


def test_cross_entropy_values__fresh_and_equal_logits(student, draw):
    """The loss is the mean surprise at the right tokens, and log V if all logits are equal."""
    for dtype in DTYPES:
        for scale in (1, 5):
            logits, targets = (
                draw.normal(2, 3, 5, dtype=dtype, scale=scale),
                up_to_both_ends(draw, 5, 2, 3),
            )
            targets[0, 1], targets[1, 1] = logits[0, 1].argmax(), logits[1, 1].argmin()
            close(
                student.cross_entropy(logits=logits, targets=targets),
                cross_entropy(logits, targets),
            )
        # A small loss shows whether somebody rounds it.
        logits.scatter_(-1, targets[..., None], logits.amax(-1, keepdim=True) + 5)
        close_at_size(student.cross_entropy(logits, targets), logits, targets)
        # A model that knows nothing pays log V, whatever the number that it gives to every token.
        for value in (0.0, 3.0, -2.0):
            logits, targets = (
                torch.full((2, 3, 7), value, dtype=dtype),
                up_to_both_ends(draw, 7, 2, 3),
            )
            close(student.cross_entropy(logits, targets), torch.tensor(math.log(7), dtype=dtype))


def test_cross_entropy_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    in_turn(student, "cross_entropy", cross_entropy, *guesses(draw))


def test_cross_entropy_shapes__any_leading_dimensions(student, draw):
    """Any number of leading dimensions is allowed."""
    for shape in [(), (1,), (4,), (1, 3), (3, 1), (2, 3, 1), (2, 3, 4)]:
        for dtype in DTYPES:
            logits, targets = draw.normal(*shape, 5, dtype=dtype), draw.integers(0, 5, *shape)
            close(student.cross_entropy(logits, targets), cross_entropy(logits, targets))
    size, shape = some_size(draw), (draw.randint(2, 4), draw.randint(70, 90))
    logits, targets = draw.normal(*shape, size), up_to_both_ends(draw, size, *shape)
    # The last ones cost more, so that no part has the mean of all by chance.
    logits[:, -6:] *= 5
    close(student.cross_entropy(logits, targets), cross_entropy(logits, targets))
    single = draw.normal(2, 3, 1)
    close(
        student.cross_entropy(single, torch.zeros(2, 3, dtype=torch.int64)),
        torch.tensor(0.0),
        atol=1e-5,
    )


def test_cross_entropy_shapes__any_memory_layout(student, draw):
    """Arguments may be non-contiguous."""
    logits, targets = draw.normal(2, 3, 5), draw.integers(0, 5, 2, 3)
    for other in layouts(logits):
        close(student.cross_entropy(other, targets), cross_entropy(logits, targets))
    for other in layouts(targets):
        close(student.cross_entropy(logits, other), cross_entropy(logits, targets))
    same = draw.normal(2, 1, 5).expand(2, 3, 5)
    close(student.cross_entropy(same, targets), cross_entropy(same, targets))


def test_cross_entropy_confident__wrong_costs_its_gap(student, draw):
    """A confident wrong answer costs its full gap, be it 30 or 10,000."""
    for dtype in DTYPES:
        for gap in (30, 200, 9990):
            logits, targets = draw.normal(2, 3, 5, dtype=dtype), draw.integers(0, 5, 2, 3)
            logits.scatter_(-1, targets[..., None], -gap)
            close_at_size(student.cross_entropy(logits, targets), logits, targets)
        # as far apart as logits can be
        far = (logits + 9990).scatter(-1, targets[..., None], -9990)
        close_at_size(student.cross_entropy(far, targets), far, targets)


def test_cross_entropy_confident__huge_logits(student, draw):
    """Huge logits give the right loss, without overflow and nan."""
    for dtype in DTYPES:
        near, targets = draw.normal(2, 3, 5, dtype=dtype), draw.integers(0, 5, 2, 3)
        for size in (200, 9990):
            sure = near.scatter(-1, targets[..., None], size)  # with a loss of 0
            for logits in (near + size, near - size, sure):
                close_at_size(student.cross_entropy(logits, targets), logits, targets)


def test_cross_entropy_confident__rows_of_very_different_size(student, draw):
    """Each row counts for itself, however far its logits are from another's."""
    # No exponential of these overflows or vanishes, unless one and the same number is first subtracted from all rows.
    for dtype, size in [(torch.float32, 60), (torch.float64, 500)]:
        logits, targets = draw.normal(2, 3, 5, dtype=dtype), draw.integers(0, 5, 2, 3)
        logits[0] += size
        logits[1] -= size
        close_at_size(student.cross_entropy(logits, targets), logits, targets)
        logits = draw.normal(2, 3, 5, dtype=dtype)
        logits[1].scatter_(-1, targets[1, :, None], 9990)  # half of the tokens have a loss of 0
        close_at_size(student.cross_entropy(logits, targets), logits, targets)


def test_cross_entropy_gradients__flow(student, draw):
    """Gradients flow back to the logits, and in full if a wrong answer is confident."""
    for dtype in DTYPES:
        logits, targets = draw.normal(2, 3, 5, dtype=dtype), draw.integers(0, 5, 2, 3)
        gradients(student, cross_entropy, "cross_entropy", logits, targets)
        for shape in ((), (1,)):
            one = draw.normal(*shape, 5, dtype=dtype)
            gradients(student, cross_entropy, "cross_entropy", one, draw.integers(0, 5, *shape))
        # a confident wrong answer gets its full gradient, too
        logits[0].scatter_(-1, targets[0, :, None], -200)
        gradients(student, cross_entropy, "cross_entropy", logits, targets)


def test_cross_entropy_gradients__arguments_are_left_alone(student, draw):
    """The arguments stay as they were."""
    for shape in ((2, 3), (4, 1)):
        unchanged(student, "cross_entropy", draw.normal(*shape, 5), draw.integers(0, 5, *shape))


# uniform_loss


def test_uniform_loss_values__log_of_the_size(student, draw):
    """The loss is the logarithm of the size of the vocabulary."""
    # a fault at V = 1 costs only the other cell
    for vocab_size in (65, 2, 50257, draw.randint(3, 1000), draw.randint(100_000, 200_000)):
        # Looser than float64: a sum of V terms, in float32 and one after another, as by an `entropy` of one's own, is as
        # right. It is off by 0.0024 for a V of 200,000.
        rtol = min(max(5e-6, 1e-7 * vocab_size), 5e-3)
        close(
            student.uniform_loss(vocab_size=vocab_size), math.log(vocab_size), rtol=rtol, atol=1e-5
        )


def test_uniform_loss_errors__below_one(student, draw):
    """A size below 1 raises a ValueError."""
    for vocab_size in (0, -1, -draw.randint(2, 100)):
        raises(student, ValueError, "uniform_loss", vocab_size)


def test_uniform_loss_errors__one_token_is_allowed(student, draw):
    """A vocabulary of one token is allowed, and its loss is 0."""
    one, two = student.uniform_loss(1), student.uniform_loss(2)
    # a wrong formula costs the other cell, not this one
    if isinstance(two, float) and math.isclose(two, math.log(2), rel_tol=5e-6):
        close(one, 0.0, atol=1e-5)


# perplexity


def test_perplexity_values__fresh_logits(student, draw):
    """The perplexity is the exponential of the mean loss over all tokens, for every shape."""
    for dtype in DTYPES:
        for shape in [(2, 3), (4,), (), (1, 2, 3)]:
            logits, targets = draw.normal(*shape, 5, dtype=dtype), draw.integers(0, 5, *shape)
            close(
                student.perplexity(logits=logits, targets=targets),
                cross_entropy(logits, targets).exp(),
            )
        size, rows = some_size(draw), draw.randint(70, 90)
        logits, targets = draw.normal(rows, size, dtype=dtype), up_to_both_ends(draw, size, rows)
        close(student.perplexity(logits, targets), cross_entropy(logits, targets).exp())
    in_turn(student, "perplexity", lambda x, t: cross_entropy(x, t).exp(), *guesses(draw))


def test_perplexity_confident__wrong_costs_its_gap(student, draw):
    """A confident wrong answer counts with its full gap in the mean, before the exponential."""
    # much more, and exp overflows with reason
    for dtype, gap in [(torch.float32, 80), (torch.float64, 600)]:
        logits, targets = draw.normal(2, 3, 5, dtype=dtype), draw.integers(0, 5, 2, 3)
        logits.scatter_(-1, targets[..., None], -gap)
        close_perplexity(student.perplexity(logits, targets), logits, targets)
        logits, targets = draw.normal(4, 3, 5, dtype=dtype), draw.integers(0, 5, 4, 3)
        logits[0, 0, targets[0, 0]] = -200  # one in twelve: the mean stays small
        close_perplexity(student.perplexity(logits, targets), logits, targets)


def test_perplexity_confident__huge_logits(student, draw):
    """Huge logits give a finite perplexity if the loss is small."""
    for dtype in DTYPES:
        near, targets = draw.normal(2, 3, 5, dtype=dtype), draw.integers(0, 5, 2, 3)
        for logits in (near + 9990, near - 9990, near.scatter(-1, targets[..., None], 9990)):
            close_perplexity(student.perplexity(logits, targets), logits, targets)


def test_perplexity_gradients__flow(student, draw):
    """Gradients flow back to the logits."""
    for dtype in DTYPES:
        # guessed well enough for a perplexity below V: another cell checks answers that cap it
        logits = draw.normal(2, 3, 5, dtype=dtype)
        for each in (logits, logits[0, 0]):
            gradients(
                student, lambda x, t: cross_entropy(x, t).exp(), "perplexity", each, each.argmax(-1)
            )


def test_perplexity_gradients__arguments_are_left_alone(student, draw):
    """The arguments stay as they were."""
    unchanged(student, "perplexity", draw.normal(2, 3, 5), draw.integers(0, 5, 2, 3))


# the predictions


def test_predict_gap_value__computed(student, draw):
    """The losses of two tokens differ by as much as their logits do."""
    mat, moon = -torch.log_softmax(torch.tensor([5.0, 2.0], dtype=torch.float64), 0)
    predicts(student, "predict_gap", (moon - mat).item())


def test_predict_softmax_first_value__computed(student, draw):
    """The loss applies softmax itself, so after a softmax even a perfect model pays 3.2."""
    loss = F.cross_entropy(F.one_hot(torch.tensor([7]), 65).double(), torch.tensor([7])).item()
    options = {"A": 0.0, "B": 3.2, "C": math.log(65), "D": math.inf}
    predicts(
        student,
        "predict_softmax_first",
        min(options, key=lambda letter: abs(options[letter] - loss)),
    )


def test_predict_perplexity_value__computed(student, draw):
    """Perplexity is the exponential of the mean loss, not the mean of exponentials."""
    losses = -torch.tensor([1 / 2, 1 / 8], dtype=torch.float64).log()
    predicts(student, "predict_perplexity", losses.mean().exp().item())


# examples that catch a wrong cross_entropy


# The wrong answers that the reference solution's examples expose, by the inputs that expose them. Wrong answers added
# after the assignment was written change no grade.
COUNTED = {
    "for ordinary logits": """
        softmax_before log_of_logits not_normalised maximum_for_logsumexp without_log log_of_the_mean sign_flipped
        in_bits in_units_of_uniform one_against_the_rest squared_error smoothed entropy_of_the_predictions
        of_the_favourite always_uniform counts_from_one shifted_again zero_is_padding wrong_guesses_only summed
        mean_over_vocabulary mean_of_means one_a_token over_everything three_dimensions_only keeps_a_dimension
        shifts_one_part python_number stays_in_float64 over_the_batch all_targets_for_all one_minus_probability
    """,
    "only in float64": "always_float32 rounds",
    "only for one single token": "no_single_token",
    "only for other shapes than (N, V)": """
        last_position_only mean_over_the_batch_only over_time forgotten_squeeze two_dimensions_only
    """,
    "only if a logit is 0": "zero_is_masked",
    "only for a wrong token that is far ahead of the right one": """
        log_of_softmax adds_epsilon clamps_the_probabilities log_of_softmax_in_float64 replaces_infinity
        subtracts_the_mean
    """,
    "only for logits far from 0": "clamps_the_logits exp_overflows shifts_down_only",
    "only if one row lies far above another": "maximum_of_the_batch",
}


def compare_cross_entropy(got, want, example):
    largest = float(example["logits"].abs().max())
    close(got, want, atol=ROUNDING[want.dtype] * largest if want.dtype in ROUNDING else None)


def exposed(student):
    return caught(student, "cross_entropy", cross_entropy, COUNTED, compare_cross_entropy)


def test_catch_cross_entropy_fair__right_answers_stand(student, draw):
    """Every example keeps to the rules, and a right answer passes it."""
    refused = exposed(student).refused
    assert not refused, "\n".join(f"example {number} {said}" for number, said in refused.items())


def test_catch_cross_entropy_many__85_percent(student, draw):
    """The examples expose at least 85 % of the wrong answers that count."""
    found = exposed(student)
    student.remark = found.words()
    assert found.share >= 0.85, found.words()


def test_catch_cross_entropy_most__95_percent(student, draw):
    """The examples expose at least 95 % of the wrong answers that count."""
    found = exposed(student)
    assert found.share >= 0.95, "fewer than 95 % of the wrong answers are exposed"


# next_token_loss


def next_token_loss(logits, tokens):
    return cross_entropy(logits[:, :-1], tokens[:, 1:])


def test_next_token_loss_values__every_shape(student, draw):
    """Position t is compared with token t + 1, and each last position is left out of the mean."""
    for dtype in DTYPES:
        sizes = [
            (2, 3, 5),
            (4, 2, 3),
            (1, 6, 4),
            (3, 3, 3),
            (draw.randint(3, 6), draw.randint(70, 90), 7),
        ]
        for shape in [*sizes, (1, 2, 5), (3, 4, 1), (3, 2, 1), (1, 4, 1), (1, 2, 1)]:
            logits, tokens = (
                draw.normal(*shape, dtype=dtype, scale=3),
                up_to_both_ends(draw, shape[2], *shape[:2]),
            )
            got = student.next_token_loss(logits=logits, tokens=tokens)
            close(
                got,
                next_token_loss(logits, tokens),
                atol=10 * ROUNDING[dtype] if shape[2] == 1 else None,
            )
    logits, tokens = draw.normal(3, 4, 5), draw.integers(0, 5, 3, 4)
    for one, other in zip(layouts(logits), layouts(tokens), strict=True):
        close(student.next_token_loss(one, other), next_token_loss(logits, tokens))


def test_next_token_loss_values__huge_logits(student, draw):
    """Huge logits give the right loss, without overflow and nan."""
    for dtype in DTYPES:
        logits, tokens = draw.normal(2, 4, 5, dtype=dtype), draw.integers(0, 5, 2, 4)
        logits[:, :-1].scatter_(-1, tokens[:, 1:, None], -9000)
        near = draw.normal(2, 4, 5, dtype=dtype)
        positions = torch.tensor([9000.0, 0.0, -9000.0, 0.0], dtype=dtype)[:, None]
        for each in (logits, near + 9000, near - 9000, near + positions):
            want = next_token_loss(each, tokens)
            close(student.next_token_loss(each, tokens), want, atol=ROUNDING[dtype] * 9000)


def test_next_token_loss_values__arguments_are_left_alone(student, draw):
    """The arguments stay as they were."""
    for B in (2, 1):
        unchanged(student, "next_token_loss", draw.normal(B, 4, 5), draw.integers(0, 5, B, 4))


def test_next_token_loss_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    in_turn(student, "next_token_loss", next_token_loss, *guesses(draw))


def test_next_token_loss_gradients__by_value(student, draw):
    """Gradients flow from the result back to the arguments, with the right values."""
    for dtype in DTYPES:
        logits, tokens = draw.normal(2, 4, 5, dtype=dtype), draw.integers(0, 5, 2, 4)
        gradients(student, next_token_loss, "next_token_loss", logits, tokens)


# smoothed_cross_entropy


def smoothed_cross_entropy(logits, targets, smoothing):
    flat = logits.double().reshape(-1, logits.shape[-1])
    return F.cross_entropy(flat, targets.reshape(-1), label_smoothing=smoothing).to(logits.dtype)


def test_smoothed_cross_entropy_values__every_shape(student, draw):
    """The loss is the mean cross-entropy against (1 - s) times one-hot plus s / V."""
    for dtype in DTYPES:
        for shape in [(5,), (1,), (3, 4), (2, 3, 5), (2, 1, 3, 2)]:
            logits, targets = (
                draw.normal(*shape, dtype=dtype, scale=3),
                draw.integers(0, shape[-1], *shape[:-1]),
            )
            for smoothing in (0.0, 0.1, 0.35, 1.0):
                got = student.smoothed_cross_entropy(
                    logits=logits, targets=targets, smoothing=smoothing
                )
                close(got, smoothed_cross_entropy(logits, targets, smoothing), atol=ROUNDING[dtype])
    logits, targets = draw.normal(2, 3, 5), draw.integers(0, 5, 2, 3)
    for one, other in zip(layouts(logits), layouts(targets), strict=True):
        close(
            student.smoothed_cross_entropy(one, other, 0.2),
            smoothed_cross_entropy(logits, targets, 0.2),
        )
    calls = (
        (logits, targets, 0.2),
        (draw.normal(2, 4), draw.integers(0, 4, 2), 0.1),
        (logits, targets, 0.4),
    )
    calls += ((draw.normal(2, 3, 5), targets, 0.4),)
    in_turn(student, "smoothed_cross_entropy", smoothed_cross_entropy, *calls)


def test_smoothed_cross_entropy_values__arguments_are_left_alone(student, draw):
    """The arguments stay as they were."""
    unchanged(
        student, "smoothed_cross_entropy", draw.normal(2, 3, 5), draw.integers(0, 5, 2, 3), 0.2
    )


def test_smoothed_cross_entropy_values__gradients(student, draw):
    """Gradients flow back to the logits."""
    logits, targets = draw.normal(2, 3, 5, dtype=torch.float64), draw.integers(0, 5, 2, 3)
    gradients(
        student, smoothed_cross_entropy, "smoothed_cross_entropy", logits, targets, 0.2, rtol=1e-5
    )


# Stand-ins: regrading uses these in place of wrong answers, for example to `cross_entropy`. They run beside the student's
# code, in a scope of their own that holds torch, math, nn and F.


def negative_log_likelihood_stand_in(probs: torch.Tensor, target: int) -> torch.Tensor:
    return probs[target].log().neg()


def cross_entropy_between_stand_in(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    return torch.special.xlogy(p, q).sum(-1).neg()


def cross_entropy_stand_in(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits.reshape(-1, logits.size(-1)), targets.reshape(-1))


def uniform_loss_stand_in(vocab_size: int) -> float:
    if vocab_size < 1:
        raise ValueError("vocab_size")
    return -math.log(1 / vocab_size)


def perplexity_stand_in(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits.reshape(-1, logits.size(-1)), targets.reshape(-1)).exp()


def next_token_loss_stand_in(logits: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:])


def smoothed_cross_entropy_stand_in(
    logits: torch.Tensor, targets: torch.Tensor, smoothing: float
) -> torch.Tensor:
    return F.cross_entropy(
        logits.reshape(-1, logits.size(-1)), targets.reshape(-1), label_smoothing=smoothing
    )


STAND_INS = {
    "negative_log_likelihood": negative_log_likelihood_stand_in,
    "cross_entropy_between": cross_entropy_between_stand_in,
    "cross_entropy": cross_entropy_stand_in,
    "uniform_loss": uniform_loss_stand_in,
    "perplexity": perplexity_stand_in,
    "next_token_loss": next_token_loss_stand_in,
    "smoothed_cross_entropy": smoothed_cross_entropy_stand_in,
}


def entropy_of(p):
    return -torch.xlogy(p, p).sum(-1)


def test_entropy_values__every_shape(student, draw):
    """The result is minus the sum of p times log p over the last dimension; p = 0 adds 0."""
    for dtype in DTYPES:
        for shape in [(5,), (1,), (4, 3), (2, 3, 6), (2, 1, 3, 4)]:
            p = draw.probs(*shape, dtype=dtype)
            close(student.entropy(p=p), entropy_of(p))
        p = torch.tensor([[0.9999, 0.0001, 0.0], [0.0, 1.0, 0.0], [0.25, 0.0, 0.75]], dtype=dtype)
        close(student.entropy(p), entropy_of(p))
    p = draw.probs(3, 5)
    for each in layouts(p):
        close(student.entropy(each), entropy_of(each))
    in_turn(student, "entropy", entropy_of, (p,), (draw.probs(4),), (draw.probs(4),))
    p[1] = torch.tensor([0.5, 0.0, 0.25, 0.0, 0.25])
    unchanged(student, "entropy", p)


def test_entropy_gradients__by_value(student, draw):
    """Gradients flow from the result back to the arguments, with the right values."""
    p = torch.softmax(draw.uniform(-1, 1, 3, 4, dtype=torch.float64), -1)
    for each in (p, p[0]):
        gradients(student, entropy_of, "entropy", each)


def entropy_stand_in(p):
    return torch.special.entr(p).sum(-1)


STAND_INS["entropy"] = entropy_stand_in


# Answers that call a function which the exercise rules out. The instructor sees a note if a student's answer gives the same
# bits as one of these in every reply.
def rows(*tensors):
    return [x.reshape(-1, x.shape[-1]) for x in tensors]


BUILT_INS = {
    "cross_entropy": [
        ("F.cross_entropy", cross_entropy_stand_in),
        ("F.cross_entropy in float64", cross_entropy),
    ],
    "perplexity": [("F.cross_entropy", perplexity_stand_in)],
    "smoothed_cross_entropy": [("F.cross_entropy", smoothed_cross_entropy_stand_in)],
    "cross_entropy_between": [
        (
            "F.cross_entropy",
            lambda p, q: F.cross_entropy(*rows(q.log(), p), reduction="none").reshape(p.shape[:-1]),
        ),
        (
            "torch.log_softmax",
            lambda p, q: -torch.where(p > 0, p * torch.log_softmax(q.log(), -1), 0).sum(-1),
        ),
        (
            "F.kl_div",
            lambda p, q: (
                F.kl_div(torch.where(p > 0, q, 1).log(), p, reduction="none").sum(-1)
                + entropy_of(p)
            ),
        ),
    ],
}
