"""Wrong predictions of what gets below the entropy of the grammar."""

from proctor.answers import wrong


@wrong(
    "Hopes to get below the floor by a larger model",
    hint="A larger model comes nearer to the true probabilities. With exactly these the loss on new stories is the entropy, on average, and any others cost more.",
    fails="predict_floor_value",
)
def a():
    return "A"


@wrong(
    "Hopes to get below the floor by more text",
    hint="More text shows the true probabilities more exactly. They still leave each choice open, and a choice among 24 costs log 24.",
    fails="predict_floor_value",
)
def b():
    return "B"


@wrong(
    "Hopes to get below the floor by another tokenizer",
    hint="A tokenizer cuts the same text otherwise. The text's probability, and so its nats, stay what they are; only what a *token* costs changes.",
    fails="predict_floor_value",
)
def c():
    return "C"
