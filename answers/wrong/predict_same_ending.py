"""Wrong predictions of how two texts go on that end alike, with equal generators."""

from proctor.answers import wrong


@wrong(
    "Gives the model a memory of the whole prompt",
    hint="What of the prompt reaches the logits at its last position? `TinyLM` looks at one character. Both prompts end in a space.",
    fails="predict_same_ending_value",
)
def b():
    return "B"


@wrong(
    "Lets the prompt fade instead of being gone at once",
    hint="Fading would be a memory, too. What is drawn first depends on the last character alone, and that is the same.",
    fails="predict_same_ending_value",
)
def c():
    return "C"


@wrong(
    "Takes a seeded generator for chance",
    hint="The draws are random, but both generators hold the same state: with the same probabilities they draw the same tokens.",
    fails="predict_same_ending_value",
)
def d():
    return "D"
