"""Wrong predictions of the perplexity of two tokens with probabilities 1/2 and 1/8."""

from proctor.answers import wrong


@wrong(
    "Averages the perplexities of the two tokens, 2 and 8",
    hint="That takes exp first and the mean afterwards, so the token of 8 weighs too much. First the mean of the two losses, log 2 and log 8, then one exponential.",
    fails="predict_perplexity_value",
)
def mean_of_exps():
    return 5


@wrong(
    "Gives one over the mean probability",
    hint="The mean has to be taken of the *losses*, that is of the logarithms of 1/2 and 1/8, not of the probabilities themselves.",
    fails="predict_perplexity_value",
)
def inverse_mean_probability():
    return 3.2


@wrong(
    "Gives one over the probability of the whole text",
    hint="1/16 is what both tokens together had. Perplexity is per token: the mean of the losses, not their sum.",
    fails="predict_perplexity_value",
)
def of_the_whole_text():
    return 16


@wrong(
    "Gives the mean loss itself",
    hint="1.386 is the mean of log 2 and log 8. Perplexity is $e$ to that power.",
    fails="predict_perplexity_value",
)
def the_loss():
    return 1.386


@wrong(
    "Gives the mean probability that the tokens had, in terms of logarithms, and not one over it",
    hint="A perplexity is a number of tokens, so at least 1. The minus sign of the loss is missing.",
    fails="predict_perplexity_value",
)
def the_inverse():
    return 0.25
