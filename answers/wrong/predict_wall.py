"""Wrong predictions of which model can go below the bound of one character."""

from proctor.answers import wrong


@wrong(
    "Hopes to get over a bound of one character by a wider model",
    hint="However wide it is, `TinyLM` sees one character. For each it gives one distribution, and the best one there is costs `H`.",
    fails="predict_wall_value",
)
def a():
    return "A"


@wrong(
    "Hopes to get over a bound of one character by longer training",
    hint="Training brings it near `H`, and `H` is what the best of all such models has. More steps give it nothing more to see.",
    fails="predict_wall_value",
)
def b():
    return "B"


@wrong(
    "Takes `H` for a property of the text alone",
    hint="`H` is the entropy of a character *given the one before it*. Given more, a character is easier to guess, and one layer of attention sees more.",
    fails="predict_wall_value",
)
def d():
    return "D"
