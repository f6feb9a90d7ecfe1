"""Wrong predictions of what a name costs a model that copies it without fail."""

from proctor.answers import wrong


@wrong(
    "Takes the copied name for one that is drawn",
    hint="The logarithm of the number of names is what a *new* name costs, when each is as likely. A name that is certain leaves nothing to draw.",
    fails="predict_copy_value",
)
def b():
    return "B"


@wrong(
    "Takes the copied name for any token",
    hint="log V is what a model pays that knows nothing at all. This one knows the name.",
    fails="predict_copy_value",
)
def c():
    return "C"


@wrong(
    "Takes copying for extra work",
    hint="The loss doesn't measure work. It is minus the logarithm of the probability that the right token got: here that is near 1.",
    fails="predict_copy_value",
)
def d():
    return "D"
