"""Wrong predictions of the loss that a perfect model sees where softmax is applied twice; right is B."""

from proctor.answers import wrong


@wrong(
    "Takes the second softmax for one that changes nothing",
    hint="Softmax isn't at rest on what it has made: the probabilities 1 and 0 are logits to it that are only 1 apart, so the right token gets no more than $e$ times the share of each of the 64 others.",
    fails="predict_softmax_first_value",
)
def a_zero():
    return "A"


@wrong(
    "Takes the second softmax for one that levels everything",
    hint="log 65 is what equal logits cost. Here the right token leads by 1: that is little, but not nothing, and takes the loss about 1 below log 65.",
    fails="predict_softmax_first_value",
)
def c_uniform():
    return "C"


@wrong(
    "Takes the logarithm of the zeros",
    hint="The loss takes what it gets for logits, and a logit of 0 is an ordinary number with $e^0 = 1$. No logarithm of 0 is taken anywhere, so nothing warns.",
    fails="predict_softmax_first_value",
)
def d_infinity():
    return "D"
