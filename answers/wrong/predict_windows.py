"""Wrong predictions of how many windows of 8 with their targets 20 tokens hold."""

from proctor.answers import wrong


@wrong(
    "Forgets that the last input needs a target, too",
    hint="13 windows of inputs fit, but the last of them ends with the last token, and nothing follows that. A window needs 9 tokens.",
    fails="predict_windows_value",
)
def without_targets():
    return 13


@wrong(
    "Takes the last start that fits for one that doesn't",
    hint="The last window of inputs starts at 11 and ends at 18; its last target is token 19, which is there. And at which does the first one start?",
    fails="predict_windows_value",
)
def one_too_few():
    return 11


@wrong(
    "Cuts the text into windows that don't overlap",
    hint="In pieces side by side there are 2, and that is how `evaluate` will cut. A batch takes windows from any start, so that they may overlap.",
    fails="predict_windows_value",
)
def side_by_side():
    return 2


@wrong(
    "Lets a window start at every token",
    hint="One that starts at token 15 runs out of text after 5 tokens. All 8, and a target for each, have to be there.",
    fails="predict_windows_value",
)
def every_token():
    return 20


@wrong(
    "Takes a target for one token more on either side",
    hint="The targets reach one place further than the inputs, on the right only: 9 tokens in all.",
    fails="predict_windows_value",
)
def two_more():
    return 10
