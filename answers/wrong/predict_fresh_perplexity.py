"""Wrong predictions of the perplexity of a model that gives 45 characters the same probability."""

from proctor.answers import wrong


@wrong(
    "Tells the loss, the logarithm, instead of the perplexity",
    hint="That is $\\log 45$, the cross-entropy. Perplexity is $e$ to that: among how many equally likely characters it is as if one were choosing.",
    fails="predict_fresh_perplexity_value",
)
def the_loss():
    return 3.8067


@wrong(
    "Tells the probability of one character",
    hint="Each character gets $1/45$. Perplexity is its inverse: the less likely the right one was, the more perplexed the model.",
    fails="predict_fresh_perplexity_value",
)
def the_probability():
    return 1 / 45


@wrong(
    "Takes the number of guesses that it needs on average",
    hint="To guess one of 45 takes 23 tries on average, but perplexity counts the choices, not the tries: $e$ to the mean cross-entropy.",
    fails="predict_fresh_perplexity_value",
    constants=("23", "22.5"),
)
def half():
    return 23


@wrong(
    "Counts the loss in bits",
    hint="That is $\\log_2 45$, the loss with another logarithm. Perplexity is what the logarithm was taken of.",
    fails="predict_fresh_perplexity_value",
)
def in_bits():
    return 5.492


@wrong(
    "Takes perplexity for 1 where nothing is known",
    hint="A perplexity of 1 is that of a model that is always certain and right. One that knows nothing is as perplexed as can be.",
    fails="predict_fresh_perplexity_value",
)
def certain():
    return 1


@wrong(
    "Takes 2 to the power of a loss in nats",
    hint="The loss is 3.8 with the natural logarithm, and 2 goes with a loss in bits. Which number to the power of $\\ln 45$ is 45?",
    fails="predict_fresh_perplexity_value",
    constants=("13.99", "14"),
)
def two_to_the_loss():
    return 13.99
