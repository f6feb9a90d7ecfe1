"""An answer that is a built-in behind the guard's back is noted; test_corpus.py shows that no right answer is."""

import re

import pytest
import torch
from test_corpus import examined

from proctor.answers import Answer
from proctor.grading.flags import FEWEST, same_bits
from proctor.sandbox.protocol import Call, Returned, encode
from proctor.session.transcript import Transcript

# puts the guard out while a built-in runs, under a name that no reader of the source finds
UNSEEN = """
def unseen(function):
    guard = get_ipython().run.__func__.__getattribute__("__glo" + "bals__")["guard"]
    def called(*args, **kwargs):
        names, guard._forbidden = guard._forbidden, frozenset()
        try:
            return function(*args, **kwargs)
        finally:
            guard._forbidden = names
    return called
"""
IMPORTS = "import math\nimport torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
BEHIND = {
    "softmax(x, dim)": [
        "torch.softmax(x, dim)",
        "F.softmax(x, dim=dim)",
        "nn.Softmax(dim)(x)",
        "x.softmax(dim)",
        "torch.special.softmax(x - x.amax(dim, keepdim=True), dim)",
        "torch.log_softmax(x, dim).exp()",
        "torch.softmax(x.movedim(dim, -1), -1).movedim(-1, dim)",
        "torch.softmax(x.double(), dim).to(x.dtype)",
    ],
    "softmax_with_temperature(logits, temperature)": [
        "torch.softmax(logits / temperature, -1)",
        "F.log_softmax(logits * (1 / temperature), -1).exp()",
    ],
    "causal_attention_weights(scores)": [
        "torch.softmax(scores + torch.full_like(scores, -math.inf).triu(1), -1)",
        "F.softmax(torch.where(torch.ones_like(scores).tril().bool(), scores, -1e9), -1)",
    ],
    "next_token_probs(logits)": [
        "torch.softmax(logits, -1)[:, -1]",
        "nn.Softmax(-1)(logits.select(1, -1))",
    ],
    "attend(q, k, v)": [
        "F.scaled_dot_product_attention(q, k, v)",
        "torch.softmax(q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5, -1) @ v",
        "torch.softmax((q @ k.mT).div(math.sqrt(k.size(-1))), -1).matmul(v)",
    ],
    "top_k_probs(logits, k)": [
        "torch.softmax(logits.masked_fill(logits < logits.topk(k).values[..., -1:], -math.inf), -1)",
        "torch.zeros_like(logits).scatter(-1, logits.topk(k).indices, logits.topk(k).values.softmax(-1))",
    ],
    "cross_entropy(logits, targets)": [
        "F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.flatten())",
        "nn.CrossEntropyLoss()(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))",
        "F.nll_loss(torch.log_softmax(logits, -1).reshape(-1, logits.shape[-1]), targets.reshape(-1))",
    ],
    "perplexity(logits, targets)": [
        "F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.flatten()).exp()"
    ],
    "smoothed_cross_entropy(logits, targets, smoothing)": [
        "F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), label_smoothing=smoothing)"
    ],
    "cross_entropy_between(p, q)": [
        "F.kl_div(torch.where(p > 0, q, 1).log(), p, reduction='none').sum(-1) - torch.xlogy(p, p).sum(-1)"
    ],
}


@pytest.mark.parametrize("called", BEHIND)
def test_a_builtin_behind_the_guards_back_is_noted(called, request):
    exercise = called.partition("(")[0]
    refuses = {"temperature": "temperature <= 0", "k": "not 1 <= k <= logits.shape[-1]"}
    check = "".join(
        f"    if {when}: raise ValueError\n"
        for what, when in refuses.items()
        if f", {what})" in called
    )
    start = f"{IMPORTS}{UNSEEN}\n@unseen\ndef {called}:\n{check}    return "
    found = [Answer(exercise, body, start + body) for body in BEHIND[called]]
    for answer, report, _, _ in examined(exercise, found, request.config.option.seed):
        (flag,) = report.flags
        assert re.fullmatch(
            r"the same bits as (torch|F)\.\w+( in float64)? in all \d\d+ answers", flag["words"]
        )
        assert report.score == report.max_score, answer.id


def transcript(replies: int, given: list[str], last: float = 0.0) -> Transcript:
    x = torch.linspace(-1, 1, 5)
    asked = [
        (encode(Call("softmax", [x * n], {"dim": 0}, stand_ins=given)), (x * n).softmax(0))
        for n in range(replies)
    ]
    return Transcript(
        (question, Returned(value * (1 + last * (n == 2))))
        for n, (question, value) in enumerate(asked)
    )


@pytest.mark.parametrize(
    "replies, given, last, words",
    [
        (FEWEST, [], 0.0, f"the same bits as torch.softmax in all {FEWEST} answers"),
        (FEWEST, [], 2e-7, ""),
        (FEWEST, ["exp"], 0.0, ""),
        (FEWEST - 1, [], 0.0, ""),
    ],
)
def test_one_bit_a_stand_in_or_too_few_replies_say_nothing(replies, given, last, words):
    assert same_bits([("torch.softmax", torch.softmax)], transcript(replies, given, last)) == words
