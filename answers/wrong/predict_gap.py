"""Wrong predictions of how much higher the loss is for a logit that is 3 lower."""

from proctor.answers import wrong


@wrong(
    "Gives the ratio of the two probabilities",
    hint="A logit 3 higher makes the probability $e^3$, about 20, times as large. The loss is a logarithm, which turns this ratio into a difference.",
    fails="predict_gap_value",
)
def the_ratio():
    return 20.09


@wrong(
    "Gives the ratio of the two probabilities the other way round",
    hint="`moon` has $e^{-3}$, about 0.05, of the probability of `mat`. The loss is minus the logarithm of a probability: what does it make of this ratio?",
    fails="predict_gap_value",
)
def the_inverse_ratio():
    return 0.0498


@wrong(
    "Takes the logarithm of the gap between the logits",
    hint="The logarithm is taken of the probabilities, not of the logits. Softmax has put an exponential in between, and the logarithm undoes it.",
    fails="predict_gap_value",
)
def log_of_the_gap():
    return 1.0986


@wrong(
    "Has the right size and the wrong sign",
    hint="`moon` is less likely, so it surprises more, and its loss is the higher one. The minus sign of the loss sees to that.",
    fails="predict_gap_value",
)
def wrong_sign():
    return -3


@wrong(
    "Takes one more in the logit for e times the loss",
    hint="One more in the logit is e times the *probability*. In the loss, a logarithm, it's one less. What do three such steps make?",
    fails="predict_gap_value",
)
def e_a_step():
    return 8.155
