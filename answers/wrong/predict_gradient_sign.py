"""Wrong predictions of the signs of a cross-entropy's gradient; token 1 is the right one."""

from proctor.answers import wrong


@wrong(
    "Takes every logit for one that raises the loss",
    hint="Raise the logit of the right token, and its probability grows: the loss falls. That slope is negative.",
    fails="predict_gradient_sign_value",
)
def all_rise():
    return "A"


@wrong(
    "Gives the directions in which to move, which are against the gradient",
    hint="The right token's logit should go up and the others down: that is what the *step* does. The gradient says what the loss does when a logit grows, which is the opposite; a step subtracts it.",
    fails="predict_gradient_sign_value",
)
def directions_of_the_step():
    return "C"


@wrong(
    "Takes every logit for one that lowers the loss",
    hint="Raise the logit of a wrong token, and it takes probability away from the right one: the loss rises. That slope is positive.",
    fails="predict_gradient_sign_value",
)
def all_fall():
    return "D"
