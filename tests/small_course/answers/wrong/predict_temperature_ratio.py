"""Wrong predictions of what temperature 0.5 makes of a ratio of 4."""

from proctor.answers import wrong


@wrong(
    "Doubles the ratio, where the logits are doubled",
    hint="Dividing by 0.5 doubles the *difference of the logits*. A ratio of probabilities is $e$ to that difference, so doubling it squares the ratio.",
    fails="predict_temperature_ratio_value",
)
def doubled():
    return 8


@wrong(
    "Halves the ratio",
    hint="A temperature below 1 makes the distribution sharper: the likelier token gains.",
    fails="predict_temperature_ratio_value",
)
def halved():
    return 2


@wrong(
    "Takes temperature for something that leaves ratios alone",
    hint="Adding a number to all logits leaves ratios alone; dividing them changes their differences, and so the ratios.",
    fails="predict_temperature_ratio_value",
)
def unchanged():
    return 4
